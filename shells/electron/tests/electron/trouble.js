// @ts-check
"use strict";
// The packaged shell in a real Electron, where something is wrong: a proxy that would see the token, processes that crash or
// are killed, a start that fails.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { readFacts } = require("../../project.js");
const { temporaryFolder } = require("../support/folder.js");

const { title } = readFacts().project;
const HOME = /^All Plants/;

/** @param {import("../electron.test.js").InElectron} inElectron */
function testTrouble(inElectron) {
  inElectron("no proxy of the environment or of the system sees the address or the token", async (t, { start }) => {
    const seen = /** @type {string[]} */ ([]);
    const proxy = net.createServer((socket) => socket.on("error", () => {}).on("data", (data) => void seen.push(String(data))));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    t.after(() => proxy.close());
    const address = `http://127.0.0.1:${/** @type {net.AddressInfo} */ (proxy.address()).port}`;
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    const env = { ...Object.fromEntries(names.map((name) => [name, address])), DESKTOP_DJANGO_SMOKE_TEST: "1" };
    // As a system's settings that spare not even this computer.
    for (const args of [[], [`--proxy-server=${address}`, "--proxy-bypass-list=<-loopback>"]]) {
      const { code, stdout, stderr } = await (await start(t, { env, args })).exited;
      assert.match(stdout, / status 200 /, stderr);
      assert.equal(code, 0);
      assert.deepEqual(seen, [], "it has asked for nothing else either");
    }
  });

  inElectron("a page that crashes is told of, with the app's name, and does not keep SIGTERM away", async (t, { display, start }) => {
    const app = await start(t);
    await app.page();
    await display.window(HOME);
    for (const { pid, command } of app.processes()) if (/--type=renderer/.test(command)) process.kill(pid, "SIGKILL");
    await display.window(new RegExp(`^${title}$`));
    app.child.kill("SIGTERM");
    const { code, stderr } = await app.exited;
    assert.match(stderr, /^The app's window stopped working/m);
    assert.equal(code, 1);
    await app.nothingLeft();
  });

  inElectron("a graphics process that crashes is not the end", async (t, { start }) => {
    const app = await start(t);
    const { page } = await app.page();
    for (const { pid, command } of app.processes()) if (/--type=gpu-process/.test(command)) process.kill(pid, "SIGKILL");
    await pause(1_000);
    assert.equal(await page.evaluate("fetch('/health/').then((answer) => answer.status)"), 200);
    app.child.kill("SIGTERM");
    assert.equal((await app.exited).code, 0);
    await app.nothingLeft();
  });

  inElectron("a failing start is told without a splash behind it, and the button ends it", async (t, { display, start }) => {
    const folder = temporaryFolder(t);
    fs.mkdirSync(path.join(folder, "data"));
    fs.writeFileSync(path.join(folder, "data", "app.sqlite3"), "this is no database, but it is long enough".repeat(100));
    fs.chmodSync(path.join(folder, "data"), 0o777);
    fs.chmodSync(path.join(folder, "data", "app.sqlite3"), 0o666);
    const app = await start(t, { folder });
    await display.window(new RegExp(`^${title}$`));
    await pause(700);
    assert.equal(display.titles().length, 1, display.titles().join());
    await display.press("Tab", "Return");
    const ended = await Promise.race([app.exited, pause(3_000)]);
    if (!ended) app.child.kill("SIGTERM");
    const { code, stderr } = await app.exited;
    assert.match(stderr, /data/);
    assert.equal(code, 1);
    await app.nothingLeft();
  });

  inElectron("kill -9 leaves nothing after 5 s", async (t, { start }) => {
    const app = await start(t);
    await app.page();
    app.child.kill("SIGKILL");
    await app.exited;
    await app.nothingLeft();
  });
}

module.exports = { testTrouble };
