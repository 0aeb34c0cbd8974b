// @ts-check
"use strict";
// `DDS_REAL_ELECTRON=fetch node shells/pictures.js [SHELL…]`: takes the pictures of the shells for the documentation anew, light
// and dark, on a display of its own: the window with its Help menu, About over it, all menus, and the other dialogs. Each shell
// shows what is staged; Tauri's is the program of `cargo xtask tauri-test`, Positron's that of `cargo xtask positron-install`.

const { execFileSync, spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { readFacts, REPOSITORY } = require("./electron/project.js");
const { electronFolder, openDisplay, packageShell, until } = require("./electron/tests/support/electron-program.js");
const { temporaryFolder } = require("./electron/tests/support/folder.js");
const { STAGE } = require("./electron/tests/support/needs.js");

const IMAGES = path.join(REPOSITORY, "docs", "images");
const PAGE = /^My Ponies/;
const WIDTH = 800;
const NOBODY = 65_534;
const { title } = readFacts().project;

const endings = /** @type {(() => unknown)[]} */ ([]);
const suite = { after: (/** @type {() => unknown} */ act) => void endings.push(act) };

// The last line of the last menu.
const ABOUT = ["Up", "Return"];
// What paths in dialogs begin with.
const HOME = path.join(os.tmpdir(), "my-ponies");
const MNEMONICS = ["alt+f", "alt+e", "alt+v", "alt+w", "alt+h"].map((key) => [key]);

/** @typedef {{command: string[], isOrdinary?: boolean, dark: string[], env?: NodeJS.ProcessEnv, menus: string[][], backUp: string[]}} Shell */
/** @typedef {Awaited<ReturnType<typeof openDisplay>>} Display */

/** How each shell is started, made dark where it follows no theme of GTK, and asked for its menus, from left to right, and for a backup. @type {Record<string, () => Shell>} */
const SHELLS = {
  electron() {
    const output = temporaryFolder(suite);
    const program = packageShell(electronFolder(), output, STAGE);
    fs.chmodSync(output, 0o755);
    return { command: [program], isOrdinary: true, dark: ["--force-dark-mode"], menus: MNEMONICS, backUp: ["alt+f", "Return"] };
  },
  tauri() {
    const program = path.join(REPOSITORY, "shells", "tauri", "src-tauri", "target", "debug", "desktop-shell");
    const env = { DESKTOP_DJANGO_RUNTIME_MODE: "packaged", DESKTOP_DJANGO_BACKEND_ROOT: STAGE };
    return { command: [program], dark: [], env, menus: MNEMONICS, backUp: ["alt+f", "Return"] };
  },
  positron() {
    const python = path.join(REPOSITORY, "shells", "positron", ".venv", "bin", "python");
    const env = { PYTHONPATH: path.join(REPOSITORY, "shells", "positron", "src") };
    return { command: [python, "-m", "desktop_django_starter_positron"], dark: [], env, menus: [0, 1, 2, 3, 4].map((at) => ["F10", ...Array(at).fill("Right")]), backUp: ["F10", "Right", "Down", "Return"] };
  },
};

function freshHome() {
  fs.rmSync(HOME, { recursive: true, force: true });
  fs.mkdirSync(HOME);
  return HOME;
}

/** @param {Display} display @param {Shell} shell @param {"light" | "dark"} scheme @param {string} home */
function start(display, { command, isOrdinary, dark, env }, scheme, home) {
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

/** ImageMagick's tools. @param {Display} display @param {string} tool @param {string[]} args */
const image = (display, tool, ...args) => execFileSync(tool, args, { env: { ...process.env, ...display.env } });
const SMALL = ["-dither", "None", "-colors", "255"];

/** The dialog that opens, alone, with its frame. @param {Display} display @param {string[]} others @param {string} file */
async function shootDialog(display, others, file) {
  const list = () => execFileSync("wmctrl", ["-l"], { env: { ...process.env, ...display.env }, encoding: "utf8" }).split("\n").filter(Boolean);
  const isNew = (/** @type {string} */ line) => !others.includes(line.split(/\s+/).slice(3).join(" "));
  await until("the dialog is there", () => list().some(isNew));
  await pause(1_500);
  image(display, "import", "-frame", "-window", String(list().find(isNew)?.split(" ")[0]), "-resize", "640x560>", file);
}

/** @param {Display} display @param {string} name @param {Shell} shell @param {"light" | "dark"} scheme */
async function take(display, name, shell, scheme) {
  const child = start(display, shell, scheme, freshHome());
  const own = await display.window(PAGE);
  display.move(own, 1000, 640, 100, 100);
  display.activate(own);
  await pause(3_000);
  const to = (/** @type {string} */ what) => path.join(IMAGES, `${name}${what}-${scheme}.png`);
  const [menus, dialogs] = [temporaryFolder(suite), temporaryFolder(suite)];
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
  const others = display.titles();
  await display.press(...(shell.menus.at(-1) ?? []), ...ABOUT);
  await display.window(/^About /);
  await pause(1_500);
  whole(to("-about"));
  await display.press("Escape");
  await until("About is closed", () => display.titles().length === others.length);
  display.activate(own);
  await display.press(...shell.backUp);
  await shootDialog(display, others, path.join(dialogs, "2.png"));
  child.kill();
  await once(child, "exit");
  await takeFailure(display, shell, scheme, path.join(dialogs, "1.png"));
  const sheet = (/** @type {string} */ folder, /** @type {string} */ columns, /** @type {string} */ file) => {
    const parts = fs.readdirSync(folder).sort().map((part) => path.join(folder, part));
    const look = ["-tile", `${columns}x`, "-gravity", "north", "-geometry", "+12+12", "-background", "none"];
    image(display, "montage", ...parts, ...look, ...SMALL, `png8:${file}`);
  };
  sheet(menus, "3", to("-menus"));
  sheet(dialogs, "2", to("-dialogs"));
}

/** What people see when the app can't start. @param {Display} display @param {Shell} shell @param {"light" | "dark"} scheme @param {string} file */
async function takeFailure(display, shell, scheme, file) {
  const home = freshHome();
  fs.mkdirSync(path.join(home, "data"));
  fs.writeFileSync(path.join(home, "data", "app.sqlite3"), "no database");
  const child = start(display, shell, scheme, home);
  const others = display.titles();
  await until("a window is there", () => display.titles().length > others.length);
  const isSplash = (/** @type {string} */ it) => it === title;
  await pause(6_000);
  const windows = display.titles();
  await shootDialog(display, windows.length > 1 ? windows.filter(isSplash) : [], file);
  child.kill();
  await once(child, "exit");
}

async function main(names = process.argv.slice(2)) {
  const display = await openDisplay(suite);
  for (const name of names.length > 0 ? names : Object.keys(SHELLS)) {
    const shell = SHELLS[name]?.();
    if (!shell) throw new Error(`${name} is no shell: ${Object.keys(SHELLS).join(", ")}`);
    for (const scheme of /** @type {const} */ (["light", "dark"])) await take(display, name, shell, scheme);
  }
  fs.rmSync(HOME, { recursive: true, force: true });
  process.stdout.write(`the pictures of ${title} are in ${path.relative(process.cwd(), IMAGES)}\n`);
}

main().finally(() => endings.forEach((act) => act()));
