// @ts-check
/** Times as the reader writes them: in the language and the time zone of the computer. */

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/**
 * Replace the text of a `<time>`, which the server wrote in UTC.
 * @param {HTMLTimeElement} element
 */
export function showLocally(element) {
  const moment = new Date(element.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    element.textContent = format.format(moment);
  }
}
