// @ts-check
"use strict";
// The real backend, broken as it may be on somebody else's computer: one text each, and never exit code 0.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const net = require("node:net");
const path = require("node:path");
const { describe, test } = require("node:test");
const { makeMeadow } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs } = require("./support/needs.js");
const { assertNothingLeft, startShell } = require("./support/shell.js");

/** @param {import("node:test").TestContext} t @param {object} options @param {RegExp} said */
async function assertFails(t, options, said) {
  const shell = await startShell(t, { .../** @type {any} */ (options), data: path.join(temporaryFolder(t), "data") });
  const { code, stderr, stdout, seconds } = await shell.exited;
  assert.match(stderr, said);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.ok(seconds < 20, `${seconds} s`);
  await assertNothingLeft(shell, 5);
}

const SMOKE = { DESKTOP_DJANGO_SMOKE_TEST: "1" };

describe("the real backend, broken", { ...needs("broken", "posix", "chromium", "stage"), concurrency: 2 }, () => {
  /** @type {Record<string, [Record<string, string>, RegExp]>} the sources that do it, and what is said */
  const SOURCES = {
    "import error": [{ "src/meadow/views.py": "import no_such_module\n" }, /The app could not be loaded.*no_such_module/],
    "wrong settings": [{ "src/meadow/models.py": "1 / 0\n" }, /The app could not be loaded.*ZeroDivisionError/],
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
    "page 500": [{ "src/meadow/urls.py": urls("raise RuntimeError('boom')") }, /The first page \(\/\) answers with status 500/],
    "blank page": [{ "src/meadow/urls.py": urls("return HttpResponse('')") }, /The first page \(\/\) is a blank page/],
  };
  for (const [name, [files, said]] of Object.entries(SOURCES)) {
    test(name, async (t) => {
      await assertFails(t, { backend: makeMeadow(t, files), env: SMOKE }, said);
    });
  }

  test("a port that is taken", async (t) => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = /** @type {net.AddressInfo} */ (server.address());
    const env = { ...SMOKE, DESKTOP_DJANGO_PORT: String(port) };
    await assertFails(t, { backend: makeMeadow(t), env }, /^The port can't be used: .*in use/);
  });

  test("an address that others could reach", async (t) => {
    const env = { ...SMOKE, DESKTOP_DJANGO_HOST: "0.0.0.0" };
    await assertFails(t, { backend: makeMeadow(t), env }, /^The app must not be reachable from outside/);
  });
});

/** A site of one page. @param {string} body */
function urls(body) {
  return [
    "from django.http import HttpResponse",
    "from django.urls import path",
    `def page(request): ${body}`,
    'urlpatterns = [path("", page)]',
    "",
  ].join("\n");
}
