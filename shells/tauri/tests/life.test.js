// @ts-check
"use strict";
// The life of the program in a real window with the real backend, from splash to end. Whatever ends it, no process is left.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { setTimeout: pause } = require("node:timers/promises");
const { makeMeadow, launcher, PYTHON } = require("./support/backends.js");
const { openDesktop } = require("./support/desktop.js");
const { needs, REPOSITORY, STAGE } = require("./support/needs.js");
const { colours } = require("./support/pictures.js");
const { assertNothingLeft, startShell, temporaryFolder } = require("./support/shell.js");

const SLOW = "say(event='phase', name='migrate'); sys.stdin.readline()";

describe("life", needs("life", "display", "program", "stage"), () => {
  /** @type {import("./support/desktop.js").Desktop} */
  let desktop;
  before(async () => void (desktop = await openDesktop()));
  after(() => desktop.close());

  /** @param {import("node:test").TestContext} t @param {object} [options] */
  const start = (t, options) => startShell(t, desktop, options);
  /** @param {import("node:test").TestContext} t @param {string} body */
  const startWith = (t, body) => start(t, { env: { DESKTOP_DJANGO_BACKEND_ROOT: makeMeadow(t, launcher(body)) } });

  /** @param {import("./support/shell.js").Shell} shell @param {number} code */
  async function assertEnded(shell, code) {
    const ended = await shell.exited;
    assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr);
    await assertNothingLeft(shell.mark);
    return ended;
  }

  /** Where the place of the main window is kept: in a folder of this data's own. @param {import("./support/shell.js").Shell} shell */
  function placeFile({ folder }) {
    const config = path.join(folder, "home", ".config");
    const names = fs.readdirSync(config).filter((name) => name.includes(".data-"));
    assert.equal(names.length, 1, names.join());
    return path.join(config, String(names[0]), ".window-state.json");
  }

  /** A window becomes more than an area of one colour. @param {import("node:test").TestContext} t @param {string} id @param {number} least */
  async function assertPainted(t, id, least) {
    const picture = path.join(temporaryFolder(t), "window.png");
    for (let tries = 0; tries < 40; tries++) {
      desktop.picture(id, picture);
      if (colours(picture) > least) return;
      await pause(250);
    }
    assert.fail("the window stays empty");
  }

  test("the splash is there while the backend works, also without one of the project, and makes room for the page", async (t) => {
    const shell = await startWith(t, SLOW);
    const splash = await shell.splash();
    await assertPainted(t, splash.id, 20);
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);

    const backend = makeMeadow(t, launcher(SLOW));
    fs.rmSync(path.join(backend, "src", "meadow", "templates", "splash.html"));
    const without = await start(t, { env: { DESKTOP_DJANGO_BACKEND_ROOT: backend } });
    await assertPainted(t, (await without.splash()).id, 20);
    without.kill("SIGTERM");
    await assertEnded(without, 0);

    const whole = await start(t);
    await whole.main();
    assert.equal(fs.statSync(whole.data).mode & 0o777, 0o700, "the data is the person's alone");
    await pause(300);
    assert.equal(whole.windows().length, 1, "the splash is still there");
    whole.kill("SIGTERM");
    await assertEnded(whole, 0);
  });

  test("closing the window ends the program, and its place is remembered", async (t) => {
    const first = await start(t);
    const { id } = await first.main();
    desktop.run("xdotool", "windowsize", "--sync", id, "900", "700", "windowmove", "--sync", id, "200", "150");
    await pause(500);
    desktop.run("wmctrl", "-ic", id);
    await assertEnded(first, 0);
    const { width, height, maximized } = JSON.parse(fs.readFileSync(placeFile(first), "utf8")).main;
    assert.deepEqual([width, maximized], [900, false]);
    const second = await start(t, { folder: first.folder });
    await pause(300);
    const place = await second.main();
    assert.equal(place.width, width);
    assert.ok(Math.abs(place.height - height) < 60 && Math.abs(place.x - 200) < 30 && Math.abs(place.y - 150) < 60, JSON.stringify(place));
    second.kill("SIGTERM");
    await assertEnded(second, 0);
  });

  test("the title is the page's", async (t) => {
    const shell = await start(t);
    await shell.window(({ title }) => title === "All Plants", "the title of the page");
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("menus and dialogs are in the language of the system", async (t) => {
    const shell = await start(t, { env: { LANG: "de_DE.UTF-8", LANGUAGE: "de" } });
    const page = await shell.window(({ title }) => title === "All Plants", "the page");
    await pause(700);
    desktop.run("wmctrl", "-ia", page.id);
    await pause(300);
    // Datei, Sichern.
    press("alt+d", "s");
    await shell.window(({ title }) => title === "Sichern", "the dialog");
    press("Escape");
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("a page can be printed", async (t) => {
    const shell = await start(t);
    const page = await shell.window(({ title }) => title === "All Plants", "the page");
    await pause(700);
    desktop.run("wmctrl", "-ia", page.id);
    await pause(300);
    press("ctrl+p");
    await shell.window(({ title }) => title === "Print", "the system's dialog");
    press("Escape");
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("a download asks where to, with the file's name", async (t) => {
    const blob = "document.body.append(Object.assign(document.createElement('a'), { id: 'a', download: 'clover.csv', href: URL.createObjectURL(new Blob(['hay'])) })); a.click()";
    const page = `<!doctype html><title>Hay</title><p>Hay<script>setTimeout(() => (location.href = '/hay'), 500); setTimeout(() => { ${blob} }, 3000)</script>`;
    const server = [
      "import http.server",
      "class Page(http.server.BaseHTTPRequestHandler):",
      "    def do_GET(self):",
      "        self.send_response(200)",
      "        if self.path == '/hay': self.send_header('Content-Disposition', 'attachment; filename=\"my plants.csv\"')",
      "        self.send_header('Content-Type', 'text/html')",
      "        self.end_headers()",
      `        self.wfile.write(b'hay' if self.path == '/hay' else ${JSON.stringify(page)}.encode())`,
      "    def log_message(self, *args): pass",
      "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)",
      "threading.Thread(target=server.serve_forever, daemon=True).start()",
      "say(event='ready', url=f'http://127.0.0.1:{server.server_port}/', pid=os.getpid())",
      "sys.stdin.readline()",
    ].join("\n");
    const shell = await startWith(t, server);
    // One that Django sends, and one that the page has made.
    for (const name of ["my plants.csv", "clover.csv"]) {
      const dialog = await shell.window(({ title }) => title === `Save ${name}`, "the dialog");
      await pause(500);
      desktop.run("xdotool", "windowfocus", "--sync", dialog.id, "key", "Return");
      const saved = () => [REPOSITORY, path.join(shell.folder, "home")].map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
      for (let tries = 0; !saved(); tries++) {
        assert.ok(tries < 100, "it is not saved");
        await pause(100);
      }
      await pause(200);
      assert.equal(fs.readFileSync(String(saved()), "utf8"), "hay");
      fs.rmSync(String(saved()));
    }
    assert.deepEqual(fs.readdirSync(path.join(shell.data, "browser", "downloads")), []);
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  /** Keys for whatever has them. @param {string[]} keys */
  const press = (...keys) => keys.forEach((key) => void desktop.run("xdotool", "key", "--clearmodifiers", key));

  /** Answers a question with the first of its buttons that Return or these keys reach. @param {import("./support/shell.js").Shell} shell @param {string} title @param {string[]} keys */
  async function answer(shell, title, ...keys) {
    const dialog = await shell.window((window) => window.title === title, title);
    await pause(500);
    desktop.run("xdotool", "windowfocus", "--sync", dialog.id);
    press(...keys);
  }

  /** The plants, of which the program knows nothing yet. @param {import("./support/shell.js").Shell} shell @param {string} sql */
  function query({ data }, sql) {
    const script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchall()); c.commit()";
    return execFileSync(path.join(STAGE, PYTHON), ["-c", script, path.join(data, "app.sqlite3"), sql], { encoding: "utf8" }).trim();
  }

  test("a backup is made and restored from the menu, and the window comes back with its data", async (t) => {
    const shell = await start(t);
    const page = await shell.window(({ title }) => title === "All Plants", "the page");
    const zip = path.join(shell.folder, "mine.zip");
    const choose = async (/** @type {string[]} */ ...keys) => {
      await pause(700);
      desktop.run("wmctrl", "-ia", page.id);
      await pause(300);
      press(...keys);
    };
    await choose("alt+f", "b");
    await shell.answerFile(({ title }) => title === "Back Up", zip);
    await answer(shell, "The backup is saved", "Return");
    assert.ok(fs.existsSync(zip));

    query(shell, "DELETE FROM meadow_plant");
    await choose("alt+f", "r");
    await shell.answerFile(({ title }) => title === "Restore", zip);
    await answer(shell, "Restore this backup?", "Return");
    for (let tries = 0; query(shell, "SELECT count(*) FROM meadow_plant") !== "[(3,)]"; tries++) {
      assert.ok(tries < 100, "the data do not come back");
      await pause(100);
    }
    assert.ok(fs.readdirSync(path.join(shell.data, "backups")).some((name) => name.endsWith("before-restore.zip")));
    await shell.window(({ id, title }) => id === page.id && title === "All Plants", "the window");

    await choose("alt+h", "s");
    await answer(shell, "Save a file for whoever helps you?", "Return");
    await shell.answerFile(({ title }) => title === "Save Support File", path.join(shell.folder, "support.zip"));
    await answer(shell, "The support file is saved", "Return");

    await choose("alt+f", "r");
    fs.writeFileSync(path.join(shell.folder, "hay.zip"), "hay");
    await shell.answerFile(({ title }) => title === "Restore", path.join(shell.folder, "hay.zip"));
    await answer(shell, "Restore this backup?", "Return");
    await shell.window(({ title }) => /backup/i.test(title) && !title.endsWith("?"), "the refusal");
    shell.kill("SIGTERM");
    await assertEnded(shell, 0);
  });

  test("a place outside the screen is not taken", async (t) => {
    const first = await start(t);
    await first.main();
    first.kill("SIGTERM");
    await assertEnded(first, 0);
    const places = JSON.parse(fs.readFileSync(placeFile(first), "utf8"));
    fs.writeFileSync(placeFile(first), JSON.stringify({ main: { ...places.main, x: 9000, prev_x: 9000 } }));
    const second = await start(t, { folder: first.folder });
    const { x, width } = await second.main();
    assert.ok(x >= 0 && x + width <= 1400, `${x} ${width}`);
    second.kill("SIGTERM");
    await assertEnded(second, 0);
  });

  test("closing the splash ends the program", async (t) => {
    const shell = await startWith(t, SLOW);
    desktop.run("wmctrl", "-ic", (await shell.splash()).id);
    await assertEnded(shell, 0);
  });

  test("Quit in the menu ends the program", async (t) => {
    const shell = await start(t);
    const { id } = await shell.main();
    await pause(500);
    desktop.run("xdotool", "windowfocus", "--sync", id, "key", "--clearmodifiers", "ctrl+q");
    await assertEnded(shell, 0);
  });

  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])) {
    test(`${signal} ends the program`, async (t) => {
      const shell = await start(t);
      await shell.main();
      shell.kill(signal);
      await assertEnded(shell, 0);
    });
  }

  // A panic ends in SIGABRT, in whichever thread it is.
  for (const signal of /** @type {const} */ (["SIGKILL", "SIGABRT"])) {
    test(`after ${signal} nothing is left`, async (t) => {
      const shell = await start(t);
      await shell.main();
      assert.ok(shell.processes().length > 3, "the test does not see the processes");
      shell.kill(signal);
      assert.equal((await shell.exited).signal, signal);
      await assertNothingLeft(shell.mark);
    });
  }

  test("SIGKILL while the backend starts leaves nothing", async (t) => {
    const shell = await start(t);
    await shell.splash();
    shell.kill("SIGKILL");
    await shell.exited;
    await assertNothingLeft(shell.mark);
  });

  test("a backend that dies is told of in a dialog, which does not keep SIGTERM away", async (t) => {
    const shell = await start(t);
    const { title } = await shell.main();
    for (const { pid, command } of shell.processes()) if (/python3 .*desktop/.test(command)) process.kill(pid, "SIGKILL");
    const dialog = await shell.window((window) => window.title !== title, "the dialog");
    await assertPainted(t, dialog.id, 10);
    shell.kill("SIGTERM");
    const { stderr } = await assertEnded(shell, 1);
    assert.ok(stderr.includes(`\nThe log: ${path.join(shell.data, "logs", "desktop.log")}\n`), stderr);
    assert.match(stderr, /^The app's server stopped: It ended \(signal: 9 \(SIGKILL\)\)\. Start the app again/);
  });

  test("a failure before the page is told of, and the button ends the program", async (t) => {
    const shell = await startWith(t, "say(event='failed', title='No room', detail='The disk is full.'); sys.exit(1)");
    const dialog = await shell.window(({ width, height }) => width !== 480 || height !== 340, "the dialog");
    await pause(500);
    desktop.run("xdotool", "windowfocus", "--sync", dialog.id, "key", "Return");
    const { stderr } = await assertEnded(shell, 1);
    assert.match(stderr, /^No room: The disk is full\./);

    // Without a backend there is no window but the message.
    const none = await start(t, { env: { DESKTOP_DJANGO_BACKEND_ROOT: temporaryFolder(t) } });
    const message = await none.window(() => true, "the message");
    await pause(500);
    desktop.run("xdotool", "windowfocus", "--sync", message.id, "key", "Return");
    assert.match((await assertEnded(none, 1)).stderr, /^The app is not complete: /);
  });

  test("a process for pages that dies ends the program with a message", async (t) => {
    const shell = await start(t);
    const { title } = await shell.main();
    for (const { pid, command } of shell.processes()) if (/WebKitWebProcess/.test(command)) process.kill(pid, "SIGKILL");
    await shell.window((window) => window.title !== title, "the dialog");
    shell.kill("SIGTERM");
    const { stderr } = await assertEnded(shell, 1);
    assert.match(stderr, /^The app's window stopped working: /);
  });

  test("a second start shows the first one's window, and ends", async (t) => {
    const first = await start(t);
    const { id } = await first.main();
    desktop.run("xdotool", "windowminimize", "--sync", id);
    const second = await start(t, { folder: first.folder });
    const { stderr } = await assertEnded(second, 0);
    assert.equal(stderr, "");
    await pause(500);
    const active = Number(desktop.run("xdotool", "getactivewindow").toString());
    assert.equal(active, Number(id));
    first.kill("SIGTERM");
    await assertEnded(first, 0);
  });

  test("two with data of their own run side by side", async (t) => {
    const [first, second] = [await start(t), await start(t)];
    await first.main();
    await second.main();
    first.kill("SIGTERM");
    await assertEnded(first, 0);
    assert.equal(second.child.exitCode, null);
    second.kill("SIGTERM");
    await assertEnded(second, 0);
  });
});
