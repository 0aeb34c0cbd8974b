// @ts-check
"use strict";
// The whole program with a real backend and real pages: what a person does in the first five minutes.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { makeMeadow } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs, SHELL, STAGE } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

const FIRST_PAGE_MS = 1_500;

test("a real backend", needs("real", "posix", "chromium", "stage"), async (t) => {
  const data = temporaryFolder(t);
  const shell = await startShell(t, { backend: makeMeadow(t), data });
  const { url } = await shell.mainWindow();

  await t.test("where there is much to migrate, the project's splash is there first, and shows the phases", async (t) => {
    const go = path.join(temporaryFolder(t), "go");
    const migration = [
      "import os, time",
      "from django.db import migrations",
      "def wait(apps, schema_editor):",
      `    while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.05)`,
      "class Migration(migrations.Migration):",
      "    dependencies = [('meadow', '0001_initial')]",
      "    operations = [migrations.RunPython(wait)]",
      "",
    ].join("\n");
    const backend = makeMeadow(t, { "src/meadow/migrations/0002_slow.py": migration });
    const shell = await startShell(t, { backend });
    // However long the splash takes to come.
    await shell.seen("script", ({ code }) => code.includes('"migrate"'));
    fs.writeFileSync(go, "");
    await shell.mainWindow();
    const [splash, main] = shell.events.filter(({ event }) => event === "show");
    assert.notEqual(splash.window, main.window);
    const loaded = shell.events.find(({ event, window, url }) => event === "navigated" && window === splash.window && url !== "about:blank");
    assert.match(loaded.url, /^file:.*\/src\/[a-z_]+\/templates\/splash\.html$/);

    const scripts = shell.events.filter(({ event }) => event === "script");
    for (const { window } of scripts) assert.equal(window, splash.window);
    const phases = scripts.map(({ code }) => /= "(\w+)"/.exec(code)?.[1]);
    const order = ["prepare", "backup", "migrate", "seed", "serve", "worker"];
    const shown = phases.filter((phase, at) => phase && phase !== phases[at - 1]);
    assert.ok(shown.length > 0);
    assert.deepEqual(shown, order.filter((phase) => shown.includes(phase)));
    assert.ok(shown.includes("migrate"), shown.join());
    await shell.ask("quit");
    assert.equal((await shell.exited).code, 0);
  });

  await t.test("a browser without the token gets 403, everywhere", async () => {
    for (const page of ["", "health/", "hedge/", "static/meadow/page.js", "no/such/page"]) {
      const answer = await fetch(url + page);
      assert.equal(answer.status, 403, page);
      assert.equal(await answer.text(), "Forbidden");
      const wrong = await fetch(url + page, { headers: { "X-Desktop-Django-Token": "x".repeat(43) } });
      assert.equal(wrong.status, 403, page);
    }
  });

  await t.test("what a form sends is kept and shown", async () => {
    assert.equal(await shell.at(".row", "count"), 3, "the plants of the first run");
    await shell.at('role=link[name="New Plant"]', "click");
    await shell.at("[name=title]", "fill", "Testerella");
    await shell.at("[name=notes]", "fill", "Never sleeps.");
    await shell.at('role=button[name="Save Plant"]', "click");
    await shell.page("waitForURL", url);
    assert.match(await shell.at("ul", "innerText"), /Testerella: Never sleeps/);
  });

  await t.test("quit ends it all, with 0", async () => {
    await shell.ask("quit");
    const { code, stderr } = await shell.exited;
    assert.equal(code, 0, stderr);
    await assertNothingLeft(shell);
    const log = fs.readFileSync(path.join(data, "logs", "desktop.log"), "utf8");
    assert.match(log, /the shell said stop/);
  });

  await t.test("kill -9 leaves neither web process nor worker after 5 s", async (t) => {
    const killed = await startShell(t, { backend: makeMeadow(t), data });
    await killed.mainWindow();
    const isWorker = (/** @type {{command: string}} */ { command }) => command.includes("worker_process");
    for (let turn = 0; !killed.processes().some(isWorker) && turn < 100; turn += 1) await pause(100);
    assert.ok(killed.processes().some(isWorker), "there was a worker");
    await killed.kill("SIGKILL");
    await killed.exited;
    await assertNothingLeft(killed, 5);
  });

  await t.test("the data is in the folder that was named, and nowhere else", () => {
    const files = fs.readdirSync(data);
    for (const file of ["app.sqlite3", "logs", "window.json"]) assert.ok(files.includes(file), file);
    assert.ok(!fs.existsSync(path.join(SHELL, "app.sqlite3")));
  });
});

test("what was staged", needs("real", "posix", "chromium", "stage"), async (t) => {
  const data = temporaryFolder(t);
  const before = stateOf(STAGE);
  for (const run of ["first", "second"]) {
    const shell = await startShell(t, { backend: STAGE, data, env: { DESKTOP_DJANGO_SMOKE_TEST: "1" } });
    const { code, stdout, stderr } = await shell.exited;
    assert.equal(code, 0, stderr);
    const [, took] = / status 200 “.+” after (\d+) ms/.exec(stdout) ?? [];
    assert.ok(took, stdout);
    t.diagnostic(`launch to page, ${run} run: ${took} ms (wanted for the second: at most ${FIRST_PAGE_MS} ms on an idle computer)`);
    await assertNothingLeft(shell);
  }
  assert.deepEqual(stateOf(STAGE), before, "running it changed something in the backend's folder");
});

/** Every file with size and time of change. @param {string} folder */
function stateOf(folder) {
  return /** @type {string[]} */ (fs.readdirSync(folder, { recursive: true })).sort().map((name) => {
    const { size, ctimeMs } = fs.statSync(path.join(folder, name));
    return `${name} ${size} ${ctimeMs}`;
  });
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((go) => setTimeout(go, ms));
}
