// @ts-check
"use strict";
// The package that the tests look at.

const { spawnSync } = require("node:child_process");
const { REPOSITORY } = require("./needs.js");

/** What its tests need from the machine. @type {["display", "dpkg"]} */
const NEEDED = ["display", "dpkg"];

/** Builds it as people do. */
const buildDeb = () => spawnSync("cargo", ["xtask", "tauri-build", "--", "--bundles", "deb"], { cwd: REPOSITORY, encoding: "utf8" });

module.exports = { buildDeb, NEEDED };
