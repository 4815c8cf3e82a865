// What a person with little sight or no mouse meets on the page. Each function answers with what is wrong.

/** Visible text whose contrast with what lies behind it is under 4.5, or 3 where it is large. WCAG 2.2, 1.4.3. */
function poorContrast() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(rgba(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (element.closest(".hidden, .skip, option, script, style") || /^\p{Extended_Pictographic}/u.test(node.data.trim())) continue;
    const style = getComputedStyle(element);
    const under = behind(element);
    const [darker, lighter] = [light(over(rgba(style.color), under)), light(under)].sort((a, b) => a - b);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) found.add(`${node.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return [...found];
}

/** Things to press or fill in that have no name for whoever hears the page. */
function nameless() {
  const found = [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, summary")];
  return found.filter((element) => {
    if (!element.checkVisibility()) return false;
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join("");
    const by = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join("");
    return !(element.getAttribute("aria-label") || labels || by || element.textContent.trim());
  }).map((element) => element.outerHTML.slice(0, 120));
}

/** Ids that stand for more than one element, and references to none. */
function brokenIds() {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const referring = ["aria-controls", "aria-labelledby", "aria-describedby", "aria-activedescendant", "for"];
  const lost = referring.flatMap((name) => [...document.querySelectorAll(`[${name}]`)]
    .filter((element) => !document.getElementById(element.getAttribute(name))).map((element) => `${name}=${element.getAttribute(name)}`));
  return [...twice, ...lost];
}

/** Whether what has the focus shows it, by an outline that stands out from what lies around it. */
function focusIsSeen() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return element === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}
