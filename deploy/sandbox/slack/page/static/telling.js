// What the page itself says to a person: a sentence for a moment, and a question before an act.
import { byKey, focusOn } from "./regions.js";

const MILLISECONDS = 6000;

export function tell(sentence) {
  document.getElementById("told")?.remove();
  const told = document.createElement("div");
  told.id = "told";
  told.setAttribute("role", "alert");
  told.textContent = sentence;
  (document.querySelector("dialog[open]") ?? document.body).append(told); // what lies under a dialog is not read
  setTimeout(() => told.remove(), MILLISECONDS);
}

/** Ask as the element's `data-confirm` says; true at once where it asks nothing. */
export function confirmed(asker) {
  if (!asker.dataset.confirm) return Promise.resolve(true);
  const asks = JSON.parse(asker.dataset.confirm);
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.dataset.testid = "confirm";
  const add = (tag, text, className) => {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = className ?? "";
    return made;
  };
  const title = add("h2", asks.title.text);
  title.id = "confirm-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const footer = document.createElement("footer");
  const no = add("button", asks.deny.text, "button");
  const yes = add("button", asks.confirm.text, `button ${asks.style ?? "primary"}`);
  footer.append(no, yes);
  dialog.append(title, add("p", asks.text.text), footer);
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    yes.addEventListener("click", () => { resolve(true); dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (document.activeElement === document.body) { // what had asked was drawn anew meanwhile
        focusOn(byKey(document, asker.dataset.key), document.getElementById("log"));
      }
      resolve(false);
    });
  });
}
