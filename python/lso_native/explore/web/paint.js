// The two things that are painted on the picture: pixels that are locked, and a digit that is drawn. By pointer, or by
// a cursor that the arrow keys move and Space paints with.

const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const FINE = 10; // pixels of the canvas a pixel of the digit

class Painting {
  constructor(canvas) {
    this.canvas = canvas;
    canvas.onpointerdown = event => {
      canvas.setPointerCapture(event.pointerId);
      this.down = true;
      this.begin?.();
      this.stroke(...this.where(event));
    };
    canvas.onpointermove = event => {
      if (!this.down) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.stroke(...this.where(each));
    };
    canvas.onpointerup = canvas.onpointercancel = () => {
      if (this.down) this.end();
      this.down = false;
    };
    canvas.onblur = () => this.draw();
    canvas.onkeydown = event => {
      const way = KEYS[event.key];
      if (way) this.cursor = this.cursor.map((each, i) => Math.min(this.side - 1, Math.max(0, each + way[i])));
      else if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!way || event.shiftKey) {
        this.begin?.();
        this.stroke(this.cursor[0] + .5, this.cursor[1] + .5);
        this.end();
      }
      this.say?.();
      this.draw();
    };
  }

  where(event) {
    const box = this.canvas.getBoundingClientRect();
    return [this.side * (event.clientX - box.left) / box.width, this.side * (event.clientY - box.top) / box.height];
  }

  open(side) {
    this.side = side;
    this.cursor ??= [Math.floor(side / 2), Math.floor(side / 2)];
    Object.assign(this.canvas, {width: side * FINE, height: side * FINE});
    this.draw();
  }

  frame(pen) { // the cursor, where keys are in use
    if (!this.canvas.matches(":focus-visible")) return;
    pen.strokeStyle = "#f0c541";
    pen.lineWidth = 2;
    pen.strokeRect(this.cursor[0] * FINE + 1, this.cursor[1] * FINE + 1, FINE - 2, FINE - 2);
  }
}

export class Locking extends Painting {
  // now(): the sample in hand; changed(locked)
  constructor(canvas, now, changed) {
    super(canvas);
    this.now = now;
    this.changed = changed;
    this.brush = "hold";
    this.locked = [];
  }

  open(side) {
    if (this.locked.length !== side * side) this.clear(side);
    super.open(side);
  }

  clear(side = this.side) { this.locked = Array(side * side).fill(null); if (this.side) this.draw(); }

  stroke(x, y) {
    const [column, line] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || line < 0 || column >= this.side || line >= this.side) return;
    const at = line * this.side + column;
    const held = Math.round(100 * Math.min(1, Math.max(0, this.now()[at]))) / 100;
    this.locked[at] = {hold: held, ink: 1, blank: 0, free: null}[this.brush];
    this.draw();
  }

  end() { this.changed(this.locked.slice()); }

  say() {
    const held = this.locked[this.cursor[1] * this.side + this.cursor[0]];
    this.canvas.setAttribute("aria-label",
      `Row ${this.cursor[1] + 1}, column ${this.cursor[0] + 1}: ${held === null ? "free" : `locked to ${held}`}. Space paints.`);
  }

  draw() {
    const pen = this.canvas.getContext("2d"), side = this.side;
    pen.clearRect(0, 0, side * FINE, side * FINE);
    this.locked.forEach((value, at) => {
      if (value === null) return;
      const x = at % side * FINE, y = Math.floor(at / side) * FINE;
      const level = Math.round(255 * value);
      pen.fillStyle = `rgb(${level},${level},${level})`;
      pen.fillRect(x, y, FINE, FINE);
      pen.strokeStyle = "#f0a020";
      pen.lineWidth = 1.5;
      pen.strokeRect(x + 1, y + 1, FINE - 2, FINE - 2);
    });
    this.frame(pen);
  }
}

const NORMAL = 20 / 28; // of the side, that the longer side of a digit takes in MNIST

export class Drawing extends Painting {
  // drawn(image): values in 0..1, as MNIST has its digits
  constructor(canvas, drawn) {
    super(canvas);
    this.drawn = drawn;
    this.strokes = [];
  }

  begin() { this.strokes.push([]); }

  clear() { this.strokes = []; this.draw(); }

  stroke(x, y) { this.strokes.at(-1).push([x, y]); this.draw(); }

  end() { const image = this.image(); if (image) this.drawn(image); }

  paint(pen, scale) {
    pen.strokeStyle = pen.fillStyle = "#fff";
    pen.lineWidth = 1.5 * this.side / 14 * scale;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of this.strokes) {
      pen.beginPath();
      stroke.forEach(([x, y]) => pen.lineTo(x * scale, y * scale));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * scale + .01, stroke[0][1] * scale);
      pen.stroke();
    }
  }

  draw() {
    const pen = this.canvas.getContext("2d"), size = this.side * FINE;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, size, size);
    this.paint(pen, FINE);
    this.frame(pen);
  }

  // Cut out, scaled so that the longer side is 20 of 28, and moved so that the centre of the ink is the middle.
  image() {
    const all = this.strokes.flat();
    if (!all.length) return null;
    const side = this.side, pen_width = 1.5 * side / 14;
    const [left, top] = [0, 1].map(i => Math.min(...all.map(each => each[i])) - pen_width / 2);
    const [right, low] = [0, 1].map(i => Math.max(...all.map(each => each[i])) + pen_width / 2);
    const longer = Math.max(right - left, low - top), factor = longer > .35 * side ? NORMAL * side / longer : 1;
    const big = Object.assign(document.createElement("canvas"), {width: side * FINE, height: side * FINE});
    const render = (dx, dy) => {
      const pen = big.getContext("2d", {willReadFrequently: true});
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.fillStyle = "#000";
      pen.fillRect(0, 0, big.width, big.height);
      pen.setTransform(factor, 0, 0, factor, dx * FINE, dy * FINE);
      this.paint(pen, FINE);
      const data = pen.getImageData(0, 0, big.width, big.height).data, image = Array(side * side).fill(0);
      for (let y = 0; y < big.height; y++)
        for (let x = 0; x < big.width; x++)
          image[Math.floor(y / FINE) * side + Math.floor(x / FINE)] += data[4 * (y * big.width + x)];
      return image.map(each => Math.round(each / (2.55 * FINE * FINE)) / 100);
    };
    const dx = side / 2 - factor * (left + right) / 2, dy = side / 2 - factor * (top + low) / 2;
    const image = render(dx, dy), ink = image.reduce((sum, each) => sum + each, 0);
    if (!ink) return null;
    const mean = way => image.reduce((sum, each, at) => sum + each * (way(at) + .5), 0) / ink;
    return render(dx + side / 2 - mean(at => at % side), dy + side / 2 - mean(at => Math.floor(at / side)));
  }
}
