// @ts-check
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/**
 * A new folder that is gone after the test.
 * @param {{after: (act: () => void) => void}} t
 */
function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dds-electron-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** @param {string} folder @param {Record<string, string>} files */
function writeFiles(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return folder;
}

module.exports = { temporaryFolder, writeFiles };
