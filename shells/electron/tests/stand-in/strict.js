// @ts-check
"use strict";

// Node, promises and inspection look for these everywhere.
const HARMLESS = new Set(["then", "toJSON", "constructor", "prototype", "nodeType", "inspect", "default", "__esModule"]);

/**
 * The same object, except that a property which it does not have is an error.
 * @template {object} T
 * @param {string} name
 * @param {T} object
 * @returns {T}
 */
function strict(name, object) {
  return new Proxy(object, {
    get(target, key, receiver) {
      if (!(key in target) && typeof key === "string" && !HARMLESS.has(key)) {
        throw new Error(`the stand-in for Electron has no ${name}.${key}`);
      }
      return Reflect.get(target, key, receiver);
    },
  });
}

module.exports = { strict };
