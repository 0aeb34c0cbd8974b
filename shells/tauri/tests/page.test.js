// @ts-check
"use strict";
// The page in the window, asked through WebDriver: its token, where it may go, what it may ask the desktop for; and how the
// window looks beside a browser's.

const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const { randomBytes, randomUUID } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { setTimeout: pause } = require("node:timers/promises");
const { makeMeadow, urls } = require("./support/backends.js");
const { openDesktop, tryTo } = require("./support/desktop.js");
const { findChromium, needs, PROGRAM, REPOSITORY } = require("./support/needs.js");
const { colours, crop, difference, size } = require("./support/pictures.js");
const { assertNothingLeft, backendIn, environment, processes, startShell, temporaryFolder, TITLE } = require("./support/shell.js");
const { until } = require("./support/until.js");

const MENU_BAR = 25;
// A page with something unsaved, in the older way of saying so.
const PAGE = "'<h1>Half a plant</h1><script>onbeforeunload = () => true</script>'";
const UNSAVED = urls(`return HttpResponse(${PAGE}, headers={'Content-Security-Policy': "script-src 'unsafe-inline'"})`);
const PHOTO = {
  "src/meadow/urls.py": `from django.urls import path
from meadow import views
urlpatterns = [path("", views.photo), path("photo/", views.photo), path("hedge/", views.hedge)]
`,
};
const PDF = urls("return HttpResponse(b'%PDF-1.4', content_type='application/pdf', headers={'Content-Disposition': 'inline'})");

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  return port;
}

describe("page", needs("page", "display", "program", "stage"), () => {
  /** @type {import("./support/desktop.js").Desktop} */
  let desktop;
  before(async () => void (desktop = await openDesktop()));
  after(() => desktop.close());

  /** The program under WebDriver, at its main window. @param {import("node:test").TestContext} t @param {string} [folder] @param {string} [stage] */
  async function drive(t, folder = temporaryFolder(t), stage = backendIn(folder)) {
    const mark = randomUUID();
    const port = await freePort();
    // What opens outside is written down instead.
    const opened = path.join(folder, "opened.txt");
    const bin = path.join(folder, "bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, "xdg-open"), `#!/bin/sh\necho "$1" >> ${opened}\n`, { mode: 0o755 });
    const own = { DESKTOP_DJANGO_BACKEND_ROOT: stage, TAURI_WEBVIEW_AUTOMATION: "true", PATH: `${bin}${path.delimiter}${process.env.PATH}` };
    const env = { ...environment(folder, mark), ...desktop.env, ...own };
    const driver = spawn("WebKitWebDriver", [`--port=${port}`], { cwd: REPOSITORY, env, stdio: "ignore" });
    t.after(() => {
      for (const { pid } of processes(mark)) process.kill(pid, "SIGKILL");
    });
    const ask = async (/** @type {string} */ method, /** @type {string} */ way, /** @type {object} */ body) => {
      const answer = await fetch(`http://127.0.0.1:${port}${way}`, { method, ...(body && { body: JSON.stringify(body) }) });
      const { value } = /** @type {any} */ (await answer.json());
      if (!answer.ok) throw new Error(`${way}: ${JSON.stringify(value)}`);
      return value;
    };
    await until("WebKitWebDriver answers", () => ask("GET", "/status", /** @type {any} */ (undefined)));
    const options = { binary: PROGRAM, args: [] };
    const session = await ask("POST", "/session", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } });
    const at = `/session/${session.sessionId}`;
    const url = () => ask("GET", `${at}/url`, /** @type {any} */ (undefined));
    await until("the main window is there", async () => {
      const handles = await ask("GET", `${at}/window/handles`, /** @type {any} */ (undefined));
      // The splash may be gone before it is asked.
      await ask("POST", `${at}/window`, { handle: handles[0] });
      return handles.length === 1 && /^http:\/\/127/.test(await url());
    });
    return {
      mark,
      folder,
      url,
      opened: () => (fs.existsSync(opened) ? fs.readFileSync(opened, "utf8").trim().split("\n") : []),
      /** A new window, as a person asks for one. @param {string} href */
      async openWindow(href) {
        const link = `document.body.insertAdjacentHTML("afterbegin", '<a id="new" target="_blank" href="${href}">New</a>')`;
        await ask("POST", `${at}/execute/sync`, { script: link, args: [] });
        const element = await ask("POST", `${at}/element`, { using: "css selector", value: "#new" });
        await ask("POST", `${at}/element/${Object.values(element)[0]}/click`, {});
        await ask("POST", `${at}/execute/sync`, { script: "document.getElementById('new')?.remove()", args: [] });
      },
      /** @param {string} script a body with `return`, or with a promise */
      run: (script) => ask("POST", `${at}/execute/sync`, { script, args: [] }),
      /** How the program ends is for the tests of its life to say: the driver takes away the process of its page, or all of it. */
      async close() {
        await ask("DELETE", at, /** @type {any} */ (undefined));
        driver.kill();
        for (const { pid, command } of processes(mark)) if (command === PROGRAM) tryTo(() => process.kill(pid, "SIGTERM"));
        await assertNothingLeft(mark, 30);
      },
    };
  }

  test("the page has its token, and cannot read it", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    assert.equal(await page.run("return document.title"), "All Plants");
    assert.equal(await page.run("return document.cookie.includes('desktop_django_auth_token')"), false);
    assert.equal(await page.run("return fetch('/health/').then((answer) => answer.status)"), 200);
    const { port } = new URL(await page.url());
    const strangers = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(strangers.status, 403);
    assert.doesNotMatch(await page.url(), /token/);

    // Plants can be added: forms, their CSRF protection and redirects work with the cookie.
    await page.run("location.href = '/items/new/'");
    await until("the form is there", () => page.run("return document.readyState === 'complete' && Boolean(document.forms.card)"));
    await page.run("const form = document.forms.card; form.title.value = 'Clover'; form.notes.value = 'Green'; form.submit()");
    await until("the plant is there", () => page.run("return document.body.innerText.includes('Clover')"));

    const seen = processes(page.mark).length;
    assert.ok(seen > 3, `${seen} processes`);
    await page.close();
  });

  test("a page goes nowhere else, and asks the desktop for one thing", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    const start = await page.url();
    const asked = /** @type {string[]} */ ([]);
    const server = http.createServer((request, response) => {
      asked.push(String(request.url));
      response.end("elsewhere");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const elsewhere = `http://127.0.0.1:${/** @type {net.AddressInfo} */ (server.address()).port}/`;
    await page.run(`location.href = '${elsewhere}away'`);
    await until("the system's browser opens a page", () => page.opened().length === 1);
    assert.equal(await page.url(), start);
    await page.run("location.href = 'file:///etc/hostname'");
    await page.run("location.href = 'data:text/html,hello'");
    await page.openWindow(`${elsewhere}window`);
    await until("the system's browser opens a window", () => page.opened().length === 2);
    assert.equal(await page.url(), start);
    assert.deepEqual(page.opened(), [`${elsewhere}away`, `${elsewhere}window`]);
    assert.deepEqual(asked, [], "the window has asked for them");

    await page.openWindow("/hedge/");
    await until("a window of the app's own pages is the window that is there", async () => /\/hedge\/$/.test(await page.url()));

    assert.equal(await page.run("return Object.keys(window.desktop).join() + typeof window.__TAURI__"), "openAppDataDirectoryundefined");
    assert.equal(await page.run("return window.desktop.openAppDataDirectory().then(() => 'opened', String)"), "opened");
    await until("the folder is open", () => page.opened().at(-1) === path.join(page.folder, "data"));
    for (const command of ["plugin:dialog|message", "plugin:window|close", "plugin:app|version", "plugin:webview|create_webview_window"]) {
      const answer = await page.run(`return window.__TAURI_INTERNALS__.invoke('${command}', {}).then(() => 'done', String)`);
      assert.match(answer, /not allowed|not found/, command);
    }
    await page.close();
  });

  test("Back goes through pages and never out", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    const start = await page.url();
    const isAt = (/** @type {string} */ url) => until(`it is at ${url}`, async () => (await page.url()) === url);
    await page.run("location.href = '/hedge/'");
    await isAt(`${start}hedge/`);
    // The window has its title after the page has its address.
    await until("the window has the title", () => desktop.run("wmctrl", "-a", "The Hedge"));
    await pause(300);
    desktop.run("xdotool", "key", "--clearmodifiers", "alt+Left");
    await isAt(start);
    await pause(500);
    for (let times = 0; times < 2; times++) desktop.run("xdotool", "key", "--clearmodifiers", "alt+Left");
    await pause(1_000);
    assert.equal(await page.url(), start);
    await page.close();
  });

  test("find in page selects what is found", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    const word = String(await page.run("return document.querySelector('h1').innerText")).slice(0, 4);
    desktop.run("wmctrl", "-a", "All Plants");
    await pause(300);
    desktop.run("xdotool", "key", "--clearmodifiers", "ctrl+f");
    await pause(500);
    desktop.run("xdotool", "type", "--delay", "50", word.toLowerCase());
    await until("it is found", async () => (await page.run("return getSelection().toString()")) === word);
    await page.close();
  });

  test("zoom, reload, copy and paste, a right click, mail, and the menu's folder and log", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    const press = async (/** @type {string[]} */ ...keys) => desktop.run("xdotool", "key", "--clearmodifiers", "--delay", "300", ...keys);
    const activate = async (/** @type {string} */ title) => {
      desktop.run("wmctrl", "-a", title);
      await pause(500);
    };
    const width = async () => Number(await page.run("return innerWidth"));
    await activate("All Plants");
    const usual = await width();
    await press("ctrl+equal");
    await until("it is larger", async () => (await width()) < usual);
    await press("ctrl+minus", "ctrl+minus");
    await until("it is smaller", async () => (await width()) > usual);
    await press("ctrl+0");
    await until("it is as before", async () => (await width()) === usual);

    await page.run("window.isOld = true");
    await press("ctrl+r");
    await until("the page is loaded anew", () => page.run("return document.readyState === 'complete' && !window.isOld"));

    await press("alt+h", "l");
    await until("the log is open", () => page.opened().at(-1) === path.join(page.folder, "data", "logs", "desktop.log"));
    await press("alt+h", "d");
    await until("the folder is open", () => page.opened().at(-1) === path.join(page.folder, "data"));
    await page.run("location.href = 'mailto:plant@example.org'");
    await until("a letter is begun", () => page.opened().at(-1) === "mailto:plant@example.org");

    await page.run("location.href = '/items/new/'");
    await until("the form is there", () => page.run("return document.readyState === 'complete' && Boolean(document.forms.card)"));
    await activate("New Plant");
    await page.run("document.forms.card.title.focus()");
    desktop.run("xdotool", "type", "--delay", "50", "Clover");
    await until("it is typed", async () => (await page.run("return document.forms.card.title.value")) === "Clover");
    await press("ctrl+a", "ctrl+c");
    await page.run("document.forms.card.notes.focus()");
    await press("ctrl+v");
    await until("it is copied", async () => (await page.run("return document.forms.card.notes.value")) === "Clover");

    const seen = () => desktop.run("xdotool", "search", "--onlyvisible", "--class", ".").toString().split("\n").length;
    const before = seen();
    desktop.run("xdotool", "getactivewindow", "mousemove", "--window", "%1", "500", "500", "click", "3");
    await until("it offers something", () => seen() > before);
    await press("Escape");
    await page.close();
  });

  test("what a page keeps, and the cookie of a session, are there after a restart", needs("webdriver", "webdriver"), async (t) => {
    const first = await drive(t);
    const url = await first.url();
    // As long as the one of Django's sessions, which the small project does without.
    await first.run("localStorage.setItem('plant', 'Clover'); document.cookie = 'visitor=7; max-age=1209600; path=/; samesite=lax'");
    // What WebKit keeps is written after a moment.
    await pause(1_500);
    await first.close();
    const second = await drive(t, first.folder);
    assert.equal(await second.url(), url, "the address is the same");
    assert.equal(await second.run("return localStorage.getItem('plant')"), "Clover");
    assert.match(await second.run("return document.cookie"), /visitor=7/);
    await second.close();
  });

  test("a question waits for its answer", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t);
    assert.match(await page.run("return String(window.confirm) + window.alert + window.prompt"), /^(function \w+\(\) \{\s*\[native code\]\s*\}){3}$/);
    // WebDriver sees the engine's own question, which stops the page, and says no.
    await page.run("window.answer = String(confirm('Really?'))").catch(() => {});
    await assert.rejects(page.run("return document.title"), /unexpected alert open.*Really\?/);
    assert.equal(await page.run("return window.answer"), "false");
    await page.close();
  });

  test("a PDF fills the window", needs("webdriver", "webdriver"), async (t) => {
    const page = await drive(t, temporaryFolder(t), makeMeadow(t, PDF));
    const fills = "const { x, y, width, height } = document.querySelector('iframe').getBoundingClientRect(); return `${x} ${y}` === '0 0' && width === innerWidth && height === innerHeight";
    await until("it fills it", () => page.run(fills));
    await page.close();
  });

  test("unsaved text is left when the person says so, and then only", async (t) => {
    const shell = startShell(t, desktop, { env: { DESKTOP_DJANGO_BACKEND_ROOT: makeMeadow(t, UNSAVED) } });
    const { id } = await shell.main();
    const question = () => shell.windows().find((window) => window.id !== id);
    const ask = async () => {
      desktop.run("wmctrl", "-i", "-c", id);
      await until("it is asked", question);
      // Until then it hears no keys.
      await pause(500);
    };
    await ask();
    desktop.run("xdotool", "key", "--clearmodifiers", "Escape");
    await until("the question has gone", () => !question());
    assert.equal(shell.child.exitCode, null);
    await ask();
    desktop.run("xdotool", "key", "--clearmodifiers", "Return");
    assert.equal((await shell.exited).code, 0);
    await assertNothingLeft(shell.mark);
  });

  test("a signal asks nothing about unsaved text, and is heard during the question", async (t) => {
    const shell = startShell(t, desktop, { env: { DESKTOP_DJANGO_BACKEND_ROOT: makeMeadow(t, UNSAVED) } });
    const { id } = await shell.main();
    desktop.run("wmctrl", "-i", "-c", id);
    await until("it is asked", () => shell.windows().some((window) => window.id !== id));
    shell.kill("SIGTERM");
    assert.equal((await shell.exited).code, 0);
    await assertNothingLeft(shell.mark);
  });

  test("a file that is chosen is sent, byte for byte", async (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, "plant.bin");
    fs.writeFileSync(file, randomBytes(3_000_000));
    const shell = startShell(t, desktop, { folder, env: { DESKTOP_DJANGO_BACKEND_ROOT: makeMeadow(t, PHOTO) } });
    const { id } = await shell.main();
    await shell.window(({ title }) => /^A Photo/.test(title), "the form");
    desktop.run("wmctrl", "-i", "-a", id);
    await pause(500);
    const click = (/** @type {number} */ x, /** @type {number} */ y) =>
      desktop.run("xdotool", "mousemove", "--window", id, String(x), String(MENU_BAR + y), "click", "1");
    click(400, 150);
    await shell.answerFile((window) => window.id !== id, file);
    await pause(500);
    // The dialog's list of names is still there, and takes the first click.
    click(1_000, 470);
    await pause(500);
    click(400, 470);
    await shell.window(({ title }) => /^The Hedge/.test(title), "the page after it");
    assert.ok(fs.readFileSync(path.join(shell.data, "media", "plant.bin")).equals(fs.readFileSync(file)));
    shell.kill("SIGTERM");
    assert.equal((await shell.exited).code, 0);
    await assertNothingLeft(shell.mark);
  });

  test("About tells the name and the version", async (t) => {
    const shell = startShell(t, desktop);
    const { id } = await shell.main();
    desktop.run("wmctrl", "-i", "-a", id);
    await pause(500);
    for (const key of ["alt+h", "Up", "Return"]) {
      desktop.run("xdotool", "key", "--clearmodifiers", key);
      await pause(300);
    }
    await until("it is there", () => shell.windows().some(({ title }) => title === `About ${TITLE}`));
    shell.kill("SIGTERM");
    assert.equal((await shell.exited).code, 0);
    await assertNothingLeft(shell.mark);
  });

  test("the window shows what a browser shows", needs("picture", "chromium"), async (t) => {
    const shell = startShell(t, desktop);
    const { id, width, height } = await shell.main();
    const folder = temporaryFolder(t);
    const [own, browsers] = [path.join(folder, "window.png"), path.join(folder, "browser.png")];
    for (let tries = 0; tries < 40; tries++) {
      await pause(250);
      desktop.picture(id, own);
      if (colours(own) > 500) break;
    }
    assert.deepEqual(size(own), [width, height]);

    // The same page for a browser, which needs no token when none is set.
    const cwd = backendIn(shell.folder);
    const backend = spawn(path.join(cwd, "python/bin/python3"), ["manage.py", "desktop"], {
      cwd,
      env: { PATH: process.env.PATH, DESKTOP_DJANGO_APP_DATA_DIR: path.join(folder, "data"), DESKTOP_DJANGO_BUNDLE_DIR: cwd },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let said = "";
    backend.stdout.on("data", (text) => (said += text));
    for (let tries = 0; tries < 200 && !said.includes('"ready"'); tries++) await pause(100);
    const ready = said.split("\n").find((line) => line.includes('"ready"')) ?? "{}";
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking"];
    const profile = `--user-data-dir=${path.join(folder, "profile")}`;
    // Everything but the menu bar.
    const area = `--window-size=${width},${height - MENU_BAR}`;
    execFileSync(String(findChromium()), [...flags, profile, area, `--screenshot=${browsers}`, JSON.parse(ready).url], { stdio: "ignore" });
    backend.stdin.end("stop\n");
    await once(backend, "exit");

    assert.ok(colours(own) > 500 && colours(browsers) > 500, "one of the pictures is empty");
    assert.ok(fs.statSync(own).size > fs.statSync(browsers).size / 3, "the window shows far less than the browser");
    const page = path.join(folder, "page.png");
    crop(own, page, { width, height: height - MENU_BAR, x: 0, y: MENU_BAR });
    assert.deepEqual(size(page), size(browsers));
    assert.ok(difference(page, browsers) < 6, `they differ by ${difference(page, browsers)}`);
    shell.kill("SIGTERM");
    await shell.exited;
    await assertNothingLeft(shell.mark);
  });
});
