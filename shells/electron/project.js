// @ts-check
"use strict";
// The facts of dds.toml that this shell needs. Read when it is packaged, and when it is run from the checkout; an
// installed program has them in its package.json instead (see builder/config.js).

const fs = require("node:fs");
const path = require("node:path");
const { parse } = require("smol-toml");

const REPOSITORY = path.join(__dirname, "..", "..");

/** @import {Checkout, Project} from "./src/types" */

/**
 * @param {string} [repository]
 * @returns {{project: Project, about: Record<string, string>, checkout: Checkout, stage: string, icon: string, languages: string[] | undefined, signWindows: string[], words: Record<string, Record<string, string>>}}
 */
function readFacts(repository = REPOSITORY) {
  const { project, about = {}, backend, packages, sign } = /** @type {any} */ (
    parse(fs.readFileSync(path.join(repository, "dds.toml"), "utf8"))
  );
  const { description, publisher: author, license, homepage } = about;
  return {
    // As a package.json calls them.
    about: Object.fromEntries(Object.entries({ description, author, license, homepage }).filter(([, value]) => value)),
    project: { name: project.name, title: project.title, identifier: project.identifier },
    checkout: {
      root: path.resolve(repository, backend.root ?? "backend"),
      sourceRoot: backend["source-roots"]?.[0] ?? ".",
      command: backend["launcher-command"] ?? ["-m", "desktop_runtime"],
      settingsModule: backend["development-settings-module"] ?? backend["settings-module"],
    },
    stage: path.join(repository, ".stage", "backend"),
    icon: path.join(__dirname, "build", "icon.png"),
    languages: packages?.languages,
    signWindows: sign?.windows?.command ?? [],
    words: JSON.parse(fs.readFileSync(path.join(__dirname, "..", "words.json"), "utf8")),
  };
}

module.exports = { REPOSITORY, readFacts };
