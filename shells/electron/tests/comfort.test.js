// @ts-check
"use strict";
// What people are used to from every window, part by part: the menu of a right click, downloads, splash, next steps.

const assert = require("node:assert/strict");
const { EventEmitter } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { nextStep } = require("../src/main/failures.js");
const { loadWith } = require("./support/electron-stub.js");
const { temporaryFolder } = require("./support/folder.js");

const ALL = { canCut: true, canCopy: true, canPaste: true, canSelectAll: true };
const NOTHING = { dictionarySuggestions: [], linkURL: "", mediaType: "none", hasImageContents: false, isEditable: false, selectionText: "", editFlags: ALL };

/** What a right click offers. @param {object} params */
function offered(params) {
  /** @type {any[]} */
  let items = [];
  /** @type {string[]} */
  const did = [];
  const app = new EventEmitter();
  const Menu = {
    buildFromTemplate: (/** @type {any[]} */ template) => ({ popup: () => void (items = template) }),
  };
  const clipboard = { writeText: (/** @type {string} */ text) => void did.push(`copied ${text}`) };
  loadWith({ app, Menu, clipboard }, "main/context-menu.js").setupContextMenu();
  const contents = Object.assign(new EventEmitter(), {
    replaceMisspelling: (/** @type {string} */ word) => void did.push(`replaced by ${word}`),
    copyImageAt: (/** @type {number} */ x, /** @type {number} */ y) => void did.push(`image at ${x} ${y}`),
    downloadURL: (/** @type {string} */ url) => void did.push(`saved ${url}`),
  });
  app.emit("web-contents-created", {}, contents);
  contents.emit("context-menu", {}, { ...NOTHING, ...params });
  return { names: items.map(({ label, role, type }) => label ?? role ?? type), items, did };
}

test("a right click offers what can be done there, and nothing where nothing can", () => {
  assert.deepEqual(offered({}).names, []);
  assert.deepEqual(offered({ selectionText: " \n" }).names, []);
  assert.deepEqual(offered({ selectionText: "pony" }).names, ["copy"]);
  const field = offered({ isEditable: true, editFlags: { ...ALL, canPaste: false } });
  assert.deepEqual(field.names, ["cut", "copy", "paste", "selectAll"]);
  assert.equal(field.items[2].enabled, false);
  const link = offered({ linkURL: "http://127.0.0.1:1/a", selectionText: "a" });
  assert.deepEqual(link.names, ["Copy &Link", "separator", "copy"]);
  link.items[0].click();
  assert.deepEqual(link.did, ["copied http://127.0.0.1:1/a"]);
});

test("a right click on a picture and on a misspelt word", () => {
  const picture = offered({ mediaType: "image", hasImageContents: true, x: 3, y: 4, srcURL: "http://127.0.0.1:1/p.png" });
  for (const { click } of picture.items) click();
  assert.deepEqual(picture.did, ["image at 3 4", "saved http://127.0.0.1:1/p.png"]);
  const word = offered({ isEditable: true, dictionarySuggestions: ["pony", "bony"] });
  assert.deepEqual(word.names, ["pony", "bony", "separator", "cut", "copy", "paste", "selectAll"]);
  word.items[0].click();
  assert.deepEqual(word.did, ["replaced by pony"]);
});

test("a download asks with the file's name, and says when it did not get there", () => {
  /** @type {any[]} */
  const told = [];
  const session = { defaultSession: new EventEmitter() };
  const dialog = { showMessageBox: (/** @type {any} */ _window, /** @type {any} */ box) => void told.push(box) };
  const app = { getPath: () => "/home/me/Downloads" };
  const { setupDownloads } = loadWith({ app, dialog, session }, "main/downloads.js");
  setupDownloads({ project: { title: "Ponies" } }, { main: () => ({}) });
  for (const state of ["completed", "cancelled", "interrupted", "full"]) {
    /** @type {any} */
    let asked;
    /** @type {any} */
    const item = Object.assign(new EventEmitter(), {
      getFilename: () => "my ponies.csv",
      getSavePath: () => "/media/stick/my ponies.csv",
      setSaveDialogOptions: (/** @type {any} */ options) => void (asked = options),
      cancel: () => item.emit("done", {}, "cancelled"),
    });
    session.defaultSession.emit("will-download", {}, item);
    assert.equal(asked.defaultPath, "/home/me/Downloads/my ponies.csv");
    item.emit("updated", {}, "progressing");
    item.emit(state === "full" ? "updated" : "done", {}, state === "full" ? "interrupted" : state);
  }
  assert.equal(told.length, 2, "one that broke off, and one that could be taken up again");
  assert.equal(told[0].title, "Ponies");
  assert.match(told[0].detail, /^\/media\/stick\/my ponies\.csv is not complete\..*room/);
});

test("a page with unsaved text is left when the person says so, and then only", async () => {
  const app = new EventEmitter();
  /** @type {any[]} */
  const asked = [];
  let answer = 1;
  const dialog = {
    showMessageBox: async (/** @type {any} */ _window, /** @type {any} */ box) => (asked.push(box), { response: answer }),
    showMessageBoxSync: (/** @type {any} */ _window, /** @type {any} */ box) => (asked.push(box), answer),
  };
  const { askNoMore, leaveUnasked, setupLeaving } = loadWith({ app, dialog }, "main/leaving.js");
  setupLeaving("Ponies");
  let isGone = false;
  const contents = new EventEmitter();
  const window = Object.assign(new EventEmitter(), { webContents: contents, isDestroyed: () => isGone, close: () => (isGone = close()) });
  app.emit("browser-window-created", {}, window);
  const mayLeave = () => {
    let may = false;
    contents.emit("will-prevent-unload", { preventDefault: () => (may = true) });
    return may;
  };
  const close = () => (window.emit("close"), mayLeave());
  assert.ok(!mayLeave());
  answer = 0;
  assert.ok(mayLeave());
  const [{ title, buttons, cancelId, defaultId }] = asked.splice(0);
  assert.deepEqual([title, buttons, cancelId, defaultId], ["Ponies", ["Leave", "Stay"], 1, 1]);

  // Its backend is about to end.
  leaveUnasked(window);
  assert.ok(mayLeave());
  assert.equal(asked.length, 0);
  contents.emit("did-navigate");

  for (const answered of [1, 0]) {
    answer = answered;
    assert.ok(!close(), "it stays until there is an answer");
    await new Promise(setImmediate);
    assert.equal(isGone, answered === 0);
  }
  assert.equal(asked.splice(0).length, 2);
  contents.emit("did-navigate");
  askNoMore();
  assert.ok(mayLeave());
  assert.equal(asked.length, 0);
});

test("the splash comes when there is something to wait for, and not before", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const isQuick of [true, false]) {
    /** @type {string[]} */
    const shown = [];
    class BrowserWindow extends EventEmitter {
      webContents = Object.assign(new EventEmitter(), { navigationHistory: { clear() {} }, loadFile: async () => {} });
      /** @param {{frame?: boolean}} options */
      constructor({ frame }) {
        super();
        if (frame === false) shown.push("splash");
      }
      async loadURL() {}
      show = () => void shown.push("main");
      destroy = () => void shown.push("splash gone");
      isDestroyed = () => false;
      setIcon = () => void shown.push("icon");
    }
    const app = Object.assign(new EventEmitter(), { getAppPath: () => "/app" });
    const screen = { getAllDisplays: () => [] };
    const { setupWindows } = loadWith({ app, BrowserWindow, nativeTheme: {}, screen }, "main/windows.js");
    const settings = { project: { title: "Ponies" }, icon: __filename, isInstalled: true, dataFolder: temporaryFolder(t), log: "/l" };
    const windows = setupWindows(settings);
    windows.open("/backend/splash.html");
    assert.equal(windows.main(), undefined);
    if (!isQuick) t.mock.timers.tick(400);
    await windows.openMain("http://127.0.0.1:1/");
    t.mock.timers.tick(10_000);
    // To read the picture keeps everything waiting, so the page comes first.
    const icon = process.platform === "darwin" ? [] : ["icon"];
    assert.deepEqual(shown, isQuick ? ["main", ...icon] : ["splash", "main", "splash gone", ...icon]);
  }
});

test("a failure names the step that helps, once", (t) => {
  const dataFolder = temporaryFolder(t);
  const backups = path.join(dataFolder, "backups");
  const settings = { isInstalled: true, dataFolder };
  const step = (/** @type {string} */ detail) => nextStep({ detail }, settings);
  for (const full of ["ENOSPC: no space left on device", "OSError: [Errno 28] No space left on device", "database or disk is full"]) {
    assert.match(step(full), /^Free some space/);
  }
  for (const broken of ["libssl.so.3: cannot open shared object file: error while loading shared libraries", "ImportError: DLL load failed", "No module named 'django'"]) {
    assert.match(step(broken), /install the app again/, broken);
    assert.equal(nextStep({ detail: broken }, { ...settings, isInstalled: false }), "", "a developer knows better");
  }
  assert.equal(step("file is not a database"), "", "there are no copies yet");
  fs.mkdirSync(backups);
  assert.equal(step("file is not a database"), `Copies of your data are in ${backups}.`);
  assert.equal(step(`malformed; its copies are in ${backups}`), "");
  assert.ok(step("EACCES: permission denied, mkdir").includes(`you may write to ${dataFolder},`));
  assert.equal(step("It ended with code 7. Start the app again."), "");
});
