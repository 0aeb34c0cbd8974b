// @ts-check
"use strict";
// Every way in which this program can fail, in the words that a person reads: a title, and what happened and what to do.

const fs = require("node:fs");
const path = require("node:path");
const { word } = require("./words.js");
/** @import {Failures} from "../types" */

class Failure extends Error {
  /** @param {string} title @param {string} detail @param {string | null} [log] a file to look into */
  constructor(title, detail, log = null) {
    super(`${title}: ${detail}`);
    this.title = title;
    this.detail = detail;
    this.log = log;
  }
}

const reason = (/** @type {unknown} */ cause) => (cause instanceof Error ? cause.message : String(cause));
const lastWords = (/** @type {string} */ output) => output && `\n\n${word("Its last words:")}\n${output}`;
const remedy = (/** @type {{isInstalled: boolean}} */ place) =>
  place.isInstalled ? word("Please install the app again.") : "Run `cargo xtask packaged-stage`.";

/** @type {(title: string, detail: string, values?: Record<string, string | number>, log?: string | null) => Failure} */
const failure = (title, detail, values, log) => new Failure(word(title), word(detail, values), log);

/** @type {Failures} What only developers see is in English. */
const failures = {
  unknownMode: (mode) =>
    new Failure("Unknown mode", `DESKTOP_DJANGO_RUNTIME_MODE is “${mode}”; it can be “development” or “packaged”.`),
  unusableDataFolder: (folder, cause) => failure("The folder for the app's data can't be used", `${folder}: ${reason(cause)}.`),
  missingManifest: (file, place) => failure("The app is not complete", "{file} is missing. {remedy}", { file, remedy: remedy(place) }),
  damagedManifest: (file, problem, place) => failure("The app is damaged", `${file}: ${problem}. ${remedy(place)}`),
  missingPython: (file, place) =>
    failure("A part of the app is missing", "Its Python, {file}, can't be run. {remedy}", { file, remedy: remedy(place) }),
  cannotStart: (command, cause) =>
    failure("The app's server can't be started", "{command} could not be run ({reason}).", { command, reason: reason(cause) }),
  endedEarly: (how, output, log) =>
    new Failure(word("The app's server ended before it was ready"), word("It {how}. Start the app again.", { how }) + lastWords(output), log),
  crashed: (how, output, log) =>
    new Failure(word("The app's server stopped"), word("It {how}. Start the app again to go on.", { how }) + lastWords(output), log),
  alreadyRunning: (pid) =>
    failure("The app is already running", `Its data is in use${pid ? " by process {pid}" : ""}. Close it first.`, { pid }),
  strangeAddress: (url, log) =>
    failure("The app's server can't be trusted", "It says that it is at {url}, not on this computer.", { url }, log),
  behindProxy: (url) =>
    failure("The app can't be reached", "A proxy is in between. Have {host} excepted from it, then start the app again.", {
      host: new URL(url).hostname,
    }),
  pageNotLoaded: (url, cause, log) => failure("The app's first page did not load", `${url}: ${reason(cause)}.`, {}, log),
  windowCrashed: (why, log) =>
    failure("The app's window stopped working", "Reason: {why}. Start the app again to go on.", { why }, log),
  tooLate: (seconds, log) => new Failure("The smoke test took too long", `There was no page within ${seconds} s.`, log),
  wrongPage: (url, problem, log) => new Failure("The smoke test saw the wrong page", `${url} ${problem}.`, log),
  defect: (cause) => failure("The app has a defect", (cause instanceof Error && cause.stack) || String(cause)),
};

/**
 * What a person can do about a cause that nobody here has made, told by its words; empty where the text has it already.
 * @type {(failure: {detail: string}, settings: {isInstalled: boolean, dataFolder: string}) => string}
 */
function nextStep({ detail }, { isInstalled, dataFolder: folder }) {
  const isIt = (/** @type {RegExp} */ words) => words.test(detail);
  const backups = path.join(folder, "backups");
  const hasCopies = fs.existsSync(backups) && !detail.includes(backups);
  if (isIt(/ENOSPC|ENOSPACE|no space left|disk (is )?full/i)) return word("Free some space on the disk, then start the app again.");
  if (isIt(/malformed|not a database/i)) return hasCopies ? word("Copies of your data are in {backups}.", { backups }) : "";
  if (isIt(/EACCES|EPERM|EROFS|permission denied|read-only/i)) return word("Look whether you may write to {folder}, then start the app again.", { folder });
  const isIncomplete = isIt(/shared librar|No module named|cannot import|DLL load failed|Library not loaded/i);
  return isIncomplete && isInstalled ? word("A part of the app is missing or damaged. Please install the app again.") : "";
}

module.exports = { Failure, failures, nextStep };
