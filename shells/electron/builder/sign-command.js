// @ts-check
"use strict";
// `[sign.windows]` in dds.toml: any signer as a command, run for each program and library. electron-builder calls it on
// every system, also for installers and what uninstalls.

const { execFile } = require("node:child_process");
const fs = require("node:fs");
const { promisify } = require("node:util");

const run = promisify(execFile);
const VARIABLE = /\{env:(\w+)\}/g;

/**
 * @param {string[]} command with `{file}`, maybe `{signed}` and `{env:NAME}`
 * @param {NodeJS.ProcessEnv} env
 * @returns {(file: {path: string}) => Promise<void>}
 */
function signer(command, env) {
  return async ({ path: file }) => {
    // Python's and Microsoft's own files keep the signatures that they come with.
    if (isSigned(file) === true) return;
    // Not before: packages for other systems are made without these variables.
    const words = command.map((word) => word.replace(VARIABLE, (_, /** @type {string} */ name) => valueOf(name, env)));
    const signed = `${file}.signed`;
    const [program = "", ...args] = words.map((word) => word.replaceAll("{file}", file).replaceAll("{signed}", signed));
    try {
      await run(program, args);
      if (fs.existsSync(signed)) fs.renameSync(signed, file);
    } catch (error) {
      fs.rmSync(signed, { force: true });
      throw new Error(failure(command, env, file, error));
    }
    if (isSigned(file) === false) throw new Error(`${told(command)} said that it has signed ${file}, which has no signature.`);
  };
}

/** @param {string} name @param {NodeJS.ProcessEnv} env */
function valueOf(name, env) {
  const value = env[name];
  if (!value) throw new Error(`sign.windows.command in dds.toml needs the environment variable ${name}, which is not set.`);
  return value;
}

/** @param {string[]} command as it stands in dds.toml: no value of a variable is told */
function told(command) {
  return `“${command.join(" ")}”`;
}

/** @param {string[]} command @param {NodeJS.ProcessEnv} env @param {string} file @param {any} error */
function failure(command, env, file, error) {
  const secrets = [...command.join(" ").matchAll(VARIABLE)].map(([place, name]) => [place, env[String(name)] ?? ""]);
  const why = error.code === "ENOENT" ? `the program ${command[0]} is not there` : String(error.stderr || error.stdout);
  const said = secrets.reduce((text, [place = "", value = ""]) => text.replaceAll(value, place), why).trim();
  return `${told(command)} has not signed ${file}: ${said || `it ended with ${error.code ?? error.signal}`}`;
}

/**
 * Whether a program or library has a signature: its header says where. Other files that Windows knows, such as .msi, don't
 * tell.
 * @param {string} file
 * @returns {boolean | undefined}
 */
function isSigned(file) {
  const descriptor = fs.openSync(file, "r");
  try {
    const at = read(descriptor, 0x3c, 4).readUInt32LE();
    const header = read(descriptor, at, 192);
    if (header.toString("latin1", 0, 4) !== "PE\0\0") return undefined;
    // The list of tables is 16 bytes further in programs for 64 bits; the fifth is the one of signatures.
    const tables = header.readUInt16LE(24) === 0x20b ? 136 : 120;
    return header.readUInt32LE(tables + 4 * 8 + 4) > 0;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** @param {number} descriptor @param {number} at @param {number} length */
function read(descriptor, at, length) {
  const bytes = Buffer.alloc(length);
  fs.readSync(descriptor, bytes, 0, length, at);
  return bytes;
}

module.exports = { isSigned, signer };
