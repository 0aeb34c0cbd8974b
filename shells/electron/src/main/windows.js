// @ts-check
"use strict";
// The two windows: the splash when there is something to wait for, the main window when the first page is there.

const fs = require("node:fs");
const path = require("node:path");
const { app, BrowserWindow, nativeTheme } = require("electron");
const { failures } = require("./failures.js");
const { leaveUnasked } = require("./leaving.js");
const { rememberPlace, restoredPlace } = require("./window-place.js");
/** @import {Settings, Windows} from "../types" */

const SAFE = { sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false };
const PRELOAD = path.join(__dirname, "..", "preload", "preload.js");
const SPLASH_SIZE = { width: 480, height: 340 };
// A page that is there sooner needs no splash, which would only flash up, and hold the page back.
const SPLASH_AFTER_MS = 400;
// To read the picture takes a tenth of the time that a start takes, and keeps everything waiting.
const ICON_AFTER_MS = 200;

/** @type {(settings: Settings) => Windows} */
function setupWindows(settings) {
  /** @type {ReturnType<typeof makeMain> | undefined} */
  let main;
  /** @type {BrowserWindow | undefined} */
  let splash;
  /** @type {NodeJS.Timeout | undefined} */
  let soon;
  let isMainShown = false;
  let phase = "prepare";
  const current = () => (isMainShown ? main?.window : splash);
  const paintPhase = () => {
    const script = `document.getElementById("splash-phase").dataset.phase = ${JSON.stringify(phase)}; 0`;
    // A splash that is on its way in or out shows no phase, and that is all.
    splash?.webContents.executeJavaScript(script).catch(() => {});
  };
  const openSplash = (/** @type {string} */ file) => {
    splash = new BrowserWindow({ ...look(settings), ...SPLASH_SIZE, ...picture(settings), frame: false });
    splash.webContents.on("did-finish-load", paintPhase);
    splash.on("closed", () => {
      if (!isMainShown) app.quit();
      splash = undefined;
    });
    loadFile(splash.webContents, file).catch(() => {}); // The page was quicker.
  };

  app.on("second-instance", () => {
    const window = current();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });

  return {
    current,
    main: () => (isMainShown ? main?.window : undefined),
    open(file) {
      main = makeMain(settings);
      soon = setTimeout(openSplash, SPLASH_AFTER_MS, file);
    },
    showPhase(name) {
      phase = name;
      if (splash && !splash.webContents.isLoading()) paintPhase();
    },
    async openMain(url) {
      if (!main) throw new Error("There is no window yet");
      const page = await main.load(url, settings.log);
      clearTimeout(soon);
      if (!isMainShown) main.show();
      isMainShown = true;
      splash?.destroy();
      return page;
    },
    async wait(file) {
      if (!main) return;
      leaveUnasked(main.window);
      await loadFile(main.window.webContents, file).catch(() => {}); // An empty page will do.
    },
    makeRoom() {
      clearTimeout(soon);
      if (isMainShown) return main?.window;
      splash?.hide();
      // On a Mac a message without a window would block everything, SIGTERM included.
      return process.platform === "darwin" ? new BrowserWindow({ ...look(settings), ...SPLASH_SIZE }) : undefined;
    },
  };
}

/**
 * The main window, hidden: the process for its page gets ready while the backend does.
 * @param {Settings} settings
 */
function makeMain(settings) {
  const { isMaximized, ...place } = restoredPlace(settings.dataFolder);
  const options = look(settings);
  const webPreferences = { ...options.webPreferences, preload: PRELOAD };
  const window = new BrowserWindow({ ...options, ...place, show: false, webPreferences });
  const { webContents: contents } = window;
  const isReady = window.loadURL("about:blank");
  let status = 0;
  contents.on("did-navigate", (_event, _url, code) => void (status = code));
  return {
    window,
    /** @type {(url: string, log: string) => Promise<import("../types").Page>} */
    async load(url, log) {
      await isReady;
      status = 0;
      await window.loadURL(url).catch(async (error) => {
        if (error.code !== "ERR_ABORTED") throw failures.pageNotLoaded(url, error, log);
        // The page went on to another one by itself.
        if (contents.isLoading()) await new Promise((resolve) => contents.once("did-stop-loading", () => resolve(0)));
      });
      // Back leads to no empty page.
      contents.navigationHistory.clear();
      return { contents, status };
    },
    show() {
      rememberPlace(window, settings.dataFolder);
      if (isMaximized) window.maximize();
      window.show();
      setTimeout(() => {
        const { icon } = picture(settings);
        if (icon && !window.isDestroyed()) window.setIcon(icon);
      }, ICON_AFTER_MS);
    },
  };
}

/** Where there is none, the program has a picture of its own. @type {(settings: Settings) => {icon?: string}} */
const picture = ({ icon }) => (process.platform !== "darwin" && fs.existsSync(icon) ? { icon } : {});

/** What all windows have. @param {Settings} settings */
function look({ project, isInstalled }) {
  return {
    title: project.title,
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#222121" : "#F2F4F3",
    webPreferences: { ...SAFE, devTools: !isInstalled },
  };
}

/**
 * Packed into its archive, a page of this program has no address: Electron's fuse against `file:` closes that, too.
 * @type {(contents: Electron.WebContents, file: string) => Promise<void>}
 */
function loadFile(contents, file) {
  if (!file.startsWith(app.getAppPath())) return contents.loadFile(file);
  return contents.loadURL(`data:text/html;charset=utf-8,${encodeURIComponent(fs.readFileSync(file, "utf8"))}`);
}

module.exports = { loadFile, setupWindows, SAFE };
