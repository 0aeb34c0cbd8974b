// @ts-check
"use strict";
// The smoke test of the whole program: 0 after the first real page only, and not 0 within 20 s for each broken backend.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { BROKEN, makeMeadow, DAMAGED } = require("./support/backends.js");
const { openDesktop } = require("./support/desktop.js");
const { needs, STAGE } = require("./support/needs.js");
const { assertNothingLeft, startShell, temporaryFolder } = require("./support/shell.js");

const LIMIT_SECS = 20;
const SMOKE = { DESKTOP_DJANGO_SMOKE_TEST: "1" };

describe("smoke test", { ...needs("smoke", "display", "program", "stage"), concurrency: 2 }, () => {
  /** @type {import("./support/desktop.js").Desktop} */
  let desktop;
  before(async () => void (desktop = await openDesktop()));
  after(() => desktop.close());

  /** @param {import("node:test").TestContext} t @param {NodeJS.ProcessEnv} env */
  async function smoke(t, env) {
    const shell = startShell(t, desktop, { env: { ...SMOKE, ...env } });
    const result = await shell.exited;
    await assertNothingLeft(shell.mark);
    assert.ok(result.seconds < LIMIT_SECS, `took ${result.seconds} s`);
    return result;
  }

  test("a good backend: 0 after the page, the first time and the second", async (t) => {
    const first = startShell(t, desktop, { env: SMOKE });
    const second = async () => startShell(t, desktop, { env: SMOKE, folder: first.folder });
    for (const { exited, mark } of [first, await first.exited.then(second)]) {
      const { code, stdout, stderr } = await exited;
      assert.match(stdout, /^smoke test: http:\/\/127\.0\.0\.1:\d+\/ status 200 “All Plants” after \d+ ms\n$/);
      assert.deepEqual([code, stderr], [0, ""]);
      await assertNothingLeft(mark);
    }
  });

  test("what was staged: 0", async (t) => {
    const { code, stdout, stderr } = await smoke(t, { DESKTOP_DJANGO_BACKEND_ROOT: STAGE });
    assert.match(stdout, / status 200 “.+” after \d+ ms\n$/);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  for (const [name, [files, said]] of Object.entries(BROKEN)) {
    test(`${name}: not 0`, async (t) => {
      const { code, stdout, stderr } = await smoke(t, { DESKTOP_DJANGO_BACKEND_ROOT: makeMeadow(t, files) });
      assert.match(stderr, said);
      assert.deepEqual([code, stdout], [1, ""]);
    });
  }

  for (const [name, [damage, said]] of Object.entries(DAMAGED)) {
    test(`${name}: not 0`, async (t) => {
      const backend = makeMeadow(t);
      damage(backend);
      const { code, stdout, stderr } = await smoke(t, { DESKTOP_DJANGO_BACKEND_ROOT: backend });
      assert.match(stderr, said);
      assert.deepEqual([code, stdout], [1, ""]);
    });
  }

  // Other threads still use them in that moment: a start that fails at once crashed once in a hundred times.
  test("no library is taken down at the end", async (t) => {
    const backend = makeMeadow(t);
    DAMAGED["interpreter missing"]?.[0](backend);
    const notes = path.join(temporaryFolder(t), "loader");
    const shell = startShell(t, desktop, { env: { ...SMOKE, DESKTOP_DJANGO_BACKEND_ROOT: backend, LD_DEBUG: "files", LD_DEBUG_OUTPUT: notes } });
    assert.equal((await shell.exited).code, 1);
    const told = fs.readFileSync(`${notes}.${shell.child.pid}`, "utf8");
    assert.match(told, /calling init: .*libX11/);
    assert.doesNotMatch(told, /calling fini: .*libX11/);
  });

  test("no proxy of the environment sees the address or the token", async (t) => {
    const seen = /** @type {string[]} */ ([]);
    const proxy = net.createServer((socket) => socket.on("error", () => {}).on("data", (data) => void seen.push(String(data))));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    t.after(() => proxy.close());
    const address = `http://127.0.0.1:${/** @type {net.AddressInfo} */ (proxy.address()).port}`;
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    const { code, stderr } = await smoke(t, Object.fromEntries(names.map((name) => [name, address])));
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(seen, []);
  });

  test("no folder for the data: not 0", async (t) => {
    const { code, stderr } = await smoke(t, { DESKTOP_DJANGO_APP_DATA_DIR: "/dev/null/data" });
    assert.match(stderr, /^The folder for the app's data can't be used: /);
    assert.equal(code, 1);
  });

  test("data that another one uses: not 0, and no handing over", async (t) => {
    const first = startShell(t, desktop);
    await first.main();
    const second = startShell(t, desktop, { env: SMOKE, folder: first.folder });
    const { code, stdout, stderr } = await second.exited;
    assert.match(stderr, /^The app is already running: Its data is in use by process \d+/);
    assert.deepEqual([code, stdout], [1, ""]);
    first.kill("SIGTERM");
    await first.exited;
    await assertNothingLeft(first.mark);
  });

  test("a signal is not a page", async (t) => {
    const backend = makeMeadow(t, BROKEN["no ready"]?.[0]);
    const shell = startShell(t, desktop, { env: { ...SMOKE, DESKTOP_DJANGO_BACKEND_ROOT: backend } });
    await shell.splash();
    shell.kill("SIGTERM");
    assert.equal((await shell.exited).code, 1);
    await assertNothingLeft(shell.mark);
  });
});
