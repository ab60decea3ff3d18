// The error of every walk, step by step, on a logarithmic scale.

import {colour, sized} from "./pictures.js";

const LEFT = 42, RIGHT = 10, TOP = 10, BOTTOM = 30;
const FLOOR = 1e-4; // an error of 0 has no logarithm

export class Chart {
  constructor(canvas) { this.canvas = canvas; }

  // walks: {shown: errors so far, met: whether it has arrived}; `lit` is one that stands out.
  draw(walks, lit = null) {
    const {pen, width, height} = sized(this.canvas);
    const errors = walks.flatMap(walk => walk.shown.map(each => Math.max(each, FLOOR)));
    const top = Math.ceil(Math.log10(Math.max(1, ...errors))), low = Math.log10(FLOOR);
    const most = Math.max(20, ...walks.map(walk => walk.shown.length - 1));
    // By the root of the step: most walks are short, and a few long.
    const x = step => LEFT + (width - LEFT - RIGHT) * Math.sqrt(step / most);
    const y = error => TOP + (height - TOP - BOTTOM) * (top - Math.log10(Math.max(error, FLOOR))) / (top - low);
    this.axes(pen, width, height, {x, y, most, top, low});
    walks.forEach((walk, i) => {
      if (i !== lit) this.line(pen, walk, x, y, lit === null ? .75 : .25, 1.3);
    });
    if (lit !== null && walks[lit]) this.line(pen, walks[lit], x, y, 1, 2.6);
  }

  axes(pen, width, height, {x, y, most, top, low}) {
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = colour("--muted");
    pen.strokeStyle = colour("--grid");
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let power = low; power <= top; power++) {
      const at = Math.round(y(10 ** power)) + .5;
      pen.beginPath(); pen.moveTo(LEFT, at); pen.lineTo(width - RIGHT, at); pen.stroke();
      pen.fillText(power === low ? "0" : String(+(10 ** power).toPrecision(1)), LEFT - 5, at);
    }
    pen.textBaseline = "alphabetic";
    let last = -Infinity;
    pen.textAlign = "center";
    for (const step of [0, 1, 5, 20, 50, 100, 200, 400, 700, 1000]) {
      if (x(step) < last + 26 || x(step) > width - RIGHT - 8) continue;
      pen.fillText(step, x(step), height - 15);
      last = x(step);
    }
    pen.textAlign = "right";
    pen.fillText("steps", width - RIGHT, height - 2);
  }

  line(pen, walk, x, y, strength, thick) {
    if (!walk.shown.length) return;
    pen.globalAlpha = strength;
    pen.strokeStyle = colour("--line");
    pen.lineWidth = thick;
    pen.lineJoin = "round";
    pen.beginPath();
    walk.shown.forEach((error, step) => pen.lineTo(x(step), y(error)));
    pen.stroke();
    pen.fillStyle = colour(walk.met ? "--met" : "--line");
    pen.beginPath();
    pen.arc(x(walk.shown.length - 1), y(walk.shown.at(-1)), walk.met ? 3.5 : 2.5, 0, 7);
    pen.fill();
    pen.globalAlpha = 1;
  }
}
