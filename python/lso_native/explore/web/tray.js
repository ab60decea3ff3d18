// What is kept, and the files that it becomes.

const byId = id => document.getElementById(id);

export class Tray {
  // hears: {drop(item), download(what)}
  constructor(hears) {
    this.hears = hears;
    this.items = new Map();
    for (const button of byId("downloads").children) button.onclick = () => hears.download(button.dataset.what);
    addEventListener("beforeunload", event => { if (this.items.size) event.preventDefault(); });
  }

  world(name, pictures, latent) {
    Object.assign(this, {name, pictures, latent});
    byId("tray").replaceChildren();
    for (const [item, kept] of this.items) if (kept.world === name) this.show(item, kept.sample);
    this.count();
  }

  put(header, numbers) {
    const sample = numbers.slice(this.latent);
    this.items.set(header.item, {world: header.world, sample});
    if (header.world === this.name) this.show(header.item, sample);
    this.count();
  }

  show(item, sample) {
    const place = document.createElement("li"), canvas = document.createElement("canvas");
    const drop = Object.assign(document.createElement("button"), {type: "button", textContent: "remove"});
    drop.setAttribute("aria-label", `Remove kept sample ${item}`);
    drop.onclick = () => { this.hears.drop(item); this.items.delete(item); place.remove(); this.count(); byId("kept-title").focus?.(); };
    place.append(canvas, drop);
    byId("tray").append(place);
    this.pictures.draw(canvas, sample);
  }

  count() {
    const n = [...this.items.values()].filter(each => each.world === this.name).length;
    for (const button of byId("downloads").children) button.disabled = !n;
    byId("kept-line").textContent = n ? `${n} kept until you close this page.`
      : "Nothing yet: press “keep” under a sample, or “Keep it”.";
  }
}

export function save(name, type, content) {
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(new Blob([content], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
