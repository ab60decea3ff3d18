// The connection: messages to the server, its frames back. Of looks one is under way, and of those that wait the latest.

const HEADER = 4; // bytes that tell how long a frame's header is

export class Link {
  constructor(hear, gone) {
    this.next = 1;
    this.flying = null; // the number of the look under way
    this.waiting = null;
    this.hear = hear;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/socket`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = event => this.take(event.data);
    this.socket.onclose = gone;
  }

  say(message) {
    const id = this.next++;
    this.socket.send(JSON.stringify({id, ...message}));
    return id;
  }

  look(message) {
    if (this.flying === null) this.flying = this.say({do: "look", ...message});
    else this.waiting = {...message, map: message.map || Boolean(this.waiting?.map)};
  }

  // What waits, if anything does, makes the answer that has come an old one.
  landed(id) {
    if (id !== this.flying) return;
    this.flying = null;
    const next = this.waiting;
    this.waiting = null;
    if (next) this.look(next);
  }

  take(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, HEADER, length)));
    const body = buffer.slice(HEADER + length);
    this.landed(header.is === "look" || header.is === "error" ? header.id : null);
    this.hear(header, header.is === "file" ? body : new Float32Array(body));
  }
}
