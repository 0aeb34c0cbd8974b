// @ts-check
/** What every page does once it is there. */

import { showLocally } from "./times.js";

for (const element of document.querySelectorAll("time")) {
  showLocally(element);
}
