// @ts-check
"use strict";
// What the stand-in's `electron` executable runs: `node boot.js EXECUTABLE [APP]`. Like Electron, it finds the app beside
// the executable (resources/app.asar) or takes the folder that it is given, and runs the app's main script.

const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");

const executable = fs.realpathSync(String(process.argv[2]));
const folder = path.dirname(executable);
const isMac = path.basename(folder) === "MacOS";
const resources = isMac ? path.join(folder, "..", "Resources") : path.join(folder, "resources");
// As in Electron.
Object.defineProperty(process, "resourcesPath", { value: resources });
Object.defineProperty(process, "execPath", { value: executable });

const archive = path.join(resources, "app.asar");
const isPackaged = fs.existsSync(archive);
const appFolder = isPackaged ? unpacked(archive) : path.resolve(process.argv[3] ?? ".");
const manifest = JSON.parse(fs.readFileSync(path.join(appFolder, "package.json"), "utf8"));

// Not earlier: what unpacks archives would look for a part of Electron that is not here.
Object.defineProperty(process, "versions", { value: { ...process.versions, electron: "stand-in" } });

const electron = require("./electron.js").make({ appFolder, isPackaged, executable, manifest });
const load = Reflect.get(Module, "_load");
Reflect.set(Module, "_load", (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) =>
  request === "electron" ? electron.exports : load.call(Module, request, ...rest),
);

try {
  require(path.join(appFolder, manifest.main));
} catch (error) {
  // Electron gets ready nevertheless.
  process.nextTick(() => {
    throw error;
  });
}
electron.begin();

/**
 * Plain Node can't look into an archive, so what is in it goes to a folder of its own.
 * @param {string} file
 */
function unpacked(file) {
  const target = fs.mkdtempSync(path.join(os.tmpdir(), "stand-in-asar-"));
  require("@electron/asar").extractAll(file, target);
  process.on("exit", () => fs.rmSync(target, { recursive: true, force: true }));
  return target;
}
