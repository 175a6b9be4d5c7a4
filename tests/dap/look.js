// What can be seen of a stopped process, and of the program: variables, scopes, expressions, sources, memory, threads.
"use strict";
const assert = require("assert");
const fs = require("fs");
const { session, run } = require("./harness.js");

const VALUES = `type Point = { x: Int, y: Int }
type Shape = Circle(Point, Float) | Nothing

pick(n: Int) -> Int = {
  text = "word"
  point = Point(x: 3, y: -255)
  shape = Circle(point, 1.5)
  list = [1, 2, 3].map(x => x * n)
  table = %{"one": 1, "two": 2}
  long = count(1000000, [])
  n + list.length() + long.length()
}

count(n: Int, so_far: List[Int]) -> List[Int] =
  if n == 0 then so_far else count(n - 1, [n] ++ so_far)

apply(f: (Int) -> Int) -> Int = f(5)

main() = {
  factor = 7
  times = apply(x => {
    y = x * factor
    y + 1
  })
  println(show(pick(times)))
}
`;

/** The same with few elements: in most tests nobody looks at them all. */
const FEW = VALUES.replace("1000000", "1000");

run({
  "values of all kinds, and their parts": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      const rows = await t.variables(variablesReference);
      const row = (name) => rows.find((row) => row.name === name);
      const told = (name) => [row(name).value, row(name).type];
      assert.deepStrictEqual(told("n"), ["36", "Int"]);
      assert.deepStrictEqual(told("text"), ['"word"', "String"]);
      assert.deepStrictEqual(told("shape"), ["Circle(Point{x: 3, y: -255}, 1.5)", "Shape"]);
      assert.deepStrictEqual(told("list"), ["[36, 72, 108]", "List[Int]"]);
      const parts = async (name, page) => {
        const all = await t.variables(row(name).variablesReference, page);
        return all.map((part) => [part.name, part.value]);
      };
      assert.deepStrictEqual(await parts("point"), [["x", "3"], ["y", "-255"]]);
      assert.deepStrictEqual(await parts("list", { filter: "indexed", start: 1, count: 1 }), [["1", "72"]]);
      assert.deepStrictEqual((await parts("table")).sort(), [['"one"', "1"], ['"two"', "2"]]);
      const hex = await t.variables(row("point").variablesReference, { format: { hex: true } });
      assert.deepStrictEqual(hex.map((part) => part.value), ["0x3", "-0xff"]);
    }),

  "a list of a million is paged": () =>
    session(VALUES, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      const long = (await t.variables(variablesReference)).find((row) => row.name === "long");
      assert.strictEqual(long.indexedVariables, 1000000);
      for (const start of [0, 500000, 999990]) {
        const page = await t.variables(long.variablesReference, { filter: "indexed", start, count: 100 });
        assert.strictEqual(page.length, Math.min(100, 1000000 - start));
        assert.deepStrictEqual([page[0].name, page[0].value], [String(start), String(start + 1)]);
      }
    }),

  "what a lambda has taken along has a scope of its own": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("y + 1"));
      const stop = await t.stopped("breakpoint");
      assert.deepStrictEqual(await t.values(stop.frameId, "Captured"), { factor: "7" });
      assert.deepStrictEqual(await t.values(stop.frameId), { x: "5", y: "35" });
      assert.strictEqual(await t.evaluate("factor * y", stop.frameId), "245");
    }),

  "expressions in every context": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const { frameId } = await t.stopped("breakpoint");
      for (const context of ["watch", "hover", "repl", "variables"]) {
        assert.strictEqual(await t.evaluate("list.sum() + point.x", frameId, context), "219");
      }
      assert.match(await t.evaluate("long", frameId, "watch"), /^\[1, 2, 3.*…/);
      const all = await t.evaluate("long", frameId, "clipboard");
      assert.match(all.slice(0, 20), /^\[1, 2, 3/);
      assert(all.endsWith("999, 1000]"), all.slice(-100));
      const hex = await t.client.ask("evaluate", { expression: "point.x", frameId, format: { hex: true } });
      assert.strictEqual(hex.result, "0x3");
      await t.client.refused("evaluate", { expression: "nonsense(", frameId }, /./);
      // Without a frame: in the module of main, and with effects.
      assert.strictEqual(await t.evaluate("apply(x => x + 1)", undefined, "repl"), "6");
    }),

  "an evaluation that takes for ever is cancelled": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const { frameId } = await t.stopped("breakpoint");
      const requestId = t.client.sequence;
      const never = t.client.refused("evaluate", { expression: "receive { \"never\" -> 1 }", frameId }, /cancelled/);
      await t.client.ask("cancel", { requestId });
      await never;
      assert.strictEqual(await t.evaluate("n", frameId), "36");
    }),

  "scopes of the process: itself, its links, its heap": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const stop = await t.stopped("breakpoint");
      const process = await t.values(stop.frameId, "Process");
      assert.strictEqual(process.pid, `<pid ${stop.threadId}>`);
      assert.deepStrictEqual(await t.values(stop.frameId, "Links"), {});
      const heap = await t.values(stop.frameId, "Heap");
      assert.match(heap.used, /^\d+ bytes of \d+$/);
    }),

  "messages that wait can be opened": () =>
    session(
      `type Order = Buy(String, Int) | Cancel { id: Int, why: List[String] }
server() = receive { "go" -> { done = 1
    println(show(done)) } }
main() = {
  pid = spawn { server() }
  pid <- Buy("tea", 3)
  pid <- Cancel(id: 7, why: ["late", "dear"])
  pid <- "go"
  sleep(100000)
}
`,
      async (t) => {
        await t.launch(() => t.breakAt("println(show(done))"));
        const stop = await t.stopped("breakpoint");
        const { variablesReference } = await t.scope(stop.frameId, "Mailbox");
        const [buy, cancel] = await t.variables(variablesReference);
        assert.deepStrictEqual([buy.value, buy.type], ['Buy("tea", 3)', "Order"]);
        const parts = await t.variables(cancel.variablesReference);
        assert.deepStrictEqual(parts.map((p) => [p.name, p.value]), [["id", "7"], ["why", '["late", "dear"]']]);
        const words = await t.variables(parts[1].variablesReference);
        assert.deepStrictEqual(words.map((w) => w.value), ['"late"', '"dear"']);
      },
    ),

  "completions: what is in sight, and parts behind a dot": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const { frameId } = await t.stopped("breakpoint");
      const complete = async (text) => {
        const { targets } = await t.client.ask("completions", { frameId, text, column: text.length + 1 });
        return targets.map((target) => target.label);
      };
      assert((await complete("po")).includes("point"));
      assert.deepStrictEqual(await complete("1 + point."), ["x", "y"]);
      assert.deepStrictEqual(await complete("coun"), ["count"]);
      assert((await complete("ma")).includes("match"));
      // What stands there already is replaced, not added to.
      const { targets } = await t.client.ask("completions", { frameId, text: "1 + po", column: 7 });
      assert(targets.every((target) => target.length === 2 && target.start === undefined));
    }),

  "sources, those of the library too, and modules": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      await t.stopped("breakpoint");
      const { sources } = await t.client.ask("loadedSources");
      assert(sources.some((source) => source.path === t.file));
      const list = sources.find((source) => source.name === "std/list.nos");
      assert.strictEqual(list.path, list.name, "VS Code lists only what has a path");
      const { content } = await t.client.ask("source", { source: list, sourceReference: list.sourceReference });
      assert.match(content, /pub/);
      const own = await t.client.ask("source", { source: { path: t.file }, sourceReference: 0 });
      assert.strictEqual(own.content, fs.readFileSync(t.file, "utf8"));
      const { modules, totalModules } = await t.client.ask("modules", { startModule: 0, moduleCount: 1 });
      assert.strictEqual(modules.length, 1);
      assert.strictEqual(totalModules, sources.length);
      assert.deepStrictEqual([modules[0].name, modules[0].isUserCode], ["main", true]);
      // A breakpoint in the library, by the source it told.
      const line = content.split("\n").findIndex((text) => text.includes("map(")) + 1;
      const set = await t.client.ask("setBreakpoints", { source: list, breakpoints: [{ line }] });
      assert.strictEqual(set.breakpoints.length, 1);
    }),

  "memory of objects can be read": () =>
    session(FEW, async (t) => {
      await t.launch(() => t.breakAt("n + list.length()"));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      const list = (await t.variables(variablesReference)).find((row) => row.name === "list");
      const { data, address } = await t.client.ask("readMemory", { memoryReference: list.memoryReference, offset: 8, count: 8 });
      assert.strictEqual(BigInt(address), BigInt(list.memoryReference) + 8n);
      assert.strictEqual(Buffer.from(data, "base64").readBigInt64LE(), 36n);
      const nowhere = await t.client.ask("readMemory", { memoryReference: "0x10", count: 8 });
      assert.deepStrictEqual([nowhere.data, nowhere.unreadableBytes], ["", 8]);
      await t.client.refused("readMemory", { memoryReference: "here", count: 8 }, /no address/);
    }),

  "a stack is paged": () =>
    session(
      `down(n: Int) -> Int = if n == 0 then { bottom = 1
    bottom } else {
    rest = down(n - 1)
    if rest > n then rest else n
  }
main() = println(show(down(5000)))
`,
      async (t) => {
        await t.launch(() => t.breakAt("bottom }"));
        const { threadId } = await t.stopped("breakpoint");
        const page = await t.client.ask("stackTrace", { threadId, startFrame: 4998, levels: 10 });
        assert.strictEqual(page.totalFrames, 5002);
        assert.deepStrictEqual(page.stackFrames.map((f) => f.name), ["down", "down", "down", "main"]);
        assert.deepStrictEqual(await t.values(page.stackFrames[1].id), { n: "4999" });
        await t.breakAt();
        await t.resume(threadId);
        await t.end();
      },
    ),

  "threads are bounded: the named, the stopped, then the busiest; one of them can be ended": () =>
    session(
      `idle() = receive { "never" -> () }
fill(n: Int) -> () = if n == 0 then () else {
  spawn { idle() }
  fill(n - 1)
}
main() = {
  register("known", spawn { idle() })
  fill(100000)
  full = 1
  println(show(full))
  sleep(100000)
}
`,
      async (t) => {
        await t.launch(() => t.breakAt("println(show(full))"));
        const stop = await t.stopped("breakpoint");
        const { threads } = await t.client.ask("threads");
        assert.strictEqual(threads.length, 500);
        assert(threads.some((thread) => thread.id === stop.threadId && /^main /.test(thread.name)));
        const known = threads.find((thread) => /^known /.test(thread.name));
        await t.client.ask("terminateThreads", { threadIds: [known.id] });
        await t.client.event("thread", (body) => body.reason === "exited" && body.threadId === known.id);
        assert.strictEqual(await t.evaluate('whereis("known")', undefined, "repl"), "None");
        await t.client.refused("terminateThreads", { threadIds: [known.id] }, /no process/);
      },
    ),
});
