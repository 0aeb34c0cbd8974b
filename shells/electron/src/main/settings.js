// @ts-check
"use strict";
// What this start of the program is: names, mode, folders. An environment variable that is empty counts as unset.

const fs = require("node:fs");
const path = require("node:path");
const { failures } = require("./failures.js");
/** @import {Settings} from "../types" */

/** @type {(app: Electron.App, env: NodeJS.ProcessEnv) => Settings} */
function readSettings(app, env) {
  const variable = (/** @type {string} */ name) => env[`DESKTOP_DJANGO_${name}`] || undefined;
  const isInstalled = app.isPackaged;
  // Packaging writes the names into package.json; in a checkout they come from dds.toml, with a developer's parser.
  /** @type {any} */
  const facts = isInstalled ? require("../../package.json") : require("../../project.js").readFacts();
  const { project, checkout = null, stage, words, icon = path.join(process.resourcesPath ?? "", "icon.png") } = facts;
  // An installed program runs its own backend, whatever a developer's environment says.
  const mode = isInstalled ? "packaged" : (variable("RUNTIME_MODE") ?? "development");
  const source = variable("BACKEND_ROOT") ?? (mode === "development" ? checkout?.root : stage);
  const ownFolder = path.join(app.getPath("appData"), project.identifier + (isInstalled ? "" : ".development"));
  const dataFolder = path.resolve(variable("APP_DATA_DIR") ?? ownFolder);
  return {
    project,
    checkout,
    words,
    isInstalled,
    mode,
    backendRoot: path.resolve(isInstalled ? path.join(process.resourcesPath, "backend") : source),
    icon,
    python: variable("PYTHON"),
    dataFolder,
    log: path.join(dataFolder, "logs", "desktop.log"),
    isSmokeTest: variable("SMOKE_TEST") === "1",
  };
}

/**
 * Make the data folder the program's own; what Chromium keeps goes into a subfolder.
 * @type {(app: Electron.App, settings: Settings) => void}
 */
function claimDataFolder(app, { dataFolder }) {
  try {
    fs.mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    fs.rmdirSync(fs.mkdtempSync(path.join(dataFolder, ".probe-")));
    app.setPath("userData", dataFolder);
    app.setPath("sessionData", path.join(dataFolder, "browser"));
  } catch (error) {
    // Chromium needs a place even to show why there is none.
    app.setPath("userData", fs.mkdtempSync(path.join(app.getPath("temp"), "no-data-folder-")));
    throw failures.unusableDataFolder(dataFolder, error);
  }
}

module.exports = { readSettings, claimDataFolder };
