// The protocol itself: whatever bytes come, each request is answered once with its number, and the session goes on.
"use strict";
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { session, run } = require("./harness.js");

const PROGRAM = `main() = {
  n = 41
  wait(n)
}

wait(n) = receive {
  x -> println("got " ++ show(x + n))
}
`;

/** The bytes a column of malformed.txt stands for. */
function bytesOf(text) {
  const raw = (text) =>
    Buffer.from(
      text.replace(/\\(r|n|0|x[0-9a-f]{2})/g, (_, c) =>
        c === "r" ? "\r" : c === "n" ? "\n" : c === "0" ? "\0" : String.fromCharCode(parseInt(c.slice(1), 16))),
      "latin1",
    );
  const framed = /^@(?:\*(\d+))? (.*)$/.exec(text);
  if (!framed) return raw(text);
  const body = raw(framed[2].repeat(Number(framed[1] ?? 1)));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

const cases = fs
  .readFileSync(path.join(__dirname, "malformed.txt"), "utf8")
  .split("\n")
  .filter((line) => line.trim() && !line.startsWith("#"))
  .map((line) => line.split("|").map((part) => part.trim()));

/** The next message that is no answer to a request of ours: an answer with another number, or words on the console. */
function stray(client) {
  return new Promise((resolve) => {
    const { dispatch } = client;
    client.dispatch = (body) => {
      const message = JSON.parse(body);
      const answer = message.type === "response" && !client.pendingRequests.has(message.request_seq);
      if (answer || (message.event === "output" && message.body.category === "console")) {
        client.dispatch = dispatch;
        client.hold(message);
        resolve(answer ? { seq: message.request_seq, success: message.success, text: message.message } : { text: message.body.output });
      } else {
        dispatch.call(client, body);
      }
    };
  });
}

run({
  "malformed messages are answered and the session goes on": () =>
    session(PROGRAM, async (t) => {
      await t.launch();
      assert(cases.length >= 25);
      for (const [name, text, words] of cases) {
        const bytes = bytesOf(text);
        const answered = words === "-" ? null : stray(t.client);
        t.client.outputStream.write(bytes);
        if (answered) {
          const { seq, success, text: said } = await answered;
          assert(String(said).includes(words), `${name}: ${said}`);
          assert.notStrictEqual(success, true, name);
          const number = /"seq":(\d+),/.exec(bytes.toString("latin1"));
          if (number) assert.strictEqual(seq, Number(number[1]), name);
        }
        const { threads } = await t.client.ask("threads");
        assert(Array.isArray(threads), name);
      }
    }),

  "bytes come in any portions and headers in any case": () =>
    session(PROGRAM, async (t) => {
      await t.launch();
      const write = (text) => t.client.outputStream.write(text);
      const numbers = [];
      const { dispatch } = t.client;
      t.client.dispatch = (body) => {
        const message = JSON.parse(body);
        if (message.request_seq > 5000) numbers.push(message.request_seq);
        else dispatch.call(t.client, body);
      };
      const message = (seq, header = "Content-Length") => {
        const body = JSON.stringify({ seq, type: "request", command: "threads" });
        return `${header}: ${body.length}\r\n\r\n${body}`;
      };
      for (const byte of Buffer.from(message(5001, "content-length"))) {
        write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      write(message(5002, "CONTENT-LENGTH") + message(5003) + "\r\n" + message(5004, "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length"));
      const whole = message(5005) + message(5006);
      write(whole.slice(0, 70));
      write(whole.slice(70));
      // A body that is refused for its size is passed over as it comes.
      write(`Content-Length: ${80 << 20}\r\n\r\n`);
      const megabyte = Buffer.alloc(1 << 20, "x");
      for (let i = 0; i < 80; i += 1) write(megabyte);
      write(message(5007));
      await t.client.ask("threads");
      assert.deepStrictEqual(numbers, [5001, 5002, 5003, 5004, 5005, 5006, 5007]);
    }),
});
