// @ts-check
"use strict";
// A download asks where to put the file, and says when it did not get there.

const path = require("node:path");
const { app, dialog, session } = require("electron");
/** @import {Settings, Windows} from "../types" */

/** @type {(settings: Settings, windows: Windows) => void} */
function setupDownloads({ project }, windows) {
  session.defaultSession.on("will-download", (_event, item) => {
    const name = item.getFilename();
    item.setSaveDialogOptions({ title: `Save ${name}`, defaultPath: path.join(app.getPath("downloads"), name) });
    item.once("done", (_event, state) => {
      const window = windows.main();
      // Somebody who cancels knows it.
      if (state !== "interrupted" || !window) return;
      const detail = `${item.getSavePath() || name} is not complete. Look whether the disk has room, and save it once more.`;
      const box = { title: project.title, message: `${name} could not be saved`, detail, buttons: ["OK"] };
      dialog.showMessageBox(window, { type: "error", ...box });
    });
  });
}

module.exports = { setupDownloads };
