// @ts-check
/** What every page does once it is there. */

import { showLocally } from "./times.js";

/** @typedef {{openAppDataDirectory: () => Promise<void>}} Desktop what a shell gives to its pages; a browser has none */

const { desktop } = /** @type {{desktop?: Desktop}} */ (window);
const showData = document.getElementById("show-data");

if (showData && desktop) {
  showData.hidden = false;
  showData.addEventListener("click", () => desktop.openAppDataDirectory());
}

for (const element of document.querySelectorAll("time")) {
  showLocally(element);
}
