// @ts-check
"use strict";
// Which files of the staged backend are programs and libraries of macOS, by their first bytes.

const fs = require("node:fs");
const path = require("node:path");

// Mach-O of 32 and 64 bits in both byte orders, and several of them in one file.
const MAGIC = ["feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "bebafeca"];

/**
 * @param {string} root
 * @returns {string[]} paths relative to `root`, with `/`, sorted
 */
function nativeFiles(root) {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => MAGIC.includes(firstBytes(file)))
    .map((file) => path.relative(root, file).replaceAll(path.sep, "/"))
    .sort();
}

/** @param {string} file */
function firstBytes(file) {
  const descriptor = fs.openSync(file, "r");
  try {
    const bytes = Buffer.alloc(4);
    fs.readSync(descriptor, bytes, 0, 4, 0);
    return bytes.toString("hex");
  } finally {
    fs.closeSync(descriptor);
  }
}

module.exports = { nativeFiles };
