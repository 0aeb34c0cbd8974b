// @ts-check
"use strict";
// A stand-in for electron-builder's AppImage tools (APPIMAGE_TOOLS_PATH): the system's mksquashfs, and a runtime that
// unpacks the image and runs it, where the real one mounts it.

const fs = require("node:fs");
const path = require("node:path");
const { which } = require("../support/needs.js");

// The image begins behind the runtime, at a multiple of the page size.
const RUNTIME_BYTES = 4096;

/** @param {string} folder @param {string} arch as electron-builder calls it */
function makeAppImageTools(folder, arch) {
  const runtime = `#!/bin/sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unsquashfs -q -n -no-xattrs -d "$folder/image" -o ${RUNTIME_BYTES} "$0" >&2
APPDIR="$folder/image" APPIMAGE="$(realpath "$0")" "$folder/image/AppRun" "$@"
exit $?
`;
  for (const name of ["runtimes", `lib/${arch}`]) fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, "runtimes", `runtime-${arch}`), runtime.padEnd(RUNTIME_BYTES, "\n"));
  fs.symlinkSync(String(which("mksquashfs")), path.join(folder, "mksquashfs"));
  // Only looked for, not run.
  fs.writeFileSync(path.join(folder, "desktop-file-validate"), "");
  return folder;
}

module.exports = { makeAppImageTools };
