// @ts-check
"use strict";
// The backend process and the launcher protocol: one JSON object a line comes from its stdout, and it stops when its
// stdin says `stop` or closes. So it ends by itself, with its worker, when this program is killed.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const { Failure, failures } = require("./failures.js");
const { word } = require("./words.js");
/** @import {Backend, BackendListener, Launch} from "../types" */

// The launcher ends within 5 s of a request to stop; only what does not keep to that is killed.
const KILL_AFTER_MS = 5_200;
// What was written last may arrive after the end of the process.
const LAST_WORDS_MS = 300;
// A list of a thousand backups.
const LONGEST_LINE = 256 * 1024;
const OUTPUT_KEPT = 2_000;
// A group of its own: a Ctrl-C in the terminal is for this program alone, and `uv` can be killed with its child.
const hasGroups = process.platform !== "win32";

/** @type {(launch: Launch, log: string, on: BackendListener) => Backend} */
function startBackend({ command, args, cwd, env }, log, on) {
  const child = spawn(command, args, { cwd, env, stdio: "pipe", windowsHide: true, detached: hasGroups });
  let output = "";
  let isReady = false;
  let isSettled = false;
  /** @type {Map<string, Question>} */
  const questions = new Map();
  const fail = (/** @type {any} */ failure) => {
    if (!isSettled) on.failed(failure);
    isSettled = true;
  };
  const keep = (/** @type {string} */ line) => void (output = `${output}${line}\n`.slice(-OUTPUT_KEPT));

  eachLine(child.stderr, keep);
  eachLine(child.stdout, (line) => {
    const message = parsed(line);
    const { event, name, url, pid, title, detail, log: ownLog } = message;
    if (event === "phase") isSettled || on.phase(String(name));
    else if (event === "failed") fail(new Failure(String(title), String(detail), ownLog));
    else if (event === "already-running") fail(failures.alreadyRunning(Number(pid)));
    else if (event === "ready" && !isLoopback(url)) fail(failures.strangeAddress(String(url), log));
    else if (event === undefined) keep(line);
    else if (questions.has(message.id)) answer(questions, message);
    else if (event === "ready" && !isReady && !isSettled) {
      isReady = true;
      on.ready(url);
    }
  });
  child.stdin.on("error", () => {}); // It is gone already.
  child.once("error", (error) => fail(failures.cannotStart(command, error)));
  child.once("exit", (code, signal) => {
    const how = signal ? word("was ended by {signal}", { signal }) : word("ended with code {code}", { code: Number(code) });
    const report = () => {
      const written = fs.existsSync(log) ? log : null;
      fail((isReady ? failures.crashed : failures.endedEarly)(how, output.trim(), written));
    };
    child.once("close", report);
    setTimeout(report, LAST_WORDS_MS);
  });

  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = async () => {
    isSettled = true;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.stdin.end("stop\n");
    const pid = hasGroups ? -child.pid : child.pid;
    const timer = setTimeout(() => process.kill(pid, "SIGKILL"), KILL_AFTER_MS);
    await gone;
    clearTimeout(timer);
  };
  let asked = 0;
  /** @type {Backend["ask"]} */
  const ask = (verb, options = {}, show = () => {}) =>
    new Promise((resolve, reject) => {
      const id = String((asked += 1));
      questions.set(id, { resolve, reject, show });
      child.stdin.write(`${JSON.stringify({ ...options, verb, id })}\n`);
    });
  return { ask, stop: () => (stopping ??= stop()) };
}

/** @typedef {{resolve: (result: any) => void, reject: (failure: Error) => void, show: (part: number) => void}} Question */

/**
 * A backend that ends leaves its questions open: that is a failure of its own.
 * @type {(questions: Map<string, Question>, message: Record<string, any>) => void}
 */
function answer(questions, { event, id, done, total, result, title, detail }) {
  const question = questions.get(id);
  if (event === "progress") return question?.show(total > 0 ? Math.min(1, done / total) : 0);
  questions.delete(id);
  if (event === "done") question?.resolve(result);
  else question?.reject(new Failure(String(title), String(detail)));
}

/** @type {(line: string) => Record<string, any>} without `event`: not a line of the protocol */
function parsed(line) {
  // A backend that floods its stdout must not keep this program busy: a failing parse is slow.
  if (!line.startsWith("{")) return {};
  try {
    const value = JSON.parse(line);
    return typeof value?.event === "string" ? value : {};
  } catch {
    return {};
  }
}

/** @param {unknown} url */
function isLoopback(url) {
  const { protocol, hostname } = typeof url === "string" && URL.canParse(url) ? new URL(url) : new URL("about:blank");
  return protocol === "http:" && /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
}

/** @type {(stream: import("node:stream").Readable, take: (line: string) => void) => void} */
function eachLine(stream, take) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text) => {
    const lines = `${rest}${text}`.split(/\r?\n/);
    rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
    lines.forEach(take);
  });
}

module.exports = { startBackend };
