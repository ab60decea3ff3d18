// The polar of a section: lift against drag, lift and lift over drag against the angle of attack.

import {colour, sized} from "./pictures.js";

const PANELS = [
  {title: "lift", across: "angle, °", x: (p, a) => a, y: p => p[0]},
  {title: "lift against drag × 10,000", across: "drag", x: p => 1e4 * p[1], y: p => p[0], most: 400},
  {title: "lift over drag", across: "angle, °", x: (p, a) => a, y: p => p[0] / p[1]},
];
const RANGES = [[-.8, 2.2], [-.8, 2.2], [-80, 180]];

export function drawPolar(canvas, points, angles, angle) {
  const {pen, width, height} = sized(canvas);
  const columns = width < 560 ? 1.0001 : 3, shown = columns === 3 ? PANELS : PANELS.slice(1, 2);
  const each = width / shown.length;
  shown.forEach((panel, place) => {
    const range = RANGES[PANELS.indexOf(panel)];
    one(pen, panel, range, {left: place * each + 34, right: (place + 1) * each - 12, top: 22, low: height - 32}, points, angles, angle);
  });
}

function one(pen, panel, [low, high], box, points, angles, angle) {
  const across = panel.most ? [0, panel.most] : [angles[0], angles.at(-1)];
  const x = value => box.left + (box.right - box.left) * (value - across[0]) / (across[1] - across[0]);
  const y = value => box.low - (box.low - box.top) * (value - low) / (high - low);
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.strokeStyle = colour("--grid");
  pen.fillStyle = colour("--muted");
  for (let i = 0; i <= 3; i++) {
    const value = low + (high - low) * i / 3, there = across[0] + (across[1] - across[0]) * i / 3;
    pen.beginPath(); pen.moveTo(box.left, y(value)); pen.lineTo(box.right, y(value)); pen.stroke();
    pen.textAlign = "right"; pen.fillText(`${+value.toFixed(1)}`.replace("-", "−"), box.left - 5, y(value) + 4);
    pen.textAlign = "center"; pen.fillText(`${Math.round(there)}`.replace("-", "−"), x(there), box.low + 15);
  }
  pen.textAlign = "right"; pen.fillText(panel.across, box.right, box.low + 28);
  pen.textAlign = "left"; pen.fillStyle = colour("--ink"); pen.fillText(panel.title, box.left, 13);
  pen.save();
  pen.beginPath(); pen.rect(box.left, box.top, box.right - box.left, box.low - box.top); pen.clip();
  pen.strokeStyle = colour("--line"); pen.lineWidth = 2;
  pen.beginPath();
  points.forEach((point, i) => pen.lineTo(x(panel.x(point, angles[i])), y(panel.y(point))));
  pen.stroke();
  const here = points[angles.indexOf(angle)];
  if (here) {
    pen.fillStyle = colour("--met");
    pen.beginPath(); pen.arc(x(panel.x(here, angle)), y(panel.y(here)), 4.5, 0, 7); pen.fill();
  }
  pen.restore();
}
