// What was typed and not saved is not left without a question.
const card = document.getElementById("card");
const isEmpty = () => card.elements.title.value === "" && card.elements.notes.value === "";
let isSent = false;

card.addEventListener("submit", () => (isSent = true));
addEventListener("beforeunload", (event) => {
  if (!isSent && !isEmpty()) event.preventDefault();
});
