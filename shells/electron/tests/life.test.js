// @ts-check
"use strict";
// The life of the program, from splash to end, with a backend that does what the test wants. Whatever ends it, no process
// is left.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { describe, test } = require("node:test");
const { readFacts } = require("../project.js");
const { makeDistribution } = require("./stand-in/make.js");
const { makeFakeBackend } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs, SHELL } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

/** @param {import("node:test").TestContext} t @param {string} kind @param {object} [options] */
const start = (t, kind, options) =>
  startShell(t, { backend: makeFakeBackend(path.join(temporaryFolder(t), "backend"), kind), ...options });

/** @param {import("./support/shell.js").Shell} shell @param {number} code @param {number} [seconds] */
async function assertEnded(shell, code, seconds) {
  const ended = await shell.exited;
  assert.equal(ended.code, code, ended.stderr);
  await assertNothingLeft(shell, seconds);
  return ended;
}

describe("life", { ...needs("life", "posix", "chromium"), concurrency: 2 }, () => {
  test("the splash is there first, shows the phase, and makes room for the page", async (t) => {
    const shell = await start(t, "slow");
    const splash = await shell.seen("show");
    const main = await shell.mainWindow();
    const picture = fs.existsSync(readFacts().icon) ? readFacts().icon : null;
    // Reading it would hold the page back.
    const pictures = new Map(shell.events.filter(({ event }) => event === "window").map(({ window, icon }) => [window, icon]));
    assert.deepEqual(pictures, new Map([[splash.window, picture], [main.window, null]]));
    if (picture) assert.equal((await shell.seen("icon", ({ window }) => window === main.window)).icon, picture);
    assert.notEqual(splash.window, main.window);
    assert.match(main.url, /^http:\/\/127\.0\.0\.1:\d+\/$/, "the page had loaded before the window was shown");
    await shell.seen("closed", ({ window }) => window === splash.window);
    assert.equal(await shell.at("h1", "innerText"), "Hello");
    // The phase that comes late is for nobody.
    await shell.page("waitForTimeout", 1_200);
    for (const { event, window } of shell.events) if (event === "script") assert.equal(window, splash.window);
    await shell.ask("quit");
    await assertEnded(shell, 0);
  });

  test("the splash of a project that has none says the phase, too", async (t) => {
    const shell = await start(t, "never-ready");
    await shell.seen("show");
    await shell.page("waitForSelector", "[data-phase=migrate]");
    await shell.ask("quit");
    await assertEnded(shell, 0);
  });

  test("closing the splash ends the program", async (t) => {
    const shell = await start(t, "never-ready");
    const { window } = await shell.seen("show");
    await shell.ask("close", { window });
    await assertEnded(shell, 0);
  });

  test("closing the window ends the program, and the place is remembered", async (t) => {
    const folder = temporaryFolder(t);
    const first = await start(t, "good", { data: folder });
    await first.mainWindow();
    await first.ask("close");
    await assertEnded(first, 0);
    const place = JSON.parse(fs.readFileSync(path.join(folder, "window.json"), "utf8"));
    fs.writeFileSync(path.join(folder, "window.json"), JSON.stringify({ ...place, x: 33, y: 44, isMaximized: true }));
    const second = await start(t, "good", { data: folder });
    const { place: restored } = await second.seen("window", ({ preload }) => preload);
    assert.deepEqual(restored, { x: 33, y: 44, width: place.width, height: place.height });
    await second.seen("maximize");
    await second.ask("quit");
    await assertEnded(second, 0);
  });

  test("a second start shows the first one's window", async (t) => {
    const data = temporaryFolder(t);
    const first = await start(t, "good", { data });
    await first.mainWindow();
    const second = await start(t, "good", { data });
    await assertEnded(second, 0);
    await first.seen("focus");
    const smoke = await start(t, "good", { data, env: { DESKTOP_DJANGO_SMOKE_TEST: "1" } });
    assert.match((await assertEnded(smoke, 1)).stderr, /already running/);
    await first.ask("quit");
    await assertEnded(first, 0);
  });

  test("SIGTERM while it starts", async (t) => {
    const shell = await start(t, "never-ready");
    await shell.seen("show");
    await shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("SIGTERM before there is a window", async (t) => {
    const shell = await start(t, "never-ready");
    await shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("SIGTERM while the page is shown", async (t) => {
    const shell = await start(t, "good");
    await shell.mainWindow();
    await shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("the system shuts down: it waits until the backend has stopped", async (t) => {
    const shell = await start(t, "good");
    await shell.mainWindow();
    assert.equal(await shell.ask("shutdown"), true);
    await assertEnded(shell, 0);
  });

  test("SIGTERM while an error is shown", async (t) => {
    const shell = await start(t, "failed");
    await shell.seen("dialog");
    await shell.kill("SIGTERM");
    await assertEnded(shell, 1);
  });

  test("SIGTERM while an update is asked about", async (t) => {
    const shell = await start(t, "good");
    await shell.mainWindow();
    await shell.ask("menu", { path: ["help", "Check for Updates…"] });
    const dialog = await shell.seen("dialog");
    assert.match(dialog.message, /development/);
    await shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("a backend that does not stop is killed", async (t) => {
    const shell = await start(t, "deaf");
    await shell.seen("show");
    await shell.page("waitForSelector", "[data-phase=migrate]");
    await shell.ask("quit");
    await assertEnded(shell, 0);
  });

  for (const kind of ["never-ready", "good"]) {
    test(`kill -9 leaves nothing (${kind})`, async (t) => {
      const shell = await start(t, kind);
      await (kind === "good" ? shell.mainWindow() : shell.seen("show"));
      await shell.kill("SIGKILL");
      await assertEnded(shell, 1, 5);
    });
  }

  test("a failure is told with its log, and the log can be opened", async (t) => {
    const shell = await start(t, "failed");
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.title, readFacts().project.title);
    assert.equal(dialog.message, "The database could not be updated");
    const step = "Free some space on the disk, then start the app again.";
    assert.equal(dialog.detail, `Disk full.\n\n${step}\n\nLog: /data/desktop.log`);
    shell.press(dialog, "Open Log");
    await shell.seen("open-path");
    await assertEnded(shell, 1);
  });

  test("no splash stands behind an error", async (t) => {
    const shell = await start(t, "fails-when-told");
    const { window } = await shell.seen("show");
    for (const { pid, command } of shell.processes()) if (command.includes("fake-backend")) process.kill(pid, "SIGUSR1");
    await shell.seen("dialog");
    const order = shell.events.filter(({ event }) => event === "hide" || event === "dialog");
    assert.deepEqual(order.map(({ event }) => event), ["hide", "dialog"]);
    assert.equal(order[0].window, window);
    shell.press(order[1], "Quit");
    await assertEnded(shell, 1);
  });

  test("a file of the program that is missing is told, and fails a smoke test", async (t) => {
    const folder = temporaryFolder(t);
    const shell = path.join(folder, "shells", "electron");
    for (const name of ["src", "package.json", "project.js"]) fs.cpSync(path.join(SHELL, name), path.join(shell, name), { recursive: true });
    fs.symlinkSync(path.join(SHELL, "node_modules"), path.join(shell, "node_modules"));
    for (const name of ["dds.toml", "shells/words.json"]) fs.copyFileSync(path.join(SHELL, "..", "..", name), path.join(folder, name));
    fs.rmSync(path.join(shell, "src", "main", "menu.js"));
    const command = [process.execPath, path.join(SHELL, "node_modules", "electron", "cli.js"), shell];
    const env = { ELECTRON_OVERRIDE_DIST_PATH: makeDistribution(path.join(folder, "electron")) };
    const smoke = await start(t, "good", { command, env: { ...env, DESKTOP_DJANGO_SMOKE_TEST: "1" } });
    assert.match((await assertEnded(smoke, 1)).stderr, /^The app is not complete: Cannot find module '\.\/menu\.js'/);

    const seen = await start(t, "good", { command, env });
    const dialog = await seen.seen("dialog");
    assert.match(dialog.detail, /Cannot find module.*Please install the app again\.$/s);
    seen.press(dialog, "Quit");
    await assertEnded(seen, 1);
  });

  test("menus and messages are in the language of the system", async (t) => {
    const shell = await startShell(t, { backend: temporaryFolder(t), env: { STAND_IN_LANGUAGE: "de-AT" } });
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.message, "Die App ist nicht vollständig");
    assert.match(dialog.detail, /runtime-manifest\.json fehlt\./);
    assert.deepEqual(dialog.buttons, ["Beenden"]);
    shell.press(dialog, "Beenden");
    await assertEnded(shell, 1);
  });

  test("an incomplete app says so, without a backend or a log", async (t) => {
    const shell = await startShell(t, { backend: temporaryFolder(t) });
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.message, "The app is not complete");
    assert.deepEqual(dialog.buttons, ["Quit"]);
    shell.press(dialog, "Quit");
    await assertEnded(shell, 1);
  });

  test("a data folder that can't be used", async (t) => {
    const file = path.join(temporaryFolder(t), "file");
    fs.writeFileSync(file, "");
    const shell = await start(t, "good", { data: path.join(file, "data") });
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.message, "The folder for the app's data can't be used");
    assert.match(dialog.detail, /ENOTDIR/);
    shell.press(dialog, "Quit");
    await assertEnded(shell, 1);
  });

  test("the backend crashes", async (t) => {
    const shell = await start(t, "crashes-later");
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.message, "The app's server stopped");
    assert.match(dialog.detail, /ended with code 7/);
    shell.press(dialog, "Quit");
    await assertEnded(shell, 1);
  });

  test("the page crashes", async (t) => {
    const shell = await start(t, "good");
    await shell.mainWindow();
    await shell.ask("crash");
    const dialog = await shell.seen("dialog");
    assert.equal(dialog.message, "The app's window stopped working");
    shell.press(dialog, "Quit");
    await assertEnded(shell, 1);
  });

  test("an unknown mode", async (t) => {
    const shell = await start(t, "good", { env: { DESKTOP_DJANGO_RUNTIME_MODE: "production" } });
    const dialog = await shell.seen("dialog");
    assert.match(dialog.detail, /“production”; it can be “development” or “packaged”/);
    shell.press(dialog, "Quit");
    await assertEnded(shell, 1);
  });
});
