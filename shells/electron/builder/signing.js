// @ts-check
"use strict";
// What is signed with what: decided from the environment, nothing is signed by accident. An empty variable counts as unset.

const { signer } = require("./sign-command.js");

/** @typedef {NodeJS.ProcessEnv} Env */

/** The sets of credentials that Apple's notary takes, in the order in which they are preferred. */
const NOTARY_SETS = [
  ["APPLE_API_KEY", "APPLE_API_KEY_ID", "APPLE_API_ISSUER"],
  ["APPLE_ID", "APPLE_APP_SPECIFIC_PASSWORD", "APPLE_TEAM_ID"],
  ["APPLE_KEYCHAIN_PROFILE"],
];
const NOTARY_VARIABLES = [...NOTARY_SETS.flat(), "APPLE_KEYCHAIN"];
// Python's libraries and extension modules are signed as well as its programs.
const NATIVE = [".dll", ".pyd"];
const SIGNING_VARIABLES = ["CSC_LINK", "CSC_KEY_PASSWORD", "CSC_NAME", "WIN_CSC_LINK", "WIN_CSC_KEY_PASSWORD"];

/** @param {Env} env @returns {string[] | null} the first set that is complete */
function notarySet(env) {
  return NOTARY_SETS.find((set) => set.every((name) => env[name])) ?? null;
}

/**
 * What electron-builder must not see: empty variables, which it takes for values, and parts of a set of credentials that is
 * not the chosen one, which it takes for a mistake.
 * @param {Env} env
 */
function variablesToHide(env) {
  const chosen = notarySet(env);
  const isOfChosen = (/** @type {string} */ name) =>
    chosen?.includes(name) || (name === "APPLE_KEYCHAIN" && chosen?.includes("APPLE_KEYCHAIN_PROFILE"));
  return [
    ...SIGNING_VARIABLES.filter((name) => env[name] === ""),
    ...NOTARY_VARIABLES.filter((name) => env[name] !== undefined && !isOfChosen(name)),
  ];
}

/**
 * @param {Env} env
 * @param {string[]} nativeFiles of the backend, relative to it
 */
function macSigning(env, nativeFiles) {
  const isSigned = Boolean(env.CSC_LINK || env.CSC_NAME);
  return {
    // Without a certificate the program is signed for this computer only ("-"): an arm64 Mac runs nothing unsigned.
    identity: isSigned ? undefined : "-",
    forceCodeSigning: isSigned,
    // The hardened runtime refuses libraries without a team, which is what a signature for this computer has.
    hardenedRuntime: isSigned,
    gatekeeperAssess: false,
    entitlements: "build/entitlements.mac.plist",
    entitlementsInherit: "build/entitlements.mac.inherit.plist",
    notarize: isSigned && notarySet(env) !== null,
    signIgnore: [ignoreAllBut(nativeFiles)],
  };
}

/**
 * electron-builder signs every binary file below Contents, one call of codesign each. Of the backend's thousands of compiled
 * scripts and pictures only the native files of Python need it.
 * @param {string[]} nativeFiles
 */
function ignoreAllBut(nativeFiles) {
  const names = nativeFiles.map((file) => file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return `/Contents/Resources/backend/${names.length > 0 ? `(?!(?:${names.join("|")})$)` : ""}`;
}

/** @param {Env} env @param {string[]} [command] that signs a file, from dds.toml */
function windowsSigning(env, command = []) {
  const publisherName = env.WINDOWS_SIGNING_PUBLISHER || undefined;
  if (command.length > 0) {
    return {
      forceCodeSigning: true,
      // An update is compared with the name of who has signed, which only a certificate or this variable tells.
      verifyUpdateCodeSignature: publisherName !== undefined,
      signExts: NATIVE,
      signtoolOptions: withoutGaps({ sign: signer(command, env), signingHashAlgorithms: ["sha256"], publisherName }),
    };
  }
  const subject = env.WIN_SIGN_CERT_SUBJECT_NAME || undefined;
  const sha1 = env.WIN_SIGN_CERT_SHA1 || undefined;
  const isSigned = Boolean(env.WIN_CSC_LINK || subject || sha1);
  if (!isSigned) return { signExecutable: false, verifyUpdateCodeSignature: false };
  return {
    forceCodeSigning: true,
    verifyUpdateCodeSignature: true,
    signExts: NATIVE,
    signtoolOptions: withoutGaps({
      signingHashAlgorithms: ["sha256"],
      publisherName,
      certificateSubjectName: subject,
      certificateSha1: sha1,
      timeStampServer: env.WIN_SIGN_TIMESTAMP_URL || undefined,
      rfc3161TimeStampServer: env.WIN_SIGN_TIMESTAMP_RFC3161_URL || undefined,
    }),
  };
}

/** @param {Record<string, unknown>} options */
function withoutGaps(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

module.exports = { macSigning, windowsSigning, notarySet, variablesToHide };
