// @ts-check
"use strict";
// Programs for Windows, signed with a command of one's own: what runs, what is left alone, what is told.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { isSigned, signer } = require("../builder/sign-command.js");
const { windowsSigning } = require("../builder/signing.js");
const { windowsProgram } = require("./stand-in/windows-program.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs } = require("./support/needs.js");

/** @param {string} file */
function writeProgram(file) {
  fs.writeFileSync(file, windowsProgram());
  return file;
}

test("signed with osslsigncode and a certificate of one's own", needs("sign-command", "openssl", "osslsigncode"), async (t) => {
  const folder = temporaryFolder(t);
  const [key, certificate, p12] = ["key.pem", "certificate.pem", "own.p12"].map((name) => path.join(folder, name));
  const openssl = (/** @type {(string | undefined)[]} */ ...args) => execFileSync("openssl", args.map(String), { stdio: "ignore" });
  const usage = ["-addext", "extendedKeyUsage=codeSigning", "-subj", "/CN=Pony Ltd"];
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, ...usage);
  openssl("pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", p12, "-passout", "pass:Zebra7");
  const words = ["-pkcs12", String(p12), "-pass", "{env:PONY_PASSWORD}", "-h", "sha256", "-in", "{file}", "-out", "{signed}"];
  const command = ["osslsigncode", "sign", ...words];
  const sign = signer(command, { PONY_PASSWORD: "Zebra7" });
  const program = writeProgram(path.join(folder, "Pony Club.exe"));
  assert.equal(isSigned(program), false);
  await sign({ path: program });
  assert.equal(isSigned(program), true);
  const verify = (/** @type {string} */ file) =>
    execFileSync("osslsigncode", ["verify", "-CAfile", String(certificate), "-in", file], { encoding: "utf8", stdio: "pipe" });
  assert.match(verify(program), /Pony Ltd[\s\S]*Signature verification: ok/);

  await t.test("what has a signature keeps it", async () => {
    const before = fs.readFileSync(program);
    await signer(["/no/such/signer", "{file}"], {})({ path: program });
    assert.deepEqual(fs.readFileSync(program), before);
  });

  await t.test("a changed byte is found", () => {
    const bytes = fs.readFileSync(program);
    bytes.writeUInt8(bytes.readUInt8(0x280) ^ 1, 0x280);
    const changed = path.join(folder, "changed.exe");
    fs.writeFileSync(changed, bytes);
    assert.throws(() => verify(changed));
  });

  await t.test("a wrong password is not told, and leaves nothing", async () => {
    const other = writeProgram(path.join(folder, "other.exe"));
    const wrong = signer(command, { PONY_PASSWORD: "Giraffe9" });
    await assert.rejects(wrong({ path: other }), ({ message }) => {
      assert.match(message, /^“osslsigncode sign .* -pass \{env:PONY_PASSWORD\} .*” has not signed .*other\.exe: ./s);
      assert.ok(!message.includes("Giraffe9"), message);
      return true;
    });
    assert.deepEqual([isSigned(other), fs.existsSync(`${other}.signed`)], [false, false]);
  });
});

test("a signer that is not there, one that only says so, and a variable that is not set", async (t) => {
  const folder = temporaryFolder(t);
  const program = writeProgram(path.join(folder, "pony.exe"));
  await assert.rejects(signer(["no-such-signer", "{file}"], {})({ path: program }), /no-such-signer is not there/);
  const idle = signer([process.execPath, "--eval", "0", "{file}"], {});
  await assert.rejects(idle({ path: program }), /which has no signature/);
  const complains = signer([process.execPath, "--eval", "console.error(process.argv[1]); process.exit(3)", "{env:SECRET}"], { SECRET: "Zebra7" });
  await assert.rejects(complains({ path: program }), ({ message }) => message.endsWith(": {env:SECRET}"));
  const unset = signer(["sign", "{env:NOT_SET}", "{file}"], {});
  await assert.rejects(unset({ path: program }), /needs the environment variable NOT_SET/);
});

test("the command takes the place of certificates", () => {
  const { signtoolOptions, ...rest } = windowsSigning({ WIN_CSC_LINK: "c" }, ["sign", "{file}"]);
  assert.deepEqual(rest, { forceCodeSigning: true, verifyUpdateCodeSignature: false, signExts: [".dll", ".pyd"] });
  assert.equal(typeof signtoolOptions?.sign, "function");
  assert.deepEqual(signtoolOptions?.signingHashAlgorithms, ["sha256"]);
  const named = windowsSigning({ WINDOWS_SIGNING_PUBLISHER: "Pony Ltd" }, ["sign", "{file}"]);
  assert.deepEqual([named.verifyUpdateCodeSignature, named.signtoolOptions?.publisherName], [true, "Pony Ltd"]);
});
