// @ts-check
"use strict";
// Dialogs of a shell as pictures: which window is one, what it shows, and all of them on a sheet.

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { until } = require("./electron/tests/support/electron-program.js");
const { temporaryFolder } = require("./electron/tests/support/folder.js");

/** @typedef {{id: string, title: string}} Window */
/** @typedef {Awaited<ReturnType<typeof import("./electron/tests/support/electron-program.js").openDisplay>>} Display */

// Wider than this are windows in which a file is chosen.
const LARGE = 700;
/** ImageMagick's tools. @param {Display} display @param {string} tool @param {string[]} args */
const image = (display, tool, ...args) => execFileSync(tool, args, { env: { ...process.env, ...display.env } });
const SMALL = ["-dither", "None", "-colors", "255"];

/** @param {Display} display @returns {Window[]} */
function windows(display) {
  const text = execFileSync("wmctrl", ["-l"], { env: { ...process.env, ...display.env }, encoding: "utf8" });
  const parts = text.split("\n").filter(Boolean).map((line) => line.split(/\s+/));
  return parts.map(([id = "", , , ...title]) => ({ id, title: title.join(" ") }));
}

/** Dialogs, one after the other: those that tell or ask something, and those in which a file is chosen. @param {{after: (act: () => unknown) => void}} t @param {Display} display */
function openAlbum(t, display) {
  const [folder, folders] = [temporaryFolder(t), { messages: temporaryFolder(t), files: temporaryFolder(t) }];
  let known = /** @type {string[]} */ ([]);
  return {
    folders,
    /** Which windows are no dialogs. @param {Window[]} others */
    settle: (others = windows(display)) => void (known = others.map(({ id }) => id)),
    /** The dialog that opens, alone, with its frame. What opens it is done again where a busy machine did not notice. @param {() => unknown} open */
    async shoot(open = () => {}) {
      const isNew = (/** @type {Window} */ { id }) => !known.includes(id);
      const seen = await until("a dialog is there", async () => {
        if (!windows(display).some(isNew)) await open();
        for (let turn = 0; !windows(display).some(isNew) && turn < 80; turn += 1) await pause(100);
        const first = windows(display).find(isNew);
        await pause(1_500);
        // A key that was pressed again may have closed it.
        return windows(display).find(({ id }) => id === first?.id);
      });
      this.add(seen);
      return seen;
    },
    /** What a window shows, with its frame. @param {Window} window */
    add({ id }) {
      const file = path.join(folder, "whole.png");
      image(display, "import", "-frame", "-window", id, file);
      const kind = fs.readFileSync(file).readUInt32BE(16) > LARGE ? "files" : "messages"; // The width of a PNG.
      const name = `${fs.readdirSync(folders[kind]).length + 10}.png`;
      image(display, "convert", file, "-resize", "540x540>", path.join(folders[kind], name));
    },
  };
}

/** Presses keys until a dialog has gone: in its first moment it hears none. @param {Display} display @param {Window} dialog @param {string[]} keys */
async function answer(display, { id, title }, ...keys) {
  const isThere = () => windows(display).some((it) => it.id === id);
  await until(`“${title}” has gone`, async () => {
    await display.press(...keys);
    for (let turn = 0; isThere() && turn < 20; turn += 1) await pause(100);
    return !isThere();
  });
}

/** Pictures in columns, each where there is room first. @param {Display} display @param {string} folder @param {number} width how many @param {string} file */
function sheet(display, folder, width, file) {
  const columns = Array.from({ length: width }, () => ({ height: 0, parts: /** @type {string[]} */ ([]) }));
  for (const part of fs.readdirSync(folder).sort().map((name) => path.join(folder, name))) {
    const column = columns.reduce((one, other) => (other.height < one.height ? other : one));
    column.parts.push(part);
    column.height += fs.readFileSync(part).readUInt32BE(20); // of a PNG
  }
  const border = ["-alpha", "set", "-bordercolor", "none", "-border", "12"];
  const stacks = columns.flatMap(({ parts }) => ["(", ...parts, ...border, "-background", "none", "-append", ")"]);
  image(display, "convert", ...stacks, "-background", "none", "+append", ...SMALL, `png8:${file}`);
}

module.exports = { answer, image, openAlbum, sheet, SMALL, windows };
