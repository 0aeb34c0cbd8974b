// @ts-check
"use strict";
// The two windows: the splash at once, the main window when the first page is there.

const fs = require("node:fs");
const path = require("node:path");
const { app, BrowserWindow, nativeTheme } = require("electron");
const { failures } = require("./failures.js");
const { rememberPlace, restoredPlace } = require("./window-place.js");
/** @import {Settings, Windows} from "../types" */

const SAFE = { sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false };
// The spell checker would fetch its dictionaries from the internet.
const QUIET = { spellcheck: false };

/** @type {(settings: Settings) => Windows} */
function setupWindows({ project, icon, isInstalled, dataFolder, log }) {
  /** @type {BrowserWindow | undefined} */
  let current;
  /** @type {BrowserWindow | undefined} */
  let splash;
  let phase = "prepare";
  const look = () => ({
    title: project.title,
    ...(fs.existsSync(icon) && { icon }),
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#222121" : "#F2F4F3",
  });
  const webPreferences = { ...SAFE, ...QUIET, devTools: !isInstalled };
  const paintPhase = () => {
    const script = `document.getElementById("splash-phase").dataset.phase = ${JSON.stringify(phase)}; 0`;
    // A splash that is on its way in or out shows no phase, and that is all.
    splash?.webContents.executeJavaScript(script).catch(() => {});
  };

  app.on("second-instance", () => {
    if (current?.isMinimized()) current.restore();
    current?.focus();
  });

  return {
    current: () => current,
    openSplash(file) {
      current = splash = new BrowserWindow({ ...look(), webPreferences, width: 480, height: 340, frame: false });
      splash.webContents.on("did-finish-load", paintPhase);
      splash.on("closed", () => {
        if (current === splash) app.quit();
        splash = undefined;
      });
      splash.loadFile(file).catch(() => {}); // The page was quicker.
    },
    showPhase(name) {
      phase = name;
      if (splash && !splash.webContents.isLoading()) paintPhase();
    },
    async openMain(url) {
      const { isMaximized, ...place } = restoredPlace(dataFolder);
      const preload = path.join(__dirname, "..", "preload", "preload.js");
      const main = new BrowserWindow({ ...look(), ...place, show: false, webPreferences: { ...webPreferences, preload } });
      rememberPlace(main, dataFolder);
      const { webContents: contents } = main;
      let status = 0;
      contents.on("did-navigate", (_event, _url, code) => void (status = code));
      await main.loadURL(url).catch(async (error) => {
        if (error.code !== "ERR_ABORTED") throw failures.pageNotLoaded(url, error, log);
        // The page went on to another one by itself.
        if (contents.isLoading()) await new Promise((resolve) => contents.once("did-stop-loading", () => resolve(0)));
      });
      current = main;
      if (isMaximized) main.maximize();
      main.show();
      splash?.destroy();
      return { contents, status };
    },
  };
}

module.exports = { setupWindows };
