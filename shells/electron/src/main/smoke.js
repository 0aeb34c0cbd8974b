// @ts-check
"use strict";
// The smoke test: leave with 0 after the first real page, and with 1 after anything else, without asking anybody.

const { failures } = require("./failures.js");
const { originOf } = require("./requests.js");
/** @import {Ending, Page, Settings} from "../types" */

// With the time that it takes to stop a stubborn backend, this stays below 20 s.
const LIMIT_SECS = 12;
const SEEN = `({ title: document.title, text: document.body?.innerText.trim().slice(0, 80) ?? "" })`;

/** @type {(settings: Settings, ending: Ending) => void} */
function setupSmokeTest({ isSmokeTest, log }, ending) {
  if (isSmokeTest) setTimeout(() => void ending.fail(failures.tooLate(LIMIT_SECS, log)), LIMIT_SECS * 1000);
}

/** @type {(page: Page, startUrl: string, settings: Settings, ending: Ending) => Promise<void>} */
async function judgePage({ contents, status }, startUrl, { backendRoot, log }, ending) {
  const url = contents.getURL();
  const { title, text } = await contents.executeJavaScript(SEEN);
  if (originOf(url) !== originOf(startUrl)) throw failures.wrongPage(url, `is not a page of ${startUrl}`, log);
  if (status !== 200) throw failures.wrongPage(url, `answered with status ${status}`, log);
  if (text === "") throw failures.wrongPage(url, "is blank", log);
  const took = Math.round(performance.now());
  process.stdout.write(`smoke test: ${process.execPath} (Electron ${process.versions.electron}) with ${backendRoot}\n`);
  process.stdout.write(`smoke test: ${url} status ${status} “${title}” after ${took} ms\n`);
  await ending.end(0);
}

module.exports = { setupSmokeTest, judgePage };
