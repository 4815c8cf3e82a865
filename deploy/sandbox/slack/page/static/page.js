// Asks for what changed, and sends what people do. The server renders and escapes; nothing here makes HTML of text.
import { entered, read } from "./fields.js";
import { fold } from "./menus.js";
import { forget, opensFrom, swap } from "./regions.js";
import { confirmed, tell } from "./telling.js";

export const body = document.body;
const REGIONS = ["you", "places", "heading", "away", "log", "thread", "modals", "notices"];
const AGAIN_MILLISECONDS = 1000;
const GONE = "The sandbox does not answer. Once it runs again, this page goes on by itself.";
const ANEW = "The sandbox was started anew, and its Slack and AWS with it.";
let drawing = false;
let again = false;
let run = null;

const place = () => {
  const query = new URLSearchParams({ person: body.dataset.person, channel: body.dataset.where });
  if (body.dataset.thread) query.set("thread", body.dataset.thread);
  return query;
};

// --- drawing -----------------------------------------------------------------------------------

async function draw() {
  if (drawing) { again = true; return; }
  drawing = true;
  try {
    const asked = place().toString();
    const answer = await fetch(`/page/regions?${asked}`);
    const regions = await answer.json();
    gone(false);
    if (asked !== place().toString()) { again = true; return; }
    for (const name of REGIONS) swap(name, regions[name]);
    body.classList.toggle("with-thread", Boolean(regions.thread));
    document.getElementById("composer").hidden = body.dataset.where === "home";
    if (!("drawn" in body.dataset) && window.location.hash.startsWith("#message-")) {
      document.getElementById(window.location.hash.slice(1))?.scrollIntoView({ block: "center" });
    }
    body.dataset.drawn = String(Number(body.dataset.drawn ?? 0) + 1);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch found nobody there
    gone(true);
  } finally {
    drawing = false;
    if (again) { again = false; draw(); }
  }
}

function gone(isGone) {
  const banner = document.getElementById("gone");
  const sentence = isGone ? GONE : "";
  if (banner.textContent !== sentence) banner.textContent = sentence;
}

/** Listen for news. The browser comes back by itself, except where it was answered with an error. */
function connect() {
  const news = new EventSource("/page/events");
  news.onmessage = draw;
  news.addEventListener("panel", () => document.dispatchEvent(new Event("panel")));
  news.addEventListener("run", (event) => {
    if (run !== null && run !== event.data) {
      tell(ANEW);
      if (body.dataset.where === "home") send({ act: "home" });
    }
    run = event.data;
  });
  news.onerror = () => {
    gone(true);
    if (news.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MILLISECONDS);
  };
}

// --- what people do ------------------------------------------------------------------------------

/** The server's answer to JSON; null where there is none, which the person is told. */
export async function post(address, act) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(act) };
  try {
    const answer = await fetch(address, request);
    const told = await answer.json();
    if (answer.ok) return told;
    tell(told.error);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    gone(true);
    tell("The sandbox does not answer. Nothing was sent.");
  }
  return null;
}

/** Whether it was sent. */
export async function send(act) {
  const answer = await post("/page/act", { person: body.dataset.person, ...act });
  draw();
  return answer !== null;
}

/** An act in a view carries what has been entered there so far, as Slack's does. */
function inView(act, where) {
  const view = document.querySelector(`[data-view="${CSS.escape(where ?? "")}"]`);
  return view && (act === "click" || act === "choose") ? entered(where) : {};
}

function address(element) {
  const { where, channel, block, action } = element.dataset;
  return { where, channel, block, action };
}

async function press(button) {
  const act = button.dataset.act;
  if (act === "click" || act === "choose") {
    if (!(await confirmed(button))) return;
    if (button.dataset.url) window.open(button.dataset.url, "_blank", "noopener");
    fold(button.closest("details"));
    button.classList.add("busy");
    button.setAttribute("aria-busy", "true");
    opensFrom(button);
  }
  const { option, where } = button.dataset;
  await send({ act, ...address(button), option, all: "all" in button.dataset, values: inView(act, where) });
  button.classList.remove("busy");
  button.removeAttribute("aria-busy");
}

function go(channel) {
  body.dataset.where = channel;
  delete body.dataset.thread;
  forget("log");
  history.pushState(null, "", `/?${place()}`);
  if (channel === "home") send({ act: "home" });
  draw();
}

document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-act], [data-thread]:not(body), [data-go]");
  if (!found) return;
  if ("act" in found.dataset) {
    press(found);
  } else if ("go" in found.dataset) {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    go(found.dataset.go);
  } else {
    const ts = found.dataset.thread;
    if (ts && ts !== body.dataset.thread) body.dataset.thread = ts;
    else delete body.dataset.thread;
    history.replaceState(null, "", `/?${place()}`);
    draw();
  }
});

document.addEventListener("change", async (event) => {
  if (event.target.id === "person") {
    const query = place();
    query.set("person", event.target.value);
    window.location.search = query.toString();
    return;
  }
  const field = event.target.closest("[data-field]");
  if (!field || !("sends" in field.dataset)) return;
  if (!(await confirmed(field))) return;
  send({ act: "choose", ...address(field), option: read(field), values: inView("choose", field.dataset.where) });
});

document.addEventListener("submit", (event) => {
  const dialog = event.target.closest("dialog[data-view]");
  if (!dialog) return;
  event.preventDefault();
  const button = dialog.querySelector("[type=submit]");
  button.classList.add("busy");
  const { view } = dialog.dataset;
  send({ act: "submit", where: view, values: entered(view) }).finally(() => button.classList.remove("busy"));
});

document.addEventListener("cancel", (event) => {
  const dialog = event.target;
  if (!dialog.dataset?.view) return;
  event.preventDefault();
  if ("closing" in dialog.dataset) return; // browsers may ask twice
  dialog.dataset.closing = "";
  send({ act: "close", where: dialog.dataset.view });
}, true);

window.addEventListener("popstate", () => window.location.reload());

connect();
