// Sending a stopped process to another statement of its function.
"use strict";
const assert = require("assert");
const fs = require("fs");
const { session, run } = require("./harness.js");

/** The targets of a line that holds this text. */
const targets = async (t, text) => (await t.client.ask("gotoTargets", { source: { path: t.file }, line: t.line(text) })).targets;

/** Sends a process to the only target of a line, and gives the stop there. */
async function goTo(t, threadId, text) {
  const found = await targets(t, text);
  assert.strictEqual(found.length, 1, `${text}: ${JSON.stringify(found)}`);
  await t.client.ask("goto", { threadId, targetId: found[0].id });
  const stop = await t.stopped("goto");
  assert.deepStrictEqual([stop.threadId, stop.line], [threadId, t.line(text)]);
  return stop;
}

const printed = (t) => t.client.output.split("\n").filter((line) => /^[a-z]+ /.test(line));

const WORK = `type Shape = Square(Int) | Circle(Float, String)

work(n: Int, shape: Shape, words: List[String], scale: Float) -> String = {
  println("first " ++ show(n))
  var sum = n * 2
  name = words.head() ++ "!"
  sum = sum + 1
  println("second " ++ show(sum) ++ " " ++ name)
  again = show(shape) ++ show(scale)
  println("third " ++ again)
  late = again ++ "."
  println("fourth")
  if n > 0 then {
    plus = "plus " ++ name
    println(plus)
    plus
  } else {
    println("minus " ++ name)
    "none"
  }
}

main() = {
  kept = "kept"
  println("result " ++ work(4, Circle(1.5, "c"), ["w", "x"], 2.5))
  for i = 0 to 2 {
    println("round " ++ show(i))
  }
  println("end " ++ kept)
}
`;

run({
  "back and forth, with the values there are": () =>
    session(WORK, async (t) => {
      await t.launch(() => t.breakAt("again = show"));
      assert.strictEqual(t.capabilities.supportsGotoTargetsRequest, true);
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      const before = await t.values(stop.frameId);
      // What a statement needs must have its value: `again` has none yet, and neither `plus` nor `late`.
      for (const none of ["third", "late = again", "println(plus)", "main() =", 'println("result', "println(\"round"]) {
        const found = await targets(t, none);
        assert.deepStrictEqual(found, [], none);
      }
      const [target] = await targets(t, "sum = sum + 1");
      assert.deepStrictEqual(
        [target.label, target.line, target.column, target.endLine, target.endColumn],
        ["sum = sum + 1", t.line("sum = sum + 1"), 3, t.line("sum = sum + 1"), 16],
      );
      stop = await goTo(t, stop.threadId, "sum = sum + 1");
      assert.deepStrictEqual(stop.frames.map((frame) => frame.name), ["work", "main"]);
      const values = await t.values(stop.frameId);
      // A `var` keeps what it has; what comes later has no value any more.
      assert.deepStrictEqual(values, before);
      assert.deepStrictEqual([before.sum, values.sum, values.name, values.n], ["9", "9", '"w!"', "4"]);
      // Steps and breakpoints are where they were.
      await t.resume(stop.threadId, "next");
      stop = await t.stopped("step");
      assert.strictEqual(stop.line, t.line("println(\"second"));
      assert.strictEqual((await t.values(stop.frameId)).sum, "10");
      // To the head, as if it had been called anew.
      stop = await goTo(t, stop.threadId, "println(\"first");
      assert.strictEqual((await t.values(stop.frameId)).n, "4");
      await t.breakAt("println(\"fourth");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).late, '"Circle(1.5, \\"c\\")2.5."');
      // Into the other branch: it needs nothing that is not there.
      stop = await goTo(t, stop.threadId, "println(\"minus");
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end();
      assert.deepStrictEqual(printed(t), [
        "first 4", "second 9 w!", "first 4", "second 9 w!", 'third Circle(1.5, "c")2.5', "minus w!", "result none", "round 0", "round 1", "end kept",
      ]);
    }),

  "statements are skipped, in an outer frame too": () =>
    session(WORK, async (t) => {
      await t.launch(() => t.breakAt("kept = "));
      let stop = await t.stopped("breakpoint");
      // `kept` is not there yet.
      assert.deepStrictEqual(await targets(t, "println(\"end"), []);
      await t.resume(stop.threadId, "next");
      stop = await t.stopped("step");
      stop = await goTo(t, stop.threadId, "println(\"end");
      // A frame that was sent somewhere can be sent elsewhere.
      stop = await goTo(t, stop.threadId, "for i = 0 to 2");
      await t.resume(stop.threadId);
      await t.end();
      assert.deepStrictEqual(printed(t), ["round 0", "round 1", "end kept"]);
    }),

  "in and out of loops, handlers and closures": () =>
    session(`counter(n: Int) -> Int = {
  var count = n
  bump = () => {
    count = count + 1
    count
  }
  bump()
  println("count " ++ show(count))
  for i = 0 to 3 {
    bump()
    println("loop " ++ show(i))
  }
  done = try {
    println("tried " ++ show(count))
    count / 0
  } catch {
    (_, why) -> {
      println("caught " ++ why)
      count
    }
  }
  println("after " ++ show(count))
  done + bump()
}

classify(0, text) = {
  println("zero " ++ text)
  0
}
classify(n, text) = {
  twice = n * 2
  println("twice " ++ text)
  twice
}

twice[T](x: T, f: T -> T) -> T = {
  once = f(x)
  println("generic " ++ "here")
  f(once)
}

main() = {
  println("got " ++ show(counter(5)))
  println("class " ++ show(classify(7, "t")))
  println("text " ++ twice("a", s => s ++ "!"))
  println("number " ++ show(twice(3, n => {
    m = n * 10
    m + 1
  })))
}
`, async (t) => {
      await t.launch(() => t.breakAt('println("loop'));
      let stop = await t.stopped("breakpoint");
      await t.breakAt();
      // Into a loop or a handler there is no way.
      for (const none of ['println("loop', 'println("tried', 'println("caught', "count = count + 1"]) {
        assert.deepStrictEqual(await targets(t, none), [], none);
      }
      // Closures go on sharing the variable.
      stop = await goTo(t, stop.threadId, 'println("count');
      assert.strictEqual((await t.values(stop.frameId)).count, "7");
      await t.breakAt("(_, why) ->", 'println("caught');
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      stop = await goTo(t, stop.threadId, 'println("count');
      // Its function is still the whole one.
      await t.client.ask("restartFrame", { frameId: stop.frameId });
      stop = await t.stopped("restart");
      assert.strictEqual(stop.line, t.line("var count = n"));
      await t.resume(stop.threadId, "next");
      stop = await t.stopped("step");
      assert.strictEqual((await t.values(stop.frameId)).count, "5");
      await t.breakAt('println("after');
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      await t.breakAt('println("zero', 'println("twice');
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      assert.strictEqual(stop.line, t.line('println("twice'));
      // The other clause has its own names.
      assert.deepStrictEqual(await targets(t, 'println("zero'), []);
      stop = await goTo(t, stop.threadId, "twice = n * 2");
      await t.breakAt('println("generic', "m + 1");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).once, '"a!"');
      stop = await goTo(t, stop.threadId, "once = f(x)");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      await t.resume(stop.threadId);
      // A lambda's own statements.
      stop = await t.stopped("breakpoint");
      assert.deepStrictEqual([stop.line, (await t.values(stop.frameId)).m], [t.line("m + 1"), "30"]);
      stop = await goTo(t, stop.threadId, "m = n * 10");
      await t.breakAt();
      await t.resume(stop.threadId);
      await t.end();
      assert.deepStrictEqual(printed(t), [
        "count 6", "count 7", "loop 0", "loop 1", "loop 2", "tried 10", "count 6", "loop 0", "loop 1", "loop 2", "tried 9", "caught Division by zero",
        "after 9", "got 19", "twice t", "class 14", "generic here", "text a!!", "generic here", "number 311",
      ]);
    }),

  "more arguments than registers, either way": () =>
    session(`wide(a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, g: Int, h: Int, i: Int) -> Int = {
  println("wide")
  sum = a + b + c + d + e + f + g + h + i
  sum
}

last(a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, g: Int, h: Int, i: Int) -> Int = {
  println("last")
  a + i
}

tail(n: Int) -> Int = {
  a = n + 1
  b = a + 1
  c = b + 1
  d = c + 1
  e = d + 1
  println("tail here")
  last(n, a, b, c, d, e, 7, 8, 9)
}

narrow(n: Int) -> Int = {
  a = "a" ++ show(n)
  b = "b" ++ show(n)
  c = 3.5
  println("narrow here")
  println("all " ++ a ++ b ++ show(c) ++ show(n))
  n
}

main() = {
  var total = 0
  for k = 0 to 3 {
    total = total + wide(1, 2, 3, 4, 5, 6, 7, 8, k) + narrow(k) * 1000 + tail(k) * 100000
    println("sum " ++ show(total))
  }
}
`, async (t) => {
      await t.launch(() => t.breakAt('println("wide'));
      for (let k = 0; k < 3; k++) {
        let stop = await t.stopped("breakpoint");
        await t.breakAt();
        stop = await goTo(t, stop.threadId, "sum = a + b");
        await t.breakAt('println("narrow here');
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        stop = await goTo(t, stop.threadId, 'println("all');
        stop = await goTo(t, stop.threadId, "b = \"b");
        await t.breakAt('println("tail here');
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        await t.breakAt();
        // What is entered anew has made room for the arguments of what it calls at its end.
        await t.client.ask("restartFrame", { frameId: stop.frameId });
        stop = await t.stopped("restart");
        await t.resume(stop.threadId, "next");
        stop = await t.stopped("step");
        await t.breakAt('println("tail here', 'println("last');
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        stop = await goTo(t, stop.threadId, "c = b + 1");
        await t.resume(stop.threadId);
        stop = await t.stopped("breakpoint");
        if (stop.line === t.line('println("tail here')) {
          await t.resume(stop.threadId);
          stop = await t.stopped("breakpoint");
        }
        assert.strictEqual(stop.line, t.line('println("last'));
        stop = await goTo(t, stop.threadId, "a + i");
        await t.breakAt('println("wide');
        await t.resume(stop.threadId);
      }
      await t.end();
      const sums = printed(t).filter((line) => line.startsWith("sum"));
      assert.deepStrictEqual(sums, ["sum 900036", "sum 1901073", "sum 3003111"]);
    }),

  "what cannot be gone to is said": () =>
    session(WORK, async (t) => {
      await t.launch(() => t.breakAt("again = show"));
      const stop = await t.stopped("breakpoint");
      const { threadId } = stop;
      await t.client.refused("goto", { threadId, targetId: 999 }, /no such target/);
      await t.client.refused("goto", { threadId, targetId: -1 }, /no such target/);
      const [target] = await targets(t, "sum = sum + 1");
      const other = await targets(t, "name = words");
      assert.strictEqual(other.length, 1);
      // The function is another now.
      fs.writeFileSync(t.file, WORK.replace("fourth", "fifth"));
      await t.client.ask("nostos/reload", {});
      await t.client.refused("goto", { threadId, targetId: target.id }, /has been changed/);
      assert.deepStrictEqual(await targets(t, "sum = sum + 1"), []);
      const kept = await t.values(stop.frameId);
      assert.strictEqual(kept.sum, "9");
      await t.breakAt();
      await t.resume(threadId);
      await t.end();
    }),

  "what makes the value of a module-level name is not left for a part of it": () =>
    session("limit = {\n  a = 2\n  b = a + 3\n  b\n}\n\nmain() = {\n  println(\"limit \" ++ show(limit))\n}\n", async (t) => {
      await t.launch(() => t.breakAt("b = a + 3"));
      const stop = await t.stopped("breakpoint");
      assert.strictEqual(stop.line, t.line("b = a + 3"));
      assert.deepStrictEqual(await targets(t, "a = 2"), []);
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /^limit 5$/m);
    }),

  "lines above have moved": () =>
    session(WORK, async (t) => {
      await t.launch(() => t.breakAt("again = show"));
      let stop = await t.stopped("breakpoint");
      t.write(`# one more\n\n${WORK}`);
      await t.client.ask("nostos/reload", {});
      stop = await goTo(t, stop.threadId, "sum = sum + 1");
      await t.resume(stop.threadId, "next");
      stop = await t.stopped("step");
      assert.strictEqual(stop.line, t.line('println("second'));
      await t.breakAt();
      t.write(`# two more\n# lines\n${t.lines.join("\n")}`);
      await t.client.ask("nostos/reload", {});
      await t.breakAt("late = again");
      await t.resume(stop.threadId);
      stop = await t.stopped("breakpoint");
      assert.strictEqual(stop.line, t.line("late = again"));
      await t.resume(stop.threadId);
      await t.end();
    }),
});
