// @ts-check
"use strict";
// Runs the program as a person would start it, and looks at what is left of it afterwards.

const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { makeMeadow } = require("../../../meadow.js");
const { PROGRAM, REPOSITORY, STAGE } = require("./needs.js");
const { until } = require("./until.js");

const PATIENCE_MS = 30_000;
const LONGEST_RUN_MS = 180_000;
const TITLE = "Desktop Django Starter";

/**
 * A new folder that is gone after the test.
 * @param {import("node:test").TestContext} t
 */
function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dds-tauri-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The backend of all runs in a folder. @param {string} folder */
function backendIn(folder) {
  const backend = path.join(folder, "backend");
  return fs.existsSync(backend) ? backend : makeMeadow(backend, STAGE);
}

/** @param {string} folder @param {string} mark the environment of a run of the program in test */
function environment(folder, mark) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DESKTOP_DJANGO|DJANGO|DBUS_|XDG_|TAURI_)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    // What another Python on the computer might bring.
    PYTHONHOME: "/nonexistent",
    HOME: path.join(folder, "home"),
    XDG_RUNTIME_DIR: folder,
    DESKTOP_DJANGO_RUNTIME_MODE: "packaged",
    DESKTOP_DJANGO_BACKEND_ROOT: backendIn(folder),
    DESKTOP_DJANGO_APP_DATA_DIR: path.join(folder, "data"),
    DDS_TEST_MARK: mark,
  };
}

/** Processes that run and have the mark in their environment. @param {string} mark */
function processes(mark) {
  const found = [];
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!fs.readFileSync(`/proc/${pid}/environ`, "latin1").includes(`DDS_TEST_MARK=${mark}`)) continue;
      const state = /** @type {string} */ (fs.readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").pop())[0];
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
      if (state !== "Z") found.push({ pid: Number(pid), command });
    } catch {
      // It has just ended.
    }
  }
  return found;
}

/** @param {string} mark @param {number} seconds */
async function assertNothingLeft(mark, seconds = 5) {
  const deadline = performance.now() + seconds * 1000;
  while (processes(mark).length > 0 && performance.now() < deadline) await pause(50);
  assert.deepEqual(processes(mark), [], `left ${seconds} s after the end`);
}

/** @typedef {ReturnType<typeof startShell>} Shell */

/**
 * @param {import("node:test").TestContext} t
 * @param {import("./desktop.js").Desktop} desktop
 * @param {{env?: NodeJS.ProcessEnv, program?: string, folder?: string}} [options]
 */
function startShell(t, desktop, { env, program = PROGRAM, folder = temporaryFolder(t) } = {}) {
  const mark = randomUUID();
  const started = performance.now();
  const child = spawn(program, [], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment(folder, mark), ...desktop.env, ...env },
  });
  // No test hangs because the program does.
  const limit = setTimeout(() => child.kill("SIGKILL"), LONGEST_RUN_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const exited = once(child, "exit").then(async ([code, signal]) => {
    clearTimeout(limit);
    const seconds = (performance.now() - started) / 1000;
    await pause(50);
    return { code, signal, stdout, stderr: withoutGtk(stderr), seconds };
  });
  t.after(async () => {
    for (const { pid } of processes(mark)) process.kill(pid, "SIGKILL");
    await exited;
  });
  const windows = () => desktop.windows(/** @type {number} */ (child.pid));
  const window = async (/** @type {(window: ReturnType<typeof desktop.windows>[number]) => boolean} */ isIt, what = "a window") => {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await pause(50)) {
      const found = windows().find(isIt);
      if (found) return found;
      if (child.exitCode !== null) break;
    }
    throw new Error(`${what} did not appear; there were ${JSON.stringify(windows())}\n${stderr}`);
  };
  return {
    child,
    exited,
    folder,
    mark,
    data: path.join(folder, "data"),
    processes: () => processes(mark),
    window,
    windows,
    /** Writes a path into the dialog that asks for one. @param {Parameters<typeof window>[0]} isIt @param {string} file */
    async answerFile(isIt, file) {
      const { id } = await window(isIt, "the question for a file");
      const isThere = () => windows().some((other) => other.id === id);
      const press = (/** @type {string[]} */ ...keys) => isThere() && desktop.run("xdotool", "windowfocus", "--sync", id, ...keys);
      // On a busy machine it hears its first keys late, or not at all. Where there is no field for a path, its first letter opens one.
      await until("the question for a file is answered", async () => {
        await pause(500);
        press("key", "--clearmodifiers", "ctrl+a", "type", "--delay", "20", file);
        // Until then it looks for what the name may become.
        await pause(1_000);
        press("key", "Return");
        await pause(500);
        return !isThere();
      });
    },
    /** The window with Django's pages. */
    main: () => window(({ width }) => width > 600, "the main window"),
    splash: () => window(({ title, width }) => title === TITLE && width === 480, "the splash"),
    /** @param {NodeJS.Signals} signal */
    kill: (signal) => process.kill(/** @type {number} */ (child.pid), signal),
  };
}

/** GTK says things that are nobody's failure. @param {string} text */
const withoutGtk = (text) => text.replace(/^.*(Gtk|Gdk|GLib|dconf|libEGL|MESA|WEBKIT)[^\n]*\n|^\n/gim, "");

module.exports = { assertNothingLeft, backendIn, environment, processes, startShell, temporaryFolder, TITLE };
