// @ts-check
"use strict";
// Which Chromium the pages of the tests run in.

const fs = require("node:fs");
const path = require("node:path");

// The first has no window frame, tabs or extensions to start, as Electron has none: half the time to a page.
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

// A page in a test needs no update, no account and no network but Django's.
const CHROMIUM_ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  // In a container the tests often run as root, where the sandbox refuses to work.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** @returns {string | null} DDS_CHROMIUM, else the first one on PATH */
function findChromium() {
  if (process.env.DDS_CHROMIUM) return process.env.DDS_CHROMIUM;
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find((file) => fs.existsSync(file)) ?? null;
}

module.exports = { findChromium, CHROMIUM_ARGS };
