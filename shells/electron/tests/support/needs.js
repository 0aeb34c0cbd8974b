// @ts-check
"use strict";
// What a test needs from the machine: without it the test is skipped, says why, and adds a line to the file that
// DDS_SKIP_LOG names, so that a run that skipped something can be told from one that did not.

const fs = require("node:fs");
const path = require("node:path");
const { findChromium } = require("./chromium.js");

const SHELL = path.join(__dirname, "..", "..");
const STAGE = path.resolve(
  process.env.DESKTOP_DJANGO_BACKEND_ROOT || path.join(SHELL, "..", "..", ".stage", "backend"),
);
// Whatever project the checkout has, the starter's own is here.
const ENVIRONMENT = path.resolve(SHELL, "..", "..", "backend", ".venv");

/** @param {string} name a program on PATH */
function which(name) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null;
}

const X_PROGRAMS = ["Xvfb", "openbox", "wmctrl", "xdotool"];
const X_PACKAGES = "xvfb openbox wmctrl xdotool";

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
    isThere: () => fs.existsSync(ENVIRONMENT),
    text: "the starter's environment, backend/.venv (cargo xtask install)",
  },
  display: {
    isThere: () => process.platform === "linux" && X_PROGRAMS.every((name) => which(name) !== null),
    text: `a display server for tests (apt-get install ${X_PACKAGES})`,
  },
  electron: {
    isThere: () => process.arch === "x64" && Boolean(process.env.DDS_REAL_ELECTRON) && which("unzip") !== null,
    text: "a real Electron: DDS_REAL_ELECTRON=fetch, or its folder (and, to unpack it, apt-get install unzip)",
  },
  pictures: { isThere: () => which("import") !== null, text: "ImageMagick (apt-get install imagemagick)" },
  squashfs: { isThere: () => which("mksquashfs") !== null, text: "squashfs-tools (apt-get install squashfs-tools)" },
  openssl: { isThere: () => which("openssl") !== null, text: "OpenSSL (apt-get install openssl)" },
  osslsigncode: { isThere: () => which("osslsigncode") !== null, text: "osslsigncode (apt-get install osslsigncode)" },
  sevenZip: { isThere: () => which("7za") !== null, text: "7-Zip (apt-get install p7zip-full)" },
};

/** @param {string} test @param {string} text what it would need */
function logSkipped(test, text) {
  if (process.env.DDS_SKIP_LOG) fs.appendFileSync(process.env.DDS_SKIP_LOG, `${test}: needs ${text}\n`);
}

/**
 * The options of a test that needs something.
 * @param {string} test
 * @param {(keyof typeof NEEDS)[]} needs
 * @returns {{skip: string | false}}
 */
function needs(test, ...needs) {
  const missing = needs.map((need) => NEEDS[need]).find(({ isThere }) => !isThere());
  if (!missing) return { skip: false };
  logSkipped(test, missing.text);
  return { skip: `needs ${missing.text}` };
}

module.exports = { logSkipped, needs, which, ENVIRONMENT, SHELL, STAGE };
