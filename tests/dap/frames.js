// Frames: entering one anew, tail calls, code.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const CALLS = `type Shape = Square(Int) | Circle(Float, String)

area(shape: Shape, scale: Float, a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, name: String) -> String = {
  println("area of " ++ name)
  text = show(shape) ++ " " ++ show(scale) ++ " " ++ show([a, b, c, d, e, f])
  text ++ " " ++ name
}

outer(n: Int, words: List[String]) -> String = {
  println("outer " ++ show(n))
  kept = n * 2
  got = area(Circle(1.5, "c"), 2.5, n, 2, 3, 4, 5, 6, "the name")
  got ++ show(kept) ++ show(words)
}

inner(n: Int) -> Int = {
  m = n + 1
  m * 2
}

middle(n: Int) -> Int = {
  k = n * 3
  inner(k)
}

start(n: Int) -> Int = {
  r = middle(n)
  r + 1
}

divide(a: Int, b: Int) -> Int = {
  q = a / b
  q
}

main() = {
  first = "kept in a frame"
  println(outer(7, ["x", "y"]))
  println(show(start(1)))
  println(first)
  println(show(divide(8, 0)))
}
`;

run({
  "a frame is entered anew with its arguments": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt('text ++ " " ++ name'));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      const before = await t.values(stop.frameId);
      await t.client.ask("restartFrame", { frameId: stop.frameId });
      stop = await t.stopped("restart");
      assert.deepStrictEqual([stop.frames[0].name, stop.line], ["area", t.line('println("area of')]);
      const after = await t.values(stop.frameId);
      for (const name of ["shape", "scale", "a", "f", "name"]) assert.strictEqual(after[name], before[name], name);
      // And its caller, whose own frame goes too.
      await t.client.ask("restartFrame", { frameId: stop.frames[1].id });
      stop = await t.stopped("restart");
      assert.deepStrictEqual([stop.frames[0].name, stop.line], ["outer", t.line('println("outer')]);
      assert.deepStrictEqual((({ n, words }) => [n, words])(await t.values(stop.frameId)), ["7", '["x", "y"]']);
      await t.client.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
      await t.resume(stop.threadId);
      // What was thrown is forgotten with the frame that threw it, and thrown again.
      for (const again of [true, false]) {
        stop = await t.stopped("exception");
        assert.strictEqual(stop.line, t.line("q = a / b"));
        if (!again) break;
        await t.client.ask("restartFrame", { frameId: stop.frames[1].id });
        const start = await t.stopped("restart");
        assert.deepStrictEqual([start.frames[0].name, start.line], ["main", t.line("first = ")]);
        await t.resume(start.threadId);
      }
      const once = ["outer 7", "area of the name", 'Circle(1.5, "c") 2.5 [7, 2, 3, 4, 5, 6] the name14["x", "y"]', "9", "kept in a frame"];
      await t.resume(stop.threadId);
      // All that it printed has come when it has ended.
      await t.end(1);
      const printed = t.client.output.split("\n").filter((line) => /^(outer|area|Circle|9|kept)/.test(line));
      assert.deepStrictEqual(printed, ["outer 7", "area of the name", ...once, ...once]);
    }),

  "lambdas too, and frames that cannot be entered anew say why": () =>
    session('twice(f: (Int) -> Int, n: Int) -> Int = f(n) * 2\nmain() = {\n  k = 5\n  println(show(twice(x => {\n    y = x + k\n    y }, 1)))\n  receive { "never" -> () }\n}\n', async (t) => {
      await t.launch(() => t.breakAt("    y }"));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      for (let again = 0; again < 3; again++) {
        await t.client.ask("restartFrame", { frameId: stop.frameId });
        stop = await t.stopped("restart");
        assert.strictEqual(stop.line, t.line("y = x + k"));
        if (again === 1) {
          await t.resume(stop.threadId, "next");
          stop = await t.stopped("step");
        }
      }
      await t.resume(stop.threadId);
      for (;;) {
        const { processes } = await t.client.ask("nostos/processes", {});
        if (processes[0].state === "waiting") break;
      }
      await t.client.ask("pause", { threadId: stop.threadId });
      const waits = await t.stopped("pause");
      await t.client.refused("restartFrame", { frameId: waits.frameId }, /cannot be taken back/);
    }),

  "code is shown with its lines, and breakpoints can be set in it": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"));
      const stop = await t.stopped("breakpoint");
      const memoryReference = stop.frames[0].instructionPointerReference;
      const { instructions } = await t.client.ask("disassemble", { memoryReference, instructionOffset: -8, instructionCount: 40 });
      assert.strictEqual(instructions.length, 40);
      const here = instructions[8];
      assert(BigInt(here.address) <= BigInt(memoryReference));
      assert.match(here.instruction, /nop.*breakpoints go here/);
      assert.deepStrictEqual([here.line, here.location.path], [stop.line, t.file]);
      const next = instructions.slice(9).find((row) => /breakpoints go here/.test(row.instruction));
      // A line is told where it begins.
      const told = instructions.slice(0, instructions.indexOf(next) + 1).filter((row) => row.line !== undefined);
      assert.strictEqual(told[told.length - 1].line, t.line("m * 2"));
      const start = instructions.find((row) => row.symbol === "inner");
      assert.match(start.instruction, /^push +rbp$/);
      assert.strictEqual(start.instructionBytes, "55");
      // A place between two such is moved on, and says so.
      const between = instructions[instructions.indexOf(here) + 1].address;
      const { breakpoints } = await t.client.ask("setInstructionBreakpoints", { breakpoints: [{ instructionReference: between, condition: "n == 3" }] });
      assert.deepStrictEqual(breakpoints.map((b) => [b.verified, b.line]), [[true, t.line("m * 2")]]);
      assert.match(breakpoints[0].message, new RegExp(`moved to ${next.address}`));
      await t.resume(stop.threadId);
      const second = await t.stopped("instruction breakpoint");
      assert.deepStrictEqual([second.line, second.hitBreakpointIds], [t.line("m * 2"), [breakpoints[0].id]]);
      await t.client.ask("setInstructionBreakpoints", { breakpoints: [] });
      await t.resume(stop.threadId, "stepIn", { granularity: "instruction" });
      await t.stopped("step");
      await t.client.refused("disassemble", { memoryReference: "0x10", instructionCount: 1 }, /no generated code/);
      await t.client.ask("terminate");
    }),

  "tail calls are marked": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"));
      const stop = await t.stopped("breakpoint");
      const rows = stop.frames.map((frame) => [frame.name, frame.presentationHint]);
      assert.deepStrictEqual(rows, [["inner", undefined], ["[tail call in middle]", "label"], ["start", undefined], ["main", undefined]]);
      const page = await t.client.ask("stackTrace", { threadId: stop.threadId, startFrame: 1, levels: 2 });
      assert.deepStrictEqual(page.stackFrames.map((frame) => frame.name), ["[tail call in middle]", "start"]);
      assert.strictEqual(page.totalFrames, 4);
      assert.strictEqual((await t.values(page.stackFrames[1].id)).n, "1");
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end(1);
    }),

  "a frame is entered anew in the code that was loaded since": () =>
    session(CALLS, async (t) => {
      await t.launch(() => t.breakAt("m * 2"));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      const text = CALLS.replace("m = n + 1", "m = n + 100");
      const { ok, changed } = await t.client.ask("nostos/reload", { files: [{ path: t.file, text }] });
      assert.deepStrictEqual([ok, changed], [true, ["inner"]]);
      // It stands in the old code, with what that has computed.
      assert.strictEqual((await t.values(stop.frameId)).m, "4");
      await t.client.ask("restartFrame", { frameId: stop.frameId });
      stop = await t.stopped("restart");
      assert.strictEqual(stop.frames[0].name, "inner");
      await t.client.ask("next", { threadId: stop.threadId });
      stop = await t.stopped("step");
      assert.strictEqual((await t.values(stop.frameId)).m, "103");
      await t.resume(stop.threadId);
      // (3 + 100) * 2, and what the callers make of it.
      await t.end(1);
      assert.match(t.client.output, /^207$/m);
    }),
});
