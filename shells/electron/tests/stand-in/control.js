// @ts-check
"use strict";
// The line to the test: the stand-in tells what a person would see, the test does what a person would do. JSON lines on
// the local port named by STAND_IN_CONTROL; without one, what is told goes nowhere and a question waits for ever.

const { EventEmitter } = require("node:events");
const net = require("node:net");

function makeControl() {
  const port = Number(process.env.STAND_IN_CONTROL);
  const socket = port ? net.connect(port, "127.0.0.1") : null;
  const commands = new EventEmitter();
  /** @type {Map<number, (answer: any) => void>} */
  const questions = new Map();
  let lastQuestion = 0;
  let rest = "";

  const send = (/** @type {object} */ message) => void socket?.write(`${JSON.stringify(message)}\n`);
  socket?.on("error", () => {}).setNoDelay();
  // The line alone must not keep the program alive.
  socket?.unref();
  socket?.setEncoding("utf8").on("data", (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    // Each in a turn of its own, as clicks are: an answer has had its effects before the next one.
    for (const line of lines) setImmediate(take, JSON.parse(line));
  });

  /** @param {any} message */
  async function take(message) {
    if (message.answer !== undefined) return questions.get(message.question)?.(message.answer);
    try {
      const [listener] = commands.listeners(message.command);
      if (!listener) throw new Error(`unknown command ${message.command}`);
      send({ reply: message.id, value: (await listener(message)) ?? null });
    } catch (error) {
      send({ reply: message.id, error: String(/** @type {Error} */ (error).stack) });
    }
    return undefined;
  }

  return {
    /** @param {string} event @param {object} [facts] */
    tell: (event, facts) => send({ event, ...facts }),
    /** @param {string} event @param {object} facts @returns {Promise<any>} */
    ask(event, facts) {
      const question = (lastQuestion += 1);
      send({ event, question, ...facts });
      return new Promise((resolve) => questions.set(question, resolve));
    },
    /** @param {string} command @param {(message: any) => any} listener */
    on: (command, listener) => void commands.on(command, listener),
  };
}

module.exports = { makeControl };
