// @ts-check
"use strict";
// What happens before the first test.

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { needs } = require("./support/needs.js");
const { NEEDED } = require("./support/package.js");
const { temporaryFolder } = require("./support/shell.js");

test("the package is compiled before the clock of its tests starts", needs("run", ...NEEDED), (t) => {
  const folder = temporaryFolder(t);
  fs.writeFileSync(path.join(folder, "cargo"), '#!/bin/sh\necho "asked for $*" >&2\nexit 7\n', { mode: 0o755 });
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const PATH = `${folder}${path.delimiter}${env.PATH}`;
  const run = spawnSync(process.execPath, [path.join(__dirname, "run.js"), "package"], { env: { ...env, PATH }, encoding: "utf8" });
  const said = "asked for xtask tauri-build -- --bundles deb\nthe package that the tests are for could not be built\n";
  assert.deepEqual([run.status, run.stdout, run.stderr], [7, "", said]);
});
