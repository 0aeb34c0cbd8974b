// @ts-check
"use strict";
// Help › Check for Updates. Nothing happens by itself: it asks before it downloads and before it restarts.

const { app } = require("electron");
const { askIn, withProgress } = require("./dialogs.js");
const { word } = require("./words.js");
/** @import {Ask, Ending, Settings, Windows} from "../types" */

let isBusy = false;

/** @type {(settings: Settings, windows: Windows, ending: Ending) => Promise<void>} */
async function checkForUpdates({ project, isInstalled }, windows, ending) {
  const window = windows.current();
  if (!window || isBusy) return;
  const ask = askIn(window, project.title);
  isBusy = true;
  try {
    if (!isInstalled) await ask("This is a development run", "Only the installed app can be updated.", "OK");
    else await update(project.title, window, ask, ending);
  } catch (error) {
    await ask("The update did not work", /** @type {Error} */ (error).message.split("\n", 1)[0] ?? "", "OK");
  } finally {
    isBusy = false;
  }
}

/** @type {(title: string, window: Electron.BrowserWindow, ask: Ask, ending: Ending) => Promise<void>} */
async function update(title, window, ask, ending) {
  // Loaded here, because hardly any start needs it.
  const { autoUpdater } = require("electron-updater");
  autoUpdater.autoDownload = false;
  // The windows go without a proxy; an update may need the system's.
  await autoUpdater.netSession.setProxy({ mode: "system" });
  await autoUpdater.netSession.forceReloadProxyConfig();

  const found = await autoUpdater.checkForUpdates();
  if (!found) return void (await ask("This copy can't update itself", "Please download the newest version.", "OK"));
  if (!found.isUpdateAvailable) return void (await ask("You have the newest version", app.getVersion(), "OK"));
  const name = `${title} ${found.updateInfo.version}`;
  if (!(await ask(word("{name} is available", { name }), "Download it now? You can go on working.", "Download", "Later"))) return;

  await withProgress(window, "downloading", (show) => {
    const progress = (/** @type {{percent: number}} */ { percent }) => show(percent / 100);
    autoUpdater.on("download-progress", progress);
    return autoUpdater.downloadUpdate().finally(() => autoUpdater.off("download-progress", progress));
  });

  if (!(await ask(word("{name} is ready", { name }), "Restart the app now? Otherwise it is installed when you quit.", "Restart", "Later"))) return;
  await ending.release();
  // Without its backend the app can't go on.
  autoUpdater.once("error", ending.fail);
  autoUpdater.quitAndInstall();
}

module.exports = { checkForUpdates };
