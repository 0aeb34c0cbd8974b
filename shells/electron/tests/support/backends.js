// @ts-check
"use strict";
// Backend folders for the tests: a fake that speaks the protocol, and the ways in which a folder can be broken.

const fs = require("node:fs");
const path = require("node:path");
const meadow = require("../../../meadow.js");
const { temporaryFolder, writeFiles } = require("./folder.js");
const { STAGE } = require("./needs.js");

const PYTHON = process.platform === "win32" ? "python/python.exe" : "python/bin/python3";

/** @param {string} kind */
const manifestFor = (kind) => ({
  schemaVersion: 1,
  python: { version: "3.14.0", root: "python", executable: PYTHON, purelib: "python/lib", scripts: "python/bin" },
  launcher: {
    cwd: ".",
    command: ["fake-backend.js", kind],
    managePy: "manage.py",
    sourceRoot: "src",
    settingsModule: "fake.settings",
    environment: [],
  },
});

/**
 * @param {string} folder
 * @param {string} kind of support/fake-backend.js
 */
function makeFakeBackend(folder, kind) {
  writeFiles(folder, { "runtime-manifest.json": JSON.stringify(manifestFor(kind)), "src/fake/__init__.py": "" });
  fs.copyFileSync(path.join(__dirname, "fake-backend.js"), path.join(folder, "fake-backend.js"));
  const python = path.join(folder, PYTHON);
  fs.mkdirSync(path.dirname(python), { recursive: true });
  fs.symlinkSync(process.execPath, python);
  return folder;
}

/**
 * A real backend, some of its files exchanged.
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {Record<string, string>} files
 */
const makeMeadow = (t, files = {}) => writeFiles(meadow.makeMeadow(temporaryFolder(t), STAGE), files);

/** @type {Record<string, (folder: string) => void>} a whole folder → one that is broken */
const DAMAGES = {
  "no manifest": (folder) => fs.rmSync(path.join(folder, "runtime-manifest.json")),
  "half a manifest": (folder) => fs.truncateSync(path.join(folder, "runtime-manifest.json"), 40),
  "manifest without python": (folder) => change(folder, (manifest) => delete manifest.python),
  "manifest without a command": (folder) => change(folder, (manifest) => delete manifest.launcher.command),
  "manifest of another schema": (folder) => change(folder, (manifest) => (manifest.schemaVersion = 2)),
  "manifest that leads out": (folder) => change(folder, ({ python }) => (python.executable = "../../../usr/bin/env")),
  "manifest that points nowhere": (folder) => change(folder, ({ python }) => (python.executable = "python/bin/python9")),
  "python missing": (folder) => fs.rmSync(path.join(folder, PYTHON)),
  "python is a folder": (folder) => {
    fs.rmSync(path.join(folder, PYTHON));
    fs.mkdirSync(path.join(folder, PYTHON));
  },
};

/** @param {string} folder @param {(manifest: any) => void} edit */
function change(folder, edit) {
  const file = path.join(folder, "runtime-manifest.json");
  const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
  edit(manifest);
  fs.writeFileSync(file, JSON.stringify(manifest));
}

module.exports = { makeFakeBackend, makeMeadow, DAMAGES, PYTHON };
