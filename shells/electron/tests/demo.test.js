// @ts-check
"use strict";
// The demo in the shell. It goes with the demo; all other tests pass without.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { readFacts, REPOSITORY } = require("../project.js");
const { namesOf } = require("../../pictures.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs, STAGE } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

// A checkout that adopted a project may still have the demo, and stages the project.
const [hasStage, hasDemo] = ["runtime-manifest.json", "src/example_app"].map((name) => fs.existsSync(path.join(STAGE, name)));
const isOther = hasStage && !hasDemo;
const options = isOther ? { skip: "another program is staged" } : needs("demo", "posix", "chromium", "stage");

test("the demo", options, async (t) => {
  const shell = await startShell(t, { backend: STAGE });
  const { url } = await shell.mainWindow();

  await t.test("a pony is added, changed and released", async () => {
    const pony = "Testerella the Tireless";
    const list = async () => (await shell.page("waitForURL", url), shell.at("main", "innerText"));
    assert.equal(await shell.at(".row", "count"), 3, "the ponies of the first run");

    await shell.at('role=link[name="New Pony"]', "click");
    await shell.at("[name=title]", "fill", pony);
    await shell.at("[name=notes]", "fill", "Never sleeps.");
    await shell.at('role=button[name="Save Pony"]', "click");
    assert.match(await list(), new RegExp(`${pony}.*Never sleeps`, "s"));

    await shell.at(`role=link[name="Edit ${pony}"]`, "click");
    await shell.at("[name=status]", "selectOption", "done");
    await shell.at('role=button[name="Save Pony"]', "click");
    await list();
    assert.equal(await shell.at(`.row:has-text("${pony}") .badge`, "innerText"), "Show Ready");

    await shell.at(`role=link[name="Release ${pony}"]`, "click");
    await shell.at("#confirm-button", "click");
    await shell.at(`.row:has-text("${pony}")`, "waitFor", { state: "detached" });
    assert.doesNotMatch(await list(), new RegExp(`${pony}.*Never sleeps`, "s"));
    assert.equal(await shell.at(".row", "count"), 3);
  });

  await t.test("a task runs to its end", async () => {
    await shell.at('role=link[name="Stable Routines"]', "click");
    await shell.at('role=button[name="Start Routine"]', "click");
    await shell.page("waitForSelector", ".row .badge:is([data-status=DONE], [data-status=FAILED])");
    const { tasks } = await shell.page("evaluate", 'fetch("/tasks/status/").then((answer) => answer.json())');
    assert.equal(tasks.length, 1);
    assert.match(tasks[0].status, /^(DONE|FAILED)$/);
    assert.notEqual(tasks[0].completed_at, null);
  });

  await shell.ask("quit");
  assert.equal((await shell.exited).code, 0);
});

// It is not staged for this, so what counts is which project the checkout has.
const isElsewhere = !fs.existsSync(path.join(readFacts().checkout.root, "src", "example_app"));
const sources = "the demo from its sources";
const fromSources = isElsewhere
  ? { skip: "the checkout has another project" }
  : needs(sources, "posix", "chromium", "uv", "environment");

test(sources, fromSources, async (t) => {
  // What is installed is for somebody else to decide.
  const env = { DESKTOP_DJANGO_RUNTIME_MODE: "", UV_NO_SYNC: "1", UV_OFFLINE: "1" };
  const shell = await startShell(t, { env });
  await shell.mainWindow();
  assert.equal(await shell.at(".row", "count"), 3, "the ponies of the first run");
  await shell.ask("quit");
  assert.equal((await shell.exited).code, 0);
  await assertNothingLeft(shell);
});

const ASKED = Boolean(process.env.DDS_REAL_ELECTRON);
const real = ASKED ? needs("pictures", "display", "electron", "stage", "pictures") : { skip: "long: set DDS_REAL_ELECTRON" };

test("its pictures are taken from the real window", isOther ? options : real, (t) => {
  const folder = temporaryFolder(t);
  execFileSync(process.execPath, [path.join(REPOSITORY, "shells", "pictures.js"), "--to", folder, "electron"], { stdio: "pipe" });
  assert.deepEqual(fs.readdirSync(folder).sort(), namesOf("electron"));
});
