// @ts-check
"use strict";
// `DDS_REAL_ELECTRON=fetch node shells/pictures.js [--to FOLDER] [SHELL…]`: takes the pictures of the shells for the documentation
// anew, light and dark, on a display of its own: the window with its Help menu, About over it, all menus, what dialogs tell and
// ask, and those in which a file is chosen. Each shell shows what is staged, as if people uploaded files; Tauri's is the program of
// `cargo xtask tauri-test`, Positron's that of `cargo xtask positron-install`. One run at a time.

const { execFileSync, spawn } = require("node:child_process");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { parseArgs } = require("node:util");
const { readFacts, REPOSITORY } = require("./electron/project.js");
const { electronFolder, openDisplay, packageIncomplete, packageShell, until } = require("./electron/tests/support/electron-program.js");
const { temporaryFolder } = require("./electron/tests/support/folder.js");
const { STAGE } = require("./electron/tests/support/needs.js");
const { answer, image, openAlbum, sheet, SMALL, windows } = require("./picture-album.js");
const { openFeed } = require("./picture-updates.js");

const DOCS = path.join(REPOSITORY, "docs", "images");
const PAGE = /^My Ponies/;
const WIDTH = 800;
const NOBODY = 65_534;
// A button and a link of the page, in a window of this size at this place.
const NEW_PONY = /** @type {const} */ ([985, 343]);
const UPLOADED_FILE = /** @type {const} */ ([995, 174]);
// Nobody can put a file here.
const NOWHERE = "/proc/Nimbus.png";
// Of updates.
const [NOTHING, OLDER, NEWER] = ["", "0.0.1", "99.0.0"];
// Another program that uses the data.
const HOLD = `import fcntl, os, sys, time
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print(os.getpid(), file=file, flush=True)
print(flush=True)
time.sleep(600)`;
const { project, checkout } = readFacts();
// The settings of the demo, and the same where people upload files: one is behind a link of each page.
const beside = (/** @type {string} */ name) => [...checkout.settingsModule.split(".").slice(0, -1), name].join(".");
const [SETTINGS, UPLOADS] = /** @type {const} */ ([beside("packaged"), beside("with_uploads")]);
const UPLOADED = `import os
import platform
from .packaged import *
# A support file has more to say of the machine than readers want to know.
platform.platform = lambda: "Linux"
MEDIA_ROOT = os.path.join(os.environ["DESKTOP_DJANGO_APP_DATA_DIR"], "media")
MEDIA_URL = "media/"
MIDDLEWARE = [*MIDDLEWARE, "${UPLOADS}.link"]
def link(get_response):
    def answer(request):
        response = get_response(request)
        if not response.streaming:
            response.content = response.content.replace(b'href="/tasks/"', b'href="/media/Nimbus.png" download')
        return response
    return answer
`;
const { title } = project;
let images = DOCS;

const endings = /** @type {(() => unknown)[]} */ ([]);
const suite = { after: (/** @type {() => unknown} */ act) => void endings.push(act) };

// The last line of the last menu.
const ABOUT = ["Up", "Return"];
// What paths in dialogs begin with.
const HOME = path.join(os.tmpdir(), "my-ponies");
const MNEMONICS = ["alt+f", "alt+e", "alt+v", "alt+w", "alt+h"].map((key) => [key]);

/** @typedef {{command: string[], isOrdinary?: boolean, dark?: string[], env?: NodeJS.ProcessEnv}} Program */
/** @typedef {Program & {menus: string[][], file: Line, help: Line, yes: string[], support: number, back?: string, scenes: Scene[]}} Shell */
/** @typedef {(at: number) => string[]} Line keys that choose the line of a menu, counted from 0 */
/** @typedef {(display: Display, shell: Shell, scheme: Scheme, album: Album) => Promise<void>} Scene dialogs that only this shell has */
/** @typedef {"light" | "dark"} Scheme */
/** @typedef {import("./picture-album.js").Window} Window */
/** @typedef {import("./picture-album.js").Display} Display */
/** @typedef {ReturnType<typeof openAlbum>} Album */
/** @typedef {Awaited<ReturnType<typeof openFeed>>} Feed */

const downs = (/** @type {number} */ count) => Array(count).fill("Down");
const rights = (/** @type {number} */ count) => Array(count).fill("Right");
// The first line is marked when the menu opens.
const MARKED = {
  menus: MNEMONICS,
  file: (/** @type {number} */ at) => ["alt+f", ...downs(at), "Return"],
  help: (/** @type {number} */ at) => ["alt+h", ...downs(at), "Return"],
  yes: ["Return"],
  support: 3,
};

/** How each shell is started, made dark where it follows no theme of GTK, and used: menus from left to right, lines of two of them, keys that say yes. @type {Record<string, () => Shell>} */
const SHELLS = {
  electron() {
    const output = temporaryFolder(suite);
    const program = packageShell(electronFolder(), output, stageWithUploads());
    fs.chmodSync(output, 0o755);
    return { ...MARKED, command: [program], isOrdinary: true, dark: ["--force-dark-mode"], scenes: [takeElectronUpdates, takeIncomplete] };
  },
  tauri() {
    const program = path.join(REPOSITORY, "shells", "tauri", "src-tauri", "target", "debug", "desktop-shell");
    const env = { DESKTOP_DJANGO_RUNTIME_MODE: "packaged", DESKTOP_DJANGO_BACKEND_ROOT: stageWithUploads() };
    return { ...MARKED, command: [program], env, back: "alt+Left", scenes: [takeTauriUpdates] };
  },
  positron() {
    const python = path.join(REPOSITORY, "shells", "positron", ".venv", "bin", "python");
    const env = { PYTHONPATH: positronWithUploads() };
    const menus = [0, 1, 2, 3, 4].map((at) => ["F10", ...rights(at)]);
    const line = (/** @type {number} */ menu) => (/** @type {number} */ at) => ["F10", ...rights(menu), ...downs(at + 1), "Return"];
    const command = [python, "-m", "desktop_django_starter_positron"];
    return { command, env, menus, file: line(1), help: line(4), yes: ["Tab", "Return"], support: 2, back: "ctrl+bracketleft", scenes: [] };
  },
};

/** What is staged, but as if people uploaded files: only then a backup asks about those. */
function stageWithUploads() {
  const stage = path.join(temporaryFolder(suite), "backend");
  fs.cpSync(STAGE, stage, { recursive: true, dereference: true });
  addUploads(path.join(stage, "src"), path.join(stage, "runtime-manifest.json"));
  return stage;
}

/** The same for Positron, laid as in its package. */
function positronWithUploads() {
  const [folder, backend] = [temporaryFolder(suite), path.join(REPOSITORY, "backend")];
  const parts = [path.join(REPOSITORY, "dds.toml"), path.join(REPOSITORY, "shells", "words.json"), path.join(backend, "src")];
  const packages = ["shells/positron/src/desktop_django_starter_positron", "backend/desktop_runtime/src/desktop_runtime"];
  for (const part of [...parts, ...packages.map((name) => path.join(REPOSITORY, name))]) {
    fs.cpSync(part, path.join(folder, path.basename(part)), { recursive: true });
  }
  addUploads(path.join(folder, "src"), path.join(folder, "dds.toml"));
  return folder;
}

/** @param {string} sources @param {string} facts the file that names the settings */
function addUploads(sources, facts) {
  fs.writeFileSync(`${path.join(sources, ...UPLOADS.split("."))}.py`, UPLOADED);
  fs.writeFileSync(facts, fs.readFileSync(facts, "utf8").replaceAll(SETTINGS, UPLOADS));
}

function freshHome() {
  fs.rmSync(HOME, { recursive: true, force: true });
  fs.mkdirSync(HOME);
  return HOME;
}

/** @param {Display} display @param {Program} program @param {Scheme} scheme @param {string} home */
function start(display, { command, isOrdinary, dark = [], env }, scheme, home) {
  // Chromium refuses to run as root.
  const identity = isOrdinary && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid) execFileSync("chown", ["-R", `${identity.uid}:${identity.gid}`, home]);
  const [program = "", ...args] = [...command, ...(scheme === "dark" ? dark : [])];
  return spawn(program, args, {
    ...identity,
    cwd: home,
    stdio: "ignore",
    env: {
      ...process.env,
      ...display.env,
      ...env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      GTK_THEME: scheme === "dark" ? "Adwaita:dark" : "Adwaita",
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      NO_AT_BRIDGE: "1",
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      DESKTOP_DJANGO_APP_DATA_DIR: path.join(home, "data"),
    },
  });
}

const PARTS = ["", "-about", "-menus", "-dialogs", "-files"];
const SCHEMES = /** @type {const} */ (["light", "dark"]);

/** The files that are made. @param {string} shell */
const namesOf = (shell) => PARTS.flatMap((part) => SCHEMES.map((scheme) => `${shell}${part}-${scheme}.png`)).sort();

/** @param {Display} display @param {string} name @param {Shell} shell @param {Scheme} scheme */
async function take(display, name, shell, scheme) {
  const home = freshHome();
  fs.mkdirSync(path.join(home, "data", "media"), { recursive: true });
  fs.writeFileSync(path.join(home, "data", "media", "Nimbus.png"), randomBytes(2_500_000));
  fs.writeFileSync(path.join(home, "notes.zip"), "no backup");
  const child = start(display, shell, scheme, home);
  const own = await display.window(PAGE);
  display.move(own, 1000, 640, 100, 100);
  display.activate(own);
  await pause(3_000);
  const to = (/** @type {string} */ what) => path.join(images, `${name}${what}-${scheme}.png`);
  await takeMenus(display, shell, to);
  const album = openAlbum(suite, display);
  album.settle();
  await takePeopleData(display, shell, album, home);
  await takePage(display, shell, album);
  await end(child);
  await takeFailures(display, shell, scheme, album);
  for (const scene of shell.scenes) await scene(display, shell, scheme, album);
  sheet(display, album.folders.messages, 2, to("-dialogs"));
  sheet(display, album.folders.files, 2, to("-files"));
}

/** @param {import("node:child_process").ChildProcess} child */
async function end(child) {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** The whole window with the last menu and with About, and all menus. @param {Display} display @param {Shell} shell @param {(what: string) => string} to */
async function takeMenus(display, shell, to) {
  const menus = temporaryFolder(suite);
  // All around it is black.
  const whole = (/** @type {string} */ file) =>
    image(display, "import", "-window", "root", "-trim", "+repage", "-resize", `${WIDTH}x`, ...SMALL, `png8:${file}`);
  for (const [at, keys] of shell.menus.entries()) {
    await display.press(...keys);
    await pause(1_000);
    if (at === shell.menus.length - 1) whole(to(""));
    image(display, "import", "-window", "root", "-trim", "+repage", "-crop", "580x360+0+0", "+repage", path.join(menus, `${at}.png`));
    await display.press("Escape", "Escape", "Escape");
  }
  const count = display.titles().length;
  await display.press(...(shell.menus.at(-1) ?? []), ...ABOUT);
  await display.window(/^About /);
  await pause(1_500);
  whole(to("-about"));
  await display.press("Escape");
  await until("About is closed", () => display.titles().length === count);
  sheet(display, menus, 3, to("-menus"));
}

/** Back Up, Restore, Export, Save Support File. @param {Display} display @param {Shell} shell @param {Album} album @param {string} home */
async function takePeopleData(display, { file, help, yes, support }, album, home) {
  const choose = async (/** @type {string[]} */ keys) => {
    display.activate(await display.window(PAGE));
    return album.shoot(() => display.press("Escape", ...keys));
  };
  const save = async (/** @type {Window} */ dialog, /** @type {string} */ name) => {
    await display.answerFile(dialog.title, path.join(home, name));
    await answer(display, await album.shoot(), "Escape");
  };
  await answer(display, await choose(file(0)), "Return");
  await save(await album.shoot(), "ponies.zip");
  await display.answerFile((await choose(file(1))).title, path.join(home, "notes.zip"));
  await answer(display, await album.shoot(), ...yes);
  await answer(display, await album.shoot(), "Escape"); // Refused: it is no backup.
  await save(await choose(file(2)), "data.zip");
  await answer(display, await choose(help(support)), ...yes);
  await save(await album.shoot(), "support.zip");
}

/** Print, a download, and unsaved text on a page. @param {Display} display @param {Shell} shell @param {Album} album */
async function takePage(display, { back }, album) {
  display.activate(await display.window(PAGE));
  await answer(display, await album.shoot(() => display.press("ctrl+p")), "Escape");
  const download = await album.shoot(() => display.click(...UPLOADED_FILE));
  await display.answerFile(download.title, NOWHERE);
  await answer(display, await album.shoot(), "Escape");
  display.click(...NEW_PONY);
  const card = await display.window(/New Pony|Add/);
  await pause(1_000);
  display.type("Testerella");
  display.close(card);
  await answer(display, await album.shoot(), "Escape");
  if (!back) return;
  // There it is the engine that asks, in the window.
  display.activate(card);
  await display.press(back);
  await pause(2_000);
  windows(display).filter((it) => it.title === card).forEach((it) => album.add(it));
}

/** What people see when the app can't start. @param {Display} display @param {Shell} shell @param {Scheme} scheme @param {Album} album */
async function takeFailures(display, shell, scheme, album) {
  const home = freshHome();
  const data = path.join(home, "data");
  fs.mkdirSync(data);
  fs.writeFileSync(path.join(data, "app.sqlite3"), "no database");
  await takeFailure(display, shell, scheme, album, home);
  fs.rmSync(path.join(data, "app.sqlite3"));
  const holder = spawn("python3", ["-c", HOLD, path.join(data, "desktop.lock")], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  await takeFailure(display, shell, scheme, album, home);
  await end(holder);
}

/** @param {Display} display @param {Program} program @param {Scheme} scheme @param {Album} album @param {string} home */
async function takeFailure(display, program, scheme, album, home) {
  album.settle();
  const before = windows(display).length;
  const child = start(display, program, scheme, home);
  await until("a window is there", () => windows(display).length > before);
  await pause(6_000);
  const all = windows(display);
  // Behind it may be the splash.
  album.settle(all.length - before > 1 ? all.filter((it) => it.title === title) : []);
  await album.shoot();
  await end(child);
}

/** A file of the program itself is missing. @type {Scene} */
async function takeIncomplete(display, shell, scheme, album) {
  const folder = temporaryFolder(suite);
  fs.chmodSync(folder, 0o755);
  const program = await packageIncomplete(shell.command[0] ?? "", folder, path.join("src", "main", "menu.js"));
  await takeFailure(display, { ...shell, command: [program] }, scheme, album, freshHome());
}

/** What Check for Updates tells, for each version that is to be had. @param {Display} display @param {Shell} shell @param {Scheme} scheme @param {Album} album @param {Feed} feed @param {string[]} versions */
async function takeUpdates(display, shell, scheme, album, feed, versions) {
  const child = start(display, shell, scheme, freshHome());
  const own = await display.window(PAGE);
  await pause(2_000);
  for (const version of versions) {
    feed.version = version;
    album.settle();
    display.activate(own);
    const told = await album.shoot(() => display.press("Escape", ...shell.help(0)));
    if (version !== NEWER) await answer(display, told, "Escape");
    else {
      await answer(display, told, ...shell.yes);
      await answer(display, await album.shoot(), "Escape");
    }
  }
  await end(child);
}

/** @type {Scene} */
async function takeElectronUpdates(display, shell, scheme, album) {
  const feed = await openFeed(suite, "http");
  const settings = path.join(path.dirname(shell.command[0] ?? ""), "resources", "app-update.yml");
  fs.writeFileSync(settings, `provider: generic\nurl: ${feed.url}\n`);
  await takeUpdates(display, shell, scheme, album, feed, [NOTHING]);
  // On Linux an AppImage can update itself, and nothing else.
  const env = { APPIMAGE: path.join(HOME, "pony.AppImage"), XDG_CACHE_HOME: HOME };
  await takeUpdates(display, { ...shell, env }, scheme, album, feed, [NOTHING, OLDER, NEWER]);
}

/** @type {Scene} */
async function takeTauriUpdates(display, shell, scheme, album) {
  const feed = await openFeed(suite, "https");
  await takeUpdates(display, shell, scheme, album, feed, [NOTHING]);
  const half = { ...shell.env, DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS: `${feed.url}latest.json` };
  await takeUpdates(display, { ...shell, env: half }, scheme, album, feed, [NOTHING]);
  const env = { ...half, DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY: feed.publicKey, SSL_CERT_FILE: feed.certificate };
  await takeUpdates(display, { ...shell, env }, scheme, album, feed, [NOTHING, OLDER, NEWER]);
}

async function main() {
  const { values, positionals: names } = parseArgs({ allowPositionals: true, options: { to: { type: "string", default: DOCS } } });
  images = path.resolve(values.to);
  fs.mkdirSync(images, { recursive: true });
  const display = await openDisplay(suite);
  for (const name of names.length > 0 ? names : Object.keys(SHELLS)) {
    const shell = SHELLS[name]?.();
    if (!shell) throw new Error(`${name} is no shell: ${Object.keys(SHELLS).join(", ")}`);
    for (const scheme of SCHEMES) await take(display, name, shell, scheme);
  }
  fs.rmSync(HOME, { recursive: true, force: true });
  process.stdout.write(`the pictures of ${title} are in ${path.relative(process.cwd(), images)}\n`);
}

if (require.main === module) main().finally(() => endings.forEach((act) => act()));

module.exports = { namesOf };
