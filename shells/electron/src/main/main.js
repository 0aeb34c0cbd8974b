// @ts-check
"use strict";
// The desktop program: a window, a menu and a pipe around the backend. Each line below is the file of that name.

/** @import {Backend, Launch} from "../types" */

const { randomBytes } = require("node:crypto");
const { app, dialog } = require("electron");
/** @type {Backend | undefined} */
let backend;
// A file that is missing must say so, and end a smoke test. Later `ending.js` hears it.
process.once("uncaughtException", tellIncomplete);
const { startBackend } = require("./backend.js");
const { failures } = require("./failures.js");
const { planLaunch } = require("./launch.js");
const { claimDataFolder, readSettings } = require("./settings.js");
const { setLanguage } = require("./words.js");

app.enableSandbox();
app.commandLine.appendSwitch("no-proxy-server"); // `reachDirectly` waits until that is so.
const settings = readSettings(app, process.env);
setLanguage(settings.words, app.getPreferredSystemLanguages());
/** @type {import("../types").Site} */
const site = { origin: null, token: randomBytes(32).toString("base64url") };
// First of all: the backend needs the longest. All below takes its time beside it, the loading of files, too.
const { launch, problem } = begin();
const { setupContextMenu } = require("./context-menu.js");
const { setupDownloads } = require("./downloads.js");
const { setupEnding } = require("./ending.js");
const { setupLeaving } = require("./leaving.js");
const { setupMenu, setupPageRequests } = require("./menu.js");
const { setupPeopleData } = require("./people-data.js");
const { originOf, reachDirectly, setupGuards, setupRequests } = require("./requests.js");
const { judgePage, setupSmokeTest } = require("./smoke.js");
const { setupWindows } = require("./windows.js");

const windows = setupWindows(settings);
const ending = setupEnding(settings, windows, () => backend);
process.off("uncaughtException", tellIncomplete);
setupSmokeTest(settings, ending);
setupGuards(site);
setupLeaving(settings.project.title);
setupContextMenu();
setupPageRequests(settings, site);
if (launch) run(launch);
else if (problem) ending.fail(problem);
else ending.end(0); // The other one comes to the front.

/** @returns {{launch?: Launch, problem?: unknown}} nothing: another one runs */
function begin() {
  try {
    claimDataFolder(app, settings);
    if (!app.requestSingleInstanceLock()) return settings.isSmokeTest ? { problem: failures.alreadyRunning(0) } : {};
    const launch = planLaunch(settings, site.token, process.env);
    backend = start(launch);
    return { launch };
  } catch (problem) {
    return { problem };
  }
}

/** @param {Launch} launch */
function start(launch) {
  const ready = (/** @type {string} */ url) => openPage(url).catch(ending.fail);
  // Neither is there yet when the first backend starts.
  return startBackend(launch, settings.log, { phase: (name) => windows.showPhase(name), ready, failed: (why) => ending.fail(why) });
}

/** @param {Launch} launch */
function run(launch) {
  const restart = async () => {
    await Promise.all([windows.wait(launch.splash), backend?.stop()]);
    backend = start(launch);
  };
  const ask = (/** @type {Parameters<Backend["ask"]>} */ ...question) => /** @type {Backend} */ (backend).ask(...question);
  const data = setupPeopleData(settings, windows, { ask, restart });
  app.whenReady().then(() => {
    setupRequests(site);
    setupDownloads(settings, windows);
    setupMenu(settings, windows, ending, data);
    windows.open(launch.splash);
  });
}

/** @param {string} url */
async function openPage(url) {
  await app.whenReady();
  site.origin = originOf(url);
  await reachDirectly(url);
  const page = await windows.openMain(url);
  if (settings.isSmokeTest) await judgePage(page, url, settings, ending);
}

/** @param {Error} error */
function tellIncomplete(error) {
  const [detail = ""] = error.message.split("\n", 1);
  process.stderr.write(`The app is not complete: ${detail}\n`);
  const isSmokeTest = process.env.DESKTOP_DJANGO_SMOKE_TEST === "1";
  const box = { title: app.name, message: "The app is not complete", buttons: ["Quit"] };
  const told = isSmokeTest
    ? Promise.resolve()
    : app.whenReady().then(() => dialog.showMessageBox({ ...box, type: "error", detail: `${detail}\n\nPlease install the app again.` }));
  Promise.all([told, backend?.stop()]).finally(() => app.exit(1));
}
