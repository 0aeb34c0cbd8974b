// @ts-check
"use strict";
// The menu, and what it and the page can ask the desktop for.

const fs = require("node:fs");
const path = require("node:path");
const { app, dialog, ipcMain, Menu, shell } = require("electron");
const { openFind } = require("./find.js");
const { originOf } = require("./requests.js");
const { checkForUpdates } = require("./updates.js");
const { menuWord, roles, word } = require("./words.js");
/** @import {Ending, PeopleData, Settings, Site, Windows} from "../types" */

/** @typedef {Electron.MenuItemConstructorOptions} Item */

const isMac = process.platform === "darwin";
/** @type {Item} */
const LINE = { type: "separator" };

/** @type {(settings: Settings, windows: Windows, ending: Ending, data: PeopleData) => void} */
function setupMenu(settings, windows, ending, data) {
  const { project, icon } = settings;
  app.setAboutPanelOptions({ applicationName: project.title, applicationVersion: app.getVersion(), iconPath: icon });
  const onPage = (/** @type {(contents: Electron.WebContents, main: Electron.BrowserWindow) => void} */ act) => () => {
    const main = windows.main();
    if (main) act(main.webContents, main);
  };
  /** @type {Item[]} */
  const edit = [
    ...roles("undo", "redo"),
    LINE,
    ...roles("cut", "copy", "paste", "selectAll"),
    LINE,
    { label: menuWord("&Find…"), accelerator: "CmdOrCtrl+F", click: onPage((_contents, main) => openFind(main)) },
  ];
  /** @type {Item[]} */
  const file = [
    { label: menuWord("&Back Up…"), click: data.backUp },
    { label: menuWord("&Restore…"), click: data.restore },
    { label: menuWord("&Export…"), click: data.exportData },
    LINE,
    { label: menuWord("&Print…"), accelerator: "CmdOrCtrl+P", click: onPage((contents, main) => print(contents, main, project.title)) },
    LINE,
    ...roles(isMac ? "close" : "quit"),
  ];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...roles(...(isMac ? /** @type {const} */ (["appMenu"]) : [])),
      { role: "fileMenu", label: menuWord("&File"), submenu: file },
      { role: "editMenu", label: menuWord("&Edit"), submenu: edit },
      { label: menuWord("&View"), submenu: viewMenu(settings, onPage) },
      { role: "windowMenu", label: menuWord("&Window"), ...(isMac ? {} : { submenu: roles("minimize", "close") }) },
      { role: "help", label: menuWord("&Help"), submenu: helpMenu(settings, windows, ending, data) },
    ]),
  );
}

/** @type {(contents: Electron.WebContents, main: Electron.BrowserWindow, title: string) => void} */
function print(contents, main, title) {
  contents.print({}, (isPrinted, reason) => {
    if (isPrinted || /cancel/i.test(reason)) return;
    const detail = word("{reason}. Look whether this computer has a printer.", { reason });
    const box = { title, message: word("The page could not be printed"), detail, buttons: [word("OK")] };
    dialog.showMessageBox(main, { type: "error", ...box });
  });
}

/** @type {(settings: Settings, onPage: (act: (contents: Electron.WebContents) => void) => () => void) => Item[]} */
function viewMenu({ isInstalled }, onPage) {
  const goBack = onPage(({ navigationHistory }) => navigationHistory.goBack());
  const goForward = onPage(({ navigationHistory }) => navigationHistory.goForward());
  return [
    { label: menuWord("&Back"), accelerator: isMac ? "Cmd+[" : "Alt+Left", click: goBack },
    { label: menuWord("F&orward"), accelerator: isMac ? "Cmd+]" : "Alt+Right", click: goForward },
    ...roles("reload", ...(isInstalled ? [] : /** @type {const} */ (["toggleDevTools"]))),
    LINE,
    ...roles("resetZoom", "zoomIn"),
    // The key of a keyboard that has the plus sign on it.
    { role: "zoomIn", accelerator: "CmdOrCtrl+=", visible: false, acceleratorWorksWhenHidden: true },
    ...roles("zoomOut", "togglefullscreen"),
  ];
}

/** @type {(settings: Settings, windows: Windows, ending: Ending, data: PeopleData) => Item[]} */
function helpMenu(settings, windows, ending, data) {
  return [
    { label: menuWord("Check for Updates…"), click: () => void checkForUpdates(settings, windows, ending) },
    LINE,
    { label: menuWord("Open App Data Folder"), click: () => void shell.openPath(settings.dataFolder) },
    { label: menuWord("Open Log"), click: () => void openLog(settings.log) },
    { label: menuWord("Save Support File…"), click: data.saveSupportFile },
    // On a Mac it is in the menu of the program.
    ...(isMac ? [] : [LINE, ...roles("about")]),
  ];
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
