// @ts-check
/** One routine in the list, made from the `<template>` that the server wrote with the same file as its own rows. */

import { showLocally } from "../js/times.js";

/**
 * What the status address says of a routine. Times are ISO 8601, `duration` is in seconds.
 * @typedef {{id: number, label: string, status: string, result: string, duration: number | null,
 *   created_at: string, completed_at: string | null}} Routine
 */

const template = /** @type {HTMLTemplateElement} */ (document.getElementById("routine"));

/** @returns {Element} */
export function makeRow() {
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {Element} */ (copy.firstElementChild);
}

/**
 * The status in the words of the page; the server put them on the template.
 * @param {Routine} task
 */
export function statusWord(task) {
  return template.dataset[task.status.toLowerCase()] ?? task.status;
}

/**
 * Write a routine into its row.
 * @param {Element} row
 * @param {Routine} task
 */
export function fill(row, task) {
  row.setAttribute("data-id", String(task.id));
  row.setAttribute("data-status", task.status);
  part(row, "label").textContent = task.label;
  part(row, "result").textContent = task.result;
  part(row, "duration").textContent = task.duration === null ? "" : `, took ${task.duration.toFixed(1)}\u00A0s`;
  part(row, "status").textContent = statusWord(task);
  part(row, "status").setAttribute("data-status", task.status);
  const time = /** @type {HTMLTimeElement} */ (row.querySelector("time"));
  time.dateTime = task.created_at;
  showLocally(time);
}

/**
 * @param {Element} row
 * @param {string} name
 */
function part(row, name) {
  return /** @type {Element} */ (row.querySelector(`[data-part=${name}]`));
}
