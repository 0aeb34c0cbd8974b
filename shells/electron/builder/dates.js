// @ts-check
"use strict";
// One date for everything that is packaged: archives keep the dates of files, and two runs shall leave the same bytes.

const fs = require("node:fs");
const path = require("node:path");

/**
 * Hooks of electron-builder, where SOURCE_DATE_EPOCH is set. A folder gets its date when a package is made of it: after
 * `afterPack` electron-builder changes programs in it.
 * @param {NodeJS.ProcessEnv} env
 */
function datedBy(env) {
  const given = env.SOURCE_DATE_EPOCH;
  if (!given) return {};
  if (!/^\d+$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH is “${given}”; give a number of seconds since 1970`);
  const date = Number(given);
  /** @type {Set<string>} */
  const folders = new Set();
  return {
    afterPack: (/** @type {{appOutDir: string}} */ { appOutDir }) => void folders.add(appOutDir),
    artifactBuildStarted: () => folders.forEach((folder) => setDates(folder, date)),
  };
}

/** @param {string} folder @param {number} date */
function setDates(folder, date) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) fs.lutimesSync(path.join(entry.parentPath, entry.name), date, date);
  fs.lutimesSync(folder, date, date);
}

module.exports = { datedBy };
