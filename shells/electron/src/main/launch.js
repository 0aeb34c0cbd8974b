// @ts-check
"use strict";
// From the settings to the one process to start: which program, with which arguments and environment, and where.

const fs = require("node:fs");
const path = require("node:path");
const { Failure, failures } = require("./failures.js");
const { getLanguage } = require("./words.js");
/** @import {Launch, Manifest, Settings} from "../types" */

const OWN_SPLASH = path.join(__dirname, "..", "splash", "splash.html");

/** @type {(settings: Settings, token: string, env: NodeJS.ProcessEnv) => Launch} */
function planLaunch(settings, token, env) {
  const { backendRoot, checkout, mode, python } = settings;
  const own = {
    DESKTOP_DJANGO_APP_DATA_DIR: settings.dataFolder,
    DESKTOP_DJANGO_AUTH_TOKEN: token,
    DESKTOP_DJANGO_BUNDLE_DIR: backendRoot,
    DESKTOP_DJANGO_LANGUAGE: getLanguage(),
    DESKTOP_DJANGO_RUNTIME_MODE: mode,
    PYTHONUNBUFFERED: "1",
  };
  if (mode === "packaged") {
    const manifest = readManifest(settings);
    return {
      command: manifest.python,
      args: manifest.command,
      cwd: manifest.cwd,
      env: { ...withoutPython(env), ...own, DJANGO_SETTINGS_MODULE: manifest.settingsModule },
      splash: splashIn(manifest.sourceRoot, manifest.settingsModule),
    };
  }
  if (mode !== "development" || !checkout) throw failures.unknownMode(mode);
  const settingsModule = env.DJANGO_SETTINGS_MODULE || checkout.settingsModule;
  return {
    command: python ?? (env.UV || "uv"),
    args: python ? checkout.command : ["run", "--frozen", "python", ...checkout.command],
    cwd: backendRoot,
    env: { ...env, ...own, DJANGO_SETTINGS_MODULE: settingsModule },
    splash: splashIn(path.join(backendRoot, checkout.sourceRoot), settingsModule),
  };
}

/**
 * Nothing of another Python on the computer may get into the bundled one, also not what lies in ~/.local.
 * @type {(env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv}
 */
function withoutPython(env) {
  const rest = Object.entries(env).filter(([name]) => !/^(PYTHON|VIRTUAL_ENV$)/i.test(name));
  return { ...Object.fromEntries(rest), PYTHONDONTWRITEBYTECODE: "1", PYTHONNOUSERSITE: "1" };
}

/**
 * The stage writes the manifest last: with it, the tree is whole.
 * @type {(settings: Settings) => Manifest}
 */
function readManifest(settings) {
  const root = settings.backendRoot;
  const file = path.join(root, "runtime-manifest.json");
  const damaged = (/** @type {string} */ problem) => failures.damagedManifest(file, problem, settings);
  const below = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    if (typeof value !== "string" || value === "") throw damaged(`it has no ${key}`);
    const absolute = path.resolve(root, value);
    if (absolute !== root && !absolute.startsWith(root + path.sep)) throw damaged(`its ${key} leads elsewhere`);
    return absolute;
  };
  try {
    const { schemaVersion, python, launcher } = JSON.parse(fs.readFileSync(file, "utf8"));
    if (schemaVersion !== 1) throw damaged(`its schema is ${schemaVersion}, this program knows 1`);
    if (!Array.isArray(launcher?.command)) throw damaged("it has no launcher.command");
    const program = below("python.executable", python?.executable);
    if (!fs.statSync(program, { throwIfNoEntry: false })?.isFile()) throw failures.missingPython(program, settings);
    return {
      python: program,
      cwd: below("launcher.cwd", launcher.cwd),
      sourceRoot: below("launcher.sourceRoot", launcher.sourceRoot),
      command: launcher.command,
      settingsModule: String(launcher.settingsModule),
    };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw code === "ENOENT" ? failures.missingManifest(file, settings) : damaged(message);
  }
}

/**
 * The start-up page is a template of the project, made to be shown from disk as well. It is read from where it is, so no
 * copy can go stale; a project without one gets this shell's.
 * @type {(sourceRoot: string, settingsModule: string) => string}
 */
function splashIn(sourceRoot, settingsModule) {
  const file = path.join(sourceRoot, settingsModule.replace(/\..*/, ""), "templates", "splash.html");
  return fs.existsSync(file) ? file : OWN_SPLASH;
}

module.exports = { planLaunch, OWN_SPLASH };
