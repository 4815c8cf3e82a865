// Menus that open at a button: closed by Escape or a click elsewhere, walked through with the arrow keys.

const OPEN = "details.overflow[open]";
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** Close a menu, and stay at it with the keyboard. */
export function fold(menu) {
  if (!menu) return;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  menu.removeAttribute("open");
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(OPEN);
  if (event.key === "Escape") document.querySelectorAll(OPEN).forEach(fold);
  if (!menu || !(event.key in STEPS)) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const next = at < 0 && event.key === "ArrowUp" ? -1 : at + STEPS[event.key];
  items.at(next % items.length)?.focus();
});
