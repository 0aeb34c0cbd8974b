// @ts-check
"use strict";
// Rules over the files of this shell.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { SHELL_FILES } = require("../builder/files.js");
const { SHELL } = require("./support/needs.js");

const MAIN_LINES = 1060;
const FILE_LINES = 200;
const text = (/** @type {string} */ file) => fs.readFileSync(path.join(SHELL, file), "utf8");

// In a checkout only: an installed program has the facts in its package.json.
const NOT_SHIPPED = new Set(["project.js"]);

/** Every file that `file` needs, itself included. @param {string} file @param {Set<string>} [seen] @returns {Set<string>} */
function closure(file, seen = new Set()) {
  if (seen.has(file) || NOT_SHIPPED.has(file)) return seen;
  seen.add(file);
  for (const [, request] of text(file).matchAll(/require\("(\.[^"]+)"\)/g)) {
    closure(path.join(path.dirname(file), String(request)), seen);
  }
  // Files that are not modules: `path.join(__dirname, "..", "preload", "preload.js")`.
  for (const [, words] of text(file).matchAll(/path\.join\(__dirname, ([^)]+\.\w+")\)/g)) {
    closure(path.join(path.dirname(file), ...String(words).split(", ").map((word) => JSON.parse(word))), seen);
  }
  return seen;
}

test("every file that the main script needs is on the list, and nothing else", () => {
  const { main } = JSON.parse(text("package.json"));
  const needed = closure(main);
  // The main script is found through it.
  needed.add("package.json");
  assert.deepEqual([...needed].sort(), [...SHELL_FILES].sort());
});

test("shipped files need no package for developers", () => {
  const { dependencies } = JSON.parse(text("package.json"));
  for (const file of SHELL_FILES.filter((name) => name.endsWith(".js"))) {
    for (const [, request] of text(file).matchAll(/require\("([^."][^"]*)"\)/g)) {
      const isBuiltIn = String(request).startsWith("node:") || request === "electron";
      assert.ok(isBuiltIn || String(request) in dependencies, `${file} needs ${request}`);
    }
  }
});

test("electron-updater is not loaded at start", () => {
  for (const file of SHELL_FILES.filter((name) => name.endsWith(".js"))) {
    assert.doesNotMatch(text(file), /^(const|let|var|import).*electron-updater/m, file);
  }
});

test(`the main process is at most ${MAIN_LINES} lines of code, a file at most ${FILE_LINES} lines`, (t) => {
  let all = 0;
  for (const name of fs.readdirSync(path.join(SHELL, "src", "main"))) {
    const lines = text(path.join("src", "main", name)).trimEnd().split("\n");
    assert.ok(lines.length <= FILE_LINES, `${name} has ${lines.length}`);
    all += lines.filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length;
  }
  t.diagnostic(`${all} lines, without comments and blank ones`);
  assert.ok(all <= MAIN_LINES, `${all}`);
});

test("every script is checked for types and strict", () => {
  const scripts = ["src", "builder", "tests"].flatMap((folder) =>
    /** @type {string[]} */ (fs.readdirSync(path.join(SHELL, folder), { recursive: true }))
      .filter((name) => name.endsWith(".js"))
      .map((name) => path.join(folder, name)),
  );
  assert.ok(scripts.length > 20);
  for (const file of scripts) assert.match(text(file), /^\/\/ @ts-check\n"use strict";\n/, file);
});

test("the lock file names no address of a registry", () => {
  assert.doesNotMatch(text("package-lock.json"), /"resolved"/);
});
