// @ts-check
/**
 * Checks a pony's card before it is sent, and says what is missing beside the field, as the server would.
 *
 * The box around a field carries the sentence for an empty one in `data-required`. The element that shows it is
 * named `<id of the field>_error`.
 *
 * What was typed and not saved is not left without a question.
 */

const form = /** @type {HTMLFormElement} */ (document.getElementById("card"));
/** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
const fields = form.querySelectorAll("[data-required] > :is(input, textarea)");
const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
const buttonText = button.textContent;

// The sentences in the page replace the browser's own bubbles.
form.noValidate = true;

for (const field of fields) {
  // A mistake is pointed out when the reader leaves the field, and taken back as soon as it is mended.
  field.addEventListener("change", () => check(field));
  field.addEventListener("input", () => field.ariaInvalid === "true" && check(field));
}

form.addEventListener("submit", (event) => {
  const wrong = [...fields].filter((field) => !check(field));
  if (wrong.length > 0) {
    event.preventDefault();
    wrong[0].focus();
  } else {
    isLeaving = true;
    setBusy(true);
  }
});

// As the server sent it: the reader may have typed before this script came.
const sent = /** @type {HTMLFormElement} */ (form.cloneNode(true));
sent.reset();
const atFirst = typed(sent);
let isLeaving = false;

// A reload, another address, the end of the window: the browser asks in its own words.
window.addEventListener("beforeunload", (event) => {
  if (isUnsaved()) {
    event.preventDefault();
  }
});

// Not every shell shows that question, so links have one of their own.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (link && !link.getAttribute("href")?.startsWith("#") && isUnsaved()) {
    isLeaving = confirm(form.dataset.leave);
    if (!isLeaving) {
      event.preventDefault();
    }
  }
});

// Coming back with the browser's "back" may bring this very page back from memory.
window.addEventListener("pageshow", () => {
  isLeaving = false;
  setBusy(false);
});

/**
 * What stands in the fields, as one text to compare.
 * @param {HTMLFormElement} card
 */
function typed(card) {
  return JSON.stringify([...new FormData(card)]);
}

/** A card that came back unsaved counts as changed. */
function isUnsaved() {
  return !isLeaving && ("unsaved" in form.dataset || typed(form) !== atFirst);
}

/**
 * Show or hide the sentence of one field, and say whether the field is good.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 */
function check(field) {
  const good = field.value.trim() !== "";
  const error = /** @type {HTMLElement} */ (document.getElementById(`${field.id}_error`));
  error.textContent = good ? "" : field.parentElement?.dataset.required ?? "";
  field.ariaInvalid = good ? null : "true";
  if (good) {
    field.removeAttribute("aria-describedby");
  } else {
    field.setAttribute("aria-describedby", error.id);
  }
  return good;
}

/** @param {boolean} busy */
function setBusy(busy) {
  button.disabled = busy;
  button.textContent = busy ? form.dataset.busy ?? "" : buttonText;
}
