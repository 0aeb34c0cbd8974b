// @ts-check
"use strict";
// The packaged shell in a real Electron, as an ordinary user with the sandbox on, with a small project in it: it is packaged
// once, for the tests in the files of electron/.

const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { testTrouble } = require("./electron/trouble.js");
const { testWindow } = require("./electron/window.js");
const { makeMeadow } = require("./support/backends.js");
const { electronFolder, openDisplay, packageShell, startProgram } = require("./support/electron-program.js");
const { temporaryFolder } = require("./support/folder.js");
const { logSkipped, needs } = require("./support/needs.js");

// Long, and 196 MB to fetch: it runs where it is asked for.
const ASKED = Boolean(process.env.DDS_REAL_ELECTRON);

/**
 * @typedef {import("node:test").TestContext} Context
 * @typedef {{env?: NodeJS.ProcessEnv, args?: string[], folder?: string}} Options `folder`: home and data
 * @typedef {Awaited<ReturnType<typeof startProgram>> & {folder: string}} Program
 * @typedef {(name: string, act: (t: Context, tools: Tools) => Promise<void>) => void} InElectron
 * @typedef {{display: Awaited<ReturnType<typeof openDisplay>>, start: (t: Context, options?: Options) => Promise<Program>}} Tools
 */

const options = ASKED ? needs("electron", "display", "electron", "stage") : { skip: "long: set DDS_REAL_ELECTRON" };
describe("a real Electron", options, () => {
  /** @type {Tools | undefined} */
  let tools;
  const endings = /** @type {(() => void)[]} */ ([]);
  before(async () => {
    const electron = fetchedElectron();
    if (electron) tools = await makeTools({ after: (act) => void endings.push(act) }, electron);
  });
  after(() => endings.forEach((act) => act()));
  /** @type {InElectron} */
  const inElectron = (name, act) =>
    test(name, (t) => (tools ? act(t, tools) : t.skip("needs a real Electron, which could not be fetched")));
  testWindow(inElectron);
  testTrouble(inElectron);
});

/** Nothing where it can't be fetched: then each test says that it was skipped. */
function fetchedElectron() {
  try {
    return electronFolder();
  } catch (error) {
    logSkipped("electron", `a real Electron, which could not be fetched: ${String(error).split("\n", 1)}`);
    return undefined;
  }
}

/** @type {(suite: {after: (act: () => void) => void}, electron: string) => Promise<Tools>} */
async function makeTools(suite, electron) {
  const output = temporaryFolder(suite);
  fs.chmodSync(output, 0o755);
  // A package has the interpreter in it, not a link.
  const backend = path.join(temporaryFolder(suite), "backend");
  fs.cpSync(makeMeadow(suite), backend, { recursive: true, dereference: true });
  const program = packageShell(electron, output, backend);
  const display = await openDisplay(suite);
  const start = async (/** @type {Context} */ t, /** @type {Options} */ { env, args, folder = temporaryFolder(t) } = {}) => ({
    folder,
    ...(await startProgram(t, { program, folder, args, env: { ...display.env, ...env } })),
  });
  return { display, start };
}
