// What macros made, as sources of its own: in stacks, in steps, with breakpoints, over swaps.
"use strict";
const assert = require("assert");
const fs = require("fs");
const { session, run } = require("./harness.js");

const PROGRAM = `macro twice(e) = quote {
  first = ~e
  println("between " ++ show(first))
  second = ~e
  println("behind " ++ show(second))
}

macro outer(e) = quote {
  println("outer begins")
  twice(~e + 1)
  println("outer ends")
}

template loud(fn) = quote {
  println("loud begins")
  got = ~fn.body
  println("loud ends")
  got
}

step(n: Int) -> Int = {
  println("step " ++ show(n))
  n * 10
}

@loud
shout(n: Int) -> Int = {
  m = n + 1
  step(m)
}

main() = {
  mine = 4
  twice(step(mine))
  println("middle")
  outer(mine)
  println(show(shout(6)))
  println("end")
}
`;

const text = async (t, source) => (await t.client.ask("source", { source, sourceReference: source.sourceReference ?? 0 })).content;

/** Where a stop is: name of the source, and the line's text in it. */
async function place(t, stop) {
  const { source, line, column } = stop.frames[0];
  if (source.path === t.file) return ["main.nos", t.lines[line - 1].trim()];
  const lines = (await text(t, source)).split("\n");
  assert.notStrictEqual(lines[line - 1].slice(column - 1).trim(), "", JSON.stringify([line, column, lines]));
  return [source.name, lines[line - 1].slice(column - 1)];
}

run({
  "steps go through what a macro made, and through what is the user's": () =>
    session(PROGRAM, async (t) => {
      await t.launch(() => t.breakAt("twice(step(mine))"));
      let stop = await t.stopped("breakpoint");
      assert.deepStrictEqual(await place(t, stop), ["twice in main", "first_1 = step(mine)"]);
      const { source } = stop.frames[0];
      assert(source.sourceReference > 0 && !source.path, JSON.stringify(source));
      assert.strictEqual(
        await text(t, source),
        'first_1 = step(mine)\nprintln("between " ++ show(first_1))\nsecond_1 = step(mine)\nprintln("behind " ++ show(second_1))\n',
      );
      assert.strictEqual((await t.values(stop.frameId)).mine, "4");
      // Into a function of the user's, with the expansion as its caller.
      await t.resume(stop.threadId, "stepIn");
      stop = await t.stopped("step");
      assert.deepStrictEqual(await place(t, stop), ["main.nos", 'println("step " ++ show(n))']);
      const caller = stop.frames[1];
      assert.deepStrictEqual([caller.name, caller.source.path ?? caller.source.name, caller.line], ["main", t.file, t.line("twice(step(mine))")]);
      await t.resume(stop.threadId, "stepOut");
      stop = await t.stopped("step");
      const seen = [await place(t, stop)];
      for (let i = 0; i < 4; i++) {
        await t.resume(stop.threadId, "next");
        stop = await t.stopped("step");
        seen.push(await place(t, stop));
      }
      assert.deepStrictEqual(seen, [
        ["twice in main", 'println("between " ++ show(first_1))'],
        ["twice in main", "second_1 = step(mine)"],
        ["twice in main", 'println("behind " ++ show(second_1))'],
        ["main.nos", 'println("middle")'],
        ["outer in main #2", 'println("outer begins")'],
      ]);
      assert.deepStrictEqual(await t.values(stop.frameId), { mine: "4", first_1: "40", second_1: "40" });
      assert.strictEqual(await t.evaluate("first_1 + second_1", stop.frameId), "80");
      // A macro's call that a macro made; by lines, of which each text has its own.
      await t.resume(stop.threadId, "next", { granularity: "line" });
      stop = await t.stopped("step");
      assert.deepStrictEqual(await place(t, stop), ["twice in main #3", "first_3 = (mine + 1)"]);
      await t.breakAt("println(show(shout(6)))");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      await t.breakAt();
      // A decorated function: its own text where it has been kept.
      const through = [];
      for (let i = 0; i < 4; i++) {
        await t.resume(stop.threadId, i === 0 ? "stepIn" : "next");
        stop = await t.stopped("step");
        through.push(await place(t, stop));
      }
      assert.deepStrictEqual(through, [
        ["loud in shout", 'println("loud begins")'],
        ["loud in shout", through[1][1]],
        ["main.nos", "m = n + 1"],
        ["main.nos", "step(m)"],
      ]);
      assert.match(through[1][1], /^got = /);
      await t.resume(stop.threadId);
      await t.end();
    }),

  "breakpoints in what a macro made": () =>
    session(PROGRAM, async (t) => {
      await t.launch(() => t.breakAt("mine = 4"));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      const { sources } = await t.client.ask("loadedSources");
      const names = sources.map((source) => source.name).filter((name) => / in /.test(name));
      assert.deepStrictEqual(names, ["twice in main", "outer in main #2", "twice in main #3"]);
      const source = sources.find((source) => source.name === "twice in main");
      const { breakpoints: where } = await t.client.ask("breakpointLocations", { source, line: 1, endLine: 9 });
      assert.deepStrictEqual(where.map((at) => at.line), [1, 2, 3, 4]);
      const set = async (...lines) => (await t.client.ask("setBreakpoints", { source, breakpoints: lines.map((line) => ({ line, condition: line === 4 ? "second == 40" : undefined })) })).breakpoints;
      const [two, four, none] = await set(2, 4, 9);
      assert.deepStrictEqual([two.verified, two.line, four.verified, four.line, none.verified], [true, 2, true, 4, false]);
      assert.strictEqual(two.source.sourceReference, source.sourceReference);
      for (const [line, id] of [[2, two.id], [4, four.id]]) {
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        assert.deepStrictEqual([stop.line, stop.frames[0].source.name, stop.hitBreakpointIds], [line, "twice in main", [id]]);
      }
      await set();
      // A breakpoint at a call stops once, at the beginning of what it became.
      await t.breakAt("outer(mine)", "println(\"end");
      const stops = [];
      for (let i = 0; i < 2; i++) {
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        stops.push(await place(t, stop));
      }
      assert.deepStrictEqual(stops, [["outer in main #2", 'println("outer begins")'], ["main.nos", 'println("end")']]);
      await t.resume(stop.threadId);
      await t.end();
    }),

  "the text outlives a swap, and so does its breakpoint": () =>
    session(PROGRAM.replace("main() = {", "main() = {\n  for i = 0 to 3 {\n    work(i)\n  }\n}\n\nwork(mine: Int) = {").replace("  mine = 4\n", ""), async (t) => {
      await t.launch(() => t.breakAt("twice(step(mine))"));
      let stop = await t.stopped("breakpoint");
      const { source } = stop.frames[0];
      const old = await text(t, source);
      await t.client.ask("setBreakpoints", { source, breakpoints: [{ line: 3 }] });
      await t.breakAt();
      // Something else of the function is another: the same text of the same call.
      t.write(`# moved\n${t.lines.join("\n").replace('"middle"', '"centre"')}`);
      assert((await t.client.ask("nostos/reload", {})).ok);
      // The call that goes on has its statements where the new code has them, and stops too.
      for (const mine of ["0", "1"]) {
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        assert.deepStrictEqual([stop.frames[0].source.sourceReference, stop.line], [source.sourceReference, 3]);
        assert.strictEqual((await t.values(stop.frameId)).mine, mine);
      }
      // The macro is another: who is in its old text can still read it.
      t.write(t.lines.join("\n").replace('"behind "', '"after "'));
      assert((await t.client.ask("nostos/reload", {})).ok);
      assert.strictEqual(await text(t, source), old);
      await t.resume(stop.threadId, "next");
      stop = await t.stopped("step");
      assert.deepStrictEqual(await place(t, stop), ["twice in work", 'println("behind " ++ show(second_1))']);
      await t.breakAt("twice(step(mine))");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      assert.notStrictEqual(stop.frames[0].source.sourceReference, source.sourceReference);
      assert.match(await text(t, stop.frames[0].source), /after/);
      assert.strictEqual(await text(t, source), old);
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /after 20/);
    }),

  "names that macros made are readable, and the trace has the user's lines": () =>
    session(`macro swapped(a, b) = quote {
  tmp = ~a
  other = ~b
  if tmp > 0 then {
    other / (tmp - tmp)
  } else other
}

main() = {
  tmp = 5
  got = swapped(tmp, 2)
  println(show(got))
}
`, async (t) => {
      await t.launch(() => t.client.ask("setExceptionBreakpoints", { filters: ["uncaught"] }));
      const stop = await t.stopped("exception");
      assert.deepStrictEqual(await place(t, stop), [stop.frames[0].source.name, (await place(t, stop))[1]]);
      assert.match((await place(t, stop))[1], /^other/);
      const shown = await text(t, stop.frames[0].source);
      assert(!/[\u{E000}-\u{F8FF}]/u.test(shown), JSON.stringify(shown));
      await t.resume(stop.threadId);
      await t.end(1);
      assert.match(t.client.output, new RegExp(`main.nos:${t.line("got = swapped")}`));
    }),

  "a process can be sent to a macro's call": () =>
    session(PROGRAM, async (t) => {
      await t.launch(() => t.breakAt('println("end")'));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      const { targets } = await t.client.ask("gotoTargets", { source: { path: t.file }, line: t.line("outer(mine)") });
      assert.deepStrictEqual(targets.map((target) => target.label), ["outer(mine)"]);
      await t.client.ask("goto", { threadId: stop.threadId, targetId: targets[0].id });
      stop = await t.stopped("goto");
      assert.deepStrictEqual(await place(t, stop), ["outer in main #2", 'println("outer begins")']);
      await t.resume(stop.threadId);
      await t.end();
      assert.strictEqual(t.client.output.match(/outer ends/g).length, 2);
    }),
});
