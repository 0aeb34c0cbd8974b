// @ts-check
"use strict";
// `DDS_REAL_ELECTRON=fetch node shells/pictures.js [SHELL…]`: takes the pictures of the shells for the documentation anew, light
// and dark, on a display of its own: the window with its Help menu, and a dialog over it. Each shell shows what is staged;
// Tauri's is the program of `cargo xtask tauri-test`, Positron's that of `cargo xtask positron-install`.

const { execFileSync, spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
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

/** @typedef {{command: string[], isOrdinary?: boolean, dark: string[], env?: NodeJS.ProcessEnv, about: string[]}} Shell */

/** How each shell is started, made dark where it follows no theme of GTK, and asked for its dialog. @type {Record<string, () => Shell>} */
const SHELLS = {
  electron() {
    const output = temporaryFolder(suite);
    const program = packageShell(electronFolder(), output, STAGE);
    fs.chmodSync(output, 0o755);
    return { command: [program], isOrdinary: true, dark: ["--force-dark-mode"], about: ["alt+h", "Up", "Return"] };
  },
  tauri() {
    const program = path.join(REPOSITORY, "shells", "tauri", "src-tauri", "target", "debug", "desktop-shell");
    const env = { DESKTOP_DJANGO_RUNTIME_MODE: "packaged", DESKTOP_DJANGO_BACKEND_ROOT: STAGE };
    return { command: [program], dark: [], env, about: ["alt+h", "Up", "Return"] };
  },
  positron() {
    const python = path.join(REPOSITORY, "shells", "positron", ".venv", "bin", "python");
    const env = { PYTHONPATH: path.join(REPOSITORY, "shells", "positron", "src") };
    return { command: [python, "-m", "desktop_django_starter_positron"], dark: [], env, about: ["F10", "Left", "Up", "Return"] };
  },
};

/** @param {Awaited<ReturnType<typeof openDisplay>>} display @param {string} name @param {Shell} shell @param {"light" | "dark"} scheme */
async function take(display, name, { command, isOrdinary, dark, env, about }, scheme) {
  const home = temporaryFolder(suite);
  // Chromium refuses to run as root.
  const identity = isOrdinary && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid) fs.chownSync(home, identity.uid, identity.gid);
  const [program = "", ...args] = [...command, ...(scheme === "dark" ? dark : [])];
  const child = spawn(program, args, {
    ...identity,
    cwd: REPOSITORY,
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
  const own = await display.window(PAGE);
  display.move(own, 1000, 640, 100, 100);
  display.activate(own);
  await pause(3_000);
  const save = (/** @type {string} */ what) => {
    const file = path.join(IMAGES, `${name}${what}-${scheme}.png`);
    // All around it is black.
    const shot = ["-window", "root", "-trim", "+repage", "-resize", `${WIDTH}x`, "-dither", "None", "-colors", "128"];
    execFileSync("import", [...shot, `png8:${file}`], { env: { ...process.env, ...display.env } });
  };
  await display.press(...about.slice(0, -2));
  await pause(1_000);
  save("");
  await display.press(...about.slice(-2));
  await until("the dialog is there", () => display.titles().length > 1);
  await pause(1_500);
  save("-about");
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
  process.stdout.write(`the pictures of ${title} are in ${path.relative(process.cwd(), IMAGES)}\n`);
}

main().finally(() => endings.forEach((act) => act()));
