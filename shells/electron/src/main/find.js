// @ts-check
"use strict";
// Find in page: a bar above the page's corner, which is a page of this program.

const path = require("node:path");
const { WebContentsView } = require("electron");
const { loadFile, SAFE } = require("./windows.js");

const PAGE = path.join(__dirname, "..", "find", "bar.html");
const SCRIPT = path.join(__dirname, "..", "find", "bar.js");
const WIDTH = 360;
const HEIGHT = 48;

/** @type {WeakMap<Electron.BrowserWindow, Electron.WebContentsView>} */
const open = new WeakMap();

/** @param {Electron.BrowserWindow} main */
function openFind(main) {
  const page = main.webContents;
  const view = open.get(main) ?? makeBar(main, page);
  view.webContents.focus();
  view.webContents.send("select");
}

/** @type {(main: Electron.BrowserWindow, page: Electron.WebContents) => Electron.WebContentsView} */
function makeBar(main, page) {
  const view = new WebContentsView({ webPreferences: { ...SAFE, preload: SCRIPT } });
  const bar = view.webContents;
  const place = () => {
    const { width } = main.getContentBounds();
    view.setBounds({ x: Math.max(0, width - WIDTH), y: 0, width: Math.min(width, WIDTH), height: HEIGHT });
  };
  const found = (/** @type {unknown} */ _event, /** @type {Electron.Result} */ { activeMatchOrdinal, matches }) =>
    bar.send("found", activeMatchOrdinal, matches);
  const close = () => {
    if (!open.delete(main)) return;
    main.off("resize", place);
    page.off("found-in-page", found).off("did-navigate", close);
    page.stopFindInPage("keepSelection");
    main.contentView.removeChildView(view);
    bar.close();
    page.focus();
  };
  // `findNext` begins a new search; the name is Electron's.
  bar.ipc.on("find", (_event, text, forward, isNew) => {
    if (text) page.findInPage(text, { forward, findNext: isNew });
    else page.stopFindInPage("clearSelection");
  });
  bar.ipc.on("close", close);
  page.on("found-in-page", found).on("did-navigate", close);
  main.on("resize", place);
  open.set(main, view);
  place();
  main.contentView.addChildView(view);
  loadFile(bar, PAGE);
  return view;
}

module.exports = { openFind };
