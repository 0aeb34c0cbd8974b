// @ts-check
"use strict";
// A stand-in for the module `electron`: the part of its interface that the shell uses, behaving as documented, with
// Chromium for the pages. What it does not have is an error and never `undefined`, so that a test can't pass because
// something was not there. What blocks in Electron (the `…Sync` dialogs) is missing on purpose.

const { EventEmitter } = require("node:events");
const http = require("node:http");
const https = require("node:https");
const { emitPreventable, makeApp } = require("./app.js");
const { makeControl } = require("./control.js");
const { makeWindows } = require("./windows.js");
const { makePreload } = require("./preload.js");
const { strict } = require("./strict.js");

/** @param {import("./app.js").Start} start */
function make(start) {
  const control = makeControl();
  const { app, begin } = makeApp(start, control);
  /** @type {Map<string, (event: any, ...args: any[]) => any>} */
  const handlers = new Map();
  const session = makeSession();
  const preload = makePreload(handlers);
  const windows = makeWindows({ app, control, session, preload, start });
  /** @type {{template: any[]}} */
  const menu = { template: [] };

  const dialog = {
    /** @param {any[]} args a window and a box, or the box alone */
    showMessageBox(...args) {
      const [window, box = window] = args;
      if (window !== box && (!(window instanceof windows.BrowserWindow) || window.isDestroyed())) {
        throw new Error("A message box for a window that is not there");
      }
      const { title, message, detail, buttons } = box;
      return control.ask("dialog", { title, message, detail, buttons }).then((response) => ({ response }));
    },
    /** @param {any} _window @param {any} options the answer is a path, or null */
    async showSaveDialog(_window, { title, defaultPath }) {
      const filePath = await control.ask("file-dialog", { title, defaultPath });
      return { canceled: filePath === null, filePath: filePath ?? "" };
    },
    /** @param {any} _window @param {any} options the same */
    async showOpenDialog(_window, { title, defaultPath }) {
      const filePath = await control.ask("file-dialog", { title, defaultPath });
      return { canceled: filePath === null, filePaths: filePath === null ? [] : [filePath] };
    },
  };
  const shell = {
    /** @param {string} url */
    openExternal: async (url) => control.tell("open-external", { url }),
    showItemInFolder: (/** @type {string} */ target) => control.tell("show-item", { path: target }),
    /** @param {string} target */
    openPath: async (target) => {
      control.tell("open-path", { path: target });
      return "";
    },
  };
  const Menu = {
    /** @param {any[]} template */
    buildFromTemplate: (template) => ({
      template,
      popup: () => control.tell("popup", { items: template.map(({ label, role }) => label ?? role).filter(Boolean) }),
    }),
    /** @param {{template: any[]}} value */
    setApplicationMenu(value) {
      menu.template = value.template;
    },
  };
  const screen = {
    getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1400, height: 1000 } }],
  };

  // Whether the system was asked to wait.
  const powerMonitor = new EventEmitter();
  control.on("shutdown", () => !emitPreventable(powerMonitor, "shutdown"));
  control.on("menu", ({ path: [top, item] }) => {
    const found = menu.template.find((entry) => entry.label === top || entry.role === top);
    found.submenu.find((/** @type {any} */ entry) => entry.label === item).click();
  });
  control.on("handler", ({ name, url, parent }) => handlers.get(name)?.({ senderFrame: { url, parent } }));

  const exports = strict("electron", {
    app,
    // For electron-updater: how it tells that an installer takes over, and how it asks for its feed.
    autoUpdater: new EventEmitter(),
    net: {
      request: (/** @type {any} */ { session, ...options }) =>
        (options.protocol === "http:" ? http : https).request(options),
    },
    BrowserWindow: windows.BrowserWindow,
    clipboard: strict("clipboard", { writeText: (/** @type {string} */ text) => control.tell("copied", { text }) }),
    dialog: strict("dialog", dialog),
    ipcMain: strict("ipcMain", {
      handle: (/** @type {string} */ name, /** @type {any} */ take) => void handlers.set(name, take),
    }),
    Menu: strict("Menu", Menu),
    nativeTheme: strict("nativeTheme", { shouldUseDarkColors: false }),
    powerMonitor,
    screen: strict("screen", screen),
    session: strict("session", { defaultSession: session, fromPartition: () => ({ setProxy: async () => {}, forceReloadProxyConfig: async () => {} }) }),
    shell: strict("shell", shell),
    // A page over a page is a thing of the real one.
    WebContentsView: class {},
  });
  return { exports, begin: () => begin(windows) };
}

/** What `session.defaultSession` is asked for; the listeners are kept for the pages and for tests. */
function makeSession() {
  /** @type {Record<string, any>} */
  const set = {};
  const keep = (/** @type {string} */ name) => (/** @type {any} */ listener) => void (set[name] = listener);
  return strict("session", {
    set,
    on: (/** @type {string} */ name, /** @type {any} */ listener) => void (set[name] = listener),
    setSpellCheckerLanguages() {},
    // As Chromium decides for this computer, whatever the environment says.
    resolveProxy: async () => "DIRECT",
    webRequest: strict("webRequest", {
      onBeforeSendHeaders: keep("headers"),
      onHeadersReceived: (/** @type {any} */ _filter, /** @type {any} */ listener) => void (set.received = listener),
    }),
    setPermissionRequestHandler: keep("permissionRequest"),
    setPermissionCheckHandler: keep("permissionCheck"),
    setDevicePermissionHandler: keep("devicePermission"),
  });
}

module.exports = { make };
