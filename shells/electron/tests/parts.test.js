// @ts-check
"use strict";
// Parts of the main process on their own: what Electron would call them with, and what they answer.

const assert = require("node:assert/strict");
const { EventEmitter, once } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { startBackend } = require("../src/main/backend.js");
const { loadWith } = require("./support/electron-stub.js");
const { temporaryFolder } = require("./support/folder.js");

/** @param {{origin: string | null}} site */
function requestsWith(site) {
  const app = new EventEmitter();
  /** @type {Record<string, any>} */
  const set = {};
  /** @type {string[]} */
  const outside = [];
  const keep = (/** @type {string} */ name) => (/** @type {any} */ value) => void (set[name] = value);
  const electron = {
    app,
    shell: { openExternal: (/** @type {string} */ url) => void outside.push(url) },
    session: {
      defaultSession: {
        webRequest: {
          onBeforeSendHeaders: keep("headers"),
          onHeadersReceived: (/** @type {any} */ filter, /** @type {any} */ listener) => void (set.received = { filter, listener }),
        },
        setSpellCheckerLanguages: keep("spelling"),
        resolveProxy: async () => set.proxy ?? "DIRECT",
        setProxy: async (/** @type {any} */ mode) => void (set.proxyMode = mode),
        // Only the second one helps, as when the first one is too early.
        async forceReloadProxyConfig() {
          set.reloads = (set.reloads ?? 0) + 1;
          if (set.reloads === 2 && !set.stays) delete set.proxy;
        },
        setPermissionRequestHandler: keep("request"),
        setPermissionCheckHandler: keep("check"),
        setDevicePermissionHandler: keep("device"),
      },
    },
  };
  const requests = loadWith(electron, "main/requests.js");
  requests.setupGuards(site);
  requests.setupRequests({ ...site, token: "T" });
  const contents = Object.assign(new EventEmitter(), {
    loaded: /** @type {string[]} */ ([]),
    open: (/** @type {{url: string}} */ _details) => ({ action: "" }),
    setWindowOpenHandler(/** @type {any} */ handler) {
      contents.open = handler;
    },
    async loadURL(/** @type {string} */ url) {
      contents.loaded.push(url);
    },
  });
  app.emit("web-contents-created", {}, contents);
  return { set, outside, contents, requests };
}

const ORIGIN = "http://127.0.0.1:4321";
const OTHERS = [
  "http://127.0.0.1:4322/",
  "http://127.0.0.1/",
  "https://127.0.0.1:4321/",
  "http://localhost:4321/",
  "http://127.0.0.1:4321@example.com/",
  "http://127.0.0.1.example.com:4321/",
  "ws://127.0.0.1:4321/",
  "blob:http://127.0.0.1:4321/1234",
  "file:///etc/passwd",
  "not an address",
];

test("the token: for the exact origin, and taken away from all others", () => {
  const { set } = requestsWith({ origin: ORIGIN });
  const headersFor = (/** @type {string} */ url, /** @type {object} */ requestHeaders) => {
    /** @type {any} */
    let result;
    set.headers({ url, requestHeaders }, (/** @type {any} */ answer) => void (result = answer.requestHeaders));
    return result;
  };
  assert.deepEqual(headersFor(`${ORIGIN}/tasks/?a=b`, { Accept: "*/*" }), { Accept: "*/*", "X-Desktop-Django-Token": "T" });
  for (const url of OTHERS) {
    // As after a redirect: the header of the first hop is still there.
    assert.deepEqual(headersFor(url, { Accept: "*/*", "x-desktop-django-token": "T" }), { Accept: "*/*" }, url);
  }
});

test("before Django is known nobody gets the token, and no page goes anywhere", () => {
  const { set, contents } = requestsWith({ origin: null });
  for (const url of ["null", "about:blank", "//", ORIGIN]) {
    set.headers({ url, requestHeaders: {} }, (/** @type {any} */ answer) => assert.deepEqual(answer.requestHeaders, {}));
    assert.ok(isPrevented(contents, "will-frame-navigate", url), url);
  }
});

test("Django's pages may copy and fill the screen; all other permissions are refused", () => {
  const { set } = requestsWith({ origin: ORIGIN });
  const isGranted = (/** @type {string} */ permission, /** @type {string} */ requestingUrl) => {
    const answers = [set.check({}, permission, requestingUrl)];
    set.request({}, permission, (/** @type {boolean} */ granted) => answers.push(granted), { requestingUrl });
    assert.equal(answers[0], answers[1], permission);
    return answers[0];
  };
  for (const permission of ["clipboard-sanitized-write", "fullscreen"]) {
    assert.ok(isGranted(permission, `${ORIGIN}/`), permission);
    for (const url of OTHERS) assert.ok(!isGranted(permission, url), url);
  }
  for (const permission of ["media", "geolocation", "clipboard-read", "notifications", "openExternal"]) {
    assert.ok(!isGranted(permission, `${ORIGIN}/`), permission);
  }
  assert.equal(set.device({ deviceType: "usb" }), false);
});

test("where the system sends even this computer through a proxy, the windows use none", async () => {
  const { set, requests } = requestsWith({ origin: ORIGIN });
  await requests.reachDirectly(ORIGIN);
  assert.equal(set.proxyMode, undefined, "there was nothing to wait for");
  set.proxy = "PROXY 10.0.0.1:3128";
  await requests.reachDirectly(ORIGIN);
  assert.deepEqual(set.proxyMode, { mode: "direct" });
  assert.equal(set.proxy, undefined, "and it waits until that is so");
});

test("a proxy that can't be got rid of does not see the token", async () => {
  const { set, requests } = requestsWith({ origin: ORIGIN });
  Object.assign(set, { proxy: "PROXY 10.0.0.1:3128", stays: true });
  await assert.rejects(requests.reachDirectly(ORIGIN), /A proxy is in between. Have 127\.0\.0\.1 excepted/);
});

test("the first page needs no second process, unless it asks to be isolated", () => {
  const { set } = requestsWith({ origin: ORIGIN });
  const { filter, listener } = set.received;
  assert.deepEqual(filter.types, ["mainFrame"]);
  const through = (/** @type {object} */ responseHeaders) => {
    /** @type {any} */
    let result;
    listener({ responseHeaders }, (/** @type {any} */ answer) => void (result = answer.responseHeaders));
    return result;
  };
  const opener = { "Cross-Origin-Opener-Policy": ["same-origin"], "X-Frame-Options": ["DENY"] };
  assert.deepEqual(through(opener), { "X-Frame-Options": ["DENY"] });
  const isolated = { ...opener, "cross-origin-embedder-policy": ["require-corp"] };
  assert.deepEqual(through(isolated), isolated);
});

/** @param {EventEmitter} contents @param {string} event @param {string} url @param {boolean} [isMainFrame] */
function isPrevented(contents, event, url, isMainFrame = true) {
  let prevented = false;
  contents.emit(event, { url, isMainFrame, preventDefault: () => void (prevented = true) });
  return prevented;
}

test("navigation stays on the origin; web and mail addresses open outside; the rest is refused", () => {
  for (const event of ["will-frame-navigate", "will-redirect"]) {
    const { contents, outside } = requestsWith({ origin: ORIGIN });
    assert.ok(!isPrevented(contents, event, `${ORIGIN}/items/new/`));
    for (const url of OTHERS) assert.ok(isPrevented(contents, event, url), url);
    for (const url of ["javascript:alert(1)", "data:text/html,x", "vscode://x", "smb://host/share"]) {
      assert.ok(isPrevented(contents, event, url), url);
    }
    assert.ok(isPrevented(contents, event, "mailto:pony@example.org"));
    assert.ok(isPrevented(contents, event, "https://example.org/", false), "in a frame");
    const pdf = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/c2ce45cd-27d9-441e-9da8-268f84c12fa1";
    assert.ok(!isPrevented(contents, event, pdf, false), "where Chromium shows a PDF");
    assert.ok(isPrevented(contents, event, pdf));
    assert.deepEqual(outside, [...OTHERS.filter((url) => /^https?:/.test(url)), "mailto:pony@example.org"]);
  }
});

test("no child windows, no web views", () => {
  const { contents, outside } = requestsWith({ origin: ORIGIN });
  for (const url of [`${ORIGIN}/a`, "https://example.org/", "file:///etc/passwd", "about:blank"]) {
    assert.deepEqual(contents.open({ url }), { action: "deny" });
  }
  assert.deepEqual(contents.loaded, [`${ORIGIN}/a`]);
  assert.deepEqual(outside, ["https://example.org/"]);
  assert.ok(isPrevented(contents, "will-attach-webview", ""));
});

// Of the files that are loaded along.
const NO_WINDOWS = { BrowserWindow: class {}, WebContentsView: class {}, nativeTheme: {}, screen: {} };

test("the menu: usual roles, and Help; developer tools in a checkout only", () => {
  /** @type {string[]} */
  const did = [];
  const navigationHistory = { goBack: () => did.push("back"), goForward: () => did.push("forward") };
  const page = { navigationHistory, print: () => did.push("print") };
  /** @type {{webContents: typeof page} | undefined} */
  let main;
  const windows = { main: () => main };
  for (const isInstalled of [false, true]) {
    /** @type {any[]} */
    let template = [];
    const Menu = {
      buildFromTemplate: (/** @type {any[]} */ value) => value,
      setApplicationMenu: (/** @type {any[]} */ value) => void (template = value),
    };
    /** @type {any} */
    let shown;
    const app = { getVersion: () => "1.2.3", setAboutPanelOptions: (/** @type {any} */ about) => void (shown = about) };
    const rest = { ...NO_WINDOWS, dialog: {}, ipcMain: {}, shell: {}, session: {} };
    const { setupMenu } = loadWith({ ...rest, Menu, app }, "main/menu.js");
    const names = { project: { title: "Ponies" }, icon: "/i", dataFolder: "/d", log: "/d/l" };
    const offered = ["backUp", "restore", "exportData", "saveSupportFile"];
    const data = Object.fromEntries(offered.map((name) => [name, () => did.push(name)]));
    setupMenu({ ...names, isInstalled }, windows, {}, data);
    const roles = template.map(({ role, label }) => role ?? label).filter((role) => role !== "appMenu");
    assert.deepEqual(roles, ["fileMenu", "editMenu", "&View", "windowMenu", "help"]);
    const help = template.at(-1).submenu.map((/** @type {any} */ item) => item.label ?? item.role ?? item.type);
    const about = process.platform === "darwin" ? [] : ["separator", "about"];
    assert.deepEqual(help, ["Check for Updates…", "separator", "Open App Data Folder", "Open Log", "Save Support File…", ...about]);
    assert.deepEqual(shown, { applicationName: "Ponies", applicationVersion: "1.2.3", iconPath: "/i" });
    const view = template.find(({ label }) => label === "&View").submenu;
    assert.equal(view.some((/** @type {any} */ item) => item.role === "toggleDevTools"), !isInstalled);
    assert.ok(view.some((/** @type {any} */ { role, accelerator }) => role === "zoomIn" && accelerator === "CmdOrCtrl+="));
    const choose = (/** @type {RegExp} */ label) => template.flatMap(({ submenu }) => submenu ?? []).find((item) => label.test(item.label)).click();
    for (const label of [/Back$/, /orward/, /Print/]) choose(label);
    assert.deepEqual(did, [], "there is no page yet");
    for (const label of [/Back Up/, /Restore/, /Export/, /Support/]) choose(label);
    assert.deepEqual(did.splice(0), offered);
    main = { webContents: page };
    for (const label of [/Back$/, /orward/, /Print/]) choose(label);
    assert.deepEqual(did.splice(0), ["back", "forward", "print"]);
    main = undefined;
  }
});

test("the window's place: kept, and given up when no screen shows it any more", (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "window.json");
  const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 25, width: 1000, height: 700 } }] };
  const { rememberPlace, restoredPlace } = loadWith({ screen }, "main/window-place.js");
  const fresh = restoredPlace(folder);
  assert.equal(fresh.x, undefined);

  const bounds = { x: 50, y: 60, width: 640, height: 480 };
  const window = Object.assign(new EventEmitter(), { getNormalBounds: () => bounds, isMaximized: () => true });
  rememberPlace(window, folder);
  window.emit("close");
  const { x, y, width, height, isMaximized } = restoredPlace(folder);
  assert.deepEqual({ x, y, width, height, isMaximized }, { ...bounds, isMaximized: true });

  for (const moved of [{ x: 990 }, { x: -600 }, { y: 0 }, { y: 690 }, { x: "1" }, { width: null }]) {
    fs.writeFileSync(file, JSON.stringify({ ...bounds, ...moved }));
    assert.deepEqual(restoredPlace(folder), fresh, JSON.stringify(moved));
  }
  for (const text of ["", "null", "[]", "{"]) {
    fs.writeFileSync(file, text);
    assert.deepEqual(restoredPlace(folder), fresh, text);
  }
});

test("events of the launcher, in pieces and between other lines", async () => {
  const script = `
    const say = (text) => new Promise((go) => process.stdout.write(text, () => setTimeout(go, 30)));
    (async () => {
      await say('{"event": "phase", "name": "prep');
      await say('are"}\\r\\nnot json\\n{"event": 5}\\n42\\n{"event": "unknown"}\\n');
      await say('{"event": "ready", "url": "http://127.0.0.1:1/"}\\n{"event": "ready", "url": "http://127.0.0.1:2/"}\\n');
      process.stderr.write("é last words\\n");
      setTimeout(() => process.exit(5), 30);
    })();`;
  /** @type {unknown[]} */
  const seen = [];
  const over = new EventEmitter();
  const launch = { command: process.execPath, args: ["-e", script], cwd: process.cwd(), env: process.env, splash: "" };
  const backend = startBackend(launch, "/log", {
    phase: (name) => seen.push(["phase", name]),
    ready: (url) => seen.push(["ready", url]),
    failed: (failure) => over.emit("failed", failure),
  });
  const [failure] = await once(over, "failed");
  assert.deepEqual(seen, [["phase", "prepare"], ["ready", "http://127.0.0.1:1/"]]);
  assert.equal(failure.title, "The app's server stopped");
  assert.match(failure.detail, /ended with code 5.*not json.*é last words/s);
  assert.equal(failure.log, null, "nothing has been written there");
  await backend.stop();
});

test("a program that is not there", async () => {
  const over = new EventEmitter();
  const launch = { command: "/nonexistent/uv", args: [], cwd: process.cwd(), env: {}, splash: "" };
  const on = { phase() {}, ready() {}, failed: (/** @type {Error} */ failure) => void over.emit("failed", failure) };
  const backend = startBackend(launch, "/log", on);
  const [failure] = await once(over, "failed");
  assert.match(failure.message, /^The app's server can't be started: \/nonexistent\/uv could not be run \(.*ENOENT/);
  await backend.stop();
});

/** An update from a feed, with a person who presses the given buttons. @param {string[]} presses @param {object} [feed] */
async function updateWith(presses, feed) {
  /** @type {string[]} */
  const story = [];
  /** @type {object[]} */
  const proxies = [];
  const autoUpdater = Object.assign(new EventEmitter(), {
    autoDownload: true,
    checkForUpdates: async () => ({ isUpdateAvailable: true, updateInfo: { version: "2.0.0" } }),
    async downloadUpdate() {
      autoUpdater.emit("download-progress", { percent: 42.4 });
      story.push("downloaded");
    },
    quitAndInstall: () => void story.push("installer"),
    netSession: { setProxy: async (/** @type {object} */ to) => void proxies.push(to), forceReloadProxyConfig: async () => {} },
    ...feed,
  });
  const dialog = {
    async showMessageBox(/** @type {any} */ _window, /** @type {any} */ { message, buttons, cancelId }) {
      story.push(message);
      const response = buttons.indexOf(presses.shift());
      return { response: response < 0 ? cancelId : response };
    },
  };
  const window = {
    webContents: { getTitle: () => "Ponies" },
    isDestroyed: () => false,
    getTitle: () => "Ponies",
    setTitle: (/** @type {string} */ title) => void story.push(title),
    setProgressBar: (/** @type {number} */ part) => void story.push(String(part)),
  };
  const electron = { app: { getVersion: () => "1.0.0" }, dialog, "electron-updater": { autoUpdater } };
  const { checkForUpdates } = loadWith(electron, "main/updates.js");
  const ending = { release: async () => void story.push("backend stopped"), fail: (/** @type {Error} */ error) => story.push(error.message) };
  await checkForUpdates({ project: { title: "Ponies" }, isInstalled: true }, { current: () => window }, ending);
  return { story, autoUpdater, proxies };
}

const PROGRESS = ["0.424", "Ponies – downloading 42 %", "downloaded", "-1", "Ponies"];

test("an update: asked before the download and before the restart, the backend stops first", async () => {
  const { story, autoUpdater, proxies } = await updateWith(["Download", "Restart"]);
  const asked = ["Ponies 2.0.0 is available", ...PROGRESS, "Ponies 2.0.0 is ready"];
  assert.deepEqual(story, [...asked, "backend stopped", "installer"]);
  assert.equal(autoUpdater.autoDownload, false);
  assert.deepEqual(proxies, [{ mode: "system" }], "the windows have none");
  // An installer that does not start must not leave a window without a backend.
  autoUpdater.emit("error", new Error("no space"));
  assert.equal(story.at(-1), "no space");
});

test("an update: “Later” is respected, twice", async () => {
  assert.deepEqual((await updateWith(["Later"])).story, ["Ponies 2.0.0 is available"]);
  const { story } = await updateWith(["Download", "Later"]);
  assert.deepEqual(story, ["Ponies 2.0.0 is available", ...PROGRESS, "Ponies 2.0.0 is ready"]);
});

test("an update: none, and one that fails", async () => {
  const none = { checkForUpdates: async () => ({ isUpdateAvailable: false, updateInfo: {} }) };
  assert.deepEqual((await updateWith([], none)).story, ["You have the newest version"]);
  const inactive = { checkForUpdates: async () => null };
  assert.deepEqual((await updateWith([], inactive)).story, ["This copy can't update itself"]);
  const failing = { downloadUpdate: () => Promise.reject(new Error("sha512 checksum mismatch\nmore")) };
  const { story } = await updateWith(["Download"], failing);
  assert.deepEqual(story, ["Ponies 2.0.0 is available", "-1", "Ponies", "The update did not work"]);
});
