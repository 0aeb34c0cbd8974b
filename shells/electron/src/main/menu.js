// @ts-check
"use strict";
// The menu, and what it and the page can ask the desktop for.

const fs = require("node:fs");
const path = require("node:path");
const { ipcMain, Menu, shell } = require("electron");
const { originOf } = require("./requests.js");
const { checkForUpdates } = require("./updates.js");
/** @import {Ending, Settings, Site, Windows} from "../types" */

/** @typedef {Electron.MenuItemConstructorOptions} Item */

/** @type {(settings: Settings, windows: Windows, ending: Ending) => void} */
function setupMenu(settings, windows, ending) {
  const isMac = process.platform === "darwin";
  /** @type {Item[]} */
  const zoom = [{ role: "resetZoom" }, { role: "zoomIn" }, { role: "zoomOut" }, { role: "togglefullscreen" }];
  /** @type {Item[]} */
  const developer = settings.isInstalled ? [] : [{ role: "toggleDevTools" }];
  /** @type {Item[]} */
  const template = [
    ...(isMac ? [/** @type {Item} */ ({ role: "appMenu" })] : []),
    { role: "fileMenu" },
    { role: "editMenu" },
    { label: "&View", submenu: [{ role: "reload" }, ...developer, { type: "separator" }, ...zoom] },
    { role: "windowMenu" },
    {
      role: "help",
      submenu: [
        { label: "Check for Updates…", click: () => void checkForUpdates(settings, windows, ending) },
        { type: "separator" },
        { label: "Open App Data Folder", click: () => void shell.openPath(settings.dataFolder) },
        { label: "Open Log", click: () => void openLog(settings.log) },
      ],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

/** @param {string} log */
function openLog(log) {
  return shell.openPath(fs.existsSync(log) ? log : path.dirname(log));
}

/** @type {(settings: Settings, site: Site) => void} */
function setupPageRequests({ dataFolder }, site) {
  ipcMain.handle("open-app-data-directory", async ({ senderFrame }) => {
    if (!senderFrame || senderFrame.parent || originOf(senderFrame.url) !== site.origin) throw new Error("Refused");
    const problem = await shell.openPath(dataFolder);
    if (problem) throw new Error(problem);
  });
}

module.exports = { openLog, setupMenu, setupPageRequests };
