// @ts-check
"use strict";
// The smoke test of the whole program: 0 after the first real page only, and not 0 within 20 s for each broken backend.

const assert = require("node:assert/strict");
const path = require("node:path");
const { describe, test } = require("node:test");
const { DAMAGES, makeFakeBackend } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

const LIMIT_SECS = 20;

/** @param {import("node:test").TestContext} t @param {string} kind @param {string} [damage] */
async function smoke(t, kind, damage) {
  const backend = makeFakeBackend(path.join(temporaryFolder(t), "backend"), kind);
  if (damage) DAMAGES[damage]?.(backend);
  const shell = await startShell(t, { backend, env: { DESKTOP_DJANGO_SMOKE_TEST: "1" } });
  const result = await shell.exited;
  await assertNothingLeft(shell);
  assert.ok(result.seconds < LIMIT_SECS, `took ${result.seconds} s`);
  assert.ok(!shell.events.some(({ event }) => event === "dialog"), "nobody is there to answer a dialog");
  return result;
}

test("a good backend: exit code 0, after the page", needs("smoke", "posix", "chromium"), async (t) => {
  const { code, stdout } = await smoke(t, "good");
  const [ran, saw, ...rest] = stdout.split("\n");
  assert.match(String(ran), /^smoke test: .*[\\/]electron \(Electron stand-in\) with .*[\\/]backend$/);
  assert.match(String(saw), /^smoke test: http:\/\/127\.0\.0\.1:\d+\/ status 200 “Good” after \d+ ms$/);
  assert.deepEqual(rest, [""]);
  assert.equal(code, 0);
});

/** @type {Record<string, RegExp>} kind of backend → what is said */
const BROKEN = {
  "exits-at-once": /ended before it was ready: It ended with code 4/,
  "import-error": /ended before it was ready.*code 1.*No module named 'django'/s,
  "never-ready": /took too long/,
  deaf: /took too long/,
  failed: /^The database could not be updated: Disk full\.\nThe log: \/data\/desktop\.log/,
  garbage: /took too long/,
  "garbage-then-exit": /ended with code 9.*Segmentation fault/s,
  "one-long-line": /took too long/,
  refused: /first page did not load.*ERR_(CONNECTION_REFUSED|UNSAFE_PORT)/,
  hangs: /took too long/,
  "page-500": /wrong page.*status 500/,
  "page-404": /wrong page.*status 404/,
  blank: /wrong page.*is blank/,
  moved: /wrong page|did not load/,
  "strange-address": /can't be trusted.*example\.com/,
  "already-running": /already running.*process 4711/,
  "dies-in-prepare": /was ended by SIGKILL/,
  "dies-in-backup": /was ended by SIGKILL/,
  "dies-in-migrate": /was ended by SIGKILL/,
  "dies-in-seed": /was ended by SIGKILL/,
  "dies-in-serve": /was ended by SIGKILL/,
};

// Most of the time they wait.
describe("broken backends", { ...needs("smoke", "posix", "chromium"), concurrency: 3 }, () => {
  for (const [kind, said] of Object.entries(BROKEN)) {
    test(`${kind}: not 0`, async (t) => {
      const { code, stdout, stderr } = await smoke(t, kind);
      assert.match(stderr, said);
      assert.equal(stdout, "");
      assert.equal(code, 1);
    });
  }

  for (const damage of Object.keys(DAMAGES)) {
    test(`${damage}: not 0`, async (t) => {
      const { code, stderr } = await smoke(t, "good", damage);
      assert.match(stderr, /^(The app is not complete|The app is damaged|A part of the app is missing): /);
      assert.equal(code, 1);
    });
  }
});
