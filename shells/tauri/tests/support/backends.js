// @ts-check
"use strict";
// A real backend, broken in the ways in which it may be on somebody's computer.

const fs = require("node:fs");
const path = require("node:path");
const meadow = require("../../../meadow.js");
const { STAGE } = require("./needs.js");
const { temporaryFolder } = require("./shell.js");

const PYTHON = "python/bin/python3";

/**
 * The small project, some of its files exchanged.
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} files
 */
function makeMeadow(t, files = {}) {
  const folder = meadow.makeMeadow(temporaryFolder(t), STAGE);
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

/** A program in the place of the launcher. `say` writes a line of the protocol. @param {string} body */
const launcher = (body) => ({
  "manage.py": [
    "import json, os, signal, socket, sys, threading, time",
    "def say(**event): print(json.dumps(event), flush=True)",
    "say(event='phase', name='prepare')",
    body,
    "",
  ].join("\n"),
});

/** A server that speaks first. @param {string} answer Python for what it does with a connection */
const server = (answer) =>
  launcher(
    [
      "listener = socket.create_server(('127.0.0.1', 0))",
      "say(event='ready', url=f'http://127.0.0.1:{listener.getsockname()[1]}/', pid=os.getpid())",
      "threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()",
      "while True:",
      "    connection, _ = listener.accept()",
      `    ${answer}`,
    ].join("\n"),
  );

/** A site of one page. @param {string} body */
function urls(body) {
  return {
    "src/meadow/urls.py": [
      "from django.http import HttpResponse",
      "from django.urls import path",
      `def page(request): ${body}`,
      'urlpatterns = [path("", page)]',
      "",
    ].join("\n"),
  };
}

/** @type {Record<string, [Record<string, string>, RegExp]>} what is exchanged, and what is said */
const BROKEN = {
  "import error": [{ "src/meadow/views.py": "import no_such_module\n" }, /The app could not be loaded.*no_such_module/],
  "syntax error in manage.py": [{ "manage.py": "def\n" }, /ended before it was ready.*SyntaxError/s],
  "failing migration": [
    {
      "src/meadow/migrations/0002_boom.py": [
        "from django.db import migrations",
        "def boom(apps, schema_editor): raise RuntimeError('no hay left')",
        "class Migration(migrations.Migration):",
        "    dependencies = [('meadow', '0001_initial')]",
        "    operations = [migrations.RunPython(boom)]",
        "",
      ].join("\n"),
    },
    /data could not be updated.*no hay left/,
  ],
  "page 500": [urls("raise RuntimeError('boom')"), /The first page \(\/\) answers with status 500/],
  "blank page": [urls("return HttpResponse('')"), /The first page \(\/\) is a blank page/],
  "no ready": [launcher("sys.stdin.read()"), /took too long/],
  "no ready, and deaf": [launcher("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)"), /took too long/],
  "garbage for ever": [launcher("while True: print('{\"half\": \\n[1]\\nhello' * 100, flush=True); time.sleep(0.01)"), /took too long/],
  "killed while it migrates": [
    launcher("say(event='phase', name='migrate'); os.kill(os.getpid(), signal.SIGKILL)"),
    /It ended \(signal: 9/,
  ],
  "an address without a server": [
    launcher(
      "port = socket.create_server(('127.0.0.1', 0)).getsockname()[1]; " +
        "say(event='ready', url=f'http://127.0.0.1:{port}/', pid=1); sys.stdin.read()",
    ),
    /did not load/,
  ],
  "an address elsewhere": [launcher("say(event='ready', url='http://example.com/', pid=1); sys.stdin.read()"), /can't be trusted/],
  "a server that says nothing": [server("pass"), /took too long/],
  "a server that hangs up": [server("connection.close()"), /did not load/],
};

/** @type {Record<string, [(folder: string) => void, RegExp]>} */
const DAMAGED = {
  "interpreter missing": [(folder) => fs.rmSync(path.join(folder, "python")), /^A part of the app is missing: .*python3/],
  "no manifest": [(folder) => fs.rmSync(path.join(folder, "runtime-manifest.json")), /^The app is not complete: /],
  "half a manifest": [(folder) => fs.truncateSync(path.join(folder, "runtime-manifest.json"), 40), /^The app is damaged: /],
};

module.exports = { BROKEN, DAMAGED, makeMeadow, launcher, PYTHON, urls };
