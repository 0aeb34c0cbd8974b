// @ts-check
"use strict";
// For tests: a small project with pages for windows, on the interpreter and the packages of whatever was staged.

const fs = require("node:fs");
const path = require("node:path");

const PROJECT = path.join(__dirname, "..", "backend", "desktop_runtime", "tests", "meadow");
const MANIFEST = "runtime-manifest.json";
const LAUNCHER = {
  cwd: ".",
  command: ["manage.py", "desktop"],
  managePy: "manage.py",
  sourceRoot: "src",
  settingsModule: "meadow.settings",
  environment: [],
};

/** @param {string} folder @param {string} stage a staged backend */
function makeMeadow(folder, stage) {
  fs.cpSync(PROJECT, folder, { recursive: true });
  fs.symlinkSync(path.join(stage, "python"), path.join(folder, "python"));
  const { schemaVersion, python } = JSON.parse(fs.readFileSync(path.join(stage, MANIFEST), "utf8"));
  fs.writeFileSync(path.join(folder, MANIFEST), JSON.stringify({ schemaVersion, python, launcher: LAUNCHER }));
  return folder;
}

module.exports = { makeMeadow, PROJECT };
