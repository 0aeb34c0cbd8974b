// @ts-check
"use strict";
// `DDS_REAL_ELECTRON=fetch node shells/memory.js [SHELL…]`: how much memory each shell has a minute after its start, beside a
// window of the same engine with nothing in it, one after the other on a display of its own. Shared memory counts for each
// process in part (PSS). Electron's program is packaged for it, Tauri's is the deb of `cargo xtask tauri-build`, Positron's
// that of `cargo xtask positron-install`. No test: memory depends on the machine.

const { execFileSync, spawn } = require("node:child_process");
const { randomUUID } = require("node:crypto");
const { once } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { readFacts, REPOSITORY } = require("./electron/project.js");
const { electronFolder, openDisplay, packageEmpty, packageShell } = require("./electron/tests/support/electron-program.js");
const { temporaryFolder } = require("./electron/tests/support/folder.js");
const { STAGE } = require("./electron/tests/support/needs.js");
const { killAll, processes, withoutSettings } = require("./electron/tests/support/shell.js");

const AFTER_MS = 60_000;
const NOBODY = 65_534;
const { name, title } = readFacts().project;
const PYTHON = path.join(REPOSITORY, "shells", "positron", ".venv", "bin", "python");

const PAGE = "data:text/html,<title>empty</title><h1>Hello</h1>";
const ELECTRON = `const { app, BrowserWindow } = require("electron");
app.enableSandbox();
app.whenReady().then(() => new BrowserWindow({ width: 1180, height: 820 }).loadURL("${PAGE}"));`;
const TOGA = `import toga
class Empty(toga.App):
    def startup(self):
        self.main_window = toga.MainWindow(title="empty", size=(1180, 820))
        self.main_window.content = toga.WebView()
        self.main_window.content.set_content("about:blank", "<title>empty</title><h1>Hello</h1>")
        self.main_window.show()
Empty("empty", "org.example.empty").main_loop()`;

const endings = /** @type {(() => unknown)[]} */ ([]);
const suite = { after: (/** @type {() => unknown} */ act) => void endings.push(act) };

/** `isOrdinary`: root can't start it. @typedef {{command: string[], env?: NodeJS.ProcessEnv, isOrdinary?: boolean}} Program */

/** A shell, and a window of its engine. @type {Record<string, () => Promise<Record<"ours" | "empty", Program>>>} */
const SHELLS = {
  async electron() {
    const [output, folder] = [temporaryFolder(suite), temporaryFolder(suite)];
    const program = packageShell(electronFolder(), output, STAGE);
    const empty = await packageEmpty(program, folder, ELECTRON);
    for (const place of [output, folder]) fs.chmodSync(place, 0o755);
    return { ours: { command: [program], isOrdinary: true }, empty: { command: [empty], isOrdinary: true } };
  },
  async tauri() {
    const packages = path.join(REPOSITORY, "dist", "tauri");
    const deb = fs.readdirSync(packages).find((file) => file.endsWith(".deb"));
    const folder = temporaryFolder(suite);
    execFileSync("dpkg-deb", ["-x", path.join(packages, String(deb)), folder]);
    // A window of WebKitGTK in C, which comes with it.
    const [browser = ""] = execFileSync("sh", ["-c", "ls /usr/lib/*/webkit2gtk-4.1/MiniBrowser"], { encoding: "utf8" }).split("\n");
    return { ours: { command: [path.join(folder, "usr", "bin", name)] }, empty: { command: [browser, PAGE] } };
  },
  async positron() {
    const module = `${name.replaceAll("-", "_")}_positron`;
    const env = { PYTHONPATH: path.join(REPOSITORY, "shells", "positron", "src") };
    return { ours: { command: [PYTHON, "-m", module], env }, empty: { command: [PYTHON, "-c", TOGA] } };
  },
};

/** The bytes of a process, its share of what others have, too. @param {number} pid */
function bytes(pid) {
  const told = /^Pss: +(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return Number(told?.[1]) * 1024;
}

/** What a program and all that it started have. @param {Awaited<ReturnType<typeof openDisplay>>} display @param {Program} program */
async function measure(display, { command, env, isOrdinary }) {
  const [home, mark] = [temporaryFolder(suite), randomUUID()];
  const identity = isOrdinary && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid) fs.chownSync(home, identity.uid, identity.gid);
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    ...identity,
    cwd: home,
    stdio: "ignore",
    env: {
      ...withoutSettings(process.env),
      ...display.env,
      ...env,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      XDG_CONFIG_HOME: home,
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      NO_AT_BRIDGE: "1",
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      DESKTOP_DJANGO_APP_DATA_DIR: path.join(home, "data"),
      DDS_TEST_MARK: mark,
    },
  });
  let all = /** @type {{bytes: number, file: string}[]} */ ([]);
  try {
    // All windows have one size.
    await pause(AFTER_MS / 2);
    display.move(await display.window(/./), 1180, 820, 100, 60);
    await pause(AFTER_MS / 2);
    all = processes(mark, program).map(({ pid }) => ({ bytes: bytes(pid), file: fs.readlinkSync(`/proc/${pid}/exe`) }));
  } finally {
    killAll([...processes(mark, program), { pid: Number(child.pid) }]);
    await once(child, "exit");
  }
  const sum = (/** @type {typeof all} */ some) => some.reduce((total, process) => total + process.bytes, 0);
  const backend = all.filter(({ file }) => file.includes("/backend/python/"));
  return { whole: sum(all), backend: sum(backend), count: all.length };
}

const megabytes = (/** @type {number} */ size) => `${Math.round(size / 1e6)} MB`;

async function main(names = process.argv.slice(2)) {
  const display = await openDisplay(suite);
  process.stdout.write(`${title}, ${AFTER_MS / 1000} s after the start\n`);
  for (const shell of names.length > 0 ? names : Object.keys(SHELLS)) {
    const programs = await SHELLS[shell]?.();
    if (!programs) throw new Error(`${shell} is no shell: ${Object.keys(SHELLS).join(", ")}`);
    const [empty, ours] = [await measure(display, programs.empty), await measure(display, programs.ours)];
    // Positron's is a part of the program itself.
    const backend = ours.backend > 0 ? `the backend's ${megabytes(ours.backend)} among them` : "the backend in one of them";
    process.stdout.write(`${shell}: ${megabytes(ours.whole)} in ${ours.count} processes, ${backend}; `);
    process.stdout.write(`an empty window: ${megabytes(empty.whole)} in ${empty.count}\n`);
  }
}

main().finally(() => endings.forEach((act) => act()));
