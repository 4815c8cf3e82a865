// The panel beside Slack: open or folded away, its tabs, what it asks for, and the levers.
import { fold } from "./menus.js";
import { body, post } from "./page.js";
import { swap } from "./regions.js";
import { confirmed, tell } from "./telling.js";

const REST_MILLISECONDS = 250; // a scan makes hundreds of calls a second
const OPEN = "the panel is open";
const panel = document.getElementById("panel");
const opener = document.getElementById("panel-opener");
const closer = document.getElementById("panel-closer");
const find = document.getElementById("panel-find");
const tabs = [...panel.querySelectorAll("[role=tab]")];
const shows = [...panel.querySelectorAll("[data-show]")];
const isDrawer = window.matchMedia("(max-width: 1099px)");
const threadLiesOverIt = window.matchMedia("(min-width: 1100px) and (max-width: 1499px)");
let drawing = false;
let again = false;

const isOpen = () => body.classList.contains("with-panel");
const tab = () => tabs.find((each) => each.getAttribute("aria-selected") === "true");

// --- drawing -------------------------------------------------------------------------------------

async function draw() {
  if (!isOpen()) return;
  if (drawing) { again = true; return; }
  drawing = true;
  again = false;
  const show = shows.find((each) => each.getAttribute("aria-pressed") === "true").dataset.show;
  const asked = { person: body.dataset.person, tab: tab().dataset.tab, find: find.value, show };
  try {
    const answer = await fetch(`/page/panel?${new URLSearchParams(asked)}`);
    for (const [name, html] of Object.entries(await answer.json())) swap(name, html);
    panel.dataset.drawn = String(Number(panel.dataset.drawn ?? 0) + 1);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // nobody there: the page says so, and asks again
  }
  setTimeout(() => { drawing = false; if (again) draw(); }, REST_MILLISECONDS);
}

/** At once, for what the person does; the rest is for what comes by itself. */
function drawNow() {
  drawing = false;
  draw();
}

// --- open and folded -----------------------------------------------------------------------------

/** A drawer lies over the page, so nothing under it can be reached. */
function cover() {
  for (const other of document.querySelectorAll("#sidebar, #main, #thread, .skip")) {
    other.inert = isOpen() && isDrawer.matches;
  }
}

function set(willOpen) {
  body.classList.toggle("with-panel", willOpen);
  opener.setAttribute("aria-expanded", String(willOpen));
  cover();
  drawNow();
}

function toggle(willOpen) {
  set(willOpen);
  localStorage.setItem(OPEN, willOpen ? "yes" : "");
  (willOpen ? tab() : opener).focus();
}

opener.addEventListener("click", () => {
  if (threadLiesOverIt.matches) document.querySelector("#thread [data-thread='']")?.click();
  toggle(!isOpen());
});
closer.addEventListener("click", () => toggle(false));
isDrawer.addEventListener("change", cover);
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || panel.querySelector("details[open]") || event.target === find) return;
  toggle(false);
});

// --- tabs, filters, levers -----------------------------------------------------------------------

function select(chosen) {
  for (const each of tabs) {
    const isChosen = each === chosen;
    each.setAttribute("aria-selected", String(isChosen));
    each.tabIndex = isChosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !isChosen;
  }
  chosen.focus();
  drawNow();
}

panel.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) select(tabs[(tabs.indexOf(tab()) + step + tabs.length) % tabs.length]);
});

panel.addEventListener("click", (event) => {
  const chosen = event.target.closest("[role=tab], [data-show]");
  if (!chosen) return;
  if (tabs.includes(chosen)) { select(chosen); return; }
  for (const each of shows) each.setAttribute("aria-pressed", String(each === chosen));
  drawNow();
});

find.addEventListener("input", drawNow);

panel.addEventListener("toggle", (event) => {
  if (event.target.open) event.target.querySelector(".menu")?.scrollIntoView({ block: "nearest" });
}, true);

panel.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { submitter, target: form } = event;
  const asked = Object.fromEntries(new FormData(form, submitter));
  if (!(await confirmed(submitter))) return;
  fold(form.querySelector("details[open]"));
  const answer = await post("/page/panel/act", asked);
  if (answer) tell(answer.told);
  drawNow();
});

document.addEventListener("panel", draw);
set(Boolean(localStorage.getItem(OPEN)) && !isDrawer.matches);
