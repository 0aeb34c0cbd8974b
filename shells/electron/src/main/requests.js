// @ts-check
"use strict";
// Who gets the token, where a page may go, and what it may use.

const { app, session, shell } = require("electron");
/** @import {Site} from "../types" */

const HEADER = "X-Desktop-Django-Token";
const OUTSIDE = ["http:", "https:", "mailto:"];

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
  defaultSession.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
}

/** @param {Site} site */
function setupGuards(site) {
  const openOutside = (/** @type {string} */ url) => {
    if (URL.canParse(url) && OUTSIDE.includes(new URL(url).protocol)) shell.openExternal(url);
  };
  app.on("web-contents-created", (_event, contents) => {
    const guard = (/** @type {{url: string, isMainFrame: boolean, preventDefault: () => void}} */ step) => {
      if (originOf(step.url) === site.origin) return;
      step.preventDefault();
      if (step.isMainFrame) openOutside(step.url);
    };
    contents.on("will-frame-navigate", guard);
    contents.on("will-redirect", guard);
    contents.on("will-attach-webview", (event) => event.preventDefault());
    // A page can't keep its window open, and so the program running.
    contents.on("will-prevent-unload", (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      // Django answers nobody but this program, so a page of its own goes to the window that is there.
      if (originOf(url) === site.origin) contents.loadURL(url).catch(() => {});
      else openOutside(url);
      return { action: "deny" };
    });
  });
}

module.exports = { originOf, setupGuards, setupRequests };
