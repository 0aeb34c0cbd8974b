// @ts-check
"use strict";
// Packages, really built, with the stand-in as the Electron distribution and the real staged backend: unpacked again, and
// started from inside the result.

const assert = require("node:assert/strict");
const { execFile, execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const { test } = require("node:test");
const { promisify } = require("node:util");
const asar = require("@electron/asar");
const { SHELL_FILES } = require("../builder/files.js");
const { nativeFiles } = require("../builder/native-files.js");
const { readFacts } = require("../project.js");
const { makeAppImageTools } = require("./stand-in/appimage-tools.js");
const { FUSES, makeDistribution } = require("./stand-in/make.js");
const { temporaryFolder, writeFiles } = require("./support/folder.js");
const { needs, SHELL, STAGE, which } = require("./support/needs.js");
const { assertNothingLeft, backends, startShell } = require("./support/shell.js");

const { project } = readFacts();
const version = require("../package.json").version;
const run = promisify(execFile);

/**
 * @param {string} output
 * @param {{platform: "linux" | "mac", targets: string[], stage?: string, env?: NodeJS.ProcessEnv, extra?: string[]}} plan
 */
async function build(output, { platform, targets, stage = STAGE, env, extra = [] }) {
  const cli = path.join(SHELL, "node_modules", "electron-builder", "cli.js");
  const config = ["--config", "electron-builder.config.cjs", `--config.directories.output=${output}`];
  const args = [cli, ...config, `--${platform}`, ...targets, "--x64", "--publish", "never", "--config.compression=store", ...extra];
  return run(process.execPath, args, {
    cwd: SHELL,
    env: {
      ...process.env,
      ELECTRON_OVERRIDE_DIST_PATH: makeDistribution(path.join(output, "..", "electron"), platform),
      DESKTOP_DJANGO_BACKEND_ROOT: stage,
      GITHUB_REPOSITORY: "ponies/stable",
      ELECTRON_BUILDER_7ZIP_PATH: which("7za") ?? "",
      ...env,
    },
  });
}

/** @param {string} folder @returns {Map<string, string>} file → its digest */
function digests(folder) {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), createHash("sha256").update(fs.readFileSync(file)).digest("hex")];
    }),
  );
}

/** @param {import("node:test").TestContext} t @param {string} program */
async function assertStarts(t, program) {
  const env = {
    DESKTOP_DJANGO_SMOKE_TEST: "1",
    // An installed program does not let itself be led to another backend.
    DESKTOP_DJANGO_RUNTIME_MODE: "development",
    DESKTOP_DJANGO_BACKEND_ROOT: "/nonexistent",
  };
  const shell = await startShell(t, { command: [program], env });
  const { code, stdout, stderr } = await shell.exited;
  assert.match(stdout, /^smoke test: .* status 200/m, stderr);
  assert.equal(code, 0);
  assert.ok(shell.events.some(({ event, isPackaged }) => event === "start" && isPackaged));
  await assertNothingLeft(shell, 5);
}

test("Linux", needs("package", "linux", "chromium", "stage"), async (t) => {
  const folder = temporaryFolder(t);
  const output = path.join(folder, "out");
  const appFolder = path.join(output, "linux-unpacked");
  const has7z = !needs("package: zip and tar.gz", "sevenZip").skip;
  const hasSquashfs = !needs("package: AppImage", "squashfs").skip;
  const targets = ["dir", ...(has7z ? ["zip", "tar.gz"] : []), ...(hasSquashfs ? ["AppImage"] : [])];
  const tools = hasSquashfs ? makeAppImageTools(path.join(folder, "tools"), "x64") : "";
  await build(output, { platform: "linux", targets, env: { APPIMAGE_TOOLS_PATH: tools } });
  const program = path.join(appFolder, project.name);

  await t.test("the archive holds what is on the list, and packages", () => {
    const files = asar.listPackage(path.join(appFolder, "resources", "app.asar"), { isPack: false });
    const own = files.map((file) => file.slice(1)).filter((file) => !file.startsWith("node_modules"));
    assert.deepEqual(own.filter((file) => path.extname(file) !== "").sort(), [...SHELL_FILES].sort());
    assert.ok(files.includes("/node_modules/electron-updater/package.json"));
    assert.ok(!files.some((file) => file.endsWith(".map") || file.includes("smol-toml")));
  });

  await t.test("the names of dds.toml are in it", () => {
    const text = asar.extractFile(path.join(appFolder, "resources", "app.asar"), "package.json").toString();
    const manifest = JSON.parse(text);
    assert.deepEqual(manifest.project, project);
    assert.equal(manifest.productName, project.title);
    assert.ok(!("devDependencies" in manifest) && !("scripts" in manifest));
  });

  await t.test("the backend is there to the last byte", () => {
    assert.deepEqual(digests(path.join(appFolder, "resources", "backend")), digests(STAGE));
  });

  await t.test("the picture for its windows is there, if this shell has one", () => {
    const bytes = (/** @type {string} */ file) => (fs.existsSync(file) ? fs.readFileSync(file) : null);
    assert.deepEqual(bytes(path.join(appFolder, "resources", "icon.png")), bytes(readFacts().icon));
  });

  await t.test("the fuses are set", () => {
    const wire = fs.readFileSync(program, "latin1").split(FUSES)[1]?.slice(2, 10);
    // In Electron's order: run as Node, encrypt cookies, NODE_OPTIONS, --inspect, check the archive, only the archive,
    // own snapshot, privileges for file:.
    assert.equal(wire, "01001100");
  });

  await t.test("updates come from the repository", () => {
    const feed = fs.readFileSync(path.join(appFolder, "resources", "app-update.yml"), "utf8");
    assert.match(feed, /^owner: ponies\nrepo: stable\nprovider: github$/m);
  });

  await t.test("it starts", (t) => assertStarts(t, program));

  for (const [ext, unpack] of Object.entries({
    zip: (/** @type {string} */ file, /** @type {string} */ to) => ["7za", "x", "-bd", `-o${to}`, file],
    "tar.gz": (/** @type {string} */ file, /** @type {string} */ to) => ["tar", "-xzf", file, "-C", to],
  })) {
    await t.test(`${ext}: unpacked, it starts`, { skip: !has7z && "needs 7-Zip" }, async (t) => {
      const to = path.join(folder, ext);
      fs.mkdirSync(to);
      const [command, ...args] = unpack(path.join(output, `${project.name}-linux-${version}-x64.${ext}`), to);
      execFileSync(String(command), args, { stdio: "ignore" });
      const [inner] = fs.readdirSync(to);
      const top = ext === "zip" ? to : path.join(to, String(inner));
      await assertStarts(t, path.join(top, project.name));
    });
  }

  await t.test("AppImage: it starts, and its update manifest is right", { skip: !hasSquashfs }, async (t) => {
    const name = `${project.name}-linux-${version}-x86_64.AppImage`;
    const file = path.join(output, name);
    const manifest = fs.readFileSync(path.join(output, "latest-linux.yml"), "utf8");
    assert.ok(manifest.includes(`url: ${name}`));
    assert.ok(manifest.includes(createHash("sha512").update(fs.readFileSync(file)).digest("base64")));
    await assertStarts(t, file);
  });

  const canUpdate = hasSquashfs && !needs("package: update", "openssl").skip;
  await t.test("AppImage: it updates itself, and starts anew", { skip: !canUpdate }, async (t) => {
    const [older, feed] = [path.join(folder, "older"), path.join(folder, "newer")];
    const { url, certificate } = await serve(t, feed);
    const plan = { platform: /** @type {const} */ ("linux"), targets: ["AppImage"] };
    const own = { APPIMAGE_TOOLS_PATH: tools, DESKTOP_DJANGO_UPDATE_URL: url };
    await build(older, { ...plan, env: own });
    await build(feed, { ...plan, env: own, extra: ["--config.extraMetadata.version=99.0.0"] });
    const app = path.join(temporaryFolder(t), "pony.AppImage");
    fs.copyFileSync(path.join(older, `${project.name}-linux-${version}-x86_64.AppImage`), app);
    const env = {
      // Where its updates come from is packaged: whoever can set its environment can't hand it another program.
      DESKTOP_DJANGO_UPDATE_URL: "https://127.0.0.1:9/",
      NODE_EXTRA_CA_CERTS: certificate,
      // What it downloads goes to the cache of whoever runs it.
      XDG_CACHE_HOME: path.join(folder, "cache"),
    };
    const shell = await startShell(t, { command: [app], env });
    await shell.mainWindow();
    const [old] = backends(shell.processes());
    assert.ok(old, "the old one runs its backend");

    await shell.ask("menu", { path: ["help", "Check for Updates…"] });
    shell.press(await shell.seen("dialog", ({ message }) => message === `${project.title} 99.0.0 is available`), "Download");
    shell.press(await shell.seen("dialog", ({ message }) => message === `${project.title} 99.0.0 is ready`), "Restart");
    const { code, stderr } = await shell.exited;
    assert.equal(code, 0, stderr);
    assert.ok(shell.events.some(({ event, part }) => event === "progress" && part > 0), "its progress was shown");
    assert.deepEqual(fs.readFileSync(app), fs.readFileSync(path.join(feed, `${project.name}-linux-99.0.0-x86_64.AppImage`)));

    /** @type {ReturnType<typeof backends>} */
    let anew = [];
    for (let turn = 0; anew.length === 0 && turn < 200; turn += 1) {
      await new Promise((go) => setTimeout(go, 100));
      anew = backends(shell.processes()).filter(({ pid }) => pid !== old.pid);
    }
    assert.equal(anew.length, 1, "the new one runs its backend");
    assert.ok(!shell.processes().some(({ pid }) => pid === old.pid), "the old one's is gone");
    for (const { pid, command } of shell.processes()) if (command.includes("boot.js")) process.kill(pid, "SIGTERM");
    await assertNothingLeft(shell, 10);
  });
});

/** A folder as a place for updates. @param {import("node:test").TestContext} t @param {string} folder */
async function serve(t, folder) {
  const own = temporaryFolder(t);
  const [key, certificate] = [path.join(own, "key.pem"), path.join(own, "certificate.pem")];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate];
  execFileSync("openssl", [...request, ...names], { stdio: "ignore" });
  const secrets = { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) };
  const server = https.createServer(secrets, ({ url = "" }, response) => {
    const file = path.join(folder, path.basename(new URL(url, "https://feed").pathname));
    if (!fs.existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Length": fs.statSync(file).size });
    fs.createReadStream(file).pipe(response);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `https://127.0.0.1:${port}/`, certificate };
}

test("macOS", needs("package: macOS", "linux", "stage"), async (t) => {
  const folder = temporaryFolder(t);
  // A small stage with native files of macOS, whose bytes count here.
  const stage = writeFiles(path.join(folder, "stage"), {
    "runtime-manifest.json": "{}",
    "manage.py": "",
    "python/lib/python3.14/site.py": "",
  });
  const machO = Buffer.from("cffaedfe0c000001", "hex");
  const natives = ["python/bin/python3", "python/lib/libpython3.14.dylib", "python/lib/python3.14/lib-dynload/_ssl.so"];
  for (const file of [...natives, "python/lib/python3.14/__pycache__/site.cpython-314.pyc"]) {
    const bytes = file.endsWith(".pyc") ? Buffer.from([0xa7, 0x0d, 0x0d, 0x0a, 3, 0, 0, 0]) : machO;
    fs.mkdirSync(path.dirname(path.join(stage, file)), { recursive: true });
    fs.writeFileSync(path.join(stage, file), bytes);
  }
  assert.deepEqual(nativeFiles(stage), natives);

  const has7z = !needs("package: macOS zip", "sevenZip").skip;
  const output = path.join(folder, "out");
  const extra = ["--config.mac.identity=null"];
  await build(output, { platform: "mac", targets: has7z ? ["zip"] : ["dir"], stage, extra });
  const app = path.join(output, "mac", `${project.title}.app`);

  await t.test("the program has the project's name", () => {
    const plist = fs.readFileSync(path.join(app, "Contents", "Info.plist"), "utf8");
    assert.ok(plist.includes(`<string>${project.identifier}</string>`));
    assert.ok(fs.existsSync(path.join(app, "Contents", "MacOS", project.title)));
    assert.match(plist, /ElectronAsarIntegrity/);
  });

  await t.test("names of what is downloaded", { skip: !has7z && "needs 7-Zip" }, () => {
    const name = `${project.name}-macos-${version}-x64.zip`;
    const files = fs.readdirSync(output);
    for (const file of [name, `${name}.blockmap`, "latest-mac.yml"]) assert.ok(files.includes(file), file);
  });

  await t.test("of the backend, exactly the native files are signed", async () => {
    const { macSigning } = require("../builder/signing.js");
    const [pattern] = macSigning({}, nativeFiles(stage)).signIgnore;
    const { walkAsync } = require("@electron/osx-sign/dist/cjs/util.js");
    const contents = path.join(app, "Contents");
    /** @type {string[]} what the packager's own signing step would look at, less what it is told to leave out */
    const candidates = (await walkAsync(contents)).filter((/** @type {string} */ file) => !new RegExp(String(pattern)).test(file));
    const backend = path.join(contents, "Resources", "backend");
    const ofBackend = candidates.filter((file) => file.startsWith(backend)).map((file) => path.relative(backend, file));
    assert.deepEqual(ofBackend.sort(), natives);
    assert.ok(candidates.some((file) => file.endsWith("Helper.app")), "and Electron's own as ever");
  });
});

test("without a whole stage nothing is packaged", needs("package: no stage", "posix"), async (t) => {
  const folder = temporaryFolder(t);
  const plan = { platform: /** @type {const} */ ("linux"), targets: ["dir"], stage: path.join(folder, "nothing") };
  await assert.rejects(build(path.join(folder, "out"), plan), (/** @type {any} */ error) => {
    assert.match(`${error.stdout}${error.stderr}`, /is not a whole staged backend. Run `cargo xtask packaged-stage`/);
    return true;
  });
});
