// @ts-check
"use strict";
// For tests of one file: `require("electron")` gives what the test wants, without a program around it.

const Module = require("node:module");
const path = require("node:path");
const { SHELL } = require("./needs.js");

/**
 * @param {Record<string, unknown>} electron its parts, and other packages by their name
 * @param {string} file below src/
 * @returns {any} what the file exports, loaded anew
 */
function loadWith(electron, file) {
  const own = path.join(SHELL, "src");
  for (const name of Object.keys(require.cache)) if (name.startsWith(own)) delete require.cache[name];
  stubs.clear();
  for (const [name, value] of Object.entries({ ...electron, electron })) stubs.set(name, value);
  return require(path.join(own, file));
}

/** @type {Map<string, unknown>} */
const stubs = new Map();
const load = Reflect.get(Module, "_load");
// For good: a file may require something long after it was loaded.
Reflect.set(Module, "_load", (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) =>
  stubs.has(request) ? stubs.get(request) : load.call(Module, request, ...rest),
);

module.exports = { loadWith };
