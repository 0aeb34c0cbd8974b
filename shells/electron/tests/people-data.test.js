// @ts-check
"use strict";
// File › Back Up…, Restore…, Export… and Help › Save Support File…, as a person uses them: with the real backend, and with one
// that refuses.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { describe, test } = require("node:test");
const { makeFakeBackend, makeMeadow } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

/** Chooses an item of the menu. @param {import("./support/shell.js").Shell} shell @param {string} menu @param {string} item */
const choose = (shell, menu, item) => shell.ask("menu", { path: [menu, item] });

/** The next dialog: those that were seen before are taken away. @param {import("./support/shell.js").Shell} shell @param {string} [name] */
async function nextDialog(shell, name = "dialog") {
  const dialog = await shell.seen(name);
  shell.events.splice(shell.events.indexOf(dialog), 1);
  return dialog;
}

describe("a person's data, with a backend that does what the test wants", { ...needs("people-data", "posix", "chromium"), concurrency: 2 }, () => {
  /** @param {import("node:test").TestContext} t @param {string} kind */
  const start = async (t, kind) => {
    const shell = await startShell(t, { backend: makeFakeBackend(path.join(temporaryFolder(t), "backend"), kind) });
    await shell.mainWindow();
    return shell;
  };

  test("a backup: with the uploaded files if wanted, to a place of choice, the page goes on meanwhile", async (t) => {
    const shell = await start(t, "good");
    await choose(shell, "fileMenu", "&Back Up…");
    const media = await nextDialog(shell);
    assert.equal(media.message, "Back up uploaded files, too?");
    assert.match(media.detail, /up to 30 MB, without them 2 MB\. 5,000 MB are free/);
    shell.press(media, "With Files");
    const where = await nextDialog(shell, "file-dialog");
    assert.match(path.basename(where.defaultPath), / backup \d{4}-\d\d-\d\d\.zip$/);
    shell.answer(where, "/stick/mine.zip");
    await shell.seen("progress", ({ part }) => part === 0.42);
    await shell.seen("title", ({ title }) => / – backing up 42 %$/.test(title));
    assert.equal(await shell.at("h1", "innerText"), "Hello", "the page answers");
    // A second one has to wait for its turn.
    await choose(shell, "fileMenu", "&Export…");
    const done = await nextDialog(shell);
    assert.deepEqual([done.message, done.detail], ["The backup is saved", "/stick/plants.zip, 1 MB"]);
    assert.ok(shell.events.some(({ event, part }) => event === "progress" && part === -1), "the progress is gone");
    assert.equal(shell.events.findLast(({ event }) => event === "title").title, "Good");
    assert.ok(!shell.events.some(({ event }) => event === "file-dialog"), "two at a time");
    shell.press(done, "Show in Folder");
    assert.equal((await shell.seen("show-item")).path, "/stick/plants.zip");
    await shell.ask("quit");
    assert.equal((await shell.exited).code, 0);
  });

  test("what is refused is told with its title, its reason and a next step", async (t) => {
    const shell = await start(t, "refuses");
    await choose(shell, "fileMenu", "&Export…");
    shell.answer(await nextDialog(shell, "file-dialog"), "/stick/mine.zip");
    const refused = await nextDialog(shell);
    assert.equal(refused.message, "There is not enough room");
    assert.equal(refused.detail, "Make room on the disk.\n\nNothing was changed.");
    shell.press(refused, "Open Log");
    await shell.seen("open-path");
    // It can be tried again.
    await choose(shell, "help", "Save Support File…");
    shell.press(await nextDialog(shell), "OK");
    await shell.ask("quit");
    assert.equal((await shell.exited).code, 0);
  });

  test("who cancels has changed nothing", async (t) => {
    const shell = await start(t, "good");
    await choose(shell, "fileMenu", "&Restore…");
    shell.answer(await nextDialog(shell, "file-dialog"), null);
    await choose(shell, "fileMenu", "&Restore…");
    shell.answer(await nextDialog(shell, "file-dialog"), "/stick/mine.zip");
    const sure = await nextDialog(shell);
    assert.match(sure.detail, /what they were in mine\.zip\. What is there now is kept as a backup first\./);
    shell.press(sure, "Cancel");
    await choose(shell, "fileMenu", "&Export…");
    shell.answer(await nextDialog(shell, "file-dialog"), null);
    await shell.page("waitForTimeout", 300);
    assert.ok(!shell.events.some(({ event }) => event === "progress"), "it was begun");
    await shell.ask("quit");
    assert.equal((await shell.exited).code, 0);
  });
});

test("a person's data, with a real backend", needs("people-data", "posix", "chromium", "stage"), async (t) => {
  const folder = temporaryFolder(t);
  const shell = await startShell(t, { backend: makeMeadow(t), data: path.join(folder, "data") });
  const { url } = await shell.mainWindow();
  const saved = (/** @type {string} */ name) => path.join(folder, name);
  const names = (/** @type {string} */ zip) => execFileSync("unzip", ["-Z1", zip], { encoding: "utf8" });
  const plants = async () => (await shell.page("goto", url), shell.at(".row", "count"));

  await t.test("a backup is saved where it is wanted", async () => {
    assert.equal(await plants(), 3);
    await choose(shell, "fileMenu", "&Back Up…");
    // Nothing was uploaded, so nothing is asked.
    shell.answer(await nextDialog(shell, "file-dialog"), saved("mine.zip"));
    const done = await nextDialog(shell);
    assert.equal(done.message, "The backup is saved");
    shell.press(done, "OK");
    assert.match(names(saved("mine.zip")), /^databases\/default\.sqlite3$/m);
  });

  await t.test("a restore brings the data back, keeps what was there, and the window stays", async () => {
    await shell.page("evaluate", "localStorage.setItem('plant', 'Clover')");
    await shell.page("goto", `${url}items/new/`);
    await shell.page("fill", "[name=title]", "Too Many");
    await shell.page("fill", "[name=notes]", "For one meadow.");
    await shell.at('role=button[name="Save Plant"]', "click");
    await shell.page("waitForSelector", '.row:has-text("Too Many")');
    assert.equal(await plants(), 4);
    await choose(shell, "fileMenu", "&Restore…");
    const which = await nextDialog(shell, "file-dialog");
    shell.answer(which, saved("mine.zip"));
    shell.events.splice(0);
    shell.press(await nextDialog(shell), "Restore");
    await shell.seen("navigated", ({ url: seen, status }) => seen === url && status === 200);
    assert.equal(await plants(), 3, "the same address, and the data of the backup");
    assert.equal(await shell.page("evaluate", "localStorage.getItem('plant')"), "Clover");
    assert.ok(!shell.events.some(({ event }) => event === "closed"), "the window was closed");
    const kept = fs.readdirSync(path.join(folder, "data", "backups"));
    assert.ok(kept.some((name) => name.endsWith("before-restore.zip")), kept.join());
  });

  await t.test("what is no backup is refused, and nothing is changed", async () => {
    fs.writeFileSync(saved("hay.zip"), "hay");
    await choose(shell, "fileMenu", "&Restore…");
    const which = await nextDialog(shell, "file-dialog");
    assert.equal(which.defaultPath, path.join(folder, "data", "backups"));
    shell.answer(which, saved("hay.zip"));
    shell.press(await nextDialog(shell), "Restore");
    const refused = await nextDialog(shell);
    assert.match(refused.detail, /hay\.zip/);
    assert.match(refused.detail, /Nothing was changed\./);
    shell.press(refused, "OK");
    assert.equal(await plants(), 3);
  });

  await t.test("an export can be read without the app", async () => {
    await choose(shell, "fileMenu", "&Export…");
    shell.answer(await nextDialog(shell, "file-dialog"), saved("data.zip"));
    shell.press(await nextDialog(shell), "OK");
    assert.match(names(saved("data.zip")), /^tables\/meadow_plant\.csv$/m);
  });

  await t.test("a support file is shown before it is saved", async () => {
    await choose(shell, "help", "Save Support File…");
    const shown = await nextDialog(shell);
    assert.match(shown.detail, /settings\.txt \(\d+ kB\).*logs\/desktop\.log.*\nDjango: \d/s);
    assert.ok(!fs.existsSync(saved("support.zip")));
    shell.press(shown, "Save…");
    shell.answer(await nextDialog(shell, "file-dialog"), saved("support.zip"));
    shell.press(await nextDialog(shell), "OK");
    assert.match(names(saved("support.zip")), /^summary\.txt$/m);
  });

  await shell.ask("quit");
  assert.equal((await shell.exited).code, 0);
  await assertNothingLeft(shell);
});
