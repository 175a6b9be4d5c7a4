// Breakpoints of data: who changes a value stops.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const DATA = `mvar counter = 0

bump(by: Int) -> () = {
  counter = counter + by
}

garbage(n: Int) -> List[Int] = rangeInclusive(1, n).map(x => x + 1)

fill(cells: Array[Int], words: Array[String]) -> Int = {
  cells[2] = cells[2]
  kept = garbage(2000).len()
  cells[2] = 7
  cells[3] = 8
  words[1] = words[1] ++ "!"
  words[0] = "other"
  kept
}

main() = {
  var total = 0
  cells = newArray(5, 1)
  words = newArray(2, "word")
  println("begun")
  for i = 0 to 10 {
    filler = garbage(500).len()
    total = total + (if i % 3 == 2 then filler else 0)
  }
  println(show(fill(cells, words)))
  add = n => {
    total = total + n
    total
  }
  println(show(add(1)))
  spawn { bump(5) }
  sleep(20)
  println("counter " ++ show(counter))
}
`;

const PLAIN = `mvar counter = 0
bump(by: Int) -> () = {
  counter = counter + by
}
main() = {
  bump(1)
  println("one")
  (_, ended) = spawn_monitor(() => bump(5))
  receive { Down(r, _, _) when r == ended -> () }
  println("counter " ++ show(counter))
}
`;

const CALLS = `twice(n: Int) -> Int = {
  var sum = 0
  sum = sum + n
  sum * 2
}

calls(n: Int) -> Int = twice(n) + twice(n + 1) + twice(n + 2)

main() = {
  println(show(calls(3)))
  println("over")
}
`;

/** Asks for a value's number and watches it. */
async function watch(t, info, more = {}) {
  const told = await t.client.ask("dataBreakpointInfo", info);
  assert(told.dataId, told.description);
  const { breakpoints } = await t.client.ask("setDataBreakpoints", { breakpoints: [{ dataId: told.dataId, ...more }] });
  assert.strictEqual(breakpoints[0].verified, true, breakpoints[0].message);
  return { ...told, id: breakpoints[0].id };
}

run({
  "a variable stops who changes it": () =>
    session(DATA, async (t) => {
      await t.launch(() => t.breakAt('println("begun")'));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      const told = await watch(t, { variablesReference, name: "total" }, { accessType: "write" });
      assert.deepStrictEqual(told.accessTypes, ["write"]);
      await t.breakAt();
      await t.resume(stop.threadId);
      const seen = [];
      for (let i = 0; i < 4; i += 1) {
        const changed = await t.stopped("data breakpoint");
        assert.deepStrictEqual(changed.hitBreakpointIds, [told.id]);
        assert.match(changed.description, /total of <1> was changed/);
        seen.push((await t.values(changed.frames.find((frame) => frame.name === "main").id)).total);
        await t.resume(stop.threadId);
      }
      assert.deepStrictEqual(seen, ["500", "1000", "1500", "1501"]);
      await t.end();
    }),

  "an element of an array, wherever it lies meanwhile, with a count": () =>
    session(DATA, async (t) => {
      await t.launch(() => t.breakAt("cells[2] = cells[2]"));
      const stop = await t.stopped("breakpoint");
      await watch(t, { frameId: stop.frameId, name: "cells[2]" });
      await t.resume(stop.threadId);
      const changed = await t.stopped("data breakpoint");
      // The statement before it has changed it.
      assert.strictEqual(changed.line, t.line("cells[3] = 8"));
      await watch(t, { frameId: changed.frameId, name: "words[1]" });
      await t.resume(stop.threadId);
      const word = await t.stopped("data breakpoint");
      assert.strictEqual(word.line, t.line('words[0] = "other"'));
      assert.strictEqual(await t.evaluate("words[1]", word.frameId), '"word!"');
      await t.resume(stop.threadId);
      await t.end();
    }),

  "conditions and counts": () =>
    session(DATA, async (t) => {
      await t.launch(() => t.breakAt('println("begun")'));
      const stop = await t.stopped("breakpoint");
      await watch(t, { frameId: stop.frameId, name: "total" }, { condition: "total > 500", hitCondition: "2" });
      await t.resume(stop.threadId);
      const changed = await t.stopped("data breakpoint");
      assert.strictEqual((await t.values(changed.frameId)).total, "1500");
      await t.client.ask("setDataBreakpoints", { breakpoints: [] });
      await t.resume(stop.threadId);
      await t.end();
    }),

  "an mvar stops who reads or writes it, in every process": () =>
    session(PLAIN, async (t) => {
      await t.launch(() => t.breakAt('println("one")'));
      const stop = await t.stopped("breakpoint");
      const told = await watch(t, { name: "counter" }, { accessType: "write" });
      assert.deepStrictEqual(told.accessTypes, ["read", "write", "readWrite"]);
      await t.resume(stop.threadId);
      const written = await t.stopped("data breakpoint");
      assert.notStrictEqual(written.threadId, stop.threadId);
      assert.match(written.description, /mvar counter was changed/);
      const own = written.frames.find((frame) => frame.source?.path === t.file);
      assert.deepStrictEqual([own.name, own.line], ["bump", t.line("counter = counter + by")]);
      await watch(t, { name: "counter" }, { accessType: "read" });
      await t.resume(written.threadId);
      const read = await t.stopped("data breakpoint");
      assert.deepStrictEqual([read.threadId, read.description], [stop.threadId, "mvar counter was read"]);
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /counter 6/);
    }),

  "the same value has the same number, and one that nobody watches has none for long": () =>
    session(DATA, async (t) => {
      await t.launch(() => t.breakAt('println("begun")', "cells[2] = cells[2]"));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      const asked = async (info) => (await t.client.ask("dataBreakpointInfo", info)).dataId;
      const total = await asked({ variablesReference, name: "total" });
      for (const info of [{ variablesReference, name: "total" }, { frameId: stop.frameId, name: "total" }]) assert.strictEqual(await asked(info), total);
      const cell = await asked({ frameId: stop.frameId, name: "cells[2]" });
      assert.strictEqual(await asked({ frameId: stop.frameId, name: "cells[2]" }), cell);
      assert.notStrictEqual(await asked({ frameId: stop.frameId, name: "cells[3]" }), cell);
      // Taken away and set again, where it stands.
      const set = async (...ids) => (await t.client.ask("setDataBreakpoints", { breakpoints: ids.map((dataId) => ({ dataId })) })).breakpoints;
      for (const ids of [[cell], [], [cell]]) assert((await set(...ids)).every((b) => b.verified));
      await t.resume(stop.threadId);
      const there = await t.stopped("breakpoint");
      // Elsewhere it has another name and is the same.
      assert.strictEqual(await asked({ frameId: there.frameId, name: "cells[2]" }), cell);
      const [kept, gone] = await set(cell, total);
      assert.deepStrictEqual([kept.verified, gone.verified], [true, false]);
      assert.match(gone.message, /ask `dataBreakpointInfo` again/);
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.stopped("data breakpoint");
      await set();
      await t.resume(stop.threadId);
      await t.end();
    }),

  "a variable whose function has ended is gone, and its successor in the same place is another": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt("sum = sum + n"));
      const stop = await t.stopped("breakpoint");
      const told = await watch(t, { frameId: stop.frameId, name: "sum" });
      await t.breakAt();
      await t.resume(stop.threadId);
      const changed = await t.stopped("data breakpoint");
      assert.deepStrictEqual([changed.line, changed.hitBreakpointIds], [t.line("sum * 2"), [told.id]]);
      await t.breakAt('println("over")');
      await t.resume(stop.threadId);
      const { breakpoint } = await t.client.event("breakpoint", (body) => body.breakpoint.id === told.id);
      assert.strictEqual(breakpoint.verified, false);
      assert.match(breakpoint.message, /sum of <1> is gone: its function has ended/);
      const { breakpoints } = await t.client.ask("setDataBreakpoints", { breakpoints: [{ dataId: told.dataId }] });
      assert.strictEqual(breakpoints[0].verified, false);
      await t.stopped("breakpoint");
      await t.resume(stop.threadId);
      await t.end();
      assert(!t.client.seen.some((message) => message.event === "stopped"));
    }),

  "the place where a watched variable ends is a breakpoint all the same": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt("sum = sum + n"));
      const stop = await t.stopped("breakpoint");
      // A condition that never holds: its changes are looked at, and nobody stops for them.
      const told = await watch(t, { frameId: stop.frameId, name: "sum" }, { condition: "sum < 0" });
      await t.breakAt("sum * 2", "var sum = 0");
      await t.resume(stop.threadId);
      assert.strictEqual((await t.stopped("breakpoint")).line, t.line("sum * 2"));
      await t.resume(stop.threadId);
      assert.strictEqual((await t.stopped("breakpoint")).line, t.line("var sum = 0"));
      await t.client.event("breakpoint", (body) => body.breakpoint.id === told.id);
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end();
    }),

  "a process that has ended has no variables": () =>
    session(CALLS.replace("println(show(calls(3)))", 'spawn { calls(3) }\n  receive { "never" -> () }'), async (t) => {
      await t.launch(() => t.breakAt("sum = sum + n"));
      const stop = await t.stopped("breakpoint");
      const told = await watch(t, { frameId: stop.frameId, name: "sum" });
      await t.client.ask("terminateThreads", { threadIds: [stop.threadId] });
      const { breakpoint } = await t.client.event("breakpoint", (body) => body.breakpoint.id === told.id);
      assert.match(breakpoint.message, /the process has ended/);
    }),

  "what cannot be watched says why": () =>
    session(DATA, async (t) => {
      await t.launch(() => t.breakAt("cells[2] = cells[2]"));
      const stop = await t.stopped("breakpoint");
      for (const name of ["kept", "cells[9]", "nobody"]) {
        const told = await t.client.ask("dataBreakpointInfo", { frameId: stop.frameId, name });
        assert.strictEqual(told.dataId, null, name);
        assert(told.description);
      }
      const { breakpoints } = await t.client.ask("setDataBreakpoints", { breakpoints: [{ dataId: "1 2" }] });
      assert.deepStrictEqual(breakpoints.map((b) => b.verified), [false]);
    }),
});
