// @ts-check
"use strict";
// The packaged shell in a real Electron, as an ordinary user with the sandbox on: what a person does with a window, and what
// is there again after a restart.

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { readFacts } = require("../../project.js");
const { until } = require("../support/electron-program.js");
const { temporaryFolder } = require("../support/folder.js");

const { title } = readFacts().project;
const HOME = /^All Plants/;

/** @param {import("../electron.test.js").InElectron} inElectron */
function testWindow(inElectron) {
  inElectron("what people are used to from a window", async (t, { display, start }) => {
    // What opens outside is written down instead.
    const folder = temporaryFolder(t);
    const opened = path.join(folder, "opened.txt");
    fs.writeFileSync(path.join(folder, "xdg-open"), `#!/bin/sh\necho "$1" >> '${opened}'\n`, { mode: 0o755 });
    const app = await start(t, { folder, env: { PATH: `${folder}${path.delimiter}${process.env.PATH}` } });
    const { page, pages } = await app.page();
    const url = page.url();
    await display.window(HOME);
    display.activate("All Plants");
    const run = (/** @type {string} */ code) => page.evaluate(code);

    await t.test("the page is Django's, and nobody else gets it", async () => {
      assert.equal(await run("fetch('/health/').then((answer) => answer.status)"), 200);
      assert.equal((await fetch(url)).status, 403);
    });

    await t.test("the title follows the page, and Back and Forward go through pages and never out", async () => {
      await page.click("text=The Hedge");
      await display.window(/^The Hedge/);
      await display.press("alt+Left");
      await page.waitForURL(url);
      await display.press("alt+Left", "alt+Left");
      await pause(500);
      assert.equal(page.url(), url);
      await display.press("alt+Right");
      await page.waitForURL(/hedge/);
      await page.goto(url);
    });

    await t.test("zoom, with the key that has no plus sign, too", async () => {
      const ratio = async () => Number(await run("devicePixelRatio"));
      const usual = await ratio();
      await display.press("ctrl+equal");
      await until("it is larger", async () => (await ratio()) > usual);
      await display.press("ctrl+minus", "ctrl+minus");
      await until("it is smaller", async () => (await ratio()) < usual);
      await display.press("ctrl+0");
      await until("it is as before", async () => (await ratio()) === usual);
    });

    await t.test("find in page counts, goes on, and goes away", async () => {
      const bar = () => pages().find((it) => it.url().startsWith("data:"));
      const found = () => bar()?.textContent("#found");
      await display.press("ctrl+f");
      await until("the bar is there", bar);
      await pause(300);
      display.type("clo");
      await until("it is found", async () => /^1\/\d+$/.test((await found()) ?? ""));
      await display.press("Return");
      await until("the next one is found", async () => /^2\/\d+$/.test((await found()) ?? ""));
      await display.press("Escape");
      await until("the bar is gone", () => !bar());
    });

    await t.test("a page may copy, and fill the screen; it may not read the clipboard", async () => {
      const tried = (/** @type {string} */ code) => run(`${code}.then(() => "done", (error) => error.name)`);
      assert.equal(await tried("navigator.clipboard.writeText('a plant')"), "done");
      assert.equal(await tried("navigator.clipboard.readText()"), "NotAllowedError");
      assert.equal(await run("navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)"), "denied");
      await page.goto(`${url}items/new/`);
      await page.focus("[name=title]");
      await display.press("ctrl+v");
      assert.equal(await page.inputValue("[name=title]"), "a plant");
    });

    await t.test("a right click on a field offers what can be done with its text", async () => {
      const box = await page.locator("[name=title]").boundingBox();
      assert.ok(box);
      const [left, top] = /** @type {[number, number]} */ (await run("[screenX, screenY + outerHeight - innerHeight]"));
      display.click(left + box.x + 30, top + box.y + box.height / 2, "3");
      await pause(700);
      // The last one is Select All.
      await display.press("Up", "Return");
      await pause(300);
      display.type("Clover");
      await until("the text is another", async () => (await page.inputValue("[name=title]")) === "Clover");
      await page.fill("[name=title]", ""); // Otherwise it would be asked about.
      await page.goto(url);
    });

    await t.test("a download asks where to, with the file's name", async () => {
      const link = "Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob(['hay'])), download: 'my plants.csv' })";
      await run(`${link}.click()`);
      await display.window(/^Save my plants\.csv$/);
      await pause(300);
      await display.press("Return");
      const file = await until("it is saved", () =>
        [folder, path.join(folder, "Downloads")].map((it) => path.join(it, "my plants.csv")).find((it) => fs.existsSync(it)),
      );
      await until("it is whole", () => fs.readFileSync(file, "utf8") === "hay");
    });

    await t.test("links to other places open outside", async () => {
      await run("void (location.href = 'https://example.org/pony')");
      await run("void window.open('mailto:pony@example.org')");
      const lines = () => (fs.existsSync(opened) ? fs.readFileSync(opened, "utf8").trim().split("\n") : []);
      await until("both are open", () => lines().length === 2);
      assert.deepEqual(lines().sort(), ["https://example.org/pony", "mailto:pony@example.org"]);
      assert.equal(page.url(), url);
    });

    await t.test("the menu opens the data folder and the log, and prints", async () => {
      const lines = () => fs.readFileSync(opened, "utf8").trim().split("\n");
      // From the end: About, Save Support File, Open Log, Open App Data Folder.
      for (const [ups, file] of /** @type {[number, string][]} */ ([[3, "data/logs/desktop.log"], [4, "data"]])) {
        display.activate("All Plants");
        await display.press("alt+h", ...Array(ups).fill("Up"), "Return");
        await until(`${file} is open`, () => lines().at(-1) === path.join(folder, file));
      }
      display.activate("All Plants");
      await display.press("ctrl+p");
      // The second is that there is no printer.
      await display.dismiss(new RegExp(`^(Print|${title})$`));
    });

    await t.test("About tells the version", async () => {
      display.activate("All Plants");
      await display.press("alt+h", "Up", "Return");
      await display.dismiss(/^About/);
    });

    /** Answers the dialog that asks where a file goes, and the message that it is there. @param {string} dialog @param {string} file */
    async function saveAs(dialog, file) {
      await display.answerFile(await display.window(new RegExp(`^${dialog}$`)), file);
      await until("it is saved", () => fs.existsSync(file));
      await display.dismiss(new RegExp(`^${title}$`));
    }

    await t.test("a backup is made and restored from the menu, and the window comes back with its data", async () => {
      const zip = path.join(folder, "mine.zip");
      await run("localStorage.setItem('plant', 'Clover')");
      await display.press("alt+f", "b");
      await saveAs("Back Up", zip);
      await page.goto(`${url}items/new/`);
      await page.fill("[name=title]", "Too Many");
      await page.fill("[name=notes]", "For one meadow.");
      await page.click("text=Save Plant");
      await page.waitForSelector('.row:has-text("Too Many")');
      await display.press("alt+f", "r");
      await display.answerFile(await display.window(/^Restore$/), zip);
      await display.window(new RegExp(`^${title}$`));
      await pause(300);
      await display.press("Return");
      await until("the data are those of the backup", async () => page.url() === url && (await page.locator(".row").count()) === 3);
      assert.equal(await run("localStorage.getItem('plant')"), "Clover");
    });

    await t.test("a support file is shown before it is saved", async () => {
      await display.press("alt+h", "s");
      await display.window(new RegExp(`^${title}$`));
      await pause(300);
      await display.press("Return");
      await saveAs("Save Support File", path.join(folder, "support.zip"));
    });

    await t.test("unsaved text is left when the person says so, and then only", async () => {
      await page.goto(`${url}items/new/`);
      // What a person has not touched, Chromium asks nothing about.
      await page.click("[name=title]");
      display.type("Half a plant");
      await until("it is typed", async () => (await page.inputValue("[name=title]")) === "Half a plant");
      const own = await page.title();
      /** @param {() => void} act @param {string[]} keys the answer: Return stays */
      const answer = async (act, ...keys) => {
        act();
        await display.window(new RegExp(`^${title}$`));
        await pause(500);
        await display.press(...keys);
        await until("the question has gone", () => !display.titles().includes(title));
      };
      const close = () => display.close(own);
      await answer(close, "Return");
      await answer(() => void display.press("ctrl+r"), "Return");
      assert.equal(await page.inputValue("[name=title]"), "Half a plant");
      await answer(() => void display.press("ctrl+r"), "Tab", "Return");
      await until("the page is loaded anew", async () => (await page.inputValue("[name=title]")) === "");
      await page.goto(url);
    });

    await t.test("a file that is chosen is sent, byte for byte", async () => {
      const file = path.join(folder, "plant.bin");
      fs.writeFileSync(file, randomBytes(3_000_000));
      const known = display.titles();
      await page.goto(`${url}photo/`);
      await page.click("[name=photo]");
      const dialog = await until("it is asked which", () => display.titles().find((it) => !known.includes(it) && !/^A Photo/.test(it)));
      await display.answerFile(dialog, file);
      await until("it is chosen", async () => (await page.inputValue("[name=photo]")).endsWith("plant.bin"));
      await page.click("text=Send Photo");
      await page.waitForURL(/hedge/);
      assert.ok(fs.readFileSync(path.join(folder, "data", "media", "plant.bin")).equals(fs.readFileSync(file)));
      await page.goto(url);
    });

    await t.test("a second start shows the first one's window", async (t) => {
      const second = await start(t, { folder });
      assert.equal((await second.exited).code, 0);
    });

    await t.test("closing the window ends it, with nothing left", async () => {
      display.close("All Plants");
      const { code, stderr } = await app.exited;
      assert.equal(code, 0, stderr);
      await app.nothingLeft();
      assert.ok(fs.existsSync(path.join(folder, "data", "window.json")));
    });
  });

  inElectron("leaving unsaved text by closing the window ends it; a signal asks nothing, and is heard meanwhile", async (t, { display, start }) => {
    for (const leave of [() => display.press("Tab", "Return"), null]) {
      const app = await start(t);
      const { page } = await app.page();
      await page.goto(`${page.url()}items/new/`);
      const own = await display.window(/New Plant/);
      display.activate(own);
      await page.click("[name=title]");
      display.type("Half a plant");
      display.close(own);
      await display.window(new RegExp(`^${title}$`));
      await pause(500);
      if (leave) await leave();
      else app.child.kill("SIGTERM");
      const { code, stderr } = await app.exited;
      assert.equal(code, 0, stderr);
      await app.nothingLeft();
    }
  });

  inElectron("a question of the page waits for its answer", async (t, { display, start }) => {
    const app = await start(t);
    const { page } = await app.page();
    await page.evaluate("setTimeout(() => (document.title = `said ${confirm('Really?')}`), 2_000); 0");
    // Who looks through DevTools gets the question instead.
    await page.context().browser()?.close();
    const own = await display.window(HOME);
    await until("it is asked", () => display.titles().length === 2);
    await pause(500);
    assert.ok(display.titles().includes(own));
    await display.press("Return");
    await display.window(/^said true/);
    app.child.kill("SIGTERM");
    assert.equal((await app.exited).code, 0);
  });

  inElectron("a PDF fills the window", async (t, { start }) => {
    const app = await start(t);
    const { page } = await app.page();
    await page.goto(`${page.url()}leaf/`);
    const fills = "(({ x, y, width, height }) => !x && !y && width === innerWidth && height === innerHeight)(document.querySelector('embed').getBoundingClientRect())";
    await until("it fills it", () => page.evaluate(fills));
    // Chromium's viewer is a page of its own, with the document in a frame.
    const browser = await page.context().browser()?.newBrowserCDPSession();
    await until("the viewer has the document", async () =>
      (await browser?.send("Target.getTargets"))?.targetInfos.some(({ type, url }) => type === "iframe" && url === page.url()),
    );
  });

  inElectron("the window comes back where it was", async (t, { display, start }) => {
    const folder = temporaryFolder(t);
    const first = await start(t, { folder });
    await first.page();
    await display.window(HOME);
    const before = display.move("All Plants", 900, 700, 200, 150);
    await until("it is there", () => String(display.place("All Plants")) !== String(before));
    await pause(500);
    const place = display.place("All Plants");
    display.close("All Plants");
    assert.equal((await first.exited).code, 0);
    const second = await start(t, { folder });
    await second.page();
    await display.window(HOME);
    await until(`it is at ${place}`, () => String(display.place("All Plants")) === String(place));
    second.child.kill("SIGTERM");
    await second.exited;
  });

  inElectron("menus and dialogs are in the language of the system", async (t, { display, start }) => {
    const app = await start(t, { env: { LANG: "de_DE.UTF-8", LANGUAGE: "de" } });
    await app.page();
    await display.window(HOME);
    display.activate("All Plants");
    // Datei, Sichern.
    await display.press("alt+d", "s");
    await display.dismiss(/^Sichern$/);
    app.child.kill("SIGTERM");
    assert.equal((await app.exited).code, 0);
  });

  inElectron("what a page has kept, and who is logged in, are there after a restart", async (t, { display, start }) => {
    const folder = temporaryFolder(t);
    const first = await start(t, { folder });
    const { page } = await first.page();
    const url = page.url();
    await page.evaluate("localStorage.setItem('plant', 'Clover'); document.cookie = 'stall=7; max-age=9999; path=/'");
    // What Chromium keeps is written after a moment.
    await pause(1_000);
    display.close("All Plants");
    assert.equal((await first.exited).code, 0);
    const second = await start(t, { folder });
    const again = (await second.page()).page;
    assert.equal(again.url(), url);
    assert.equal(await again.evaluate("localStorage.getItem('plant')"), "Clover");
    assert.match(String(await again.evaluate("document.cookie")), /stall=7/);
    second.child.kill("SIGTERM");
    await second.exited;
  });
}

module.exports = { testWindow };
