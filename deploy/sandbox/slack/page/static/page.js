// Redraws what changed, and sends what people do. The server renders and escapes; nothing here makes HTML of text.

export const body = document.body;
const WRONG = "[aria-invalid=true]";
const SCROLLED = [".replies-log", ".fields-of-modal"];
const REGIONS = ["sidebar", "heading", "away", "log", "thread", "modals", "notices"];
const shown = {};
let drawing = false;
let again = false;

const place = () => {
  const query = new URLSearchParams({ person: body.dataset.person, channel: body.dataset.where });
  if (body.dataset.thread) query.set("thread", body.dataset.thread);
  return query;
};

// --- drawing -----------------------------------------------------------------------------------

function keptFields() {
  const dialog = document.querySelector("#modals dialog");
  if (!dialog) return null;
  const fields = new Map();
  for (const field of dialog.querySelectorAll("[data-field]")) fields.set(fieldKey(field), read(field));
  const wrong = [...dialog.querySelectorAll(WRONG)].map((field) => field.dataset.key);
  return { view: dialog.dataset.view, fields, wrong, focused: document.activeElement?.dataset?.key };
}

function restoreFields(kept) {
  const dialog = document.querySelector("#modals dialog");
  if (!dialog || !kept || dialog.dataset.view !== kept.view) return;
  for (const field of dialog.querySelectorAll("[data-field]")) {
    if (kept.fields.has(fieldKey(field))) write(field, kept.fields.get(fieldKey(field)));
  }
}

function swap(name, html) {
  if (shown[name] === html) return;
  const isFirst = shown[name] === undefined;
  shown[name] = html;
  const region = document.getElementById(name);
  const atEnd = isFirst || region.scrollHeight - region.scrollTop - region.clientHeight < 60;
  const kept = name === "modals" ? keptFields() : null;
  const open = [...region.querySelectorAll("details[open] summary")].map((summary) => summary.dataset.key);
  const inner = SCROLLED.map((selector) => [selector, region.querySelector(selector)?.scrollTop ?? 0]);
  const top = region.scrollTop;
  region.innerHTML = html;
  for (const key of open) byKey(region, key)?.parentElement.setAttribute("open", "");
  for (const [selector, position] of inner) region.querySelector(selector)?.scrollTo(0, position);
  if (name === "log") region.scrollTop = atEnd && body.dataset.where !== "home" ? region.scrollHeight : top;
  if (name === "modals") showModal(kept);
}

function showModal(kept) {
  const dialog = document.querySelector("#modals dialog");
  if (!dialog) return;
  const before = kept?.view === dialog.dataset.view ? kept : null;
  restoreFields(kept);
  dialog.showModal();
  const wrong = [...dialog.querySelectorAll(WRONG)].find((field) => !before?.wrong.includes(field.dataset.key));
  const first = dialog.querySelector("[autofocus], .block.input input, .block.input select, .block.input textarea");
  const focused = byKey(dialog, before?.focused);
  (wrong ?? focused ?? first ?? dialog.querySelector("footer button:last-child"))?.focus();
}

const byKey = (root, key) => (key ? root.querySelector(`[data-key="${CSS.escape(key)}"]`) : null);

async function draw() {
  if (drawing) { again = true; return; }
  drawing = true;
  try {
    const asked = place().toString();
    const answer = await fetch(`/page/regions?${asked}`);
    const regions = await answer.json();
    if (asked !== place().toString()) { again = true; return; }
    const focused = document.activeElement;
    const region = focused?.closest(REGIONS.map((name) => `#${name}`).join()) ?? document;
    for (const name of REGIONS) swap(name, regions[name]);
    if (document.activeElement === body) byKey(region, focused?.dataset?.key)?.focus();
    body.classList.toggle("with-thread", Boolean(regions.thread));
    document.getElementById("composer").hidden = body.dataset.where === "home";
    if (!("drawn" in body.dataset) && window.location.hash.startsWith("#message-")) {
      document.getElementById(window.location.hash.slice(1))?.scrollIntoView({ block: "center" });
    }
    body.dataset.drawn = String(Number(body.dataset.drawn ?? 0) + 1);
  } catch (error) {
    tell("The sandbox does not answer. Is it still running?");
  } finally {
    drawing = false;
    if (again) { again = false; draw(); }
  }
}

export function tell(sentence) {
  const old = document.getElementById("told");
  if (old) old.remove();
  const told = document.createElement("div");
  told.id = "told";
  told.setAttribute("role", "alert");
  told.textContent = sentence;
  body.append(told);
  setTimeout(() => told.remove(), 6000);
}

// --- values of fields ----------------------------------------------------------------------------

const fieldKey = (field) => `${field.dataset.block}|${field.dataset.action}`;
const boxes = (field) => [...field.querySelectorAll("input")];

function read(field) {
  if (field.classList.contains("choices")) {
    const chosen = boxes(field).filter((box) => box.checked).map((box) => box.value);
    return field.dataset.field === "radio_buttons" ? chosen[0] ?? null : chosen;
  }
  if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
  if (field.dataset.field === "datetimepicker") {
    return field.value ? { local: field.value } : null; // the server knows the time zone
  }
  return field.value === "" ? null : field.value;
}

function write(field, value) {
  if (field.classList.contains("choices")) {
    const chosen = Array.isArray(value) ? value : [value];
    for (const box of boxes(field)) box.checked = chosen.includes(box.value);
  } else if (field.multiple) {
    for (const option of field.options) option.selected = value.includes(option.value);
  } else {
    field.value = value?.local ?? value ?? "";
  }
}

function entered(where) {
  const values = {};
  for (const field of document.querySelectorAll("[data-field]")) {
    const { where: own, block, action } = field.dataset;
    if (own === where) values[block] = { ...values[block], [action]: read(field) };
  }
  return values;
}

// --- what people do ------------------------------------------------------------------------------

export async function send(act) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" } };
  request.body = JSON.stringify({ person: body.dataset.person, ...act });
  const answer = await fetch("/page/act", request);
  if (!answer.ok) tell((await answer.json()).error);
  draw();
}

function confirmed(question) {
  if (!question) return Promise.resolve(true);
  const asks = JSON.parse(question);
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
  body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    yes.addEventListener("click", () => { resolve(true); dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(false); });
  });
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
    if (!(await confirmed(button.dataset.confirm))) return;
    if (button.dataset.url) window.open(button.dataset.url, "_blank", "noopener");
    button.closest("details")?.removeAttribute("open");
    button.classList.add("busy");
    button.setAttribute("aria-busy", "true");
  }
  const { option, where } = button.dataset;
  await send({ act, ...address(button), option, all: "all" in button.dataset, values: inView(act, where) });
  button.classList.remove("busy");
  button.removeAttribute("aria-busy");
}

function go(channel) {
  body.dataset.where = channel;
  delete body.dataset.thread;
  delete shown.log;
  history.pushState(null, "", `/?${place()}`);
  if (channel === "home") send({ act: "home" });
  draw();
}

document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-act], [data-thread]:not(body), [data-go]");
  for (const menu of document.querySelectorAll("details.overflow[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
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
    window.location.search = new URLSearchParams({ person: event.target.value, channel: body.dataset.where }).toString();
    return;
  }
  const field = event.target.closest("[data-field]");
  if (!field || !("sends" in field.dataset)) return;
  if (!(await confirmed(field.dataset.confirm))) return;
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

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.overflow[open]")) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  }
});

window.addEventListener("popstate", () => window.location.reload());

const changes = new EventSource("/page/events");
changes.onmessage = draw;
