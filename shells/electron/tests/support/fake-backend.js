// @ts-check
"use strict";
// A backend that speaks the launcher protocol, or breaks it in the way that its argument names. Started by the shell like
// the real one: `python fake-backend.js KIND`, where `python` is Node.

const http = require("node:http");

const kind = process.argv[2] ?? "good";
const say = (/** @type {object} */ event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const phase = (/** @type {string} */ name) => say({ event: "phase", name });
const token = process.env.DESKTOP_DJANGO_AUTH_TOKEN;
const GOOD = "<!doctype html><title>Good</title><h1>Hello</h1>";

/** @type {Record<string, [number, string]>} */
const PAGES = { "page-500": [500, "<h1>Server Error (500)</h1>"], "page-404": [404, "<h1>Not Found</h1>"], blank: [200, ""] };

// What is asked for on stdin: refused, or answered after some progress.
/** @type {Record<string, object>} */
const RESULTS = {
  list: { needed: { databases: 2_000_000, media: 30_000_000 }, free: 5_000_000_000 },
  backup: { file: "/stick/plants.zip", bytes: 1_234_567 },
};

/** @param {string} line */
function take(line) {
  const { id, verb, ...options } = JSON.parse(line);
  if (kind === "refuses" && verb !== "list") {
    say({ event: "refused", id, verb, title: "There is not enough room", detail: "Make room on the disk." });
  } else {
    say({ event: "progress", id, verb, done: 42, total: 100 });
    setTimeout(() => say({ event: "done", id, verb, result: { ...RESULTS[verb], ...options } }), 1_000);
  }
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
function answer(request, response) {
  const { url = "/" } = request;
  if (request.headers["x-desktop-django-token"] !== token) return void response.writeHead(403).end("Forbidden");
  if (kind === "moved" && url === "/") return void response.writeHead(302, { Location: "http://example.invalid/" }).end();
  if (kind === "moves-on" && url === "/") {
    return void response.writeHead(200, { "Content-Type": "text/html" }).end('<script>location.replace("/next")</script>');
  }
  if (kind === "hangs") return undefined;
  if (url.startsWith("/away?")) {
    const Location = `${url.slice("/away?".length)}redirected`;
    return void response.writeHead(302, { Location, "Access-Control-Allow-Origin": "*" }).end();
  }
  if (url === "/token") return void response.writeHead(200).end(request.headers["x-desktop-django-token"]);
  const [status, body] = PAGES[kind] ?? [200, GOOD];
  response.writeHead(status, { "Content-Type": "text/html" }).end(body);
  if (kind === "crashes-later") setTimeout(() => process.exit(7), 300);
  return undefined;
}

function serve() {
  const server = http.createServer(answer).listen(0, "127.0.0.1", () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    phase("serve");
    say({ event: "ready", url: `http://127.0.0.1:${port}/`, pid: process.pid });
    // As the real one does, when the page is there already.
    setTimeout(phase, 1_000, "worker");
  });
}

/** @type {Record<string, () => void>} */
const KINDS = {
  "exits-at-once": () => process.exit(4),
  "import-error": () => {
    process.stderr.write("Traceback (most recent call last):\nModuleNotFoundError: No module named 'django'\n");
    process.exit(1);
  },
  "never-ready": () => phase("migrate"),
  // So that there is time for a splash.
  slow: () => void (phase("migrate"), setTimeout(serve, 4_000)),
  deaf: () => {
    phase("migrate");
    process.stdin.removeAllListeners("data").removeAllListeners("end");
    process.on("SIGTERM", () => {});
    setInterval(() => {}, 1000);
  },
  failed: () => {
    phase("migrate");
    say({ event: "failed", title: "The database could not be updated", detail: "Disk full.", log: "/data/desktop.log" });
    process.exitCode = 1;
    process.stdin.destroy();
  },
  "fails-when-told": () => void process.on("SIGUSR1", () => KINDS.failed?.()),
  garbage: () => setInterval(() => process.stdout.write('{"half": \n[1, 2]\nnull\nhello\u0000\n'.repeat(50)), 20),
  "garbage-then-exit": () => process.stdout.write("Segmentation fault\n", () => process.exit(9)),
  "one-long-line": () => setInterval(() => process.stdout.write("x".repeat(200_000)), 20),
  refused: () => say({ event: "ready", url: "http://127.0.0.1:9/", pid: process.pid }),
  "strange-address": () => say({ event: "ready", url: "http://example.com/", pid: process.pid }),
  "already-running": () => {
    say({ event: "already-running", pid: 4711 });
    process.exit(3);
  },
};
for (const name of ["prepare", "backup", "migrate", "seed", "serve"]) {
  KINDS[`dies-in-${name}`] = () => {
    phase(name);
    process.kill(process.pid, "SIGKILL");
  };
}

function leave() {
  say({ event: "stopped" });
  process.exit(0);
}

process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  for (const line of String(text).split("\n").filter(Boolean)) line === "stop" ? leave() : take(line);
});
process.stdin.on("end", leave);
phase("prepare");
(KINDS[kind] ?? serve)();
