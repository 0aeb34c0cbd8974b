// @ts-check
"use strict";
// What the bar of find-in-page does. It runs as a preload script, so that its page needs none.

const { ipcRenderer } = require("electron");

window.addEventListener("DOMContentLoaded", () => {
  const at = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const input = /** @type {HTMLInputElement} */ (at("text"));
  const find = (/** @type {boolean} */ forward, isNew = false) => ipcRenderer.send("find", input.value, forward, isNew);
  const close = () => ipcRenderer.send("close");

  input.addEventListener("input", () => {
    at("found").textContent = "";
    find(true, true);
  });
  at("next").addEventListener("click", () => find(true));
  at("previous").addEventListener("click", () => find(false));
  at("close").addEventListener("click", close);
  window.addEventListener("keydown", ({ key, shiftKey }) => {
    if (key === "Escape") close();
    else if (key === "Enter" && document.activeElement === input) find(!shiftKey);
  });
  ipcRenderer.on("found", (_event, which, matches) => {
    at("found").textContent = input.value && `${which}/${matches}`;
  });
  ipcRenderer.on("select", () => {
    input.focus();
    input.select();
  });
});
