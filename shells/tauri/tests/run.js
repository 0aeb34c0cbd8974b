// @ts-check
"use strict";
// `npm test [-- WORD…]`: all tests, or the files whose name contains one of the words.

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { areThere } = require("./support/needs.js");
const { buildDeb, BUILT, NEEDED } = require("./support/package.js");

const words = process.argv.slice(2);
const files = fs
  .readdirSync(__dirname)
  .filter((name) => name.endsWith(".test.js") && (words.length === 0 || words.some((word) => name.includes(word))))
  .map((name) => path.join(__dirname, name));
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(" or ")} in its name\n`);
  process.exit(2);
}
const env = { ...process.env };
// Compiled from nothing, the package takes longer than all tests: no limit of theirs is for that.
if (files.some((file) => path.basename(file) === "package.test.js") && areThere(...NEEDED)) {
  const { status, stdout, stderr } = buildDeb();
  if (status !== 0) {
    process.stderr.write(`${stderr}the package that the tests are for could not be built\n`);
    process.exit(status ?? 1);
  }
  env[BUILT] = stdout;
}
// One after another: they open windows, and have time limits.
const limits = ["--test", "--test-concurrency=1", "--test-timeout=900000"];
const { status } = spawnSync(process.execPath, [...limits, ...files], { env, stdio: "inherit" });
process.exit(status ?? 1);
