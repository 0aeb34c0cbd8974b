// @ts-check
"use strict";
// What of this folder is shipped, file by file: nothing gets into a package because it happened to lie here. A test
// follows every `require` from the main script and compares. Packages of node_modules that the main script needs at run
// time are added by electron-builder.

const SHELL_FILES = [
  "package.json",
  "src/find/bar.html",
  "src/find/bar.js",
  "src/main/backend.js",
  "src/main/context-menu.js",
  "src/main/dialogs.js",
  "src/main/downloads.js",
  "src/main/ending.js",
  "src/main/failures.js",
  "src/main/find.js",
  "src/main/launch.js",
  "src/main/leaving.js",
  "src/main/main.js",
  "src/main/menu.js",
  "src/main/people-data.js",
  "src/main/requests.js",
  "src/main/settings.js",
  "src/main/smoke.js",
  "src/main/updates.js",
  "src/main/window-place.js",
  "src/main/windows.js",
  "src/main/words.js",
  "src/preload/preload.js",
  "src/splash/splash.html",
];

// What packages bring for their developers.
const NOT_OF_PACKAGES = ["!**/node_modules/**/*.{d.ts,map,md,markdown,ts}", "!**/node_modules/**/{test,tests,docs}/**"];

module.exports = { SHELL_FILES, NOT_OF_PACKAGES };
