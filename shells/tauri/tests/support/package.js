// @ts-check
"use strict";
// The package that the tests look at.

const { spawnSync } = require("node:child_process");
const { REPOSITORY } = require("./needs.js");

/** What its tests need from the machine. @type {["display", "dpkg"]} */
const NEEDED = ["display", "dpkg"];

/** Where `run.js` leaves for the tests what was said of the package that it has built. */
const BUILT = "DDS_TAURI_PACKAGE";

/** Builds it as people do. */
const buildDeb = () => spawnSync("cargo", ["xtask", "tauri-build", "--", "--bundles", "deb"], { cwd: REPOSITORY, encoding: "utf8" });

/** The one that was built just now, or a new one. @returns {{status: number | null, stdout: string, stderr: string}} */
function builtDeb() {
  const stdout = process.env[BUILT];
  return stdout === undefined ? buildDeb() : { status: 0, stdout, stderr: "" };
}

module.exports = { buildDeb, builtDeb, BUILT, NEEDED };
