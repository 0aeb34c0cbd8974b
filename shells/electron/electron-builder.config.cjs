// @ts-check
"use strict";
// `electron-builder --config electron-builder.config.cjs`: observes the machine and hands everything to builder/config.js.

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { builderConfig } = require("./builder/config.js");
const { updateFeed } = require("./builder/feed.js");
const { nativeFiles } = require("./builder/native-files.js");
const { variablesToHide } = require("./builder/signing.js");
const { REPOSITORY, readFacts } = require("./project.js");

const { env } = process;
const stage = path.resolve(env.DESKTOP_DJANGO_BACKEND_ROOT || path.join(REPOSITORY, ".stage", "backend"));

// electron-builder would only warn, and make a program without a backend.
if (!fs.existsSync(path.join(stage, "runtime-manifest.json"))) {
  throw new Error(`${stage} is not a whole staged backend. Run \`cargo xtask packaged-stage\`.`);
}
for (const name of variablesToHide(env)) delete env[name];

const feed = updateFeed(env, originRemote());
if (!feed) process.stderr.write("No feed for updates: set DESKTOP_DJANGO_UPDATE_URL or GITHUB_REPOSITORY.\n");

const facts = readFacts();
const notices = path.join(stage, "..", "notices", "electron", "THIRD-PARTY-NOTICES.txt");
module.exports = builderConfig({
  facts,
  stage,
  notices: fs.existsSync(notices) ? notices : null,
  icon: fs.existsSync(facts.icon) ? facts.icon : null,
  output: path.join(REPOSITORY, "dist", "electron"),
  nativeFiles: nativeFiles(stage),
  feed,
  env,
  host: process.platform,
});

/** @returns {string | null} */
function originRemote() {
  try {
    const command = ["-C", REPOSITORY, "remote", "get-url", "origin"];
    return execFileSync("git", command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null; // No git, or no such remote.
  }
}
