// @ts-check
"use strict";
// What a test needs from the machine: without it the test is skipped, says why, and adds a line to the file that
// DDS_SKIP_LOG names, so that a run that skipped something can be told from one that did not.

const fs = require("node:fs");
const path = require("node:path");
const { readFacts } = require("../../project.js");
const { findChromium } = require("./chromium.js");

const SHELL = path.join(__dirname, "..", "..");
const STAGE = path.resolve(
  process.env.DESKTOP_DJANGO_BACKEND_ROOT || path.join(SHELL, "..", "..", ".stage", "backend"),
);

/** @param {string} name a program on PATH */
function which(name) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null;
}

const NEEDS = {
  posix: { isThere: () => process.platform !== "win32", text: "a system with sh" },
  linux: { isThere: () => process.platform === "linux", text: "Linux" },
  chromium: { isThere: () => findChromium() !== null, text: "Chromium (apt-get install chromium)" },
  stage: {
    isThere: () => fs.existsSync(path.join(STAGE, "runtime-manifest.json")),
    text: "a staged backend (cargo xtask packaged-stage)",
  },
  uv: { isThere: () => (process.env.UV || which("uv")) !== null, text: "uv (pip install uv)" },
  environment: {
    isThere: () => fs.existsSync(path.join(readFacts().checkout.root, ".venv")),
    text: "the backend's environment (cargo xtask install)",
  },
  squashfs: { isThere: () => which("mksquashfs") !== null, text: "squashfs-tools (apt-get install squashfs-tools)" },
  sevenZip: { isThere: () => which("7za") !== null, text: "7-Zip (apt-get install p7zip-full)" },
};

/**
 * The options of a test that needs something.
 * @param {string} test
 * @param {(keyof typeof NEEDS)[]} needs
 * @returns {{skip: string | false}}
 */
function needs(test, ...needs) {
  const missing = needs.map((need) => NEEDS[need]).find(({ isThere }) => !isThere());
  if (!missing) return { skip: false };
  if (process.env.DDS_SKIP_LOG) fs.appendFileSync(process.env.DDS_SKIP_LOG, `${test}: needs ${missing.text}\n`);
  return { skip: `needs ${missing.text}` };
}

module.exports = { needs, which, SHELL, STAGE };
