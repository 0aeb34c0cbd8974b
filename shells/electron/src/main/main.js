// @ts-check
"use strict";
// The desktop program: a window, a menu and a pipe around the backend. Each line below is the file of that name.

const { randomBytes } = require("node:crypto");
const { app, dialog } = require("electron");
// A file that is missing must say so, and end a smoke test. Later `ending.js` hears it.
process.once("uncaughtException", tellIncomplete);
const { startBackend } = require("./backend.js");
const { setupContextMenu } = require("./context-menu.js");
const { setupDownloads } = require("./downloads.js");
const { setupEnding } = require("./ending.js");
const { failures } = require("./failures.js");
const { planLaunch } = require("./launch.js");
const { setupMenu, setupPageRequests } = require("./menu.js");
const { setupPeopleData } = require("./people-data.js");
const { originOf, reachDirectly, setupGuards, setupRequests } = require("./requests.js");
const { claimDataFolder, readSettings } = require("./settings.js");
const { judgePage, setupSmokeTest } = require("./smoke.js");
const { setupWindows } = require("./windows.js");

app.enableSandbox();
const settings = readSettings(app, process.env);
/** @type {import("../types").Site} */
const site = { origin: null, token: randomBytes(32).toString("base64url") };
/** @type {import("../types").Backend | undefined} */
let backend;
const windows = setupWindows(settings);
const ending = setupEnding(settings, windows, () => backend);
process.off("uncaughtException", tellIncomplete);
setupSmokeTest(settings, ending);
setupGuards(site);
setupContextMenu();
setupPageRequests(settings, site);

try {
  claimDataFolder(app, settings);
  if (app.requestSingleInstanceLock()) run(planLaunch(settings, site.token, process.env));
  else if (settings.isSmokeTest) throw failures.alreadyRunning(0);
  else ending.end(0); // The other one comes to the front.
} catch (error) {
  ending.fail(error);
}

/** @param {import("../types").Launch} launch */
function run(launch) {
  const ready = (/** @type {string} */ url) => openPage(url).catch(ending.fail);
  const start = () => startBackend(launch, settings.log, { phase: windows.showPhase, ready, failed: ending.fail });
  // Not after Chromium is up: the two take their time side by side.
  let current = (backend = start());
  const restart = async () => {
    await Promise.all([windows.wait(launch.splash), current.stop()]);
    current = backend = start();
  };
  const data = setupPeopleData(settings, windows, { ask: (...question) => current.ask(...question), restart });
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
  told.finally(() => app.exit(1));
}
