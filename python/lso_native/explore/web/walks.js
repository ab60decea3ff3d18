// Twenty walks: frames come as descents end, and are shown at a pace that the eye can follow.

import {Chart} from "./chart.js";

const PACE = 16, FASTER = 2.2; // steps a second at first, and how much more with each second
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Walks {
  // picks: {take(walk, row), keep(walk, row)}
  constructor(picks) {
    this.picks = picks;
    this.box = document.getElementById("tiles");
    this.line = document.getElementById("walks-line");
    this.canvas = document.getElementById("chart");
    this.chart = new Chart(this.canvas);
    this.walks = [];
    this.lit = null;
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  world(pictures, features, wide) {
    this.pictures = pictures;
    this.features = features;
    this.box.classList.toggle("wide", wide);
    this.begin(null, 20);
    this.line.textContent = "Choose what to ask for and press “Find twenty”: twenty samples walk there from where you let them begin.";
  }

  begin(id, n) {
    cancelAnimationFrame(this.frame);
    this.id = id;
    this.found = null;
    this.lit = null;
    this.walks = Array.from({length: n}, () => ({points: [], shown: [], met: false}));
    this.box.replaceChildren(...this.walks.map((walk, row) => this.tile(walk, row)));
    this.redraw();
    if (id === null) return;
    this.line.textContent = "Walking …";
    this.canvas.setAttribute("aria-label", "The walks are under way");
    this.begun = performance.now();
    this.steps = this.last = 0;
    this.frame = requestAnimationFrame(now => this.play(now));
  }

  tile(walk, row) {
    const tile = Object.assign(document.createElement("div"), {className: "tile empty"});
    const take = Object.assign(document.createElement("button"), {type: "button", className: "take", disabled: true});
    const keep = Object.assign(document.createElement("button"),
      {type: "button", className: "keep", textContent: "keep", disabled: true});
    const canvas = document.createElement("canvas");
    take.setAttribute("aria-label", `Walk ${row + 1}`);
    keep.setAttribute("aria-label", `Keep sample ${row + 1}`);
    take.append(canvas);
    tile.append(take, keep);
    Object.assign(walk, {tile, take, canvas, keepButton: keep});
    take.onclick = () => this.picks.take(this.found.latents(row));
    keep.onclick = () => this.picks.keep(this.id, row);
    for (const [event, lit] of [["mouseenter", row], ["mouseleave", null], ["focusin", row], ["focusout", null]])
      tile.addEventListener(event, () => { this.lit = lit; this.redraw(); });
    return tile;
  }

  hear(header, numbers) {
    if (header.id !== this.id) return;
    const total = header.lengths.reduce((sum, each) => sum + each, 0);
    let at = 0;
    header.rows.forEach((row, place) => {
      const walk = this.walks[row];
      // The first point of a path that goes on is the last one of the path before.
      for (let i = 0; i < header.lengths[place]; i++, at++)
        walk.points.push({error: numbers[at], sample: numbers.subarray(total + at * this.features, total + (at + 1) * this.features)});
    });
  }

  ended(header, numbers) {
    if (header.id !== this.id) return;
    const latent = numbers.length / header.n - this.features, d = this.features, offset = latent * header.n;
    this.found = {
      ...header,
      seconds: (performance.now() - this.begun) / 1000,
      latents: row => numbers.slice(row * latent, (row + 1) * latent),
      samples: row => numbers.subarray(offset + row * d, offset + (row + 1) * d),
    };
  }

  // To the end at once, where it is known.
  hurry() { return this.found !== null && (this.steps = Infinity); }

  stopped(text) {
    cancelAnimationFrame(this.frame);
    this.line.textContent = text;
    this.picks.over();
  }

  play(now) {
    const past = (now - this.begun) / 1000;
    this.steps += (now - (this.last || now)) / 1000 * PACE * FASTER ** past;
    this.last = now;
    const upTo = still.matches ? Infinity : Math.floor(this.steps);
    let open = this.found === null;
    this.walks.forEach((walk, row) => {
      const before = walk.shown.length;
      const until = Math.min(walk.points.length, upTo + 1);
      for (let i = before; i < until; i++) walk.shown.push(walk.points[i].error);
      if (until > before) this.show(walk, walk.points[until - 1].sample);
      if (this.found && walk.shown.length === walk.points.length) this.arrive(walk, row);
      else open = true;
    });
    this.redraw();
    if (open) this.frame = requestAnimationFrame(next => this.play(next));
    else this.finish();
  }

  show(walk, sample) {
    walk.tile.classList.remove("empty");
    this.pictures.draw(walk.canvas, sample);
  }

  arrive(walk, row) {
    if (walk.arrived) return;
    walk.arrived = true;
    walk.met = this.found.success[row];
    this.show(walk, this.found.samples(row));
    walk.tile.classList.add(walk.met ? "met" : "missed");
    walk.take.disabled = walk.keepButton.disabled = false;
    const how = walk.met ? "as asked" : this.found.status[row];
    walk.take.setAttribute("aria-label", `Sample ${row + 1}, ${how}: take it in hand`);
    walk.take.title = walk.met ? "take it in hand" : this.found.status[row];
  }

  finish() {
    const {success, conflict, seconds} = this.found, n = success.length, met = success.filter(Boolean).length;
    const told = Object.assign(document.createElement("strong"),
      {textContent: `${met} of ${n} are as asked.`, className: met === n ? "met" : "missed"});
    const why = conflict.length > 1 ? ` Not together: ${conflict.join(", ")}.` : conflict.length
      ? ` Not to be had: ${conflict[0]}.` : "";
    const steps = this.walks.reduce((sum, walk) => sum + walk.points.length - 1, 0);
    const cost = `${steps.toLocaleString("en")} steps, found in ${seconds.toFixed(1)} s.`;
    this.line.replaceChildren(told, `${why} ${cost} Click one to take it in hand.`);
    this.canvas.setAttribute("aria-label", `Error of ${n} walks: ${met} fell until all was met`);
    this.picks.over();
  }

  redraw() {
    if (this.canvas.clientWidth) this.chart.draw(this.walks, this.lit);
  }

  repaint() {
    for (const walk of this.walks)
      if (walk.shown.length) this.show(walk, walk.arrived ? this.found.samples(this.walks.indexOf(walk)) : walk.points[walk.shown.length - 1].sample);
    this.redraw();
  }
}
