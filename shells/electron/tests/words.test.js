// @ts-check
"use strict";
// The words of menus and dialogs in other languages.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { beforeEach, describe, test } = require("node:test");
const { readFacts } = require("../project.js");
const { menuWord, roles, setLanguage, word } = require("../src/main/words.js");
const { SHELL } = require("./support/needs.js");

const { words } = readFacts();
const MAIN = path.join(SHELL, "src", "main");
const source = fs.readdirSync(MAIN).map((name) => fs.readFileSync(path.join(MAIN, name), "utf8")).join("\n");
const inBraces = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe("words", () => {
  beforeEach(() => setLanguage(words, ["en"]));

  test("English stands in the code", () => {
    assert.equal(menuWord("&Find…"), "&Find…");
    assert.equal(word("Save {name}", { name: "{hay}.csv" }), "Save {hay}.csv");
    assert.deepEqual(roles("undo"), [{ role: "undo" }]);
  });

  test("the first language of the system that there is", () => {
    for (const [languages, close] of /** @type {const} */ ([
      [["de-AT", "en"], "Schließen"],
      [["fr", "de_DE.UTF-8"], "Schließen"],
      [["en-US", "de"], "Close"],
      [["C"], "Close"],
      [["constructor"], "Close"],
      [[], "Close"],
    ])) {
      setLanguage(words, [...languages]);
      assert.equal(word("Close"), close, languages.join());
    }
  });

  test("only a menu has a letter to press", () => {
    setLanguage(words, ["de"]);
    assert.equal(menuWord("&Open Log"), "&Protokoll öffnen");
    assert.equal(word("Open Log"), "Protokoll öffnen");
    assert.deepEqual(roles("undo", "toggleDevTools"), [{ role: "undo", label: "&Rückgängig" }, { role: "toggleDevTools" }]);
    assert.equal(word("Nobody has a word for {it}", { it: 7 }), "Nobody has a word for 7");
  });

  for (const [language, table] of Object.entries(words)) {
    test(`${language}: each text of the code has its words, with the same values in them`, () => {
      const used = [...source.matchAll(/\b(?:word|menuWord|failure|[^.]ask)\(\s*"((?:[^"\\]|\\.)+)"/g)].map(([, text]) => String(text).replace("&", ""));
      assert.ok(used.length > 60, `${used.length}`);
      assert.deepEqual(used.filter((text) => !(text in table)), []);
      for (const [english, other] of Object.entries(table)) assert.deepEqual(inBraces(other), inBraces(english), english);
    });
  }
});
