// @ts-check
"use strict";
// electron-builder's configuration as a value: decided from what is passed in, so that the plan for each platform can be
// tested on any.

const { datedBy } = require("./dates.js");
const { NOT_OF_PACKAGES, SHELL_FILES } = require("./files.js");
const { macSigning, windowsSigning } = require("./signing.js");

/**
 * @typedef {object} Inputs
 * @property {ReturnType<typeof import("../project.js").readFacts>} facts
 * @property {string} stage the staged backend, absolute
 * @property {string | null} notices the licences of what the shell is made of, absolute
 * @property {string} output where packages go, absolute
 * @property {string | null} icon a picture for the windows on Linux, absolute
 * @property {string[]} nativeFiles of the stage, on macOS
 * @property {import("./feed.js").Feed | null} feed
 * @property {NodeJS.ProcessEnv} env
 * @property {NodeJS.Platform} host
 */

/**
 * @param {Inputs} inputs
 * @returns {import("electron-builder").Configuration}
 */
function builderConfig({ facts, stage, notices, output, icon, nativeFiles, feed, env, host }) {
  const { project, about, languages, words } = facts;
  const named = (/** @type {string} */ platform) => `${project.name}-${platform}-\${version}-\${arch}.\${ext}`;
  const mac = macSigning(env, nativeFiles);
  return {
    appId: project.identifier,
    productName: project.title,
    directories: { output, buildResources: "build" },
    // The names and words that the main process needs; `desktopName` connects a window with its entry in a Linux menu.
    extraMetadata: {
      ...about,
      name: project.name,
      productName: project.title,
      desktopName: `${project.name}.desktop`,
      project,
      words,
    },
    files: [...SHELL_FILES, ...NOT_OF_PACKAGES],
    extraResources: [
      { from: stage, to: "backend", filter: ["**/*"] },
      ...(notices ? [{ from: notices, to: "THIRD-PARTY-NOTICES.txt" }] : []),
    ],
    electronLanguages: languages,
    publish: feed,
    ...datedBy(env),
    // The older runtime of AppImages needs libfuse2, which today's systems do not bring, and switches the sandbox off.
    toolsets: { appimage: "1.0.3" },
    // There is no native module to build for Electron.
    npmRebuild: false,
    // Electron's own variable; the tests put their stand-in there.
    electronDist: env.ELECTRON_OVERRIDE_DIST_PATH || undefined,
    electronFuses: {
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
      // Changing the fuses breaks the signature that Electron comes with, and nothing may replace it.
      resetAdHocDarwinSignature: host === "darwin" && mac.identity !== undefined,
    },
    mac: {
      target: ["dmg", "zip"],
      artifactName: named("macos"),
      category: "public.app-category.productivity",
      ...mac,
    },
    win: { target: ["nsis"], artifactName: named("windows"), ...windowsSigning(env, facts.signWindows) },
    nsis: { oneClick: true, perMachine: false, deleteAppDataOnUninstall: false },
    linux: {
      target: ["AppImage"],
      artifactName: named("linux"),
      executableName: project.name,
      // Windows and macOS show the icon of the program; here a window needs a picture of its own.
      extraResources: icon ? [{ from: icon, to: "icon.png" }] : [],
      category: "Office",
    },
  };
}

module.exports = { builderConfig };
