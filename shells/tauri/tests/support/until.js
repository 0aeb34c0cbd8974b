// @ts-check
"use strict";
// Waiting for what comes of something, however busy the machine is.

const assert = require("node:assert/strict");
const { setTimeout: pause } = require("node:timers/promises");

/** @param {string} what @param {() => unknown} look true in the end; what it throws is a no */
async function until(what, look) {
  const isSo = () => Promise.resolve().then(look).catch(() => false);
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 300, `not in time: ${what}`);
    await pause(100);
  }
}

module.exports = { until };
