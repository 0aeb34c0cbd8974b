// @ts-check
/**
 * Keeps the list of routines true to the server: asks every two seconds while a routine is underway, and rests
 * otherwise. What a screen reader should hear about goes into one quiet line, never the whole list.
 */

import { getJson, submitForm } from "../js/http.js";
import { fill, makeRow, statusWord } from "./row.js";

/** @typedef {import("./row.js").Routine} Routine */

const INTERVAL_MS = 2000;
const UNFINISHED = ["PENDING", "RUNNING"];

const panel = byId("routines");
const rows = byId("rows");
const runForm = /** @type {HTMLFormElement} */ (byId("run"));
const clearForm = /** @type {HTMLFormElement} */ (byId("clear"));
const runButton = /** @type {HTMLButtonElement} */ (runForm.querySelector("button"));
const runText = runButton.textContent;

/** Counts the questions asked, so that an answer overtaken by a later question is dropped. */
let asked = 0;
let timer = 0;

runForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (runButton.ariaDisabled !== "true") {
    setBusy(true);
    await attempt(() => submitForm(runForm));
    setBusy(false);
  }
});

clearForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  await attempt(() => submitForm(clearForm));
  // The button that was pressed is gone with the list.
  runButton.focus();
});

if (rows.querySelector(UNFINISHED.map((status) => `[data-status=${status}]`).join())) {
  schedule();
}

/**
 * Do something on the server, and look what has become of the list.
 * @param {() => Promise<unknown>} action
 */
async function attempt(action) {
  try {
    await action();
  } catch {
    showTrouble("That did not reach the stable. Please try again.");
    return;
  }
  await refresh();
}

/** Ask for all routines and show them. */
async function refresh() {
  clearTimeout(timer);
  const number = ++asked;
  try {
    const { tasks } = await getJson(panel.dataset.statusUrl ?? "");
    if (number !== asked) {
      return;
    }
    show(tasks);
    showTrouble("");
    if (tasks.some((/** @type {Routine} */ task) => UNFINISHED.includes(task.status))) {
      schedule();
    }
  } catch {
    if (number === asked) {
      showTrouble("The stable does not answer. Trying again…");
      schedule();
    }
  }
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(refresh, INTERVAL_MS);
}

/** @param {Routine[]} tasks */
function show(tasks) {
  const known = new Map([...rows.children].map((row) => [row.getAttribute("data-id"), row]));
  const news = [];
  const wanted = tasks.map((task) => {
    const row = known.get(String(task.id)) ?? makeRow();
    if (row.getAttribute("data-status") !== task.status) {
      fill(row, task);
      news.push(`${task.label}: ${statusWord(task)}.`);
    }
    return row;
  });
  // Moving a row would start its animation anew, so the list is only touched when it changed.
  if (wanted.length !== rows.children.length || wanted.some((row, index) => row !== rows.children[index])) {
    rows.replaceChildren(...wanted);
  }
  if (known.size > 0 && tasks.length === 0) {
    news.push("All routines cleared.");
  }
  byId("summary").textContent = `${tasks.length} ${tasks.length === 1 ? "routine" : "routines"}`;
  for (const element of [rows, clearForm]) {
    element.hidden = tasks.length === 0;
  }
  byId("empty").hidden = tasks.length > 0;
  if (news.length > 0) {
    byId("news").textContent = news.join(" ");
  }
}

/** @param {string} sentence */
function showTrouble(sentence) {
  const trouble = byId("trouble");
  trouble.textContent = sentence;
  trouble.hidden = sentence === "";
}

/**
 * Not `disabled`: that would take the focus away from the button that was just pressed.
 * @param {boolean} busy
 */
function setBusy(busy) {
  runButton.ariaDisabled = busy ? "true" : null;
  runButton.textContent = busy ? runForm.dataset.busy ?? "" : runText;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
