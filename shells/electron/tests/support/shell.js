// @ts-check
"use strict";
// Runs the whole shell as a person would start it, `electron .`, with the stand-in as its runtime, and holds the line to
// it: what it showed, and what to do next.

const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const { makeDistribution } = require("../stand-in/make.js");
const { temporaryFolder } = require("./folder.js");
const { SHELL } = require("./needs.js");

const PATIENCE_MS = 30_000;

/** @typedef {Awaited<ReturnType<typeof startShell>>} Shell */

/**
 * @param {import("node:test").TestContext} t
 * @param {{backend?: string, data?: string, env?: NodeJS.ProcessEnv, command?: string[]}} options
 */
async function startShell(t, { backend, data, env, command }) {
  const folder = temporaryFolder(t);
  const mark = randomUUID();
  const events = /** @type {any[]} */ ([]);
  const waiting = new Set();
  const replies = new Map();
  let lastId = 0;
  /** @type {net.Socket} */
  let socket;

  const server = net.createServer((connection) => {
    socket = connection;
    let rest = "";
    connection.on("error", () => {});
    connection.setEncoding("utf8").on("data", (text) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(JSON.parse(line));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());

  const [program, ...args] = command ?? [process.execPath, path.join(SHELL, "node_modules", "electron", "cli.js"), "."];
  const started = performance.now();
  const child = spawn(String(program), args, {
    cwd: SHELL,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...withoutSettings(process.env),
      ELECTRON_OVERRIDE_DIST_PATH: command ? "" : makeDistribution(path.join(folder, "electron")),
      DESKTOP_DJANGO_RUNTIME_MODE: "packaged",
      DESKTOP_DJANGO_BACKEND_ROOT: backend,
      DESKTOP_DJANGO_APP_DATA_DIR: data ?? path.join(folder, "data"),
      STAND_IN_CONTROL: String(port),
      DDS_TEST_MARK: mark,
      ...env,
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const exited = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    stdout,
    stderr,
    seconds: (performance.now() - started) / 1000,
  }));
  exited.then(() => server.close());
  t.after(async () => {
    killAll(processes(mark));
    socket?.destroy();
    await exited;
  });

  /** @param {any} message */
  function take(message) {
    if (message.reply !== undefined) {
      const { resolve, reject } = replies.get(message.reply);
      if (message.error) reject(new Error(message.error));
      else resolve(message.value);
      return;
    }
    events.push(message);
    for (const look of waiting) look();
  }

  const shell = {
    events,
    exited,
    data: data ?? path.join(folder, "data"),
    /** Everything that this start has begun and that still runs, itself included. */
    processes: () => processes(mark),
    /**
     * The first event, past or to come.
     * @param {string} name
     * @param {(event: any) => boolean} [isIt]
     * @returns {Promise<any>}
     */
    seen(name, isIt = () => true) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find((event) => event.event === name && isIt(event));
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        const giveUp = (/** @type {string} */ when) =>
          reject(new Error(`no ${name} ${when}\n${JSON.stringify(events)}\n${stdout}${stderr}`));
        waiting.add(look);
        look();
        setTimeout(giveUp, PATIENCE_MS, "in time").unref();
        exited.then(() => {
          look();
          giveUp("before the end");
        });
      });
    },
    /** @param {string} command @param {object} [facts] @returns {Promise<any>} */
    ask(command, facts) {
      const id = (lastId += 1);
      socket.write(`${JSON.stringify({ command, id, ...facts })}\n`);
      return new Promise((resolve, reject) => replies.set(id, { resolve, reject }));
    },
    /** A call of playwright's Page, in the newest window. @param {string} method @param {any[]} args */
    page: (method, ...args) => shell.ask("page", { method, args }),
    /** A call of playwright's Locator. @param {string} selector @param {string} method @param {any[]} args */
    at: (selector, method, ...args) => shell.ask("page", { selector, method, args }),
    /** @param {any} dialog the event @param {unknown} answer */
    answer: (dialog, answer) => void socket.write(`${JSON.stringify({ question: dialog.question, answer })}\n`),
    /** @param {any} dialog the event @param {string} button */
    press(dialog, button) {
      const answer = dialog.buttons.indexOf(button);
      assert.notEqual(answer, -1, `no button ${button}`);
      shell.answer(dialog, answer);
    },
    /** The main window, once it is on the screen. */
    async mainWindow() {
      const { window } = await shell.seen("window", (event) => event.preload);
      return shell.seen("show", (event) => event.window === window);
    },
    pid: async () => (await shell.seen("start")).pid,
    /** @param {NodeJS.Signals} signal */
    async kill(signal) {
      process.kill(await shell.pid(), signal);
    },
  };
  return shell;
}

/** The environment without what would make one developer's run differ from another's. @param {NodeJS.ProcessEnv} env */
function withoutSettings(env) {
  const isSetting = /^(DESKTOP_DJANGO_|DJANGO_|ELECTRON_|APPIMAGE)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSetting.test(name)));
}

/** @typedef {{pid: number, parent: number, command: string}} Started */

/**
 * Those that inherited the mark (Linux only).
 * @param {string} mark
 * @param {string} [program] Chromium writes over its environment: its processes are told by the program that they run
 * @returns {Started[]}
 */
function processes(mark, program) {
  if (process.platform !== "linux") return [];
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const isOfProgram = program !== undefined && command.startsWith(program);
        if (!isOfProgram && !fs.readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark)) return [];
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
        // After the name, which may hold anything, come the state and the parent's number.
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [{ pid: Number(pid), parent, command }];
      } catch {
        return []; // Gone in between.
      }
    });
}

/** @param {{pid: number}[]} all */
function killAll(all) {
  for (const { pid } of all) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone in between.
    }
  }
}

/** @param {Pick<Shell, "processes">} shell @param {number} [seconds] how long the last ones may take to go */
async function assertNothingLeft(shell, seconds = 1) {
  const end = performance.now() + seconds * 1000;
  while (shell.processes().length > 0 && performance.now() < end) await new Promise((go) => setTimeout(go, 50));
  assert.deepEqual(shell.processes(), [], "processes are left");
}

/**
 * The backends among these; a worker of one is none, and neither is a process that a backend made and that has not yet
 * become another program: until then it has the command of its parent.
 * @param {Started[]} all
 */
function backends(all) {
  // The second is how a project is started that was adopted.
  const found = all.filter(({ command }) => / (manage\.py desktop|-m desktop_runtime)( |$)/.test(command));
  return found.filter(({ parent }) => !found.some(({ pid }) => pid === parent));
}

module.exports = { assertNothingLeft, backends, killAll, processes, startShell, withoutSettings };
