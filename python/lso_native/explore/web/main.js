// Everything put together: one connection, one world at a time.

import {Ask} from "./ask.js";
import {choices} from "./choices.js";
import {Hand} from "./hand.js";
import {Link} from "./link.js";
import {Tray, save} from "./tray.js";
import {Walks} from "./walks.js";

const byId = id => document.getElementById(id);
const N = 20;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let running = null; // the number of the walk under way

function news(text, bad = false) {
  byId("news").textContent = text;
  byId("news").classList.toggle("bad", bad);
}

// For a world that is being made; what failed turns no wheel.
function wait(text, failed = false) {
  byId("main").hidden = true;
  byId("waiting").hidden = false;
  byId("waiting").classList.toggle("failed", failed);
  byId("waiting-text").textContent = text;
}

const ask = new Ask({
  changed() { hand.look({map: ask.follow, follow: ask.follow}); },
  find() { running === null ? walk() : walks.hurry() || link.say({do: "stop"}); },
  freed() { hand.free(); hand.look({}); },
});
const hand = new Hand(ask, {
  look: message => link.look(message),
  locked(pixels) { ask.lock(pixels); hand.look({follow: ask.follow, map: ask.follow}); },
  drawn() { ask.start = "hand"; },
});
const walks = new Walks({
  take(latent) { hand.take(latent); show("hand"); },
  keep: (walk, row) => link.say({do: "keep", walk, row}),
  over() { running = null; ask.running(false); },
});
const tray = new Tray({
  drop: item => link.say({do: "drop", item}),
  download: what => link.say({do: "download", what}),
});

function walk() {
  const message = {do: "walk", ask: ask.question, n: N, seed: ask.seed, start: ask.start};
  if (message.start === "hand") message.latent = Array.from(hand.latent);
  running = link.say(message);
  walks.begin(running, N);
  ask.running(true);
  ask.seed = (ask.seed + 1) % 2147483648; // the next twenty are others
  show("walks");
  news("");
}

// On a phone what happens next is further down.
function show(id) {
  const box = byId(id).getBoundingClientRect();
  if (box.top > innerHeight * .7) byId(id).scrollIntoView({behavior: still.matches ? "auto" : "smooth"});
}

function enter(name) {
  wait("One moment …");
  link.say({do: "enter", world: name});
}

const hears = {
  worlds({worlds}) {
    choices(byId("worlds"), "world", worlds.map(({name, title}) => ({value: name, text: title})), worlds[0].name, enter);
    enter(worlds[0].name);
  },
  waiting({text}) { wait(`${text[0].toUpperCase()}${text.slice(1)} …`); },
  world(told) {
    byId("waiting").hidden = true;
    byId("main").hidden = false;
    running = null;
    ask.running(false);
    ask.world(told);
    hand.world(told);
    walks.world(hand.pictures, told.features, !told.side);
    tray.world(told.world, hand.pictures, told.center.length);
    news("");
  },
  look: (header, numbers) => hand.hear(header, numbers),
  walk: (header, numbers) => walks.hear(header, numbers),
  found: (header, numbers) => walks.ended(header, numbers),
  stopped({id}) { if (id === running) walks.stopped("Stopped."); },
  kept(header, numbers) { tray.put(header, numbers); news("Kept."); },
  file({name, type}, content) { save(name, type, content); news(`${name} is downloaded.`); },
  error({id, text}) {
    if (byId("main").hidden) return wait(text, true);
    news(text, true);
    if (id !== null && id === running) walks.stopped(text);
  },
};

const link = new Link(
  (header, numbers) => hears[header.is](header, numbers),
  () => {
    news("The server has ended: start lso explore again, and reload this page.", true);
    if (running !== null) walks.stopped("Stopped.");
    document.querySelectorAll("button, input, select").forEach(each => { each.disabled = true; });
  },
);

byId("keep-hand").onclick = () => link.say({do: "keep", latent: Array.from(hand.latent)});
byId("shuffle").onclick = () => hand.shuffle();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { hand.repaint(); walks.repaint(); });
addEventListener("resize", () => { hand.repaint(); });
