// @ts-check
"use strict";
// Development mode: a backend runs from its sources, through uv. It is a small project of the tests, in the starter's
// environment: the one of the checkout may be started in another way, or have none.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const meadow = require("../../meadow.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs, ENVIRONMENT } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

// What is installed is for somebody else to decide.
const ENV = { DESKTOP_DJANGO_RUNTIME_MODE: "", UV_NO_SYNC: "1", UV_OFFLINE: "1" };

/** @param {import("node:test").TestContext} t @returns {{backend: string, env: NodeJS.ProcessEnv}} */
function fromSources(t) {
  const backend = temporaryFolder(t);
  fs.cpSync(meadow.PROJECT, backend, { recursive: true });
  // Where there is no lock, uv takes what lies here.
  fs.symlinkSync(ENVIRONMENT, path.join(backend, ".venv"));
  return { backend, env: { ...ENV, DJANGO_SETTINGS_MODULE: "meadow.settings", PYTHONPATH: path.join(backend, "src") } };
}

test("from the sources, with uv", needs("development", "posix", "chromium", "uv", "environment"), async (t) => {
  const shell = await startShell(t, fromSources(t));
  const { url } = await shell.mainWindow();
  assert.equal(new URL(await shell.page("url")).origin, new URL(url).origin);
  assert.equal((await fetch(url)).status, 403, "the token is asked for here as well");
  await shell.ask("quit");
  assert.equal((await shell.exited).code, 0);
  await assertNothingLeft(shell);
});

test("kill -9 reaches the backend behind uv", needs("development", "posix", "chromium", "uv", "environment"), async (t) => {
  const shell = await startShell(t, fromSources(t));
  await shell.mainWindow();
  await shell.kill("SIGKILL");
  await shell.exited;
  await assertNothingLeft(shell, 5);
});

test("without uv it says so", needs("development", "posix", "chromium"), async (t) => {
  const shell = await startShell(t, { env: { ...ENV, UV: "/nonexistent/uv" } });
  const dialog = await shell.seen("dialog");
  assert.equal(dialog.message, "The app's server can't be started");
  assert.match(dialog.detail, /\/nonexistent\/uv could not be run/);
  shell.press(dialog, "Quit");
  assert.equal((await shell.exited).code, 1);
});
