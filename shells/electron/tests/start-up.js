// @ts-check
"use strict";
// `DDS_REAL_ELECTRON=fetch node tests/start-up.js [ROUNDS]`: how long the packaged shell takes from the start of its
// process to the end of its page, beside an empty window of the same Electron. The two take turns, because the machine may
// have other work; the first round, which fills caches and makes the data, is not counted. No test: time depends on the machine.

const fs = require("node:fs");
const path = require("node:path");
const { readFacts } = require("../project.js");
const { electronFolder, openDisplay, packageEmpty, packageShell, startProgram } = require("./support/electron-program.js");
const { temporaryFolder } = require("./support/folder.js");
const { STAGE } = require("./support/needs.js");

const EMPTY = `const { app, BrowserWindow } = require("electron");
app.enableSandbox();
app.whenReady().then(async () => {
  await new BrowserWindow({ width: 1180, height: 820 }).loadURL("data:text/html,<title>empty</title><h1>Hello</h1>");
  console.log("after " + Math.round(performance.now()) + " ms");
  app.exit(0);
});`;

const endings = /** @type {(() => unknown)[]} */ ([]);
const suite = /** @type {any} */ ({ after: (/** @type {() => unknown} */ act) => void endings.push(act) });

/** @param {number[]} times */
const median = (times) => Number([...times].sort((one, other) => one - other)[Math.floor(times.length / 2)]);

async function measure(rounds = Number(process.argv[2] ?? 10)) {
  const output = temporaryFolder(suite);
  const shell = packageShell(electronFolder(), output, STAGE);
  const empty = await packageEmpty(shell, temporaryFolder(suite), EMPTY);
  for (const program of [shell, empty]) fs.chmodSync(path.join(program, "..", ".."), 0o755);
  const display = await openDisplay(suite);
  const programs = [empty, shell].map((program) => ({ program, folder: temporaryFolder(suite), times: /** @type {number[]} */ ([]) }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { program, folder, times } of programs) {
      const env = { ...display.env, DESKTOP_DJANGO_SMOKE_TEST: "1" };
      const { stdout, stderr } = await (await startProgram(suite, { program, folder, env })).exited;
      const took = Number(/after (\d+) ms/.exec(stdout)?.[1]);
      if (!took) throw new Error(`${program} showed no page\n${stdout}${stderr}`);
      if (round > 0) times.push(took);
    }
  }
  const [bare = [], ours = []] = programs.map(({ times }) => times);
  const ratios = ours.map((time, at) => time / Number(bare[at]));
  const told = (/** @type {number[]} */ times) => `${Math.min(...times)} ms at best, ${median(times)} ms median`;
  process.stdout.write(`empty window: ${told(bare)}\n${readFacts().project.title}: ${told(ours)}\n`);
  process.stdout.write(`ratio: ${(Math.min(...ours) / Math.min(...bare)).toFixed(2)} of the best, ${median(ratios).toFixed(2)} median of ${rounds} pairs\n`);
}

measure().finally(() => Promise.all(endings.map((act) => act())));
