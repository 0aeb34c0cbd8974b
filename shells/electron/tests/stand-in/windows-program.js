// @ts-check
"use strict";
// A program for Windows that does nothing: headers, one section with what is put into it, and one that tells its version.
// Signers and editors of resources take it for one.

const { NtExecutable, NtExecutableResource, Resource } = require("resedit");

const HEADERS = 0x200;
const OPTIONAL = 0x58;
const SECTION = 0x148;

/** @param {string} [payload] at most 511 characters */
function windowsProgram(payload = "") {
  const bytes = Buffer.alloc(2 * HEADERS);
  const put = (/** @type {number} */ base, /** @type {[number, number][]} */ fields) => {
    for (const [at, value] of fields) bytes.writeUInt32LE(value, base + at);
  };
  bytes.write("MZ");
  put(0, [[0x3c, 0x40]]);
  bytes.write("PE\0\0", 0x40, "latin1");
  // For x64, with one section and the longer header.
  for (const [at, value] of [[0x44, 0x8664], [0x46, 1], [0x54, 240], [0x56, 0x22], [OPTIONAL, 0x20b]]) {
    bytes.writeUInt16LE(Number(value), Number(at));
  }
  put(OPTIONAL, [[0x20, 0x1000], [0x24, 0x200], [0x38, 0x2000], [0x3c, HEADERS], [0x6c, 16]]);
  bytes.write(".text", SECTION);
  put(SECTION, [[8, 0x200], [12, 0x1000], [16, 0x200], [20, HEADERS], [36, 0x60000020]]);
  bytes.write(payload, HEADERS, "latin1");
  const program = NtExecutable.from(bytes);
  const resources = NtExecutableResource.from(program);
  const version = Resource.VersionInfo.createEmpty();
  version.setFileVersion(1, 0, 0, 0);
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  return Buffer.from(program.generate());
}

module.exports = { windowsProgram };
