// @ts-check
"use strict";
// What a test needs from the machine: without it the test is skipped, says why, and adds a line to the file that
// DDS_SKIP_LOG names, so that a run that skipped something can be told from one that did not.

const fs = require("node:fs");
const path = require("node:path");

const SHELL = path.join(__dirname, "..", "..");
const REPOSITORY = path.join(SHELL, "..", "..");
const STAGE = path.resolve(process.env.DESKTOP_DJANGO_BACKEND_ROOT || path.join(REPOSITORY, ".stage", "backend"));
const PROGRAM = path.join(SHELL, "src-tauri", "target", "debug", "desktop-shell");
const BROWSERS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** @param {string} name a program on PATH */
function which(name) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null;
}

const findChromium = () => process.env.DDS_CHROMIUM || (BROWSERS.map(which).find((file) => file !== null) ?? null);

const X_PROGRAMS = ["Xvfb", "dbus-daemon", "openbox", "wmctrl", "xdotool", "import"];
const X_PACKAGES = "xvfb dbus openbox wmctrl xdotool imagemagick";

const NEEDS = {
  display: {
    isThere: () => process.platform === "linux" && X_PROGRAMS.every((name) => which(name) !== null),
    text: `a display server for tests (apt-get install ${X_PACKAGES})`,
  },
  program: { isThere: () => fs.existsSync(PROGRAM), text: "the compiled shell (cargo xtask tauri-test)" },
  stage: {
    isThere: () => fs.existsSync(path.join(STAGE, "runtime-manifest.json")),
    text: "a staged backend (cargo xtask packaged-stage)",
  },
  chromium: { isThere: () => findChromium() !== null, text: "Chromium (apt-get install chromium)" },
  webdriver: { isThere: () => which("WebKitWebDriver") !== null, text: "WebKitWebDriver (apt-get install webkit2gtk-driver)" },
  openssl: { isThere: () => which("openssl") !== null, text: "OpenSSL (apt-get install openssl)" },
  dpkg: { isThere: () => which("dpkg-deb") !== null, text: "dpkg (apt-get install dpkg)" },
};

/** @param {(keyof typeof NEEDS)[]} needs */
const areThere = (...needs) => needs.every((need) => NEEDS[need].isThere());

/**
 * The options of a test that needs something.
 * @param {string} test
 * @param {(keyof typeof NEEDS)[]} needs
 * @returns {{skip: string | false}}
 */
function needs(test, ...needs) {
  const missing = needs.map((need) => NEEDS[need]).find(({ isThere }) => !isThere());
  if (!missing) return { skip: false };
  if (process.env.DDS_SKIP_LOG) fs.appendFileSync(process.env.DDS_SKIP_LOG, `tauri ${test}: needs ${missing.text}\n`);
  return { skip: `needs ${missing.text}` };
}

module.exports = { areThere, needs, findChromium, PROGRAM, REPOSITORY, SHELL, STAGE };
