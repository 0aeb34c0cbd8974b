// @ts-check
"use strict";
// `BrowserWindow` and its `webContents`, each a page of one headless Chromium. Requests and navigations pass through the
// listeners that the shell has set, one hop of a redirect at a time.

const { EventEmitter } = require("node:events");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { findChromium, CHROMIUM_ARGS } = require("../support/chromium.js");
const { emitPreventable } = require("./app.js");
const { strict } = require("./strict.js");

const ABORTED = "ERR_ABORTED";

/** @param {{app: any, control: any, session: any, preload: any, start: any}} parts */
function makeWindows({ app, control, session, preload }) {
  /** @type {Map<number, any>} */
  const open = new Map();
  let lastId = 0;
  /** @type {Promise<import("playwright-core").BrowserContext>} */
  let browser;

  // After the app's main script, as Electron is ready some time after it. Loading playwright takes a while, too.
  async function openBrowser() {
    const { chromium } = require("playwright-core");
    const signals = { handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false };
    const program = chromium.launch({ executablePath: findChromium() ?? "", args: CHROMIUM_ARGS, ...signals });
    browser = program.then((started) => started.newContext({ viewport: { width: 1180, height: 820 } }));
    await browser;
  }

  class WebContents extends EventEmitter {
    /** @param {any} window @param {any} preferences */
    constructor(window, preferences) {
      super();
      this.window = window;
      this.status = 0;
      this.loading = false;
      this.title = "";
      /** The address of a load that the program, not the page, asked for. @type {string | null} */
      this.asked = null;
      /** @type {((details: {url: string}) => {action: string}) | null} */
      this.windowOpenHandler = null;
      this.page = this.open(preferences);
      this.page.catch(() => {});
    }
    /** @param {any} preferences */
    async open(preferences) {
      const context = await browser;
      const page = await context.newPage();
      const ready = preferences.preload && preload(page, preferences.preload);
      const cdp = await context.newCDPSession(page);
      const enabled = [cdp.send("Page.enable"), cdp.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] }), ready];
      const mainFrame = (await cdp.send("Page.getFrameTree")).frameTree.frame.id;
      await Promise.all(enabled);
      cdp.on("Fetch.requestPaused", (request) => void this.pass(cdp, request, mainFrame));
      cdp.on("Page.windowOpen", ({ url }) => this.windowOpenHandler?.({ url }));
      page.on("popup", (popup) => void popup.close());
      page.on("response", (response) => {
        if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) {
          this.status = response.status();
        }
      });
      page.on("framenavigated", (frame) => {
        if (frame !== page.mainFrame()) return;
        control.tell("navigated", { window: this.window.id, url: frame.url(), status: this.status });
        this.emit("did-navigate", {}, frame.url(), this.status, "");
      });
      page.on("load", () => {
        page.title().then((title) => void (this.title = title)).catch(() => {});
        this.loading = false;
        this.emit("did-finish-load");
        this.emit("did-stop-loading");
      });
      page.on("crash", () => app.emit("render-process-gone", {}, this.self, { reason: "crashed", exitCode: 5 }));
      return page;
    }
    /**
     * One request: may it go, and with which headers?
     * @param {import("playwright-core").CDPSession} cdp @param {any} paused @param {string} mainFrame
     */
    async pass(cdp, { requestId, request, frameId, resourceType, redirectedRequestId }, mainFrame) {
      const { url } = request;
      const isMainFrame = frameId === mainFrame;
      const isAsked = isMainFrame && this.asked === url;
      const step = redirectedRequestId ? "will-redirect" : "will-frame-navigate";
      let mayGo = true;
      if (resourceType === "Document" && (redirectedRequestId || !isAsked)) {
        const details = { url, isMainFrame, preventDefault: () => void (mayGo = false) };
        this.emit(step, details, url);
      }
      if (isAsked) this.asked = null;
      const answer = mayGo
        ? cdp.send("Fetch.continueRequest", { requestId, headers: await headersFor(url, request.headers) })
        : cdp.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
      await answer.catch(() => {}); // The page is gone.
    }
    /** @param {string} url */
    async load(url) {
      this.loading = true;
      const page = await this.page;
      this.asked = url;
      this.status = 0;
      try {
        await page.goto(url, { timeout: 0 });
      } catch (error) {
        this.loading = false;
        const code = /net::(ERR_\w+)/.exec(String(error))?.[1] ?? ABORTED;
        throw Object.assign(new Error(`${code} (-2) loading '${url}'`), { code, url });
      }
    }
    loadURL = (/** @type {string} */ url) => this.load(url);
    loadFile = (/** @type {string} */ file) => this.load(pathToFileURL(path.resolve(file)).href);
    navigationHistory = { clear() {} };
    /** Chromium's own, as far as it was asked. */
    getTitle = () => this.title;
    isLoading = () => this.loading;
    getURL = () => this.lastPage?.url() ?? "";
    /** @param {string} code */
    async executeJavaScript(code) {
      control.tell("script", { window: this.window.id, code });
      const page = await this.page;
      return page.evaluate(code);
    }
    /** @param {any} handler */
    setWindowOpenHandler(handler) {
      this.windowOpenHandler = handler;
    }
    /** @type {any} */
    self = null;
    /** @type {import("playwright-core").Page | null} */
    lastPage = null;
  }

  /** @param {string} url @param {Record<string, string>} headers */
  async function headersFor(url, headers) {
    const listener = session.set.headers;
    const changed = listener
      ? await new Promise((resolve) => listener({ url, requestHeaders: headers }, resolve))
      : { requestHeaders: headers };
    return Object.entries(changed.requestHeaders).map(([name, value]) => ({ name, value: String(value) }));
  }

  class BrowserWindow extends EventEmitter {
    /** @param {any} options */
    constructor(options) {
      super();
      if (!app.isReady()) throw new Error("Cannot create BrowserWindow before app is ready");
      const { sandbox, contextIsolation, nodeIntegration, webviewTag } = options.webPreferences;
      if (!sandbox || !contextIsolation || nodeIntegration || webviewTag) throw new Error("An unsafe window");
      this.id = lastId += 1;
      this.options = options;
      this.isShown = options.show !== false;
      this.isGone = false;
      this.isBig = false;
      this.titleText = options.title;
      const contents = new WebContents(this, options.webPreferences);
      contents.page.then((page) => (contents.lastPage = page)).catch(() => {});
      this.webContents = strict("webContents", contents);
      contents.self = this.webContents;
      open.set(this.id, this);
      const { icon = null } = options;
      control.tell("window", { window: this.id, icon, preload: Boolean(options.webPreferences.preload), place: this.place() });
      app.emit("web-contents-created", {}, this.webContents);
      if (this.isShown) control.tell("show", { window: this.id });
    }
    place() {
      const { x, y, width, height } = this.options;
      return { x, y, width, height };
    }
    loadURL = (/** @type {string} */ url) => this.webContents.loadURL(url);
    isVisible = () => this.isShown;
    isMinimized = () => false;
    isMaximized = () => this.isBig;
    isDestroyed = () => this.isGone;
    getTitle = () => this.titleText;
    getNormalBounds = () => Object.assign({ x: 10, y: 20 }, this.place());
    maximize() {
      this.isBig = true;
      control.tell("maximize", { window: this.id });
    }
    focus = () => control.tell("focus", { window: this.id });
    hide() {
      this.isShown = false;
      control.tell("hide", { window: this.id });
    }
    show() {
      this.isShown = true;
      control.tell("show", { window: this.id, url: this.webContents.getURL() });
    }
    /** @param {string} icon */
    setIcon = (icon) => control.tell("icon", { window: this.id, icon });
    /** @param {number} part */
    setProgressBar = (part) => control.tell("progress", { part });
    /** @param {string} title */
    setTitle(title) {
      this.titleText = title;
      control.tell("title", { title });
    }
    close() {
      if (this.isGone || !emitPreventable(this, "close")) return;
      this.destroy();
    }
    destroy() {
      if (this.isGone) return;
      this.isGone = true;
      open.delete(this.id);
      control.tell("closed", { window: this.id });
      this.webContents.page.then((/** @type {any} */ page) => page.close()).catch(() => {});
      this.emit("closed");
      if (open.size === 0) app.allClosed();
    }
  }

  const find = (/** @type {{window?: number}} */ { window }) => {
    const found = window ? open.get(window) : [...open.values()].at(-1);
    if (!found) throw new Error("no such window");
    return found;
  };
  control.on("close", (/** @type {any} */ message) => find(message).close());
  control.on("page", async (/** @type {any} */ message) => {
    const page = await find(message).webContents.page;
    return message.selector
      ? page.locator(message.selector)[message.method](...message.args)
      : page[message.method](...message.args);
  });
  control.on("crash", async (/** @type {any} */ message) => {
    const page = await find(message).webContents.page;
    page.goto("chrome://crash").catch(() => {});
  });

  return {
    BrowserWindow,
    openBrowser,
    closeAll() {
      for (const window of [...open.values()]) window.close();
      return open.size === 0;
    },
  };
}

module.exports = { makeWindows };
