// @ts-check
"use strict";
// What can be told of a picture without looking at it, with ImageMagick.

const { execFileSync } = require("node:child_process");

/** @param {string[]} args */
const magick = (...args) => execFileSync("convert", args, { maxBuffer: 1 << 26 });

/** How many colours there are. @param {string} file */
const colours = (file) => Number(magick(file, "-format", "%k", "info:-").toString());

/** @param {string} file @returns {[number, number]} width and height */
const size = (file) => /** @type {[number, number]} */ (magick(file, "-format", "%w %h", "info:-").toString().split(" ").map(Number));

/** The mean difference of two pictures, seen from afar: 0 for the same, 255 for black and white. @param {string} a @param {string} b */
function difference(a, b) {
  const [first, second] = [a, b].map((file) => magick(file, "-resize", "48x36!", "-depth", "8", "rgb:-"));
  if (!first || !second || first.length !== second.length) throw new Error("pictures of different size");
  return first.reduce((sum, byte, at) => sum + Math.abs(byte - (second[at] ?? 0)), 0) / first.length;
}

/** @param {string} from @param {string} to @param {{width: number, height: number, x: number, y: number}} area */
const crop = (from, to, { width, height, x, y }) => magick(from, "-crop", `${width}x${height}+${x}+${y}`, "+repage", to);

module.exports = { colours, crop, difference, size };
