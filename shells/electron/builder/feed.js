// @ts-check
"use strict";
// Where an installed program looks for its updates. electron-builder writes it into the package and, when there is one,
// makes the latest*.yml files.

/** @typedef {{provider: "generic", url: string} | {provider: "github", owner: string, repo: string, releaseType: ReleaseType}} Feed */
/** @typedef {"draft" | "prerelease" | "release"} ReleaseType */

const RELEASE_TYPES = ["draft", "prerelease", "release"];

/**
 * DESKTOP_DJANGO_UPDATE_URL; else a GitHub repository: from variables, from GitHub's own, from the remote `origin`.
 * @param {NodeJS.ProcessEnv} env
 * @param {string | null} originRemote its address
 * @returns {Feed | null}
 */
function updateFeed(env, originRemote) {
  const url = env.DESKTOP_DJANGO_UPDATE_URL;
  if (url && !/^https:\/\//i.test(url)) {
    throw new Error(`DESKTOP_DJANGO_UPDATE_URL is “${url}”; give an address that begins with https://`);
  }
  if (url) return { provider: "generic", url };
  const [owner, repo] = env.GITHUB_REPOSITORY ? env.GITHUB_REPOSITORY.split("/") : repositoryOf(originRemote ?? "");
  const releaseType = env.DESKTOP_DJANGO_UPDATE_GITHUB_RELEASE_TYPE || "release";
  if (!RELEASE_TYPES.includes(releaseType)) {
    const allowed = RELEASE_TYPES.join(", ");
    throw new Error(`DESKTOP_DJANGO_UPDATE_GITHUB_RELEASE_TYPE is “${releaseType}”; it can be ${allowed}`);
  }
  const feed = {
    owner: env.DESKTOP_DJANGO_UPDATE_GITHUB_OWNER || owner,
    repo: env.DESKTOP_DJANGO_UPDATE_GITHUB_REPO || repo,
    releaseType: /** @type {ReleaseType} */ (releaseType),
  };
  return feed.owner && feed.repo ? { provider: "github", ...feed, owner: feed.owner, repo: feed.repo } : null;
}

/**
 * `git@github.com:owner/repo.git`, `https://github.com/owner/repo` and the like.
 * @param {string} address
 * @returns {string[]} nothing for another host than github.com
 */
function repositoryOf(address) {
  const form = /^(?:https?:\/\/(?:[^@/]+@)?|ssh:\/\/(?:git@)?|git@)github\.com(?::\d+)?[/:]([^/]+)\/([^/]+?)(?:\.git)?\/?$/;
  return form.exec(address)?.slice(1) ?? [];
}

module.exports = { updateFeed };
