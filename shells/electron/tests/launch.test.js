// @ts-check
"use strict";
// Settings and launch plan: which program would be started, with what.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { planLaunch, OWN_SPLASH } = require("../src/main/launch.js");
const { readSettings } = require("../src/main/settings.js");
const { readFacts } = require("../project.js");
const { DAMAGES, makeFakeBackend, PYTHON } = require("./support/backends.js");
const { temporaryFolder, writeFiles } = require("./support/folder.js");
const { needs } = require("./support/needs.js");

const TOKEN = "the-token";

/** @param {NodeJS.ProcessEnv} env */
const settingsFrom = (env) =>
  readSettings(/** @type {any} */ ({ isPackaged: false, getPath: () => "/somewhere/config" }), env);

/** @param {string} folder */
const stagedSettings = (folder) =>
  settingsFrom({ DESKTOP_DJANGO_RUNTIME_MODE: "packaged", DESKTOP_DJANGO_BACKEND_ROOT: folder });

test("settings of a checkout, without any variable", () => {
  const { project, checkout } = readFacts();
  const settings = settingsFrom({ DESKTOP_DJANGO_APP_DATA_DIR: "", DESKTOP_DJANGO_SMOKE_TEST: "0" });
  assert.equal(settings.mode, "development");
  assert.equal(settings.backendRoot, checkout.root);
  assert.equal(settings.dataFolder, path.resolve(`/somewhere/config/${project.identifier}.development`));
  assert.equal(settings.isSmokeTest, false);
});

test("the picture for windows: the packager's in a checkout, a resource of the installed program", () => {
  assert.equal(settingsFrom({}).icon, readFacts().icon);
  assert.match(readFacts().icon, /[\\/]build[\\/]icon\.png$/);
});

test("the staged backend is the default of packaged mode", () => {
  const { backendRoot } = settingsFrom({ DESKTOP_DJANGO_RUNTIME_MODE: "packaged" });
  assert.match(backendRoot, /[\\/]\.stage[\\/]backend$/);
});

test("a staged launch", needs("launch", "posix"), (t) => {
  const folder = makeFakeBackend(temporaryFolder(t), "good");
  const env = { PATH: "/bin", PYTHONPATH: "/mine", PYTHONHOME: "/mine", VIRTUAL_ENV: "/v", DJANGO_SETTINGS_MODULE: "mine" };
  const launch = planLaunch(stagedSettings(folder), TOKEN, env);
  assert.equal(launch.command, path.join(folder, PYTHON));
  assert.deepEqual(launch.args, ["fake-backend.js", "good"]);
  assert.equal(launch.cwd, folder);
  assert.equal(launch.splash, OWN_SPLASH);
  const { DESKTOP_DJANGO_APP_DATA_DIR: data, ...rest } = launch.env;
  assert.ok(path.isAbsolute(String(data)));
  assert.deepEqual(rest, {
    PATH: "/bin",
    DESKTOP_DJANGO_AUTH_TOKEN: TOKEN,
    DESKTOP_DJANGO_BUNDLE_DIR: folder,
    DESKTOP_DJANGO_LANGUAGE: "en",
    DESKTOP_DJANGO_RUNTIME_MODE: "packaged",
    DJANGO_SETTINGS_MODULE: "fake.settings",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONNOUSERSITE: "1",
    PYTHONUNBUFFERED: "1",
  });
});

test("the project's own splash is taken from the backend", needs("launch", "posix"), (t) => {
  const folder = makeFakeBackend(temporaryFolder(t), "good");
  writeFiles(folder, { "src/fake/templates/splash.html": "<p>" });
  const { splash } = planLaunch(stagedSettings(folder), TOKEN, {});
  assert.equal(splash, path.join(folder, "src", "fake", "templates", "splash.html"));
});

/** @type {Record<string, RegExp>} */
const SAID = {
  "no manifest": /^The app is not complete: .*runtime-manifest\.json is missing\. Run `cargo xtask packaged-stage`\.$/,
  "half a manifest": /^The app is damaged: .*manifest\.json: .*JSON/,
  "manifest without python": /^The app is damaged: .* it has no python\.executable\./,
  "manifest without a command": /^The app is damaged: .* it has no launcher\.command\./,
  "manifest of another schema": /^The app is damaged: .* its schema is 2, this program knows 1\./,
  "manifest that leads out": /^The app is damaged: .* its python\.executable leads elsewhere\./,
  "manifest that points nowhere": /^A part of the app is missing: Its Python, .*python9, can't be run\./,
  "python missing": /^A part of the app is missing: Its Python, /,
  "python is a folder": /^A part of the app is missing: Its Python, /,
};

for (const [name, damage] of Object.entries(DAMAGES)) {
  test(`says what is wrong: ${name}`, needs("launch", "posix"), (t) => {
    const folder = makeFakeBackend(temporaryFolder(t), "good");
    damage(folder);
    assert.throws(() => planLaunch(stagedSettings(folder), TOKEN, {}), { message: SAID[name] });
  });
}

test("an installed program says “install again”, not “stage again”", (t) => {
  const settings = { ...stagedSettings(temporaryFolder(t)), isInstalled: true };
  assert.throws(() => planLaunch(settings, TOKEN, {}), { message: /Please install the app again\.$/ });
});

test("a launch from the sources goes through uv", () => {
  const { checkout } = readFacts();
  const launch = planLaunch(settingsFrom({}), TOKEN, { PYTHONPATH: "/mine" });
  assert.equal(launch.command, "uv");
  assert.deepEqual(launch.args, ["run", "--frozen", "python", ...checkout.command]);
  assert.equal(launch.cwd, checkout.root);
  assert.equal(launch.env.DJANGO_SETTINGS_MODULE, checkout.settingsModule);
  assert.equal(launch.env.PYTHONPATH, "/mine");
  assert.ok(fs.existsSync(launch.splash));
});

test("a launch from the sources: another uv, another Python, other settings", () => {
  const { checkout } = readFacts();
  assert.equal(planLaunch(settingsFrom({}), TOKEN, { UV: "/opt/uv" }).command, "/opt/uv");
  const launch = planLaunch(settingsFrom({ DESKTOP_DJANGO_PYTHON: "/p" }), TOKEN, { DJANGO_SETTINGS_MODULE: "mine" });
  assert.equal(launch.command, "/p");
  assert.deepEqual(launch.args, checkout.command);
  assert.equal(launch.env.DJANGO_SETTINGS_MODULE, "mine");
});

test("the token is in the environment and not among the arguments", needs("launch", "posix"), (t) => {
  const launch = planLaunch(stagedSettings(makeFakeBackend(temporaryFolder(t), "good")), TOKEN, {});
  assert.ok(![launch.command, ...launch.args].some((word) => word.includes(TOKEN)));
});
