// @ts-check
"use strict";
// Who gets the token, where a page may go, and what it may use.

const { app, session, shell } = require("electron");
const { failures } = require("./failures.js");
/** @import {Site} from "../types" */

const HEADER = "X-Desktop-Django-Token";
const TURNS = 5;
const OUTSIDE = ["http:", "https:", "mailto:"];
// Chromium's own viewer takes the bytes of a PDF from here, in a frame.
const PDF_VIEWER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai";
// What Django's own pages get. Reading the clipboard is not among it.
const PERMISSIONS = ["clipboard-sanitized-write", "fullscreen"];

/**
 * Scheme, host and port. Unlike `URL.origin`, also tells `blob:http://host` from `http://host`.
 * @param {string} url
 */
function originOf(url) {
  const { protocol, host } = URL.canParse(url) ? new URL(url) : { protocol: "", host: "" };
  return `${protocol}//${host}`;
}

/** @param {Site} site */
function setupRequests(site) {
  const { defaultSession } = session;
  // Every request passes here, not only Django's: a redirect to another place carries the headers of the first hop on.
  defaultSession.webRequest.onBeforeSendHeaders(({ url, requestHeaders }, callback) => {
    const others = Object.entries(requestHeaders).filter(([name]) => name.toLowerCase() !== HEADER.toLowerCase());
    const own = originOf(url) === site.origin ? [[HEADER, site.token]] : [];
    callback({ requestHeaders: Object.fromEntries([...others, ...own]) });
  });
  // Elsewhere than on a Mac the spell checker fetches its dictionaries from the internet, also for windows that have none.
  if (process.platform !== "darwin") defaultSession.setSpellCheckerLanguages([]);
  // A window that has no opener and opens none has nothing to be kept apart from; to obey would cost the first page a new
  // process. A page that asks for isolation gets it.
  const pages = { urls: ["http://*/*"], types: /** @type {["mainFrame"]} */ (["mainFrame"]) };
  defaultSession.webRequest.onHeadersReceived(pages, ({ responseHeaders = {} }, callback) => {
    const names = Object.keys(responseHeaders);
    const isIsolated = names.some((name) => /^cross-origin-embedder-policy$/i.test(name));
    const kept = names.filter((name) => isIsolated || !/^cross-origin-opener-policy$/i.test(name));
    callback({ responseHeaders: Object.fromEntries(kept.map((name) => [name, responseHeaders[name] ?? []])) });
  });
  const isAllowed = (/** @type {string} */ permission, /** @type {string} */ url) =>
    PERMISSIONS.includes(permission) && originOf(url) === site.origin;
  defaultSession.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) =>
    callback(isAllowed(permission, requestingUrl)),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin));
  defaultSession.setDevicePermissionHandler(() => false);
}

/**
 * The token goes to no proxy: `main.js` does without them. But a new session goes by the system's settings for a moment, and
 * may take one then, where they say that even this computer is behind it.
 * @param {string} url of Django
 */
async function reachDirectly(url) {
  const { defaultSession } = session;
  for (let turn = 0; turn < TURNS; turn += 1) {
    if ((await defaultSession.resolveProxy(url)) === "DIRECT") return;
    await defaultSession.setProxy({ mode: "direct" });
    // What has been set is not yet what requests go by.
    await defaultSession.forceReloadProxyConfig();
  }
  throw failures.behindProxy(url);
}

/** @param {Site} site */
function setupGuards(site) {
  const openOutside = (/** @type {string} */ url) => {
    if (URL.canParse(url) && OUTSIDE.includes(new URL(url).protocol)) shell.openExternal(url);
  };
  app.on("web-contents-created", (_event, contents) => {
    const guard = (/** @type {{url: string, isMainFrame: boolean, preventDefault: () => void}} */ step) => {
      const origin = originOf(step.url);
      if (origin === site.origin || (origin === PDF_VIEWER && !step.isMainFrame)) return;
      step.preventDefault();
      if (step.isMainFrame) openOutside(step.url);
    };
    contents.on("will-frame-navigate", guard);
    contents.on("will-redirect", guard);
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      // Django answers nobody but this program, so a page of its own goes to the window that is there.
      if (originOf(url) === site.origin) contents.loadURL(url).catch(() => {});
      else openOutside(url);
      return { action: "deny" };
    });
  });
}

module.exports = { originOf, reachDirectly, setupGuards, setupRequests };
