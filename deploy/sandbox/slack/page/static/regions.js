// Puts new HTML of the server into the page: only where it changed, and without taking what a person had in hand.
import { keyOf, read, write } from "./fields.js";

const WRONG = "[aria-invalid=true]";
const SCROLLED = [".replies-log", ".fields-of-modal"];
const NEAR_PIXELS = 60;
const shown = {};
let opener = null; // the key of what had the focus before a modal took it

export const byKey = (root, key) => (key ? root.querySelector(`[data-key="${CSS.escape(key)}"]`) : null);

/** Draw the region anew at the next swap, even if nothing changed. */
export function forget(name) {
  delete shown[name];
}

/** The first of these that is there. */
export function focusOn(...candidates) {
  candidates.find((each) => each && !each.hidden)?.focus();
}

export function swap(name, html) {
  if (shown[name] === html) return;
  const isFirst = shown[name] === undefined;
  shown[name] = html;
  const region = document.getElementById(name);
  if (name === "modals") {
    swapModals(region, html);
    return;
  }
  const atEnd = isFirst || region.scrollHeight - region.scrollTop - region.clientHeight < NEAR_PIXELS;
  const open = [...region.querySelectorAll("details[open] summary")].map((summary) => summary.dataset.key);
  const inner = SCROLLED.map((selector) => [selector, region.querySelector(selector)?.scrollTop ?? 0]);
  const had = region.contains(document.activeElement) && document.activeElement !== region;
  const { key } = document.activeElement?.dataset ?? {};
  const top = region.scrollTop;
  region.innerHTML = html;
  for (const each of open) byKey(region, each)?.parentElement.setAttribute("open", "");
  for (const [selector, position] of inner) region.querySelector(selector)?.scrollTo(0, position);
  region.scrollTop = name === "log" && atEnd && document.body.dataset.where !== "home" ? region.scrollHeight : top;
  if (had) focusOn(byKey(region, key), region.closest("[tabindex]"), document.getElementById("log"));
}

/** Whoever reads the newest goes on doing so when the room for it changes. */
const log = document.getElementById("log");
let atNewest = true;
log.addEventListener("scroll", () => { atNewest = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PIXELS; });
new ResizeObserver(() => {
  if (atNewest && document.body.dataset.where !== "home") log.scrollTop = log.scrollHeight;
}).observe(log);

// --- modals --------------------------------------------------------------------------------------

function swapModals(region, html) {
  const kept = keptFields(region);
  const top = region.querySelector(".fields-of-modal")?.scrollTop ?? 0;
  if (!kept) opener = document.activeElement?.dataset?.key ?? opener;
  region.innerHTML = html;
  const dialog = region.querySelector("dialog");
  if (dialog) showModal(dialog, kept, top);
  else if (kept) focusOn(byKey(document, opener), document.getElementById("log"));
}

function keptFields(region) {
  const dialog = region.querySelector("dialog");
  if (!dialog) return null;
  const fields = new Map();
  for (const field of dialog.querySelectorAll("[data-field]")) fields.set(keyOf(field), read(field));
  const wrong = [...dialog.querySelectorAll(WRONG)].map((field) => field.dataset.key);
  return { view: dialog.dataset.view, fields, wrong, focused: document.activeElement?.dataset?.key };
}

function showModal(dialog, kept, top) {
  const before = kept?.view === dialog.dataset.view ? kept : null;
  for (const field of before ? dialog.querySelectorAll("[data-field]") : []) {
    if (before.fields.has(keyOf(field))) write(field, before.fields.get(keyOf(field)));
  }
  dialog.showModal();
  if (before) dialog.querySelector(".fields-of-modal").scrollTop = top;
  const wrong = [...dialog.querySelectorAll(WRONG)].find((field) => !before?.wrong.includes(field.dataset.key));
  const first = dialog.querySelector("[autofocus], .block.input input, .block.input select, .block.input textarea");
  focusOn(wrong, byKey(dialog, before?.focused), first, dialog.querySelector("footer button:last-child"));
}

/** Note what opens a modal: by the time it is shown, the focus may have gone elsewhere. */
export function opensFrom(element) {
  opener = element.dataset.key ?? opener;
}
