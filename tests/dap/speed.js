// How long things take, as a client sees them. Nothing here fails for being slow: it prints, for people. `cargo test -p nostos-dap -- --ignored speed`
"use strict";
const { Client, session, run } = require("./harness.js");

const ms = (begin) => Number(process.hrtime.bigint() - begin) / 1e6;
const now = () => process.hrtime.bigint();
const print = (what, took, bound) => console.log(`${what}: ${took}  (wanted: ${bound})`);
// What goes and comes is checked elsewhere; checking takes longer than what is measured.
Client.prototype.hold = () => {};

const COUNT = `count(n: Int, to: Int, name: String, share: Float) -> Int = {
  m = n + 1
  if m >= to then m else count(m, to, name, share)
}

main() = {
  println(show(count(0, TO, "nobody", 0.5)))
}
`;

const LIST = `main() = {
  xs = rangeInclusive(1, 1000000)
  println(show(xs.len()))
  println("end")
}
`;

const CROWD = `wait() -> () = receive { "never" -> () }

crowd(n: Int) -> () = if n == 0 then () else {
  spawn { wait() }
  crowd(n - 1)
}

main() = {
  crowd(100000)
  println("there")
  receive { "never" -> () }
}
`;

async function condition(text, to, words) {
  await session(COUNT.replace("TO", String(to)), async (t) => {
    let begin;
    await t.launch(() => t.breakAt({ line: t.line("m = n + 1"), condition: text }));
    begin = now();
    await t.client.event("exited");
    print(`${words} (${text})`, `${Math.round(to / (ms(begin) / 1000))} evaluations/s`, "≥ 200,000");
  });
}

run({
  "10,000 breakpoints": () =>
    session(COUNT.replace("TO", "10"), async (t) => {
      await t.launch(async () => {
        const begin = now();
        await t.breakAt(...Array.from({ length: 10000 }, (_, i) => ({ line: 1 + (i % 8) })));
        print("10,000 breakpoints set", `${ms(begin).toFixed(0)} ms`, "no bound");
        await t.breakAt();
      });
      await t.end();
    }),

  "1,000 steps": () =>
    session(COUNT.replace("TO", "100000"), async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"));
      const { threadId } = await t.client.event("stopped");
      await t.breakAt();
      const begin = now();
      for (let i = 0; i < 1000; i += 1) {
        await t.client.ask("next", { threadId });
        await t.client.event("stopped");
      }
      print("1,000 steps", `${ms(begin).toFixed(0)} ms`, "≤ 5,000 ms");
    }),

  "from a stop to the event": () =>
    session(COUNT.replace("TO", "100000"), async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"));
      const { threadId } = await t.client.event("stopped");
      const times = [];
      for (let i = 0; i < 200; i += 1) {
        const begin = now();
        await t.client.ask("continue", { threadId });
        await t.client.event("stopped");
        times.push(ms(begin));
      }
      times.sort((a, b) => a - b);
      print("continue to the next breakpoint and its event, both ways", `${times[100].toFixed(2)} ms, 99th of 100: ${times[198].toFixed(2)} ms`, "≤ 5 ms");
    }),

  "a list of a million": () =>
    session(LIST, async (t) => {
      await t.launch(() => t.breakAt('println("end")'));
      const { threadId } = await t.client.event("stopped");
      const { stackFrames } = await t.client.ask("stackTrace", { threadId });
      const first = now();
      const locals = await t.variables((await t.scope(stackFrames[0].id, "Locals")).variablesReference);
      print("a frame with a list of 1,000,000, first look", `${ms(first).toFixed(1)} ms`, "≤ 20 ms");
      const list = locals.find((row) => row.name === "xs");
      for (const start of [0, 500000, 999900, 0, 500000]) {
        const begin = now();
        await t.variables(list.variablesReference, { filter: "indexed", start, count: 100 });
        print(`page from ${start}`, `${ms(begin).toFixed(1)} ms`, "≤ 20 ms");
      }
    }),

  "100,000 processes": () =>
    session(CROWD, async (t) => {
      await t.launch();
      while (!t.client.output.includes("there")) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let i = 0; i < 3; i += 1) {
        const begin = now();
        const { threads } = await t.client.ask("threads");
        print(`threads, ${threads.length} of 100,000`, `${ms(begin).toFixed(1)} ms`, "≤ 100 ms");
      }
    }),

  "conditions": async () => {
    const scale = Number(process.env.SCALE ?? 1);
    await condition("n > 5000000", 1000000 * scale, "whole numbers");
    await condition('name == "somebody"', 200000 * scale, "strings");
    await condition("share > 0.75", 200000 * scale, "floats");
    await condition("name.length() > 10 && n > 3", 200000 * scale, "a method");
  },
});
