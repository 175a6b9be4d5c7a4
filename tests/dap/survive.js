// Breakpoints stay, whatever happens to the code and the processes meanwhile: swaps, moving objects, workers, tail calls, exceptions; and a loop that
// already runs meets one that is set now.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const TOGETHER = `type Told = Told(Int)

work(boss: Pid, n: Int, sum: Int) -> Int = {
  text = show(n) ++ "!"
  more = sum + text.length()
  if n % 8 == 0 { sleep(1) }
  if n == 0 then more else work(boss, n - 1, more)
}

gather(left: Int, sum: Int) -> Int =
  if left == 0 then sum else receive { Told(n) -> gather(left - 1, sum + n) }

main() = {
  boss = self()
  for i = 0 to 40 { spawn { boss <- Told(work(boss, 99, 0)) } }
  println("sum " ++ show(gather(40, 0)))
}
`;

const COUNT = `step(n: Int) -> Int = {
  m = n + 1
  m
}

serve(n: Int) -> Int = receive {
  "go" -> {
    m = step(n)
    println("at " ++ show(m))
    serve(m)
  }
  "end" -> n
}

main() = {
  register("server", spawn { serve(0) })
  receive { "never" -> () }
}
`;

/** Log points of many processes that wander between workers: each process tells each of its turns, and stays what it was. */
const together = (env) => () =>
  session(TOGETHER, async (t) => {
    await t.launch(() => t.breakAt({ line: t.line("more = sum"), logMessage: "turn {n}" }), { env, workers: 2 });
    await t.end();
    const turns = t.client.output.split("\n").filter((line) => line.startsWith("turn "));
    assert.strictEqual(turns.length, 40 * 100);
    for (const n of [0, 8, 50, 99]) assert.strictEqual(turns.filter((line) => line === `turn ${n}`).length, 40, `turn ${n}`);
    assert.match(t.client.output, /sum 11600\n/);
  });

run({
  "processes on all workers tell every turn": together({}),
  "and while every allocation moves the objects": together({ NOSTOS_GC: "stress" }),
  "and while every call moves the stack": together({ NOSTOS_STACK: "stress" }),

  "swaps: of the function itself, of others, and with lines before it": () =>
    session(COUNT, async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"));
      const go = () => t.client.ask("evaluate", { expression: 'match whereis("server") { Some(server) -> server <- "go", None -> () }', context: "repl" });
      const swap = async (text, names) => {
        // Not by the file, of which the image might hear first.
        t.lines = text.split("\n");
        const { ok, changed } = await t.client.ask("nostos/reload", { files: [{ path: t.file, text }] });
        assert(ok);
        assert.deepStrictEqual(changed.map((name) => name.split(".").pop()).sort(), names);
      };
      const hit = async () => {
        await go();
        const stop = await t.stopped("breakpoint");
        assert.strictEqual(stop.line, t.line("m = n + "));
        await t.resume(stop.threadId);
      };
      for (;;) {
        const { processes } = await t.client.ask("nostos/processes", {});
        if (processes.some((row) => row.name === "server")) break;
      }
      await hit();
      await swap(COUNT.replace("m = n + 1", "m = n + 10"), ["step"]);
      await hit();
      await swap(COUNT.replace("m = n + 1", "m = n + 10").replace('"at "', '"now at "'), ["serve"]);
      await hit();
      const shifted = COUNT.replace("m = n + 1", "m = n + 100");
      await swap(`# One line.\n# Another.\n${shifted}`, ["serve", "step"]);
      await hit();
    }),

  "swaps while the function is called all the time: no call of the new code meets the breakpoint a line off": () => {
    const swaps = 6;
    // The breakpoint stays on its line: the text with a line before it has another statement there.
    const HOT = (by, above, more) => `${above}step(n: Int) -> Int = {
  var at = ${by}
  at = ${by + 1}
  at = ${by + 2}
  at = ${by + 3}
  n + 1
}

more() -> Bool = ${more}

main() = {
  var n = 0
  while more() { n = step(n) }
  println("end " ++ show(n))
}
`;
    return session(HOT(0, "", true), async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("at = 2"), logMessage: "turn {at} {n}" }));
      const turns = () => t.client.output.split("\n").filter((line) => line.startsWith("turn ")).map((line) => line.split(" ").slice(1).map(Number));
      const past = async () => {
        // Those that have come are many.
        t.client.seen = t.client.seen.filter((message) => message.event !== "output");
        for (let i = 0; i < 20; i++) await t.client.event("output");
      };
      const load = async (text) => assert((await t.client.ask("nostos/reload", { files: [{ path: t.file, text }] })).ok);
      for (let i = 1; i <= swaps; i++) {
        await past();
        await load(HOT(10 * i, i % 2 === 1 ? "# A line.\n" : "", true));
      }
      await past();
      // The program may end before this is answered.
      await load(HOT(10 * swaps, "", false)).catch(() => {});
      await t.end();
      for (let i = 0; i <= swaps; i++) {
        // At the end of a text's life its code runs while the lines are the next one's already.
        const met = turns().map(([at]) => at - 10 * i).filter((at) => at >= 0 && at < 4);
        const own = i % 2 === 1 ? 0 : 1;
        const begin = met.findIndex((at) => at !== own);
        assert(begin !== 0 && (begin < 0 || !met.slice(begin).includes(own)), `text ${i}: ${met}`);
      }
    });
  },

  "tail calls: the five thousandth turn": () =>
    session(COUNT.replace("main() = {", "loop(n: Int) -> Int = {\n  k = n + 1\n  if k == 6000 then k else loop(k)\n}\n\nmain() = {\n  loop(0)"), async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("if k == 6000"), hitCondition: "5000" }));
      const stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).k, "5000");
    }),

  "exceptions: in what throws and in what catches, a thousand times": () =>
    session(
      `risky(n: Int) -> Int = {
  half = 1 / (n % 2)
  half
}

main() = {
  var caught = 0
  for i = 0 to 1000 {
    got = try { risky(i) } catch { _ -> {
      caught = caught + 1
      0
    } }
    if got > 1 { println("never") }
  }
  println("caught " ++ show(caught))
}
`,
      async (t) => {
        await t.launch(() =>
          t.breakAt({ line: t.line("half = 1 /"), hitCondition: "1000" }, { line: t.line("caught = caught + 1"), hitCondition: "500" }),
        );
        let stop = await t.stopped("breakpoint");
        assert.strictEqual(stop.line, t.line("caught = caught + 1"));
        assert.deepStrictEqual((({ i, caught }) => [i, caught])(await t.values(stop.frameId)), ["998", "499"]);
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        assert.deepStrictEqual([stop.line, (await t.values(stop.frameId)).n], [t.line("half = 1 /"), "999"]);
        await t.resume(stop.threadId);
        await t.end();
        assert.match(t.client.output, /caught 500\n/);
      },
    ),

  "a loop that already runs": () =>
    session("main() = {\n  var n = 0\n  while n >= 0 {\n    n = n + 1\n  }\n}\n", async (t) => {
      await t.launch();
      for (;;) {
        const { processes } = await t.client.ask("nostos/processes", {});
        if (processes.some((row) => row.reductions > 10000)) break;
      }
      const [set] = await t.breakAt("n = n + 1");
      assert(set.verified, JSON.stringify(set));
      const stop = await t.stopped("breakpoint");
      const { n } = await t.values(stop.frameId);
      assert(Number(n) > 10, n);
      await t.resume(stop.threadId);
      assert.strictEqual((await t.values((await t.stopped("breakpoint")).frameId)).n, String(Number(n) + 1));
    }),
});
