// @ts-check
"use strict";
// `app`: the life of the program, as documented: `quit` asks the windows, then `will-quit`, then leaves; `exit` asks nobody.

const { EventEmitter } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { strict } = require("./strict.js");

/** @typedef {{appFolder: string, isPackaged: boolean, executable: string, manifest: any}} Start */

/**
 * @param {Start} start
 * @param {ReturnType<typeof import("./control.js").makeControl>} control
 */
function makeApp({ appFolder, isPackaged, executable, manifest }, control) {
  const name = manifest.productName ?? manifest.name;
  const home = os.homedir();
  /** @type {Record<string, string>} */
  const paths = {
    appData: process.env.XDG_CONFIG_HOME || path.join(home, ".config"),
    temp: os.tmpdir(),
    exe: executable,
    home,
    documents: path.join(home, "Documents"),
    downloads: path.join(home, "Downloads"),
  };
  /** @type {any} */
  let windows;
  let isReady = false;
  let isQuitting = false;
  /** @type {(value?: unknown) => void} */
  let beReady = () => {};
  const ready = new Promise((resolve) => (beReady = resolve));

  class App extends EventEmitter {
    isPackaged = isPackaged;
    name = name;
    whenReady = () => ready;
    isReady = () => isReady;
    enableSandbox() {}
    commandLine = { appendSwitch() {} };
    setAboutPanelOptions() {}
    getVersion = () => manifest.version;
    getPreferredSystemLanguages = () => [process.env.STAND_IN_LANGUAGE ?? "en-GB"];
    getName = () => name;
    getAppPath = () => appFolder;
    /** @param {string} key @returns {string} */
    getPath(key) {
      if (key === "sessionData") return paths.sessionData ?? this.getPath("userData");
      if (key === "userData") return paths.userData ?? path.join(String(paths.appData), name);
      if (!paths[key]) throw new Error(`Failed to get '${key}' path`);
      return paths[key];
    }
    /** @param {string} key @param {string} value */
    setPath(key, value) {
      if (!path.isAbsolute(value)) throw new Error("Path must be absolute");
      paths[key] = value;
    }
    requestSingleInstanceLock() {
      const file = path.join(this.getPath("userData"), "SingletonLock");
      const other = fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0;
      if (other && isAlive(other)) {
        process.kill(other, "SIGUSR2");
        return false;
      }
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, String(process.pid));
      process.on("exit", () => fs.rmSync(file, { force: true }));
      process.on("SIGUSR2", () => this.emit("second-instance", {}, [], "", null));
      return true;
    }
    quit() {
      if (isQuitting) return;
      isQuitting = true;
      if (!emitPreventable(this, "before-quit")) return void (isQuitting = false);
      if (windows && !windows.closeAll()) return void (isQuitting = false);
      this.leave();
    }
    leave() {
      if (!emitPreventable(this, "will-quit")) return void (isQuitting = false);
      this.exit(0);
    }
    /** @param {number} code */
    exit(code = 0) {
      this.emit("quit", {}, code);
      control.tell("exit", { code });
      // Chromium goes with this process.
      setImmediate(() => process.exit(code));
    }
    /** Called when the last window is gone. */
    allClosed() {
      if (isQuitting) return;
      if (this.listenerCount("window-all-closed") > 0) this.emit("window-all-closed");
      else this.quit();
    }
  }

  const app = strict("app", new App());
  control.on("quit", () => app.quit());

  /** @param {any} allWindows */
  async function begin(allWindows) {
    windows = allWindows;
    control.tell("start", { pid: process.pid, isPackaged });
    await windows.openBrowser();
    isReady = true;
    app.emit("ready");
    beReady();
  }
  return { app, begin };
}

/** @param {EventEmitter} emitter @param {string} name @param {unknown[]} args @returns {boolean} whether to go on */
function emitPreventable(emitter, name, ...args) {
  let isPrevented = false;
  emitter.emit(name, { preventDefault: () => void (isPrevented = true) }, ...args);
  return !isPrevented;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

module.exports = { makeApp, emitPreventable };
