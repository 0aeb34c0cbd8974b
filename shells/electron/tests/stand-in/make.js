// @ts-check
"use strict";
// Writes a stand-in for an Electron distribution: `node make.js FOLDER [linux|mac|win]`. Electron's own variable
// ELECTRON_OVERRIDE_DIST_PATH then makes `electron .`, and this shell's builder configuration, use it.

const fs = require("node:fs");
const path = require("node:path");
const { windowsProgram } = require("./windows-program.js");

// Where Electron's binary keeps its fuses: a mark, the version, how many, then one character each.
const FUSES = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const WIRE = "\u0001\u0009" + "101100010";

const PLIST = (/** @type {string} */ executable) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${executable}</string></dict></plist>
`;

/** The program: `exec`, so that the process keeps its number; what follows is not run. */
function script() {
  const boot = path.join(__dirname, "boot.js");
  return `#!/bin/sh\nexec "${process.execPath}" "${boot}" "$0" "$@"\n${FUSES}${WIRE}\n`;
}

/** @param {string} folder */
function makeLinux(folder) {
  write(folder, "electron", script(), 0o755);
  for (const file of ["LICENSE", "version", "locales/en-US.pak", "locales/de.pak", "resources/.keep"]) {
    write(folder, file, "");
  }
}

/** @param {string} folder */
function makeMac(folder) {
  const contents = path.join(folder, "Electron.app", "Contents");
  const frameworks = path.join(contents, "Frameworks");
  write(contents, "Info.plist", PLIST("Electron"));
  write(contents, "MacOS/Electron", script(), 0o755);
  write(contents, "Resources/electron.icns", "");
  write(contents, "Resources/en.lproj/.keep", "");
  const framework = path.join(frameworks, "Electron Framework.framework");
  write(framework, "Versions/A/Electron Framework", `${FUSES}${WIRE}`, 0o755);
  write(framework, "Versions/A/Resources/en.lproj/locale.pak", "");
  fs.symlinkSync("A", path.join(framework, "Versions", "Current"));
  for (const name of ["Electron Framework", "Resources"]) {
    fs.symlinkSync(path.join("Versions", "Current", name), path.join(framework, name));
  }
  for (const kind of ["", " (GPU)", " (Plugin)", " (Renderer)"]) {
    const name = `Electron Helper${kind}`;
    write(frameworks, `${name}.app/Contents/Info.plist`, PLIST(name));
    write(frameworks, `${name}.app/Contents/MacOS/${name}`, "", 0o755);
  }
}

/** @param {string} folder */
function makeWindows(folder) {
  for (const file of ["electron.exe", "ffmpeg.dll"]) {
    write(folder, file, windowsProgram(FUSES + WIRE).toString("latin1"));
  }
  for (const file of ["LICENSE", "version", "locales/en-US.pak", "locales/de.pak", "resources/.keep"]) {
    write(folder, file, "");
  }
}

/** @param {string} folder @param {string} file @param {string} text @param {number} [mode] */
function write(folder, file, text, mode = 0o644) {
  const target = path.join(folder, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, text, { encoding: "latin1", mode });
}

/** @param {string} folder @param {string} [platform] */
function makeDistribution(folder, platform = "linux") {
  if (platform === "mac") makeMac(folder);
  else if (platform === "win") makeWindows(folder);
  else makeLinux(folder);
  return folder;
}

if (require.main === module) {
  const [folder, platform] = process.argv.slice(2);
  if (!folder) {
    process.stderr.write("usage: node make.js FOLDER [linux|mac|win]\n");
    process.exit(2);
  }
  process.stdout.write(`${makeDistribution(path.resolve(folder), platform)}\n`);
}

module.exports = { makeDistribution, FUSES };
