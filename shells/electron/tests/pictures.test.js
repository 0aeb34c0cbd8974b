// @ts-check
"use strict";
// The pictures in the documentation are those that `shells/pictures.js` takes, all of them.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { REPOSITORY } = require("../project.js");
const { namesOf } = require("../../pictures.js");

const DOCS = path.join(REPOSITORY, "docs");

for (const shell of ["electron", "tauri", "positron"]) {
  test(`${shell}: each picture is taken by the script, and shown`, () => {
    const there = fs.readdirSync(path.join(DOCS, "images")).filter((name) => name.startsWith(`${shell}-`));
    assert.deepEqual(there.sort(), namesOf(shell));
    const page = fs.readFileSync(path.join(DOCS, "shells", `${shell}.md`), "utf8");
    const shown = [...page.matchAll(/images\/(\S+\.png)\n:alt: (.+), (light|dark)\.\n/g)];
    assert.deepEqual(shown.map(([, name]) => name).sort(), namesOf(shell));
    for (const [, name = "", , scheme] of shown) assert.ok(name.endsWith(`-${scheme}.png`), name);
  });
}
