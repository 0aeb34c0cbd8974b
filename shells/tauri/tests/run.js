// @ts-check
"use strict";
// `npm test [-- WORD…]`: all tests, or the files whose name contains one of the words.

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const words = process.argv.slice(2);
const files = fs
  .readdirSync(__dirname)
  .filter((name) => name.endsWith(".test.js") && (words.length === 0 || words.some((word) => name.includes(word))))
  .map((name) => path.join(__dirname, name));
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(" or ")} in its name\n`);
  process.exit(2);
}
// One after another: they open windows, and have time limits.
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=900000", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
