// Messages with `Content-Length` headers, as the Debug Adapter Protocol and the Language Server Protocol have them: bytes in, objects out, and back.
"use strict";

class Frames {
  constructor() {
    this.bytes = Buffer.alloc(0);
  }

  /** Takes bytes; gives the messages that are whole now. */
  push(chunk) {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    const messages = [];
    for (;;) {
      const end = this.bytes.indexOf("\r\n\r\n");
      if (end < 0) return messages;
      const length = /content-length:\s*(\d+)/i.exec(this.bytes.toString("latin1", 0, end));
      const from = end + 4;
      const size = length ? Number(length[1]) : 0;
      if (this.bytes.length < from + size) return messages;
      const body = this.bytes.toString("utf8", from, from + size);
      this.bytes = this.bytes.subarray(from + size);
      if (size > 0) messages.push(JSON.parse(body));
    }
  }
}

/** A message as bytes. */
function frame(message) {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

module.exports = { Frames, frame };
