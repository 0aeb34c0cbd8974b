// @ts-check
"use strict";
// Development mode: the backend runs from its sources, through uv.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { needs } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

// What is installed is for somebody else to decide.
const ENV = { DESKTOP_DJANGO_RUNTIME_MODE: "", UV_NO_SYNC: "1", UV_OFFLINE: "1" };

test("from the sources, with uv", needs("development", "posix", "chromium", "uv", "environment"), async (t) => {
  const shell = await startShell(t, { env: ENV });
  const { url } = await shell.mainWindow();
  assert.equal(new URL(await shell.page("url")).origin, new URL(url).origin);
  assert.equal((await fetch(url)).status, 403, "the token is asked for here as well");
  await shell.ask("quit");
  assert.equal((await shell.exited).code, 0);
  await assertNothingLeft(shell);
});

test("kill -9 reaches the backend behind uv", needs("development", "posix", "chromium", "uv", "environment"), async (t) => {
  const shell = await startShell(t, { env: ENV });
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
