// How long things take, as a client sees them. Nothing here fails for being slow: it prints, for people. `cargo test -p nostos-dap -- --ignored speed`
"use strict";
const { Client, session, run } = require("./harness.js");

const ms = (begin) => Number(process.hrtime.bigint() - begin) / 1e6;
const now = () => process.hrtime.bigint();
const print = (what, took, bound) => console.log(`${what}: ${took}  (wanted: ${bound})`);
// What goes and comes is checked elsewhere; checking takes longer than what is measured.
Client.prototype.hold = () => {};

const COUNT = `type Person = { name: String, age: Int, friends: List[String] }
type Shape = Round(Float) | Square { side: Int } | None_

count(n: Int, to: Int, name: String, share: Float, who: Person, shape: Shape, few: List[Int], many: List[Int]) -> Int = {
  m = n + 1
  if m >= to then m else count(m, to, name, share, who, shape, few, many)
}

isOdd(n: Int) -> Bool = n % 2 == 1
isLarge(who: Person) -> Bool = who.friends.any(friend => friend.length() > 30)

main() = {
  who = Person(name: "somebody with a long name", age: 40, friends: ["Ann", "Ben", "Cleo"])
  begun = 0
  last = count(begun, TO, "nobody", 0.5, who, Square(side: 3), [1, 2, 3], range(0, 10000))
  println(show(last))
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

/** Seconds of processor time that a program has taken: on a busy machine the clock says nothing. */
function processorTime(pid) {
  const fs = require("fs");
  const tasks = fs.readdirSync(`/proc/${pid}/task`).map((task) => fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8"));
  return tasks.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0) / 1e9;
}

async function condition(text, to, words) {
  await session(COUNT.replace("TO", String(to)), async (t) => {
    await t.launch(() => t.breakAt("begun = 0", { line: t.line("m = n + 1"), condition: text }, "println(show(last))"));
    const { threadId } = await t.client.event("stopped");
    const { pid } = await t.client.ask("nostos/image");
    const [clock, processor] = [now(), processorTime(pid)];
    await t.client.ask("continue", { threadId });
    const { stackFrames } = await t.client.ask("stackTrace", await t.client.event("stopped"));
    const took = [ms(clock) / 1000, processorTime(pid) - processor];
    if (stackFrames[0].line !== t.line("println(show(last))")) throw new Error(`it stops in line ${stackFrames[0].line}`);
    const [by_clock, by_time] = took.map((seconds) => Math.round(to / seconds));
    print(`${words} (${text})`, `${by_time} evaluations/s of processor time, ${by_clock} by the clock`, "≥ 200,000");
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
      const { pid } = await t.client.ask("nostos/image");
      const [first, processor] = [now(), processorTime(pid)];
      const locals = await t.variables((await t.scope(stackFrames[0].id, "Locals")).variablesReference);
      const took = ((processorTime(pid) - processor) * 1000).toFixed(1);
      print("a frame with a list of 1,000,000, first look", `${ms(first).toFixed(1)} ms, ${took} ms of processor time`, "≤ 20 ms");
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
    const all = {
      "strings": 'name == "somebody"',
      "strings that are long": 'who.name == "somebody with a longer name"',
      "floats": "share > 0.75",
      "a method": "name.length() > 10 && n > 3",
      "a record": "who.age > 40",
      "a record and its list": 'who.friends.contains("Dora")',
      "a variant": "match shape { Round(r) -> r > 1.0, Square(s) -> s > 3, None_ -> true }",
      "a short list": "few == [1, 2, 4]",
      "a function of the program": "isOdd(n) && n > 5000000",
      "a function that walks": "isLarge(who)",
      "text that is made": '"${n}-${name}" == "x"',
      "a lambda": "few.any(x => x > 3)",
    };
    for (const [words, text] of Object.entries(all)) await condition(text, 300000 * scale, words);
    await condition("many.head() > 0", 20000 * scale, "a list of 10,000, of which the first is asked for");
  },
});
