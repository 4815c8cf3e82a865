// Writing: what the composer offers while a command is typed, and what was sent before.
import { body, send } from "./page.js";

const MOST_KEPT = 50;
const form = document.getElementById("composer");
const input = document.getElementById("say");
const list = document.getElementById("offers");
const offers = [...list.querySelectorAll("[role=option]")];
let active = null;
let back = 0; // how many lines back ↑ has gone

// --- what is offered -----------------------------------------------------------------------------

const fits = (offer, typed) =>
  typed.startsWith("/") && typed.startsWith(offer.dataset.after)
  && offer.dataset.fill.startsWith(typed) && offer.dataset.fill.trim() !== typed.trim();

const shown = () => offers.filter((offer) => !offer.hidden);

function activate(offer) {
  active = offer ?? null;
  for (const each of offers) each.setAttribute("aria-selected", String(each === active));
  if (active) input.setAttribute("aria-activedescendant", active.id);
  else input.removeAttribute("aria-activedescendant");
  active?.scrollIntoView({ block: "nearest" });
}

function offer() {
  const typed = input.value.toLowerCase();
  for (const each of offers) each.hidden = !fits(each, typed);
  const fitting = shown();
  list.hidden = fitting.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  activate(typed.endsWith(" ") ? null : fitting[0]); // a finished word is sent as it stands, unless one is chosen
}

function close() {
  for (const each of offers) each.hidden = true;
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  activate(null);
}

function take(chosen) {
  input.value = chosen.dataset.fill;
  input.focus();
  offer();
}

function move(step) {
  const fitting = shown();
  const at = fitting.indexOf(active);
  const next = at < 0 ? (step > 0 ? 0 : fitting.length - 1) : (at + step + fitting.length) % fitting.length;
  activate(fitting[next]);
}

// --- what was sent before ------------------------------------------------------------------------

const place = () => `sent by ${body.dataset.person}`;
const sent = () => JSON.parse(sessionStorage.getItem(place()) ?? "[]");

function keep(text) {
  const lines = sent().filter((line) => line !== text);
  sessionStorage.setItem(place(), JSON.stringify([...lines, text].slice(-MOST_KEPT)));
  back = 0;
}

/** ↑ in an empty composer, and on from a line that ↑ brought. */
function recall(step) {
  const lines = sent();
  const current = back ? lines.at(-back) : "";
  const next = back + step;
  if (input.value !== current || next < 0 || next > lines.length) return false;
  back = next;
  input.value = back ? lines.at(-back) : "";
  input.setSelectionRange(input.value.length, input.value.length);
  close();
  return true;
}

// --- keys ----------------------------------------------------------------------------------------

const KEYS = {
  ArrowDown: () => (list.hidden ? recall(-1) : (move(1), true)),
  ArrowUp: () => (list.hidden ? recall(1) : (move(-1), true)),
  Escape: () => !list.hidden && (close(), true),
  Enter: () => Boolean(active) && (take(active), true),
  Tab: () => Boolean(active) && (take(active), true),
};

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
  if (KEYS[event.key]?.()) event.preventDefault();
});
input.addEventListener("input", () => { back = 0; offer(); });
input.addEventListener("blur", close);
list.addEventListener("mousedown", (event) => {
  event.preventDefault(); // the composer keeps the focus
  const chosen = event.target.closest("[role=option]");
  if (chosen) take(chosen);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = input.value.trim();
  input.value = "";
  close();
  if (!text) return;
  keep(text);
  const log = document.getElementById("log");
  log.scrollTop = log.scrollHeight; // the answer comes at the end
  const wasSent = await send({ act: "say", channel: body.dataset.where, text });
  if (!wasSent && !input.value) input.value = text;
});
