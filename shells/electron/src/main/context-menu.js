// @ts-check
"use strict";
// The menu of a right click: what can be done with what is under the pointer. Electron brings none of its own.

const { app, clipboard, Menu } = require("electron");
const { menuWord, roles } = require("./words.js");

/** @typedef {Electron.MenuItemConstructorOptions} Item */

function setupContextMenu() {
  app.on("web-contents-created", (_event, contents) => {
    contents.on("context-menu", (_event, params) => {
      const items = itemsFor(params, contents);
      if (items.length > 0) Menu.buildFromTemplate(items).popup();
    });
  });
}

/** @type {(params: Electron.ContextMenuParams, contents: Electron.WebContents) => Item[]} */
function itemsFor(params, contents) {
  /** @type {Item[][]} */
  const groups = [
    params.dictionarySuggestions.map((word) => ({ label: word, click: () => contents.replaceMisspelling(word) })),
    params.linkURL ? [{ label: menuWord("Copy &Link"), click: () => clipboard.writeText(params.linkURL) }] : [],
    params.mediaType === "image" && params.hasImageContents ? imageItems(params, contents) : [],
    params.isEditable || params.selectionText.trim() ? textItems(params) : [],
  ];
  const separated = groups.filter((group) => group.length > 0).map((group) => [{ type: "separator" }, ...group]);
  return /** @type {Item[]} */ (separated.flat().slice(1));
}

/** @type {(params: Electron.ContextMenuParams, contents: Electron.WebContents) => Item[]} */
const imageItems = ({ x, y, srcURL }, contents) => [
  { label: menuWord("Copy &Image"), click: () => contents.copyImageAt(x, y) },
  { label: menuWord("&Save Image As…"), click: () => contents.downloadURL(srcURL) },
];

/** @type {(params: Electron.ContextMenuParams) => Item[]} */
function textItems({ isEditable, editFlags }) {
  const { canCut, canCopy, canPaste, canSelectAll } = editFlags;
  const enabled = [canCut, canCopy, canPaste, canSelectAll];
  const edit = roles("cut", "copy", "paste", "selectAll").map((item, at) => ({ ...item, enabled: Boolean(enabled[at]) }));
  return isEditable ? edit : edit.slice(1, 2);
}

module.exports = { setupContextMenu };
