// @ts-check
"use strict";
// Every way in which this program can fail, in the words that a person reads: a title, and what happened and what to do.

const path = require("node:path");
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
const lastWords = (/** @type {string} */ output) => output && `\n\nIts last words:\n${output}`;
const remedy = (/** @type {{isInstalled: boolean}} */ place) =>
  place.isInstalled ? "Please install the app again." : "Run `cargo xtask packaged-stage`.";

/** @type {Failures} */
const failures = {
  unknownMode: (mode) =>
    new Failure("Unknown mode", `DESKTOP_DJANGO_RUNTIME_MODE is “${mode}”; it can be “development” or “packaged”.`),
  unusableDataFolder: (folder, cause) =>
    new Failure("The folder for the app's data can't be used", `${folder}: ${reason(cause)}.`),
  missingManifest: (file, place) => new Failure("The app is not complete", `${file} is missing. ${remedy(place)}`),
  damagedManifest: (file, problem, place) => new Failure("The app is damaged", `${file}: ${problem}. ${remedy(place)}`),
  missingPython: (file, place) =>
    new Failure("A part of the app is missing", `Its Python, ${file}, can't be run. ${remedy(place)}`),
  cannotStart: (command, cause) =>
    new Failure("The app's server can't be started", `${command} could not be run (${reason(cause)}).`),
  endedEarly: (how, output, log) =>
    new Failure("The app's server ended before it was ready", `It ${how}. Start the app again.${lastWords(output)}`, log),
  crashed: (how, output, log) =>
    new Failure("The app's server stopped", `It ${how}. Start the app again to go on.${lastWords(output)}`, log),
  alreadyRunning: (pid) =>
    new Failure("The app is already running", `Its data is in use${pid ? ` by process ${pid}` : ""}. Close it first.`),
  strangeAddress: (url, log) =>
    new Failure("The app's server can't be trusted", `It says that it is at ${url}, not on this computer.`, log),
  behindProxy: (url) =>
    new Failure("The app can't be reached", `A proxy is in between. Have ${new URL(url).hostname} excepted from it, then start the app again.`),
  pageNotLoaded: (url, cause, log) => new Failure("The app's first page did not load", `${url}: ${reason(cause)}.`, log),
  windowCrashed: (why, log) =>
    new Failure("The app's window stopped working", `Reason: ${why}. Start the app again to go on.`, log),
  tooLate: (seconds, log) => new Failure("The smoke test took too long", `There was no page within ${seconds} s.`, log),
  wrongPage: (url, problem, log) => new Failure("The smoke test saw the wrong page", `${url} ${problem}.`, log),
  defect: (cause) => new Failure("The app has a defect", (cause instanceof Error && cause.stack) || String(cause)),
};

/**
 * What a person can do about a cause that nobody here has made, told by its words; empty where the text has it already.
 * @type {(failure: {detail: string}, settings: {isInstalled: boolean, dataFolder: string}) => string}
 */
function nextStep({ detail }, { isInstalled, dataFolder }) {
  const isIt = (/** @type {RegExp} */ words) => words.test(detail);
  const backups = path.join(dataFolder, "backups");
  if (isIt(/ENOSPC|ENOSPACE|no space left|disk (is )?full/i)) return "Free some space on the disk, then start the app again.";
  if (isIt(/malformed|not a database/i) && !detail.includes(backups)) return `Copies of your data are in ${backups}.`;
  if (isIt(/EACCES|EPERM|EROFS|permission denied|read-only/i)) {
    return `Look whether you may write to ${dataFolder}, then start the app again.`;
  }
  const isIncomplete = isIt(/shared librar|No module named|cannot import|DLL load failed|Library not loaded/i);
  return isIncomplete && isInstalled ? "A part of the app is missing or damaged. Please install the app again." : "";
}

module.exports = { Failure, failures, nextStep };
