// Radio buttons that look like buttons.

export function choices(box, name, options, chosen, change) {
  box.replaceChildren(...options.map(({value, text, label}) => {
    const pill = Object.assign(document.createElement("label"), {className: "pill"});
    const input = Object.assign(document.createElement("input"), {type: "radio", name, value, checked: value === chosen});
    if (label) input.setAttribute("aria-label", label);
    input.onchange = () => change(value);
    pill.append(input, Object.assign(document.createElement("span"), {textContent: text}));
    return pill;
  }));
}

export const choose = (box, value) => {
  for (const input of box.querySelectorAll("input")) input.checked = input.value === value;
};

export function round(value, step) {
  const digits = Math.max(0, Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)));
  return value.toFixed(digits).replace("-", "−");
}

export const signed = value => value.toFixed(2).replace("-", "−");
