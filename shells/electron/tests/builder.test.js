// @ts-check
"use strict";
// What would be packaged, named and signed, for each platform, on any.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { builderConfig } = require("../builder/config.js");
const { datedBy } = require("../builder/dates.js");
const { updateFeed } = require("../builder/feed.js");
const { macSigning, notarySet, variablesToHide, windowsSigning } = require("../builder/signing.js");
const { temporaryFolder, writeFiles } = require("./support/folder.js");
const { SHELL } = require("./support/needs.js");

const FACTS = {
  project: { name: "pony-club", title: "Pony Club", identifier: "org.example.pony-club" },
  checkout: { root: "/r", sourceRoot: "src", command: [], settingsModule: "s" },
  stage: "/stage",
  icon: "/r/icon.png",
  languages: ["en", "de"],
  about: { description: "Ponies, all of them", author: "Pony Club <club@example.org>" },
  signWindows: [],
  words: { de: { Quit: "&Beenden" } },
};

/** @param {Partial<import("../builder/config.js").Inputs>} [inputs] */
const config = (inputs) =>
  builderConfig({ facts: FACTS, stage: "/stage", notices: null, output: "/out", icon: null, nativeFiles: [], feed: null, env: {}, host: "linux", ...inputs });

test("targets and names", () => {
  const { mac, win, linux, directories, appId, productName } = config();
  assert.deepEqual([mac?.target, win?.target, linux?.target], [["dmg", "zip"], ["nsis"], ["AppImage"]]);
  assert.equal(mac?.artifactName, "pony-club-macos-${version}-${arch}.${ext}");
  assert.equal(win?.artifactName, "pony-club-windows-${version}-${arch}.${ext}");
  assert.equal(linux?.artifactName, "pony-club-linux-${version}-${arch}.${ext}");
  assert.equal(linux?.executableName, "pony-club");
  assert.deepEqual([appId, productName], ["org.example.pony-club", "Pony Club"]);
  assert.equal(directories?.output, "/out");
});

test("what the installed program knows about the project", () => {
  assert.deepEqual(config().extraMetadata, {
    description: "Ponies, all of them",
    author: "Pony Club <club@example.org>",
    name: "pony-club",
    productName: "Pony Club",
    desktopName: "pony-club.desktop",
    project: FACTS.project,
    words: FACTS.words,
  });
});

test("the staged backend becomes the resource “backend”, whole", () => {
  assert.deepEqual(config().extraResources, [{ from: "/stage", to: "backend", filter: ["**/*"] }]);
});

test("the licences of the shell's parts lie beside it, where there is a list of them", () => {
  assert.deepEqual(config({ notices: "/n/THIRD-PARTY-NOTICES.txt" }).extraResources, [
    { from: "/stage", to: "backend", filter: ["**/*"] },
    { from: "/n/THIRD-PARTY-NOTICES.txt", to: "THIRD-PARTY-NOTICES.txt" },
  ]);
});

test("with SOURCE_DATE_EPOCH all that is packaged has that date", (t) => {
  const folder = writeFiles(temporaryFolder(t), { program: "", "resources/app.asar": "" });
  fs.symlinkSync("nowhere", path.join(folder, "link"));
  const { afterPack, artifactBuildStarted } = datedBy({ SOURCE_DATE_EPOCH: "1795345629" });
  afterPack?.({ appOutDir: folder });
  // What electron-builder does to a program when it has packed it.
  fs.writeFileSync(path.join(folder, "program"), "fuses");
  artifactBuildStarted?.();
  for (const name of ["", "program", "link", "resources", "resources/app.asar"]) {
    assert.equal(fs.lstatSync(path.join(folder, name)).mtimeMs, 1795345629000, name);
  }
  assert.deepEqual(datedBy({}), {});
  assert.ok("artifactBuildStarted" in config({ env: { SOURCE_DATE_EPOCH: "1" } }));
  assert.throws(() => config({ env: { SOURCE_DATE_EPOCH: "today" } }), /give a number of seconds since 1970/);
});

test("icons: those of the folder “build”, and a picture for windows on Linux", () => {
  const { directories, mac, win, linux } = config({ icon: "/icon.png" });
  assert.equal(directories?.buildResources, "build");
  // electron-builder looks there for icon.icns, icon.ico and icon.png unless it is told otherwise.
  for (const platform of [mac, win, linux]) assert.equal(platform?.icon, undefined);
  assert.deepEqual(linux?.extraResources, [{ from: "/icon.png", to: "icon.png" }]);
  assert.deepEqual(config().linux?.extraResources, []);
});

test("another Electron distribution, by Electron's own variable", () => {
  assert.equal(config().electronDist, undefined);
  assert.equal(config({ env: { ELECTRON_OVERRIDE_DIST_PATH: "" } }).electronDist, undefined);
  assert.equal(config({ env: { ELECTRON_OVERRIDE_DIST_PATH: "/e" } }).electronDist, "/e");
});

test("fuses are hardened", () => {
  const { electronFuses } = config();
  assert.deepEqual(electronFuses, {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: false,
  });
  assert.equal(config({ host: "darwin" }).electronFuses?.resetAdHocDarwinSignature, true);
  assert.equal(config({ host: "darwin", env: { CSC_LINK: "c" } }).electronFuses?.resetAdHocDarwinSignature, false);
});

const API_KEY = { APPLE_API_KEY: "k", APPLE_API_KEY_ID: "i", APPLE_API_ISSUER: "u" };
const APPLE_ID = { APPLE_ID: "a", APPLE_APP_SPECIFIC_PASSWORD: "p", APPLE_TEAM_ID: "t" };

test("macOS: signed only with a certificate", () => {
  const unsigned = macSigning({ CSC_LINK: "", CSC_NAME: "", ...API_KEY }, []);
  assert.deepEqual(
    [unsigned.identity, unsigned.forceCodeSigning, unsigned.hardenedRuntime, unsigned.notarize],
    ["-", false, false, false],
  );
  for (const env of [{ CSC_LINK: "c" }, { CSC_NAME: "n" }]) {
    const signed = macSigning(env, []);
    assert.deepEqual(
      [signed.identity, signed.forceCodeSigning, signed.hardenedRuntime, signed.notarize],
      [undefined, true, true, false],
    );
  }
});

test("macOS: notarised only with one complete set of credentials", () => {
  const notarize = (/** @type {NodeJS.ProcessEnv} */ env) => macSigning({ CSC_LINK: "c", ...env }, []).notarize;
  for (const set of [API_KEY, APPLE_ID, { APPLE_KEYCHAIN_PROFILE: "p" }]) {
    assert.equal(notarize(set), true);
    for (const name of Object.keys(set)) {
      assert.equal(notarize({ ...set, [name]: "" }), false, `without ${name}`);
      assert.equal(notarize({ ...set, [name]: undefined }), false, `without ${name}`);
    }
  }
  assert.equal(notarize({ APPLE_KEYCHAIN: "k" }), false);
});

test("macOS: parts of another set, and empty variables, are hidden from electron-builder", () => {
  assert.deepEqual(notarySet({ ...API_KEY, ...APPLE_ID }), Object.keys(API_KEY));
  assert.deepEqual(variablesToHide({ ...API_KEY, APPLE_ID: "a", CSC_LINK: "", CSC_NAME: "n" }), ["CSC_LINK", "APPLE_ID"]);
  assert.deepEqual(variablesToHide({ ...APPLE_ID }), []);
  assert.deepEqual(variablesToHide({ APPLE_KEYCHAIN: "k", APPLE_KEYCHAIN_PROFILE: "p" }), []);
  assert.deepEqual(variablesToHide({ APPLE_API_KEY: "k", APPLE_KEYCHAIN: "k" }), ["APPLE_API_KEY", "APPLE_KEYCHAIN"]);
});

test("macOS: of the backend, only native files are signed", () => {
  const natives = ["python/bin/python3", "python/lib/lib c++.dylib"];
  const [pattern] = macSigning({}, natives).signIgnore;
  const isIgnored = (/** @type {string} */ file) => new RegExp(String(pattern)).test(`/a/Pony.app/Contents/${file}`);
  for (const file of natives) assert.ok(!isIgnored(`Resources/backend/${file}`), file);
  for (const file of ["python/bin/python3.pyc", "python/bin/python3/x", "src/a.png", "x/python/bin/python3"]) {
    assert.ok(isIgnored(`Resources/backend/${file}`), file);
  }
  assert.ok(!isIgnored("Frameworks/Electron Framework.framework/Electron Framework"));
  assert.ok(new RegExp(String(macSigning({}, []).signIgnore)).test("/Contents/Resources/backend/python/bin/python3"));
});

test("macOS: the entitlements are there, and few", () => {
  const { entitlements, entitlementsInherit } = macSigning({}, []);
  for (const file of [entitlements, entitlementsInherit]) {
    const keys = fs.readFileSync(path.join(SHELL, file), "utf8").match(/<key>.*<\/key>/g);
    assert.deepEqual(keys, ["<key>com.apple.security.cs.allow-jit</key>"]);
  }
});

test("Windows: signed only with its inputs", () => {
  assert.deepEqual(windowsSigning({ WIN_CSC_LINK: "", WINDOWS_SIGNING_PUBLISHER: "Pony Ltd" }), {
    signExecutable: false,
    verifyUpdateCodeSignature: false,
  });
  assert.deepEqual(
    windowsSigning({
      WIN_SIGN_CERT_SUBJECT_NAME: "Pony Ltd",
      WIN_SIGN_CERT_SHA1: "",
      WINDOWS_SIGNING_PUBLISHER: "CN=Pony Ltd",
      WIN_SIGN_TIMESTAMP_RFC3161_URL: "http://time.example",
    }),
    {
      forceCodeSigning: true,
      verifyUpdateCodeSignature: true,
      signExts: [".dll", ".pyd"],
      signtoolOptions: {
        signingHashAlgorithms: ["sha256"],
        publisherName: "CN=Pony Ltd",
        certificateSubjectName: "Pony Ltd",
        rfc3161TimeStampServer: "http://time.example",
      },
    },
  );
  assert.equal(windowsSigning({ WIN_CSC_LINK: "c" }).forceCodeSigning, true);
  assert.equal(windowsSigning({ WIN_SIGN_CERT_SHA1: "ab" }).signtoolOptions?.certificateSha1, "ab");
});

test("the feed of updates", () => {
  const github = (/** @type {string} */ owner, /** @type {string} */ repo, releaseType = "release") => ({
    provider: "github",
    owner,
    repo,
    releaseType,
  });
  assert.equal(updateFeed({}, null), null);
  assert.throws(() => updateFeed({ DESKTOP_DJANGO_UPDATE_URL: "http://u/" }, null), /“http:\/\/u\/”; give an address that begins with https/);
  assert.deepEqual(updateFeed({ DESKTOP_DJANGO_UPDATE_URL: "https://u/", GITHUB_REPOSITORY: "a/b" }, null), {
    provider: "generic",
    url: "https://u/",
  });
  assert.deepEqual(updateFeed({ GITHUB_REPOSITORY: "a/b" }, "git@github.com:c/d.git"), github("a", "b"));
  assert.deepEqual(updateFeed({ GITHUB_REPOSITORY: "" }, "git@github.com:c/d.git"), github("c", "d"));
  assert.deepEqual(
    updateFeed({ DESKTOP_DJANGO_UPDATE_GITHUB_OWNER: "x", GITHUB_REPOSITORY: "a/b" }, null),
    github("x", "b"),
  );
  assert.deepEqual(
    updateFeed({ GITHUB_REPOSITORY: "a/b", DESKTOP_DJANGO_UPDATE_GITHUB_RELEASE_TYPE: "prerelease" }, null),
    github("a", "b", "prerelease"),
  );
  assert.throws(
    () => updateFeed({ GITHUB_REPOSITORY: "a/b", DESKTOP_DJANGO_UPDATE_GITHUB_RELEASE_TYPE: "nightly" }, null),
    /“nightly”; it can be draft, prerelease, release/,
  );
  for (const remote of [
    "git@github.com:own-er/re.po.git",
    "https://github.com/own-er/re.po.git",
    "https://github.com/own-er/re.po",
    "https://user:secret@github.com/own-er/re.po/",
    "ssh://git@github.com/own-er/re.po.git",
    "ssh://git@github.com:22/own-er/re.po.git",
  ]) {
    assert.deepEqual(updateFeed({}, remote), github("own-er", "re.po"), remote);
  }
  for (const remote of ["git@gitlab.com:a/b.git", "https://github.com.evil/a/b", "/srv/git/a/b", "https://github.com/a"]) {
    assert.equal(updateFeed({}, remote), null, remote);
  }
});
