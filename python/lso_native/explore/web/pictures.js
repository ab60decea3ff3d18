// Samples on canvases: digits as their pixels, airfoils as their outlines.

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colour = style;

export function sized(canvas) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const width = Math.max(1, Math.round(box.width * ratio)), height = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  return {pen, width: box.width, height: box.height};
}

export class Digits {
  constructor(side) { this.side = side; }

  // One pixel of the canvas a pixel of the digit: the browser enlarges it without smoothing.
  draw(canvas, sample) {
    const side = this.side;
    if (canvas.width !== side) Object.assign(canvas, {width: side, height: side});
    const pen = canvas.getContext("2d"), image = pen.createImageData(side, side);
    this.fill(image, sample, 0, side, 0, 0);
    pen.putImageData(image, 0, 0);
  }

  // n x n samples, one after the other in `samples`, side by side.
  map(canvas, samples, n) {
    const side = this.side, size = n * side, d = side * side;
    Object.assign(canvas, {width: size, height: size});
    const pen = canvas.getContext("2d"), image = pen.createImageData(size, size);
    for (let i = 0; i < n * n; i++) this.fill(image, samples, i * d, size, (i % n) * side, Math.floor(i / n) * side);
    pen.putImageData(image, 0, 0);
  }

  fill(image, samples, from, width, left, top) {
    const side = this.side;
    for (let i = 0; i < side * side; i++) {
      const at = 4 * ((top + Math.floor(i / side)) * width + left + i % side);
      const level = Math.round(255 * Math.min(1, Math.max(0, samples[from + i])));
      image.data[at] = image.data[at + 1] = image.data[at + 2] = level;
      image.data[at + 3] = 255;
    }
  }
}

const PLACES = 50;
const X = Array.from({length: PLACES}, (_, i) => (1 - Math.cos(Math.PI * (i + 1) / PLACES)) / 2);

export class Wings {
  draw(canvas, sample) {
    const {pen, width, height} = sized(canvas);
    this.outline(pen, sample, 0, width * .05, height / 2, width * .9);
  }

  map(canvas, samples, n) {
    const {pen, width, height} = sized(canvas), cell = width / n;
    for (let i = 0; i < n * n; i++)
      this.outline(pen, samples, 100 * i, (i % n + .1) * cell, (Math.floor(i / n) + .5) * height / n, cell * .8, .7);
  }

  outline(pen, samples, from, left, middle, chord, line = 1.6) {
    pen.beginPath();
    for (let i = PLACES - 1; i >= 0; i--) pen.lineTo(left + chord * X[i], middle - chord * samples[from + i]);
    pen.lineTo(left, middle);
    for (let i = 0; i < PLACES; i++) pen.lineTo(left + chord * X[i], middle - chord * samples[from + PLACES + i]);
    pen.closePath();
    pen.fillStyle = colour("--section");
    pen.strokeStyle = colour("--line");
    pen.lineWidth = line;
    pen.fill();
    pen.stroke();
  }
}
