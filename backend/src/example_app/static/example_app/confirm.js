// @ts-check
/**
 * Asks in the page before something is removed.
 *
 * Whatever carries `data-confirm-title` opens the dialog instead of going to the page that asks the same. The
 * dialog's form then posts to the address of that page, so the outcome is one and the same. Closing, Escape and
 * giving the focus back are the browser's own.
 */

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm"));
const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));

document.addEventListener("click", (event) => {
  const asker = event.target instanceof Element ? event.target.closest("[data-confirm-title]") : null;
  const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (asker instanceof HTMLElement && !opensElsewhere) {
    event.preventDefault();
    ask(asker);
  }
});

/**
 * @param {HTMLElement} asker
 */
function ask(asker) {
  form.action = asker.dataset.confirmUrl ?? /** @type {HTMLAnchorElement} */ (asker).href;
  write("confirm-title", asker.dataset.confirmTitle);
  write("confirm-text", asker.dataset.confirmText);
  write("confirm-button", asker.dataset.confirmButton);
  dialog.showModal();
}

/**
 * @param {string} id
 * @param {string | undefined} text
 */
function write(id, text) {
  /** @type {HTMLElement} */ (document.getElementById(id)).textContent = text ?? "";
}
