// @ts-check
"use strict";
// A page with unsaved text may have the person asked before it is left. Electron asks nothing by itself: such a page would
// just stay.

const { app, dialog } = require("electron");
const { word } = require("./words.js");

/** @typedef {Electron.BrowserWindow} Window */

/** @type {WeakSet<Window>} */
const unasked = new WeakSet();
let isOver = false;

/** @param {string} title of the app */
function setupLeaving(title) {
  app.on("browser-window-created", (_event, window) => askBeforeLeaving(window, title));
}

/** @type {(window: Window, title: string) => void} */
function askBeforeLeaving(window, title) {
  let isClosing = false;
  window.on("close", () => void (isClosing = true));
  window.webContents.on("will-prevent-unload", (event) => {
    const box = question(title);
    if (isOver || unasked.has(window)) event.preventDefault();
    else if (isClosing) {
      isClosing = false;
      // Signals and the end of the session are heard meanwhile.
      dialog.showMessageBox(window, box).then(({ response }) => {
        if (response !== 0 || window.isDestroyed()) return;
        leaveUnasked(window);
        window.close();
      });
    } else if (dialog.showMessageBoxSync(window, box) === 0) event.preventDefault(); // Where to go is known to Chromium alone.
  });
}

/** @param {string} title */
const question = (title) => ({
  type: /** @type {const} */ ("question"),
  title,
  message: word("Leave without saving?"),
  detail: word("What you typed on this page would be lost."),
  buttons: [word("Leave"), word("Stay")],
  defaultId: 1,
  cancelId: 1,
});

/** Until it shows another page, a window is left without a question. @param {Window} window */
function leaveUnasked(window) {
  unasked.add(window);
  window.webContents.once("did-navigate", () => void unasked.delete(window));
}

/** The program ends, and Electron would have its windows asked even then. */
const askNoMore = () => void (isOver = true);

module.exports = { askNoMore, leaveUnasked, setupLeaving };
