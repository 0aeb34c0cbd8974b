// @ts-check
"use strict";
// Backend folders for the tests: a fake that speaks the protocol, and the ways in which a folder can be broken.

const fs = require("node:fs");
const path = require("node:path");
const { temporaryFolder, writeFiles } = require("./folder.js");
const { SHELL, STAGE } = require("./needs.js");

// A small project with pages for windows: these tests pass whatever project is staged.
const MEADOW = path.join(SHELL, "..", "..", "backend", "desktop_runtime", "tests", "meadow");
const PYTHON = process.platform === "win32" ? "python/python.exe" : "python/bin/python3";

/** @param {object} python @param {string[]} command @param {string} settingsModule */
const manifestWith = (python, command, settingsModule) =>
  JSON.stringify({
    schemaVersion: 1,
    python,
    launcher: { cwd: ".", command, managePy: "manage.py", sourceRoot: "src", settingsModule, environment: [] },
  });

/**
 * @param {string} folder
 * @param {string} kind of support/fake-backend.js
 */
function makeFakeBackend(folder, kind) {
  const found = { version: "3.14.0", root: "python", executable: PYTHON, purelib: "python/lib", scripts: "python/bin" };
  const manifest = manifestWith(found, ["fake-backend.js", kind], "fake.settings");
  writeFiles(folder, { "runtime-manifest.json": manifest, "src/fake/__init__.py": "" });
  fs.copyFileSync(path.join(__dirname, "fake-backend.js"), path.join(folder, "fake-backend.js"));
  const python = path.join(folder, PYTHON);
  fs.mkdirSync(path.dirname(python), { recursive: true });
  fs.symlinkSync(process.execPath, python);
  return folder;
}

/**
 * The small project with the stage's interpreter and packages, some files exchanged.
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {Record<string, string>} [files]
 */
function makeMeadow(t, files) {
  const folder = temporaryFolder(t);
  fs.cpSync(MEADOW, folder, { recursive: true });
  fs.symlinkSync(path.join(STAGE, "python"), path.join(folder, "python"));
  const { python } = JSON.parse(fs.readFileSync(path.join(STAGE, "runtime-manifest.json"), "utf8"));
  const manifest = manifestWith(python, ["manage.py", "desktop"], "meadow.settings");
  return writeFiles(folder, { "runtime-manifest.json": manifest, ...files });
}

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
