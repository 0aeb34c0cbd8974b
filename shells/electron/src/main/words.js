// @ts-check
"use strict";
// What people read in menus and dialogs, in the language of their system. English stands in the code; the table that all
// shells share has the others.

/** @typedef {Record<string, string>} Table */
/** @typedef {NonNullable<Electron.MenuItemConstructorOptions["role"]>} Role */

/** @type {Table} */
let table = {};
let language = "en";

/** The first language that there is. @type {(words: Record<string, Table>, languages: string[]) => void} */
function setLanguage(words, languages) {
  const known = languages.map((name) => name.split(/[-_]/, 1)[0]?.toLowerCase() ?? "").find((name) => name === "en" || name in words);
  language = known ?? "en";
  table = words[language] ?? {};
}

/** The one that is spoken, for the backend. */
const getLanguage = () => language;

/** In a menu, with the letter that is pressed for it. @param {string} label */
const menuWord = (label) => table[label.replace("&", "")] ?? label;

/** Anywhere else. @param {string} english @param {Record<string, string | number>} [values] for what stands in braces */
function word(english, values = {}) {
  const text = table[english]?.replace("&", "") ?? english;
  return text.replaceAll(/\{(\w+)\}/g, (braces, name) => String(values[name] ?? braces));
}

/** @type {Partial<Record<Role, string>>} */
const ROLES = {
  about: "About",
  close: "Close",
  copy: "Copy",
  cut: "Cut",
  minimize: "Minimize",
  paste: "Paste",
  quit: "Quit",
  redo: "Redo",
  reload: "Reload",
  resetZoom: "Actual Size",
  selectAll: "Select All",
  togglefullscreen: "Toggle Full Screen",
  undo: "Undo",
  zoomIn: "Zoom In",
  zoomOut: "Zoom Out",
};

/** What Electron has a word for, in English. @param {Role[]} names */
const roles = (...names) =>
  names.map((role) => {
    const label = table[ROLES[role] ?? ""];
    return label ? { role, label } : { role };
  });

module.exports = { getLanguage, menuWord, roles, setLanguage, word };
