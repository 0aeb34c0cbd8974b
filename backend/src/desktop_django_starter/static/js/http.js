// @ts-check
/** Requests to this app; anything but a good answer is an exception. */

/**
 * Ask for data.
 * @param {string} url
 * @returns {Promise<any>}
 */
export async function getJson(url) {
  return readJson(await fetch(url, { headers: { Accept: "application/json" } }));
}

/**
 * Send a form as it stands in the page, its CSRF token included, and read the answer as data.
 * @param {HTMLFormElement} form
 * @returns {Promise<any>}
 */
export async function submitForm(form) {
  const headers = { Accept: "application/json" };
  return readJson(await fetch(form.action, { method: "POST", headers, body: new FormData(form) }));
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function readJson(response) {
  if (!response.ok) {
    throw new Error(`${response.url} answered ${response.status}`);
  }
  return response.json();
}
