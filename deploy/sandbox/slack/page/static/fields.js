// The values of a form's fields, as the server takes them.

export const keyOf = (field) => `${field.dataset.block}|${field.dataset.action}`;
const boxes = (field) => [...field.querySelectorAll("input")];

export function read(field) {
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

export function write(field, value) {
  if (field.classList.contains("choices")) {
    const chosen = Array.isArray(value) ? value : [value];
    for (const box of boxes(field)) box.checked = chosen.includes(box.value);
  } else if (field.multiple) {
    for (const option of field.options) option.selected = value.includes(option.value);
  } else {
    field.value = value?.local ?? value ?? "";
  }
}

/** Everything entered in one message or view, by block and action. */
export function entered(where) {
  const values = {};
  for (const field of document.querySelectorAll("[data-field]")) {
    const { where: own, block, action } = field.dataset;
    if (own === where) values[block] = { ...values[block], [action]: read(field) };
  }
  return values;
}
