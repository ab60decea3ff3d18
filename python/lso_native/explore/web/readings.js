// What the sample in hand reads: classes as bars, numbers as gauges with the band that is asked for, the rest in words.

import {round} from "./choices.js";

const byId = id => document.getElementById(id);
const made = (tag, className, text = "") => Object.assign(document.createElement(tag), {className, textContent: text});

export class Readings {
  world(told) {
    this.told = told;
    byId("bars").hidden = !told.labels.length;
    this.bars = told.labels.map(label => {
      const bar = document.createElement("div"), ink = document.createElement("i");
      bar.append(ink, label);
      return {bar, ink};
    });
    byId("bars").replaceChildren(...this.bars.map(each => each.bar));
    this.gauges = told.numbers.map(number => this.gauge(number));
    byId("gauges").replaceChildren(...this.gauges.map(each => each.row));
  }

  gauge(number) {
    const row = made("div", "gauge"), track = made("div", "track"), band = made("div", "band"), dot = made("div", "dot");
    const output = made("output", ""), tick = made("span", "tick");
    track.append(band, dot);
    row.append(made("span", "", number.name), track, output, tick);
    return {number, row, band, dot, output, tick};
  }

  show(look, question) {
    const asked = look.readings;
    const met = asked.every(each => each.met);
    byId("verdict").className = asked.length ? met ? "met" : "missed" : "";
    const missed = asked.filter(each => !each.met).map(each => each.name);
    byId("verdict").textContent = !asked.length ? "Nothing is asked for." : met ? "✓ All that you ask is met."
      : `✗ Not met: ${missed.slice(0, 3).join(", ")}${missed.length > 3 ? " …" : ""}`;
    this.classes(look.classes, question.label);
    const others = new Set(asked);
    for (const gauge of this.gauges) {
      const {name} = gauge.number, pair = question.numbers[name];
      const reading = pair && asked.find(each => each.name.startsWith(`${name} `));
      others.delete(reading);
      this.fill(gauge, look.numbers[name], pair, reading);
    }
    byId("others").replaceChildren(...[...others].map(each => {
      const line = document.createElement("li");
      const told = each.value === null ? "" : `: ${+each.value.toPrecision(3)}`.replace("-", "−");
      line.append(made("span", `tick ${each.met ? "met" : "missed"}`, each.met ? "✓ " : "✗ "), `${each.name}${told}`,
        made("span", "", each.met || !each.miss ? "" : `, off by ${+each.miss.toPrecision(2)}`));
      return line;
    }));
  }

  classes(values, label) {
    this.bars.forEach(({bar, ink}, place) => {
      ink.style.height = `${100 * Math.min(1, Math.max(0, values[place]))}%`;
      bar.className = place === label ? "wanted" : "";
    });
    if (!values.length) return;
    const best = values.indexOf(Math.max(...values));
    byId("bars").setAttribute("aria-label", `The classifier sees a ${this.told.labels[best]}, ${Math.round(100 * values[best])}%`);
  }

  fill({number, band, dot, output, tick}, value, pair, reading) {
    const at = each => 100 * Math.min(1, Math.max(0, (each - number.low) / (number.high - number.low)));
    band.hidden = !pair;
    if (pair) {
      band.style.left = `${at(pair[0] - pair[1])}%`;
      band.style.width = `${at(pair[0] + pair[1]) - at(pair[0] - pair[1])}%`;
    }
    dot.hidden = value === undefined;
    if (value !== undefined) dot.style.left = `${at(value)}%`;
    output.textContent = value === undefined ? "–" : `${round(value, number.step)}${number.unit === "°" ? "°" : ""}`;
    tick.className = reading ? `tick ${reading.met ? "met" : "missed"}` : "tick";
    tick.textContent = !reading ? "" : reading.met ? "✓" : "✗";
  }
}
