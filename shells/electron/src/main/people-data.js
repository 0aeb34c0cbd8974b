// @ts-check
"use strict";
// File › Back Up…, Restore…, Export… and Help › Save Support File…: the backend does it, and here are the questions before,
// the progress, and what came of it.

const fs = require("node:fs");
const path = require("node:path");
const { app, dialog, shell } = require("electron");
const { askIn, withProgress } = require("./dialogs.js");
const { nextStep } = require("./failures.js");
const { openLog } = require("./menu.js");
const { word } = require("./words.js");
/** @import {Ask, AskBackend, PeopleData, Settings, Windows} from "../types" */

/** @typedef {Electron.BrowserWindow} Window */
/** @typedef {{ask: AskBackend, restart: () => Promise<void>}} Service */

const ZIP = { name: "ZIP", extensions: ["zip"] };
// Before an update, databases are copied one by one, as they are.
const BACKUPS = { name: "Backups", extensions: ["zip", "sqlite3"] };

/** @type {(settings: Settings, windows: Windows, service: Service) => PeopleData} */
function setupPeopleData(settings, windows, service) {
  let isBusy = false;
  // One at a time, and only when there is a page.
  const action = (/** @type {(window: Window, ask: Ask) => Promise<void>} */ act) => async () => {
    const window = windows.main();
    if (!window || isBusy) return;
    isBusy = true;
    try {
      await act(window, askIn(window, settings.project.title));
    } catch (error) {
      await tellRefused(window, error, settings);
    } finally {
      isBusy = false;
    }
  };
  /** @type {(window: Window, what: string, verb: string, options: object) => Promise<any>} */
  const follow = (window, what, verb, options) => withProgress(window, what, (show) => service.ask(verb, options, show));
  const save = async (/** @type {Window} */ window, /** @type {Ask} */ ask, /** @type {Saving} */ { title, name, what, verb, options, done }) => {
    const to = await whereTo(window, title, `${settings.project.title} ${word(name)}`);
    if (!to) return;
    const { file, bytes } = await follow(window, what, verb, { ...options, to });
    if (await ask(done, `${file}, ${size(bytes)}`, "Show in Folder", "OK")) shell.showItemInFolder(file);
  };

  return {
    backUp: action(async (window, ask) => {
      const options = { media: await wantsMedia(ask, await service.ask("list")) };
      await save(window, ask, { title: "Back Up", name: "backup", what: "backing up", verb: "backup", options, done: "The backup is saved" });
    }),
    restore: action(async (window, ask) => {
      const backup = await whichBackup(window, settings.dataFolder);
      if (!backup || !(await ask("Restore this backup?", whatARestoreDoes(backup), "Restore", "Cancel"))) return;
      await follow(window, "restoring", "restore", { backup });
      await service.restart();
    }),
    exportData: action((window, ask) =>
      save(window, ask, { title: "Export", name: "data", what: "exporting", verb: "export", done: "Your data are exported" }),
    ),
    saveSupportFile: action(async (window, ask) => {
      const detail = whatItHolds(await service.ask("support"));
      if (!(await ask("Save a file for whoever helps you?", detail, "Save…", "Cancel"))) return;
      await save(window, ask, { title: "Save Support File", name: "support", what: "saving", verb: "support", done: "The support file is saved" });
    }),
  };
}

/** @typedef {{title: string, name: string, what: string, verb: string, options?: object, done: string}} Saving */

/** @type {(ask: Ask, list: {needed: {databases: number, media: number}, free: number}) => Promise<boolean>} */
async function wantsMedia(ask, { needed: { databases, media }, free }) {
  if (media <= databases) return false;
  const detail = word("With them the backup takes up to {all}, without them {databases}. {free} are free on the disk.", {
    all: size(media),
    databases: size(databases),
    free: size(free),
  });
  return ask("Back up uploaded files, too?", detail, "With Files", "Without Files");
}

/** @param {string} backup */
const whatARestoreDoes = (backup) =>
  word(
    "Your data become what they were in {name}. What is there now is kept as a backup first. The app is closed for a moment and comes back with the restored data.",
    { name: path.basename(backup) },
  );

/** @param {{summary: string, contents: {name: string, bytes: number}[]}} file */
function whatItHolds({ summary, contents }) {
  const files = contents.map(({ name, bytes }) => `${name} (${size(bytes)})`).join(", ");
  return `${word("Passwords and secrets are left out. It holds {files}.", { files })}\n\n${summary}`;
}

/** @type {(window: Window, error: unknown, settings: Settings) => Promise<void>} */
async function tellRefused(window, error, settings) {
  const { title = word("This did not work"), detail = String(error) } = /** @type {{title?: string, detail?: string}} */ (error);
  const unchanged = word("Nothing was changed.");
  const parts = [detail, nextStep({ detail }, settings), detail.includes(unchanged) ? "" : unchanged];
  const text = parts.filter(Boolean).join("\n\n");
  if (await askIn(window, settings.project.title, "error")(title, text, "Open Log", "OK")) await openLog(settings.log);
}

/** @type {(window: Window, title: string, name: string) => Promise<string | undefined>} */
async function whereTo(window, title, name) {
  const file = `${name} ${new Date().toISOString().slice(0, 10)}.zip`;
  const options = { title: word(title), defaultPath: path.join(app.getPath("documents"), file), filters: [ZIP] };
  const { canceled, filePath } = await dialog.showSaveDialog(window, options);
  return canceled ? undefined : filePath;
}

/** @type {(window: Window, dataFolder: string) => Promise<string | undefined>} */
async function whichBackup(window, dataFolder) {
  const folder = path.join(dataFolder, "backups");
  const defaultPath = fs.existsSync(folder) ? folder : app.getPath("documents");
  const properties = /** @type {["openFile"]} */ (["openFile"]);
  const { filePaths } = await dialog.showOpenDialog(window, { title: word("Restore"), defaultPath, filters: [{ ...BACKUPS, name: word(BACKUPS.name) }], properties });
  return filePaths[0];
}

/** @param {number} bytes */
function size(bytes) {
  const [number, unit] = bytes < 1_000_000 ? [bytes / 1_000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${Math.max(1, Math.round(number)).toLocaleString()} ${unit}`;
}

module.exports = { setupPeopleData };
