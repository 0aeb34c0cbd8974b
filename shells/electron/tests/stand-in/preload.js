// @ts-check
"use strict";
// Preload scripts: run here with the two modules that a sandboxed one may use; what they expose becomes functions of the
// page that call back.

const fs = require("node:fs");

/** @param {Map<string, (event: any, ...args: any[]) => any>} handlers of `ipcMain` */
function makePreload(handlers) {
  /**
   * @param {import("playwright-core").Page} page
   * @param {string} file
   */
  return async function run(page, file) {
    /** @type {any} */
    let frame = null;
    /** @type {[string, Record<string, (...args: any[]) => any>][]} */
    const exposed = [];
    const sandboxed = {
      contextBridge: {
        exposeInMainWorld: (/** @type {string} */ name, /** @type {any} */ api) => void exposed.push([name, api]),
      },
      ipcRenderer: {
        async invoke(/** @type {string} */ channel, /** @type {any[]} */ ...args) {
          const handler = handlers.get(channel);
          if (!handler) throw new Error(`No handler registered for '${channel}'`);
          const parent = frame.parentFrame();
          return handler({ senderFrame: { url: frame.url(), parent } }, ...args);
        },
      },
    };
    const requireSandboxed = (/** @type {string} */ request) => {
      if (request === "electron") return sandboxed;
      throw new Error(`A sandboxed preload script can't require ${request}`);
    };
    new Function("require", fs.readFileSync(file, "utf8"))(requireSandboxed);

    for (const [name, api] of exposed) {
      for (const [key, call] of Object.entries(api)) {
        await page.exposeBinding(`__${name}_${key}`, (source, ...args) => {
          frame = source.frame;
          return call(...args);
        });
      }
      await page.addInitScript(
        ([bridge, keys]) => {
          /** @type {any} */
          const scope = window;
          const pairs = keys.map((key) => [key, (/** @type {any[]} */ ...args) => scope[`__${bridge}_${key}`](...args)]);
          scope[bridge] = Object.freeze(Object.fromEntries(pairs));
        },
        /** @type {const} */ ([name, Object.keys(api)]),
      );
    }
  };
}

module.exports = { makePreload };
