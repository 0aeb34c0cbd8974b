// @ts-check
"use strict";
// What goes on in a window beside its page: a question, and how far something is that takes a while.

const { dialog } = require("electron");
const { word } = require("./words.js");
/** @import {Ask} from "../types" */

/** @type {(window: Electron.BrowserWindow, title: string, type?: "none" | "error") => Ask} */
const askIn = (window, title, type = "none") => async (message, detail, ...buttons) => {
  const last = buttons.length - 1;
  // Return does what was chosen in the menu, or goes on where there is nothing to choose.
  const told = { message: word(message), detail: word(detail), buttons: buttons.map((button) => word(button)) };
  const box = { type, title, ...told, cancelId: last, defaultId: buttons[last] === "OK" ? last : 0 };
  return (await dialog.showMessageBox(window, box)).response === 0;
};

/**
 * Nothing is blocked meanwhile: the window says how far it is.
 * @template T
 * @param {Electron.BrowserWindow} window
 * @param {string} what
 * @param {(show: (part: number) => void) => Promise<T>} work
 */
async function withProgress(window, what, work) {
  const page = window.getTitle();
  const show = (/** @type {number} */ part) => {
    window.setProgressBar(part);
    window.setTitle(`${page} – ${word(what)} ${Math.round(part * 100)} %`);
  };
  return work(show).finally(() => {
    if (window.isDestroyed()) return;
    window.setProgressBar(-1);
    // The page may be another one by now.
    window.setTitle(window.webContents.getTitle() || page);
  });
}

module.exports = { askIn, withProgress };
