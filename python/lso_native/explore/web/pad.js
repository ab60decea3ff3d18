// A square on which a point is dragged, by pointer or arrow keys; coordinates are -1 to 1, up and right.

const STEP = .04, LEAP = .2;
const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
const within = value => Math.min(1, Math.max(-1, value));

export class Pad {
  constructor(moved, let_go) {
    this.box = document.getElementById("pad");
    this.dot = document.getElementById("pad-dot");
    this.map = document.getElementById("pad-map");
    this.at = [0, 0];
    const drag = event => {
      const box = this.box.getBoundingClientRect();
      this.place(within(2 * (event.clientX - box.left) / box.width - 1), within(1 - 2 * (event.clientY - box.top) / box.height));
      moved(this.at);
    };
    this.box.onpointerdown = event => {
      this.box.setPointerCapture(event.pointerId);
      this.dragging = true;
      drag(event);
    };
    this.box.onpointermove = event => { if (this.dragging) drag(event); };
    this.box.onpointerup = this.box.onpointercancel = () => {
      if (this.dragging) let_go();
      this.dragging = false;
    };
    this.box.onkeydown = event => {
      const way = KEYS[event.key];
      if (!way) return;
      event.preventDefault();
      const size = event.shiftKey ? LEAP : STEP;
      this.place(within(this.at[0] + size * way[0]), within(this.at[1] + size * way[1]));
      moved(this.at);
    };
    this.box.onkeyup = event => { if (KEYS[event.key]) let_go(); };
  }

  place(x, y) {
    this.at = [x, y];
    this.dot.style.left = `${50 * (within(x) + 1)}%`;
    this.dot.style.top = `${50 * (1 - within(y))}%`;
  }

  name(label, x, y) {
    this.label = label;
    document.getElementById("pad-x").textContent = `${x} →`;
    document.getElementById("pad-y").textContent = `${y} ↑`;
  }

  say(text) { this.box.setAttribute("aria-label", `${this.label}: ${text}`); }
}
