// @ts-check
"use strict";
// What a page can and can't do: who sees the token, where it can go, what it can ask the desktop for.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { describe, test } = require("node:test");
const { makeFakeBackend } = require("./support/backends.js");
const { temporaryFolder } = require("./support/folder.js");
const { needs } = require("./support/needs.js");
const { startShell } = require("./support/shell.js");

const HEADER = "x-desktop-django-token";

/** @param {import("node:test").TestContext} t */
async function openPage(t) {
  const shell = await startShell(t, { backend: makeFakeBackend(path.join(temporaryFolder(t), "backend"), "good") });
  const { url } = await shell.mainWindow();
  return { shell, url };
}

/** Somebody else's server, which writes down what it is sent. @param {import("node:test").TestContext} t */
async function stranger(t) {
  /** @type {http.IncomingMessage[]} */
  const requests = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "text/html" }).end("<h1>Elsewhere</h1>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, requests };
}

describe("pages", { ...needs("pages", "posix", "chromium"), concurrency: 2 }, () => {
  test("the token goes to Django and to nobody else, and nobody reads it", async (t) => {
    const { shell, url } = await openPage(t);
    const other = await stranger(t);
    const fetched = await shell.page("evaluate", `fetch(${JSON.stringify(`${url}again`)}).then((answer) => answer.status)`);
    assert.equal(fetched, 200);
    assert.equal((await fetch(url)).status, 403, "a plain client is refused");

    await shell.page("evaluate", `fetch(${JSON.stringify(other.url)}).then((answer) => answer.status)`);
    // A redirect of Django's to another place must not take the token along.
    await shell.page("evaluate", `fetch(${JSON.stringify(`${url}away?${other.url}`)}).then((answer) => answer.url)`);
    assert.deepEqual(other.requests.map(({ url }) => url), ["/", "/redirected"]);
    for (const { headers } of other.requests) assert.ok(!(HEADER in headers), "the token went elsewhere");

    const token = await shell.page("evaluate", `fetch(${JSON.stringify(`${url}token`)}).then((answer) => answer.text())`);
    assert.match(token, /^[\w-]{43}$/, "32 random bytes");
    const scope = await shell.page("evaluate", "document.cookie + JSON.stringify(localStorage) + navigator.userAgent");
    assert.ok(!scope.includes(token));
    for (const { command } of shell.processes()) assert.ok(!command.includes(token), command);
    await shell.ask("quit");
    const { stdout, stderr } = await shell.exited;
    assert.ok(!`${stdout}${stderr}${JSON.stringify(shell.events)}`.includes(token));
    for (const file of fs.readdirSync(shell.data)) {
      const whole = path.join(shell.data, file);
      if (fs.statSync(whole).isFile()) assert.ok(!fs.readFileSync(whole, "latin1").includes(token), file);
    }
  });

  test("links to other places open outside, and the page stays", async (t) => {
    const { shell, url } = await openPage(t);
    const other = await stranger(t);
    await shell.page("evaluate", `void (location.href = ${JSON.stringify(other.url)})`);
    assert.equal((await shell.seen("open-external")).url, other.url);
    await shell.page("evaluate", `void (location.href = ${JSON.stringify(`${url}away?${other.url}`)})`);
    await shell.seen("open-external", (event) => event.url === `${other.url}redirected`);
    assert.equal(await shell.page("url"), url);
    assert.deepEqual(other.requests, []);
  });

  test("there are no child windows", async (t) => {
    const { shell, url } = await openPage(t);
    await shell.page("evaluate", 'void window.open("mailto:pony@example.org")');
    assert.equal((await shell.seen("open-external")).url, "mailto:pony@example.org");
    // Django answers nobody but this program, so its own page opens here.
    await shell.page("evaluate", `void setTimeout(() => window.open(${JSON.stringify(`${url}other`)}))`);
    await shell.page("waitForURL", `${url}other`);
    assert.equal(shell.events.filter(({ event, preload }) => event === "window" && preload).length, 1, "the main window");
  });

  test("a first page that moves on by itself is followed", async (t) => {
    const shell = await startShell(t, { backend: makeFakeBackend(path.join(temporaryFolder(t), "backend"), "moves-on") });
    assert.match((await shell.mainWindow()).url, /\/next$/);
  });

  test("a frame can't leave either, and opens nothing outside", async (t) => {
    const { shell } = await openPage(t);
    const other = await stranger(t);
    const frame = `<iframe src=${JSON.stringify(other.url)}></iframe>`;
    await shell.page("evaluate", `void (document.body.innerHTML = ${JSON.stringify(frame)})`);
    await shell.page("waitForTimeout", 500);
    assert.deepEqual(other.requests, []);
    assert.ok(!shell.events.some(({ event }) => event === "open-external"));
  });

  test("window.desktop has exactly one call", async (t) => {
    const { shell } = await openPage(t);
    assert.deepEqual(await shell.page("evaluate", "Object.keys(window.desktop)"), ["openAppDataDirectory"]);
    assert.equal(await shell.page("evaluate", "typeof require + typeof process"), "undefinedundefined");
    await shell.page("evaluate", "window.desktop.openAppDataDirectory()");
    assert.equal((await shell.seen("open-path")).path, shell.data);
  });

  test("nobody else can make that call", async (t) => {
    const { shell, url } = await openPage(t);
    const name = "open-app-data-directory";
    for (const sender of [{ url: "https://example.com/" }, { url: "file:///tmp/x.html" }, { url, parent: { url } }]) {
      await assert.rejects(shell.ask("handler", { name, ...sender }), /Refused/);
    }
    await shell.ask("handler", { name, url, parent: null });
  });

  test("Help opens the data folder and the log", async (t) => {
    const { shell } = await openPage(t);
    await shell.ask("menu", { path: ["help", "Open App Data Folder"] });
    assert.equal((await shell.seen("open-path")).path, shell.data);
    await shell.ask("menu", { path: ["help", "Open Log"] });
    const logs = path.join(shell.data, "logs");
    await shell.seen("open-path", (event) => event.path === logs);
    fs.mkdirSync(logs, { recursive: true });
    fs.writeFileSync(path.join(logs, "desktop.log"), "");
    await shell.ask("menu", { path: ["help", "Open Log"] });
    await shell.seen("open-path", (event) => event.path === path.join(logs, "desktop.log"));
  });
});
