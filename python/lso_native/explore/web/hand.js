// The sample in hand: its latent, its picture, the pad and the sliders that move it.

import {choices, choose, signed} from "./choices.js";
import {Drawing, Locking} from "./paint.js";
import {Pad} from "./pad.js";
import {Digits, Wings} from "./pictures.js";
import {drawPolar} from "./polar.js";
import {Readings} from "./readings.js";

const byId = id => document.getElementById(id);
const HOW = "Drag, or use the arrow keys (with Shift in larger steps).";
const HINTS = {
  look: "",
  lock: "Paint the pixels that must stay; then find twenty, or drag.",
  draw: "Draw a digit: the nearest one that the decoder makes is then in hand.",
};
const BRUSHES = [["hold", "as they are"], ["ink", "ink"], ["blank", "blank"], ["free", "free again"]];

export class Hand {
  // hears: {look(message), changed(), locked(pixels), drawn()}; ask: what is asked for
  constructor(ask, hears) {
    Object.assign(this, {ask, hears, mode: "look", kind: "codes"});
    this.readings = new Readings();
    this.pad = new Pad(at => this.dragged(at), () => this.look({map: true, follow: this.kind === "numbers"}));
    this.paint = byId("paint");
    new ResizeObserver(() => this.repaint()).observe(byId("polar-box"));
  }

  world(told) {
    this.told = told;
    const wing = !told.side;
    document.body.classList.toggle("wing", wing);
    this.pictures = wing ? new Wings() : new Digits(told.side);
    this.readings.world(told);
    this.sample = this.polar = this.plane = null;
    this.latent = Float64Array.from(told.center);
    byId("polar-box").hidden = !wing;
    if (wing) byId("polar-caption").textContent = `By NeuralFoil, Reynolds number ${told.reynolds.toLocaleString("en")}; `
      + `the dot is at ${told.angle}°, where the numbers above are read.`;
    byId("modes").hidden = wing;
    if (!wing) {
      choices(byId("modes"), "mode", [["look", "Look"], ["lock", "Lock pixels"], ["draw", "Draw"]]
        .map(([value, text]) => ({value, text})), "look", value => this.turn(value));
    }
    this.locks = [];
    this.turn("look");
    const pads = [{value: "codes", text: "widest directions"}, {value: "numbers", text: `${told.pad[0]} × ${told.pad[1]}`}];
    choices(byId("pads"), "pad", pads, wing ? "numbers" : "codes", value => { this.aim(value); this.look({map: true}); });
    byId("sliders").replaceChildren(...told.center.map((_, i) => this.slider(i)));
    this.aim(wing ? "numbers" : "codes");
    this.look({map: true, follow: true});
  }

  slider(i) {
    const {low, high} = this.told;
    const label = document.createElement("label"), text = document.createElement("span");
    const input = Object.assign(document.createElement("input"), {type: "range", min: low[i], max: high[i], step: "any"});
    input.setAttribute("aria-label", `latent ${i + 1}`);
    input.step = (high[i] - low[i]) / 200;
    input.oninput = () => { this.latent[i] = input.valueAsNumber; this.look({map: true}); };
    label.append(text, input);
    return label;
  }

  // What the pad moves: the latent along its two widest directions, or two numbers that are asked for.
  aim(kind) {
    this.kind = kind;
    const [x, y] = this.told.pad;
    if (kind === "codes") this.pad.name("The latent's two widest directions", "1st", "2nd");
    else {
      const range = name => `${name} ${this.number(name).low}–${this.number(name).high}`.replaceAll("-", "−");
      this.pad.name(`${x} and ${y}`, range(x), range(y));
    }
    byId("pad-map").hidden = kind !== "codes";
    byId("pad-hint").textContent = kind === "codes" ? HOW : `${HOW} The green dot is where the sample is.`;
    byId("pad").classList.toggle("plain", kind !== "codes");
    this.point();
    if (kind === "codes" && this.plane) this.pictures.map(byId("pad-map"), this.plane, this.told.map);
  }

  number(name) { return this.told.numbers.find(each => each.name === name); }

  dragged([x, y]) {
    if (this.kind === "codes") {
      const {center, directions, reach} = this.told, now = this.along();
      const wanted = [x * reach[0], y * reach[1]];
      this.latent = this.latent.map((value, i) =>
        value + directions[0][i] * (wanted[0] - now[0]) + directions[1][i] * (wanted[1] - now[1]));
      this.write();
      this.look({});
      this.pad.say(`${signed(wanted[0])}, ${signed(wanted[1])}`);
      return;
    }
    this.told.pad.forEach((name, axis) => {
      const {low, high} = this.number(name);
      this.ask.want(name, true, low + (high - low) * ([x, y][axis] + 1) / 2);
    });
    this.look({follow: true});
    this.pad.say(this.told.pad.map(name => `${name} ${this.ask.value(name)}`).join(", "));
  }

  // How far the latent is along the two directions.
  along() {
    const {center, directions} = this.told;
    return directions.map(way => way.reduce((sum, each, i) => sum + each * (this.latent[i] - center[i]), 0));
  }

  // Put the pad's dot where the latent, or what is asked for, is.
  point() {
    if (this.pad.dragging) return;
    if (this.kind === "codes") {
      const at = this.along();
      this.pad.place(...at.map((each, i) => this.told.reach[i] ? each / this.told.reach[i] : 0));
      this.pad.say(at.map(signed).join(", "));
    } else {
      this.pad.place(...this.told.pad.map(name => {
        const {low, high} = this.number(name);
        return 2 * (this.ask.value(name) - low) / (high - low) - 1;
      }));
      this.pad.say(this.told.pad.map(name => `${name} ${this.ask.value(name)}`).join(", "));
    }
  }

  look({map = false, follow = false, drawn = null}) {
    const message = {ask: this.ask.question, map: map && true, follow, more: !this.told.side};
    if (drawn) message.drawn = drawn;
    else message.latent = Array.from(this.latent);
    this.hears.look(message);
  }

  hear(header, numbers) {
    const n = this.told.center.length, d = this.told.features;
    // While a hand moves it, the latent is the hand's.
    if (!(this.pad.dragging && this.kind === "codes") && !document.activeElement?.closest?.("#sliders:active")) this.latent = Float64Array.from(numbers.subarray(0, n));
    this.sample = numbers.slice(n, n + d);
    if (numbers.length > n + d) {
      this.plane = numbers.slice(n + d);
      if (this.kind === "codes") this.pictures.map(byId("pad-map"), this.plane, this.told.map);
    }
    this.polar = header.more.polar ?? null;
    this.repaint();
    this.readings.show(header, this.ask.question);
    this.real(header.numbers);
    this.write();
    this.point();
    document.body.dataset.look = header.id; // for who measures
  }

  // Where the two numbers of the sample are, beside where they are asked to be.
  real(numbers) {
    const dot = byId("pad-real"), at = this.told.pad.map(name => {
      const {low, high} = this.number(name);
      return 100 * (numbers[name] - low) / (high - low);
    });
    dot.hidden = this.kind === "codes" || at.some(each => !(each >= 0 && each <= 100));
    dot.style.left = `${at[0]}%`;
    dot.style.top = `${100 - at[1]}%`;
  }

  repaint() {
    if (!this.sample) return;
    this.pictures.draw(byId("picture"), this.sample);
    if (!byId("inset").hidden) this.pictures.draw(byId("inset"), this.sample);
    if (this.polar) drawPolar(byId("polar"), this.polar, this.told.angles, this.told.angle);
  }

  write() {
    [...byId("sliders").children].forEach((label, i) => {
      label.firstChild.textContent = `z${i + 1} ${signed(this.latent[i])}`;
      if (label.lastChild !== document.activeElement || !label.matches(":active")) label.lastChild.value = this.latent[i];
    });
  }

  // A draw near the codes, normal along each dimension as far as the page knows their spread.
  shuffle() {
    const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    const {center, low, high} = this.told;
    this.latent = Float64Array.from(center, (each, i) => each + normal() * (high[i] - low[i]) / 12);
    this.look({map: true, follow: this.ask.follow});
  }

  take(latent) {
    this.latent = Float64Array.from(latent);
    this.look({map: true});
  }

  turn(mode) {
    this.mode = mode;
    this.drew = false;
    byId("mode-hint").textContent = HINTS[mode];
    const side = this.told.side;
    this.paint.hidden = mode === "look" && !this.ask.locked;
    this.paint.style.pointerEvents = mode === "look" ? "none" : "auto";
    this.paint.tabIndex = mode === "look" ? -1 : 0;
    byId("brushes").hidden = mode === "look";
    byId("inset").hidden = mode !== "draw" || !this.drew;
    if (mode === "draw") {
      this.drawing = new Drawing(this.paint, image => {
        this.drew = true;
        byId("inset").hidden = false;
        this.look({drawn: image, map: true});
        this.hears.drawn();
      });
      this.paint.setAttribute("aria-label", "Drawing: arrow keys move, Space draws, Shift with arrows draws on the way");
      this.drawing.open(side);
      this.brushes([["clear", "Clear"], ["done", "Done"]], value => value === "clear" ? this.drawing.clear() : this.leave());
    } else if (side) {
      this.locking = new Locking(this.paint, () => this.sample, locked => { this.locks = locked; this.hears.locked(locked); });
      this.locking.locked = this.locks;
      this.paint.setAttribute("aria-label", "Locking pixels: arrow keys move, Space paints");
      this.locking.open(side);
      this.locks = this.locking.locked;
      this.brushes(BRUSHES, value => { this.locking.brush = value; }, "hold");
    }
  }

  brushes(options, change, chosen) {
    byId("brushes").replaceChildren(...options.map(([value, text]) => {
      const button = Object.assign(document.createElement("button"), {type: "button", textContent: text});
      if (chosen) button.setAttribute("aria-pressed", value === chosen);
      button.onclick = () => {
        if (chosen) for (const each of byId("brushes").children) each.setAttribute("aria-pressed", each === button);
        change(value);
      };
      return button;
    }));
  }

  leave() { choose(byId("modes"), "look"); this.turn("look"); }

  free() { this.locks = Array(this.told.features).fill(null); if (this.mode !== "draw") this.turn(this.mode); }
}
