// @ts-check
"use strict";
// Update manifests as the real updater reads them, and blockmaps as the real packager makes them. For the tests of
// `cargo xtask update-manifest`:
//
//   node update-manifest.js read FILE BASE_URL   prints what electron-updater understands, as JSON
//   node update-manifest.js blockmap FILE        writes FILE.blockmap
//   node update-manifest.js embed FILE           appends a blockmap to FILE, as an AppImage has it

const fs = require("node:fs");
const path = require("node:path");
const { URL } = require("node:url");

/** @type {(name: string) => any} Modules that these packages don't export under a name. */
const inner = (name) => require(path.join(__dirname, "..", "..", "node_modules", name));

/** @param {string} file @param {string} baseUrl */
function read(file, baseUrl) {
  const { parseUpdateInfo, resolveFiles, findFile } = inner("electron-updater/out/providers/Provider.js");
  const url = new URL(path.basename(file), baseUrl);
  const info = parseUpdateInfo(fs.readFileSync(file, "utf8"), path.basename(file), url);
  const files = resolveFiles(info, new URL(baseUrl));
  const kind = file.includes("-mac") ? "zip" : file.includes("-linux") ? "AppImage" : "exe";
  return {
    info,
    urls: files.map((/** @type {{url: URL}} */ resolved) => resolved.url.href),
    // What a client installs; a list without it is an error of the updater.
    installs: findFile(files, kind, ["pkg", "dmg", "rpm", "deb", "pacman"]).url.href,
  };
}

/** @param {string} file @param {"gzip" | "deflate"} format @param {string} [output] */
async function blockmap(file, format, output) {
  const { buildBlockMap } = inner("app-builder-lib/out/targets/blockmap/blockmap.js");
  return buildBlockMap(file, format, output);
}

async function main() {
  const [verb, file = "", baseUrl = ""] = process.argv.slice(2);
  if (verb === "read") return read(file, baseUrl);
  if (verb === "blockmap") return blockmap(file, "gzip", `${file}.blockmap`);
  if (verb === "embed") return blockmap(file, "deflate");
  throw new Error(`unknown: ${verb}`);
}

main().then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
