// Where and when a process stops: lines, conditions, counts, messages, functions, exceptions.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const LOOP = `type Point = Point { x: Int, y: Int }

square(n: Int) -> Int = {
  m = n * n
  m
}

count(n: Int, to: Int, sum: Int) -> Int =
  if n > to then sum
  else {
    next = sum + square(n)
    count(n + 1, to, next)
  }

main() = {
  total = count(1, 10, 0)
  println("total " ++ show(total))
}
`;

const THROWS = `parse(text: String) -> Int = {
  if text == "" then throw(("Empty", "nothing to read"))
  else text.length()
}

careful(text: String) -> Int = try { parse(text) } catch { ("Empty", _) -> 0 }

worker() = {
  receive { n -> println(show(10 / n)) }
}

child() = {
  spawn_link { worker() }
  receive { "never" -> () }
}

main() = {
  println(show(careful("abc")))
  println(show(careful("")))
  pid = spawn { child() }
  sleep(20)
  other = spawn { worker() }
  other <- 0
  sleep(100000)
}
`;

run({
  "a condition stops where it is true": () =>
    session(LOOP, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), condition: "n > 3 && n % 2 == 0" }));
      const seen = [];
      for (let i = 0; i < 4; i += 1) {
        const stop = await t.stopped("breakpoint");
        seen.push((await t.values(stop.frameId)).n);
        await t.resume(stop.threadId);
      }
      assert.deepStrictEqual(seen, ["4", "6", "8", "10"]);
      await t.end();
    }),

  "a condition of numbers is decided where the code runs, 200,000 times": () =>
    session(LOOP.replace("count(1, 10, 0)", "count(1, 200000, 0)"), async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), condition: "n * 2 > 399999" }));
      const stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).n, "200000");
      await t.resume(stop.threadId);
      await t.end();
    }),

  "conditions of any values are decided where the code runs, 20,000 times": () =>
    session(
      `type Point = Point { x: Int, y: Float }

far(p: Point) -> Bool = {
  d = p.x + 1
  d > 19990
}

walk(p: Point, names: List[String], to: Int) -> Int = {
  var seen = 0
  seen = p.x
  next = Point(x: seen + 1, y: p.y + 0.5)
  if seen >= to then seen else walk(next, names, to)
}

main() = {
  println(show(walk(Point(x: 0, y: 0.0), ["a", "b"], 20000)))
}
`,
      async (t) => {
        await t.launch(() => t.breakAt({ line: t.line("next = Point"), condition: 'far(p) && names.len() == 2 && seen % 2 == 1 && p.y > 9997.0' }));
        const seen = [];
        for (let i = 0; i < 3; i += 1) {
          const stop = await t.stopped("breakpoint");
          seen.push((await t.values(stop.frameId)).seen);
          await t.resume(stop.threadId);
        }
        assert.deepStrictEqual(seen, ["19995", "19997", "19999"]);
        await t.end();
      },
    ),

  "a condition that throws stops and says why, also when it has been decided before": () =>
    session(LOOP, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), condition: "show(100 / (n - 5)) == \"never\"" }));
      const stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).n, "5");
      assert.match(t.client.output, /cannot be evaluated.*[Dd]ivision/);
      await t.resume(stop.threadId);
      await t.end();
    }),

  "what a condition calls is not stopped by breakpoints and filters itself": () =>
    session(
      `passes(n: Int) -> Bool = {
  rest = n % 4
  caught = try { 10 / (n - 6); 0 } catch { _ -> 1 }
  rest == 2 || caught == 1
}

main() = {
  for n = 1 to 12 {
    m = n * n
    println(m)
  }
}
`,
      async (t) => {
        await t.launch(async () => {
          await t.breakAt("rest = n % 4", { line: t.line("m = n * n"), condition: "passes(n)" });
          await t.client.ask("setExceptionBreakpoints", { filters: ["all"] });
        });
        for (const n of ["2", "6", "10"]) {
          const stop = await t.stopped("breakpoint");
          assert.deepStrictEqual([stop.line, (await t.values(stop.frameId)).n], [t.line("m = n * n"), n]);
          await t.resume(stop.threadId);
        }
        await t.end();
      },
    ),

  "a condition that makes no sense stops and says why": () =>
    session(LOOP, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), condition: "n + nonsense" }));
      const stop = await t.stopped("breakpoint");
      assert.match(t.client.output, /condition .n \+ nonsense. cannot be evaluated.*nonsense/);
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end();
    }),

  "hits are counted, also together with a condition": () =>
    session(LOOP, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), condition: "n > 2", hitCondition: "% 3" }));
      const seen = [];
      for (let i = 0; i < 2; i += 1) {
        const stop = await t.stopped("breakpoint");
        seen.push((await t.values(stop.frameId)).n);
        await t.resume(stop.threadId);
      }
      assert.deepStrictEqual(seen, ["5", "8"]);
      await t.end();
    }),

  "a step ends at a breakpoint that does not stop": () =>
    session(LOOP, async (t) => {
      const on = (wish) => t.breakAt("m = n * n", { line: t.line("m = n * n") + 1, ...wish });
      await t.launch(() => on({ logMessage: "m is {m}" }));
      for (const wish of [{ logMessage: "and {m}" }, { hitCondition: "> 100" }, { condition: "show(m) == \"never\"" }]) {
        const stop = await t.stopped("breakpoint");
        await on(wish);
        await t.resume(stop.threadId, "next");
        const next = await t.stopped("step");
        assert.strictEqual(next.line, stop.line + 1);
        if (wish.condition) await t.breakAt();
        await t.resume(stop.threadId);
      }
      await t.end();
    }),

  "a log point prints and does not stop": () =>
    session(LOOP, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("m = n * n"), logMessage: "at {n}, twice {n * 2}" }));
      await t.end();
      const lines = t.client.output.split("\n").filter((line) => line.startsWith("at "));
      assert.strictEqual(lines.length, 10);
      assert.strictEqual(lines[9], "at 10, twice 20");
    }),

  "lines that can hold a breakpoint are told": () =>
    session(LOOP, async (t) => {
      await t.launch(async () => {
        const from = t.line("square(n: Int)");
        const found = await t.client.ask("breakpointLocations", { source: { path: t.file }, line: from, endLine: from + 4 });
        const lines = found.breakpoints.map((place) => place.line);
        assert.deepStrictEqual([...new Set(lines)], [from + 1, from + 2]);
        const [one] = (await t.client.ask("breakpointLocations", { source: { path: t.file }, line: from + 1 })).breakpoints;
        assert(one.column >= 1);
      });
      await t.end();
    }),

  "a breakpoint on a line without code moves to the next and says so": () =>
    session(LOOP, async (t) => {
      await t.launch(async () => {
        const [set] = await t.breakAt({ line: t.line("square(n: Int)") });
        assert.deepStrictEqual([set.verified, set.line], [true, t.line("m = n * n")]);
        const [far] = await t.breakAt({ line: 4000 });
        assert.strictEqual(far.verified, false);
        assert(far.message);
        await t.breakAt();
      });
      await t.end();
    }),

  "functions stop at their first statement, with conditions and counts": () =>
    session(LOOP, async (t) => {
      await t.launch(async () => {
        const { breakpoints } = await t.client.ask("setFunctionBreakpoints", {
          breakpoints: [{ name: "main.square", condition: "n > 4", hitCondition: "2" }, { name: "main.nobody" }],
        });
        assert.deepStrictEqual(breakpoints.map((b) => b.verified), [true, false]);
        assert.strictEqual(breakpoints[0].line, t.line("m = n * n"));
      });
      const stop = await t.stopped("function breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).n, "6");
      assert.strictEqual(stop.hitBreakpointIds.length, 1);
      await t.client.ask("setFunctionBreakpoints", { breakpoints: [] });
      await t.resume(stop.threadId);
      await t.end();
    }),

  "10,000 breakpoints in one request": () =>
    session(LOOP, async (t) => {
      await t.launch(async () => {
        const wishes = Array.from({ length: 10000 }, (_, i) => ({ line: 1 + (i % 20), condition: "false" }));
        const set = await t.breakAt(...wishes);
        assert.strictEqual(set.length, 10000);
        await t.breakAt();
      });
      await t.end();
    }),

  "an uncaught exception stops where it is thrown, and is told": () =>
    session(THROWS, async (t) => {
      await t.launch(() => t.client.ask("setExceptionBreakpoints", { filters: ["uncaught"] }));
      const stop = await t.stopped("exception");
      assert.strictEqual(stop.line, t.line("10 / n"));
      const info = await t.client.ask("exceptionInfo", { threadId: stop.threadId });
      assert.strictEqual(info.exceptionId, "DivisionByZero");
      assert.strictEqual(info.breakMode, "unhandled");
      assert.match(info.details.stackTrace, /at worker /);
      await t.client.refused("exceptionInfo", { threadId: 1 }, /did not stop for an exception/);
    }),

  "all exceptions stop, the caught ones too, and are caught when it goes on": () =>
    session(THROWS, async (t) => {
      await t.launch(() => t.client.ask("setExceptionBreakpoints", { filters: ["all"] }));
      const stop = await t.stopped("exception");
      assert.strictEqual(stop.line, t.line("throw("));
      assert.strictEqual((await t.values(stop.frameId)).text, '""');
      const info = await t.client.ask("exceptionInfo", { threadId: stop.threadId });
      assert.deepStrictEqual([info.exceptionId, info.description, info.breakMode], ["Empty", "Empty: nothing to read", "always"]);
      assert.match(info.details.stackTrace, /at parse [^]*at careful [^]*at main /);
      await t.resume(stop.threadId);
      const next = await t.stopped("exception");
      assert.match(t.client.output, /^3\n0\n/m);
      assert.strictEqual(next.line, t.line("10 / n"));
    }),

  "an exception filter with a condition over what was thrown": () =>
    session(THROWS, async (t) => {
      await t.launch(() =>
        t.client.ask("setExceptionBreakpoints", {
          filters: [],
          filterOptions: [{ filterId: "all", condition: 'exception.0 == "DivisionByZero"' }],
        }));
      const stop = await t.stopped("exception");
      assert.strictEqual(stop.line, t.line("10 / n"));
    }),

  "a linked process's end stops before it ends the next, with its cause": () =>
    session(
      `worker() = receive { n -> println(show(10 / n)) }
owner() = {
  pid = spawn_link { worker() }
  register("worker", pid)
  receive { "never" -> () }
}
main() = {
  register("owner", spawn { owner() })
  ready()
  whereis("worker").expect("it") <- 0
  gone()
}
ready() -> () = if whereis("worker").isSome() then () else {
  sleep(5)
  ready()
}
gone() -> () = if whereis("owner").isNone() then println("the owner is gone") else {
  sleep(5)
  gone()
}
`,
      async (t) => {
        await t.launch(() => t.client.ask("setExceptionBreakpoints", { filters: ["linked exit"] }));
        const stop = await t.stopped("exception");
        assert.strictEqual(stop.description, "Linked exit");
        assert.strictEqual(stop.line, t.line('"never"'));
        const info = await t.client.ask("exceptionInfo", { threadId: stop.threadId });
        assert.strictEqual(info.exceptionId, "LinkedExit");
        const [cause] = info.details.innerException;
        assert.strictEqual(cause.typeName, "DivisionByZero");
        assert.match(cause.stackTrace, /at worker /);
        await t.resume(stop.threadId);
        await t.end();
        assert.match(t.client.output, /the owner is gone/);
      },
    ),

  "a breakpoint at an instruction goes with its code": () =>
    session(
      `step(n: Int) -> Int = {
  next = n + 1
  next
}

loop(n: Int) -> () = {
  sleep(1)
  loop(step(n))
}

main() = loop(0)
`,
      async (t) => {
        await t.launch(() => t.breakAt("next = n + 1"));
        const stop = await t.stopped("breakpoint");
        const instructionReference = stop.frames[0].instructionPointerReference;
        const { breakpoints } = await t.client.ask("setInstructionBreakpoints", { breakpoints: [{ instructionReference, hitCondition: "> 1000000000" }] });
        assert.strictEqual(breakpoints[0].verified, true);
        await t.breakAt();
        await t.resume(stop.threadId);
        // Code that nobody runs any more is taken away when other comes.
        const gone = t.client.event("breakpoint", (body) => body.reason === "removed");
        let told;
        gone.then((body) => (told = body), () => (told = {}));
        for (let i = 2; !told && i < 1000; i += 1) {
          const text = t.lines.join("\n").replace("next = n + 1", `next = n + ${i}`);
          const { ok } = await t.client.ask("nostos/reload", { files: [{ path: t.file, text }] });
          assert.strictEqual(ok, true);
        }
        const { breakpoint } = await gone;
        assert.deepStrictEqual([breakpoint.id, breakpoint.verified], [breakpoints[0].id, false]);
        assert.match(breakpoint.message, /replaced/);
      },
    ),

  "what is wrong with a breakpoint is said when it is set": () =>
    session("main() = {\n  n = 1\n  println(show(n))\n}\n", async (t) => {
      await t.launch(async () => {
        const line = t.line("println(");
        const [condition, count, right] = await t.breakAt({ line, condition: "n +" }, { line, hitCondition: "often" }, { line, condition: "n == 1", hitCondition: "% 1" });
        assert.deepStrictEqual([condition.verified, count.verified, right.message], [true, true, undefined]);
        assert.match(condition.message, /`n \+` is no condition: it stops in any case/);
        assert.match(count.message, /`often` is no count of hits/);
        // Who is not part of the program has no number that others could have, too.
        const { breakpoints } = await t.client.ask("setBreakpoints", { source: { path: "/nowhere.nos" }, breakpoints: [{ line: 1 }] });
        assert.deepStrictEqual([breakpoints[0].id, breakpoints[0].verified], [undefined, false]);
      });
      const stop = await t.stopped("breakpoint");
      assert.strictEqual(stop.hitBreakpointIds.length, 3);
      await t.resume(stop.threadId);
      await t.end();
    }),
});
