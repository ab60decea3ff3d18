// The form: what is asked for, and where walks begin.

import {choices, choose, round} from "./choices.js";

const byId = id => document.getElementById(id);
const STARTS = {class: "samples of the digit", anywhere: "random samples", hand: "the sample in hand"};

export class Ask {
  // hears: {changed(), find()}
  constructor(hears) {
    this.hears = hears;
    this.locked = null;
    byId("ask").onsubmit = event => { event.preventDefault(); hears.find(); };
    byId("unlock").onclick = () => { this.lock(null); hears.freed(); };
  }

  world(told) {
    this.told = told;
    this.label = told.labels.length ? Math.min(7, told.labels.length - 1) : null;
    this.rows = new Map();
    byId("classes").hidden = !told.labels.length;
    const options = told.labels.map((text, place) => ({value: String(place), text}));
    if (told.labels.length) options.push({value: "any", text: "any", label: "any digit"});
    choices(byId("labels"), "label", options, String(this.label), value => {
      this.label = value === "any" ? null : Number(value);
      this.hears.changed();
    });
    byId("numbers-title").textContent = told.labels.length ? "That is" : "Numbers";
    byId("numbers").replaceChildren(...told.numbers.map(number => this.row(number)));
    byId("start").replaceChildren(...told.starts.map(value => new Option(STARTS[value], value)));
    this.lock(null);
    for (const name of told.labels.length ? told.pad.slice(0, 1) : told.pad) this.want(name, true);
  }

  row(number) {
    const row = Object.assign(document.createElement("div"), {className: "number"});
    const label = document.createElement("label");
    const check = Object.assign(document.createElement("input"), {type: "checkbox"});
    const output = document.createElement("output");
    const slider = Object.assign(document.createElement("input"),
      {type: "range", min: number.low, max: number.high, step: number.step, value: number.value});
    slider.setAttribute("aria-label", number.name);
    label.append(check, number.name);
    row.append(label, output, slider);
    check.onchange = () => { this.write(number.name); this.hears.changed(); };
    slider.oninput = () => { check.checked = true; this.write(number.name); this.hears.changed(); };
    this.rows.set(number.name, {number, row, check, slider, output});
    this.write(number.name);
    return row;
  }

  write(name) {
    const {number, row, check, slider, output} = this.rows.get(name);
    row.classList.toggle("asked", check.checked);
    const text = `${round(slider.valueAsNumber, number.step)}${number.unit === "°" ? "°" : ""} ± ${+number.within.toPrecision(3)}`;
    output.textContent = check.checked ? `${text}${number.unit && number.unit !== "°" ? ` ${number.unit}` : ""}` : "any";
    slider.setAttribute("aria-valuetext", check.checked ? text : "any");
  }

  want(name, asked, value) {
    const {check, slider} = this.rows.get(name);
    check.checked = asked;
    if (value !== undefined) slider.value = value;
    this.write(name);
  }

  value(name) { return this.rows.get(name).slider.valueAsNumber; }

  lock(locked) {
    const count = locked ? locked.filter(each => each !== null).length : 0;
    this.locked = count ? locked : null;
    byId("locked-line").hidden = !count;
    byId("locked-count").textContent = `${count} ${count === 1 ? "pixel is" : "pixels are"} locked.`;
  }

  get question() {
    const numbers = {};
    for (const [name, {number, check, slider}] of this.rows)
      if (check.checked) numbers[name] = [slider.valueAsNumber, number.within];
    const asked = {label: this.label, numbers};
    if (this.locked) asked.locked = this.locked;
    return asked;
  }

  get start() { return byId("start").value; }
  set start(value) { byId("start").value = value; }
  get follow() { return byId("follow").checked; }
  get seed() { return Math.min(2147483647, Math.max(0, Math.floor(byId("seed").valueAsNumber) || 0)); }
  set seed(value) { byId("seed").value = value; }

  running(now) {
    const button = byId("find");
    button.textContent = now ? "Stop" : "Find twenty";
    button.setAttribute("aria-pressed", now);
  }
}
