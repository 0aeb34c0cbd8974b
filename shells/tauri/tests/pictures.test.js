// @ts-check
"use strict";
// The pictures in the documentation, of the demo in the real window.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { namesOf } = require("../../pictures.js");
const { needs, REPOSITORY, STAGE } = require("./support/needs.js");
const { temporaryFolder } = require("./support/shell.js");

// A checkout that adopted a project stages that.
const [hasStage, hasDemo] = ["runtime-manifest.json", "src/example_app"].map((name) => fs.existsSync(path.join(STAGE, name)));
const options = hasStage && !hasDemo ? { skip: "another program is staged" } : needs("pictures", "display", "openssl", "program", "stage");

test("the pictures of the demo are taken from the real window", options, (t) => {
  const folder = temporaryFolder(t);
  execFileSync(process.execPath, [path.join(REPOSITORY, "shells", "pictures.js"), "--to", folder, "tauri"], { stdio: "pipe" });
  assert.deepEqual(fs.readdirSync(folder).sort(), namesOf("tauri"));
});
