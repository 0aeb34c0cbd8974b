// @ts-check
"use strict";
// A place with updates, for the pictures of what the shells say about them: none, an old version, a new one.

const { execFileSync } = require("node:child_process");
const { createHash, generateKeyPairSync, sign } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");
const { temporaryFolder } = require("./electron/tests/support/folder.js");

const PACKAGE = Buffer.from("a newer pony");
const KEY_ID = Buffer.from("ponypony");
const base64 = (/** @type {string | Buffer} */ text) => Buffer.from(text).toString("base64");

/** The manifest of electron-updater. @param {string} version */
function forElectron(version) {
  const sha512 = createHash("sha512").update(PACKAGE).digest("base64");
  const file = { url: "pony.AppImage", sha512, size: PACKAGE.length };
  return JSON.stringify({ version, files: [file], path: file.url, sha512, releaseDate: "2026-01-01T00:00:00.000Z" });
}

/** As minisign does it: a public key, and a signature of the package. */
function signPackage() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const signed = sign(null, createHash("blake2b512").update(PACKAGE).digest(), privateKey);
  const comment = "timestamp:0";
  const whole = sign(null, Buffer.concat([signed, Buffer.from(comment)]), privateKey);
  const first = base64(Buffer.concat([Buffer.from("ED"), KEY_ID, signed]));
  return {
    publicKey: base64(`untrusted comment: pony\n${base64(Buffer.concat([Buffer.from("Ed"), KEY_ID, key]))}\n`),
    signature: base64(`untrusted comment: pony\n${first}\ntrusted comment: ${comment}\n${base64(whole)}\n`),
  };
}

/** A key and a certificate for this computer. @param {string} folder */
function certify(folder) {
  const [key, certificate] = [path.join(folder, "key.pem"), path.join(folder, "certificate.pem")];
  // One that could sign others is refused as that of a server.
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate];
  execFileSync("openssl", [...request, ...names], { stdio: "ignore" });
  return { key: fs.readFileSync(key), cert: fs.readFileSync(certificate), certificate };
}

/** Without a `version` it has nothing. @param {{after: (act: () => unknown) => void}} t @param {"http" | "https"} scheme */
async function openFeed(t, scheme) {
  const secrets = /** @type {{key?: Buffer, cert?: Buffer, certificate: string}} */ (scheme === "https" ? certify(temporaryFolder(t)) : { certificate: "" });
  const { publicKey, signature } = signPackage();
  const feed = { version: "", url: "", publicKey, certificate: secrets.certificate };
  const forTauri = () => ({ version: feed.version, platforms: { "linux-x86_64": { url: `${feed.url}pony.AppImage`, signature } } });
  const files = /** @type {Record<string, () => string | Buffer>} */ ({
    "/latest-linux.yml": () => forElectron(feed.version),
    "/latest.json": () => JSON.stringify(forTauri()),
    "/pony.AppImage": () => PACKAGE,
  });
  const answer = (/** @type {http.IncomingMessage} */ { url = "" }, /** @type {http.ServerResponse} */ response) => {
    const file = files[url.split("?", 1)[0] ?? ""];
    if (!file || !feed.version) response.writeHead(404).end();
    else response.end(file());
  };
  const server = scheme === "https" ? https.createServer(secrets, answer) : http.createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  feed.url = `${scheme}://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/`;
  return feed;
}

module.exports = { openFeed };
