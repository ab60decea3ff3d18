// The polar of a section: lift against drag, lift and lift over drag against the angle of attack.

import {colour, sized} from "./pictures.js";

const LIFTS = [-.5, 0, .5, 1, 1.5, 2], ANGLES = [-5, 0, 5, 10];
const PANELS = [
  {title: "lift", across: "angle, °", x: (p, a) => a, y: p => p[0], ticks: ANGLES, up: LIFTS},
  {title: "lift against drag", across: "drag × 10,000", x: p => 1e4 * p[1], y: p => p[0], ticks: [0, 100, 200, 300, 400], up: LIFTS},
  {title: "lift over drag", across: "angle, °", x: (p, a) => a, y: p => p[0] / p[1], ticks: ANGLES, up: [-50, 0, 50, 100, 150]},
];

export function drawPolar(canvas, points, angles, angle) {
  const {pen, width, height} = sized(canvas);
  const shown = width < 560 ? PANELS.slice(1, 2) : PANELS, each = width / shown.length;
  shown.forEach((panel, place) => one(pen, panel,
    {left: place * each + 34, right: (place + 1) * each - 12, top: 22, low: height - 34}, points, angles, angle));
}

function one(pen, panel, box, points, angles, angle) {
  const [low, high] = [panel.up[0] * 1.2, panel.up.at(-1) * 1.1];
  const across = panel.ticks === ANGLES ? [angles[0], angles.at(-1)] : [panel.ticks[0], panel.ticks.at(-1)];
  const x = value => box.left + (box.right - box.left) * (value - across[0]) / (across[1] - across[0]);
  const y = value => box.low - (box.low - box.top) * (value - low) / (high - low);
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.strokeStyle = colour("--grid");
  pen.fillStyle = colour("--muted");
  pen.textAlign = "right";
  for (const value of panel.up) {
    pen.beginPath(); pen.moveTo(box.left, y(value)); pen.lineTo(box.right, y(value)); pen.stroke();
    pen.fillText(`${value}`.replace("-", "−"), box.left - 5, y(value) + 4);
  }
  pen.textAlign = "center";
  for (const value of panel.ticks) pen.fillText(`${value}`.replace("-", "−"), x(value), box.low + 15);
  pen.textAlign = "right"; pen.fillText(panel.across, box.right, box.low + 30);
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
