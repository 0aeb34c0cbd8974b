// @ts-check
"use strict";
// A desktop of the test's own: a display, a window manager, a session bus.

const { execFileSync, spawn } = require("node:child_process");
const { once } = require("node:events");
const { setTimeout: pause } = require("node:timers/promises");

/** @typedef {Awaited<ReturnType<typeof openDesktop>>} Desktop */

/** @param {import("node:stream").Readable} stream */
async function firstLine(stream) {
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes("\n")) return text.split("\n", 1)[0] ?? "";
  }
  throw new Error(`it ended, saying “${text}”`);
}

/** Closed with `close`. */
async function openDesktop() {
  const started = /** @type {import("node:child_process").ChildProcess[]} */ ([]);
  const start = (/** @type {string} */ program, /** @type {string[]} */ args, /** @type {NodeJS.ProcessEnv} */ env) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    started.push(child);
    return child;
  };
  const screen = ["-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-displayfd", "1"];
  const x = start("Xvfb", screen, process.env);
  const display = `:${await firstLine(/** @type {any} */ (x.stdout))}`;
  const bus = start("dbus-daemon", ["--session", "--nofork", "--print-address=1"], process.env);
  const address = await firstLine(/** @type {any} */ (bus.stdout));
  const env = {
    DISPLAY: display,
    DBUS_SESSION_BUS_ADDRESS: address,
    // Nothing of the tests' concern, and a daemon for each start.
    NO_AT_BRIDGE: "1",
    GTK_A11Y: "none",
    WEBKIT_A11Y: "0",
    LIBGL_ALWAYS_SOFTWARE: "1",
    WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    GDK_BACKEND: "x11",
  };
  start("openbox", ["--sm-disable"], { ...process.env, ...env });
  const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
    execFileSync(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
  // A window that is there before its manager is hidden and shown again.
  while (tryTo(() => run("wmctrl", "-m")) === undefined) await pause(50);

  return {
    env,
    run,
    /** The windows that a process shows: id, title, and place. @param {number} ofProcess */
    windows(ofProcess) {
      const lines = (tryTo(() => run("wmctrl", "-lpG").toString()) ?? "").split("\n").filter(Boolean);
      const all = lines.map((line) => {
        const [id = "", , pid, x, y, width, height, , ...title] = line.split(/\s+/);
        const place = { x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
        return { id, pid: Number(pid), ...place, title: title.join(" ") };
      });
      return all.filter(({ pid }) => pid === ofProcess);
    },
    /** @param {string} id @param {string} file what the window shows, as a PNG */
    picture: (id, file) => run("import", "-window", id, file),
    async close() {
      for (const child of started.reverse()) {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      }
    },
  };
}

/** @template T @param {() => T} act @returns {T | undefined} */
function tryTo(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

module.exports = { openDesktop, tryTo };
