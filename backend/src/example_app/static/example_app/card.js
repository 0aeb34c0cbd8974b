// @ts-check
/**
 * Checks a pony's card before it is sent, and says what is missing beside the field, as the server would.
 *
 * The box around a field carries the sentence for an empty one in `data-required`. The element that shows it is
 * named `<id of the field>_error`.
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
    setBusy(true);
  }
});

// Coming back with the browser's "back" may bring this very page back from memory.
window.addEventListener("pageshow", () => setBusy(false));

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
