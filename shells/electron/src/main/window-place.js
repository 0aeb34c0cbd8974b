// @ts-check
"use strict";
// Size and place of the main window, kept from one start to the next.

const fs = require("node:fs");
const path = require("node:path");
const { screen } = require("electron");

const DEFAULT = { width: 1180, height: 820, minWidth: 420, minHeight: 360 };
// So much of the title bar must be on a screen, or nobody could take hold of the window.
const GRIP = 80;

const fileIn = (/** @type {string} */ folder) => path.join(folder, "window.json");

/** @type {(folder: string) => import("../types").WindowPlace} */
function restoredPlace(folder) {
  try {
    const { x, y, width, height, isMaximized } = JSON.parse(fs.readFileSync(fileIn(folder), "utf8"));
    const isWhole = [x, y, width, height].every(Number.isInteger);
    const isReachable = screen.getAllDisplays().some(({ workArea: area }) => {
      const visible = Math.min(x + width, area.x + area.width) - Math.max(x, area.x);
      return visible >= GRIP && y >= area.y && y <= area.y + area.height - GRIP;
    });
    if (isWhole && isReachable) return { ...DEFAULT, x, y, width, height, isMaximized: isMaximized === true };
  } catch {
    // There is none yet, or it is not readable: nothing is lost.
  }
  return { ...DEFAULT, isMaximized: false };
}

/** @type {(window: Electron.BrowserWindow, folder: string) => void} */
function rememberPlace(window, folder) {
  window.on("close", () => {
    try {
      const place = { ...window.getNormalBounds(), isMaximized: window.isMaximized() };
      fs.writeFileSync(fileIn(folder), JSON.stringify(place));
    } catch {
      // A full disk must not keep a window open.
    }
  });
}

module.exports = { restoredPlace, rememberPlace };
