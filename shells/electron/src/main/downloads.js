// @ts-check
"use strict";
// A download asks where to put the file, and says when it did not get there.

const path = require("node:path");
const { app, dialog, session } = require("electron");
const { word } = require("./words.js");
/** @import {Settings, Windows} from "../types" */

/** @type {(settings: Settings, windows: Windows) => void} */
function setupDownloads({ project }, windows) {
  session.defaultSession.on("will-download", (_event, item) => {
    const name = item.getFilename();
    item.setSaveDialogOptions({ title: word("Save {name}", { name }), defaultPath: path.join(app.getPath("downloads"), name) });
    const tell = (/** @type {unknown} */ _event, /** @type {string} */ state) => {
      const window = windows.main();
      // Somebody who cancels knows it.
      if (state !== "interrupted" || !window) return;
      const file = item.getSavePath() || name;
      const detail = word("{file} is not complete. Look whether the disk has room, and save it once more.", { file });
      const box = { title: project.title, message: word("{name} could not be saved", { name }), detail };
      dialog.showMessageBox(window, { type: "error", ...box, buttons: [word("OK")] });
      item.cancel();
    };
    // One that could be taken up again, as after a disk that was full, is never done.
    item.on("updated", tell).once("done", tell);
  });
}

module.exports = { setupDownloads };
