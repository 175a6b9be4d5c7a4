// All at once, or one alone; steps of several kinds; ends; who waits for whom.
"use strict";
const assert = require("assert");
const { Client, Raw, session, socketOf, run } = require("./harness.js");

const COUNTERS = `count(name: String, n: Int) -> () = {
  sleep(1)
  count(name, n + 1)
}

asked(n: Int) -> () = receive {
  (from: Pid, by: Int) -> {
    next = n + by
    from <- next
    asked(next)
  }
  "end" -> println("at the end")
}

ask(server: Pid) -> () = {
  server <- (self(), 2)
  receive { (n: Int) -> () }
  sleep(1)
  ask(server)
}

main() = {
  register("one", spawn { count("one", 0) })
  register("two", spawn { count("two", 0) })
  server = spawn_link { asked(0) }
  register("server", server)
  register("client", spawn { ask(server) })
  receive { "never" -> () }
}
`;

const STEPS = `double(n: Int) -> Int = {
  m = n + n
  m
}

triple(n: Int) -> Int = {
  m = n * 3
  m
}

work(n: Int) -> Int = {
  a = n + 1; b = a + 1; c = b + 1
  d = double(c) + triple(c)
  d
}

main() = {
  println(show(work(1)))
}
`;

const CROWD = `spin(n: Int) -> Int = if n == 0 then 0 else spin(n - 1)

work(n: Int) -> () = {
  m = n + 1
  k = m + spin(300)
  work(k)
}

main() = {
  for i = 1 to 7 { spawn { work(0) } }
  receive { "never" -> () }
}
`;

const SLOW = `extern usleep(micros: Int32) -> Int32 from "c"

main() = {
  main = self()
  spawn {
    main <- "begun"
    unsafe { usleep(900000) }
    receive { "never" -> () }
  }
  receive { "begun" -> () }
  sleep(20)
  println("here")
  receive { "never" -> () }
}
`;

/** The numbers by name, of processes that have one. */
async function named(t) {
  const { processes } = await t.client.ask("nostos/processes", {});
  return Object.fromEntries(processes.filter((p) => p.name).map((p) => [p.name, p]));
}

run({
  "all stop when one does, and all go on": () =>
    session(COUNTERS, async (t) => {
      await t.launch(() => t.breakAt("from <- next"), { allStop: true });
      let stop;
      let states;
      let frame;
      // On a busy machine the others may not have begun at the first stop.
      for (;;) {
        stop = await t.stopped("breakpoint");
        assert.strictEqual(stop.allThreadsStopped, true);
        states = await named(t);
        if (states.one && states.two && states.client) {
          const { stackFrames } = await t.client.ask("stackTrace", { threadId: states.one.id });
          frame = stackFrames.find((frame) => frame.name === "count");
        }
        if (frame) break;
        await t.resume(stop.threadId);
      }
      // One that computes comes to its next safepoint when its worker has a core.
      const names = ["one", "two", "server", "client"];
      while (names.some((name) => states[name].state !== "stopped")) states = await named(t);
      for (const name of names) assert.strictEqual(states[name].state, "stopped", name);
      // Those that did not stop by themselves can be looked at too, and expressions run.
      const n = Number((await t.values(frame.id)).n);
      assert.strictEqual(await t.evaluate("n + 1", frame.id), String(n + 1));
      assert.strictEqual(await t.evaluate("next * 2 - next", stop.frameId), (await t.values(stop.frameId)).next);
      const { allThreadsContinued } = await t.resume(stop.threadId);
      assert.strictEqual(allThreadsContinued, true);
      const again = await t.stopped("breakpoint");
      assert.strictEqual(again.threadId, stop.threadId);
      // A step lets all run; the one it is of stops them again.
      await t.resume(again.threadId, "next");
      const stepped = await t.stopped("step");
      assert.strictEqual(stepped.allThreadsStopped, true);
      // One alone may go on; the others stay.
      await t.breakAt();
      const { allThreadsContinued: all } = await t.resume(again.threadId, "continue", { singleThread: true });
      assert.strictEqual(all, false);
      const after = await named(t);
      assert.deepStrictEqual(["one", "two", "client"].map((name) => after[name].state), ["stopped", "stopped", "stopped"]);
    }),

  "who has let all go on hears of no stop that is over": () =>
    session(CROWD, async (t) => {
      await t.launch(() => t.breakAt("m = n + 1"), { allStop: true });
      const line = t.line("m = n + 1");
      for (let i = 0; i < 400; i += 1) {
        const { threadId } = await t.client.event("stopped");
        // Who lets all go on at once leaves the news of other stops behind.
        if (i % 4 === 3) {
          // What is told of stands there, and not where somebody else's stop has held it.
          const { processes } = await t.client.ask("nostos/processes", {});
          assert.strictEqual(processes.find((row) => row.id === threadId).state, "stopped", `round ${i}`);
          const { stackFrames } = await t.client.ask("stackTrace", { threadId });
          assert.strictEqual(stackFrames[0].line, line, `round ${i}`);
        }
        const { seq, body } = await t.client.send("continue", { threadId });
        assert.strictEqual(body.allThreadsContinued, true, `round ${i}`);
        t.client.seen = t.client.seen.filter((message) => message.event !== "stopped" || message.seq > seq);
      }
    }),

  "who takes long to stop is told of when it has": () =>
    session(SLOW, async (t) => {
      await t.launch(() => t.breakAt('println("here")'), { allStop: true });
      const stop = await t.stopped("breakpoint");
      // It may have been slow to begin, too.
      if (!stop.allThreadsStopped) {
        const late = await t.client.event("stopped");
        assert.deepStrictEqual([late.reason, late.preserveFocusHint, late.allThreadsStopped], ["pause", true, true]);
        assert.notStrictEqual(late.threadId, stop.threadId);
      }
      const { processes } = await t.client.ask("nostos/processes", {});
      assert.deepStrictEqual(processes.filter((row) => row.state !== "stopped"), []);
      // Who stands still with the others can be asked to stop as well, and says so.
      const other = processes.find((row) => row.id !== stop.threadId);
      await t.client.ask("pause", { threadId: other.id });
      const paused = await t.client.event("stopped", (body) => body.threadId === other.id);
      assert.deepStrictEqual([paused.reason, paused.allThreadsStopped], ["pause", true]);
      assert.strictEqual((await t.resume(stop.threadId)).allThreadsContinued, true);
      await t.client.ask("terminate");
      await t.client.event("terminated");
    }),

  "a stop is one process's alone otherwise": () =>
    session(COUNTERS, async (t) => {
      await t.launch(() => t.breakAt("from <- next"));
      const stop = await t.stopped("breakpoint");
      assert.strictEqual(stop.allThreadsStopped, false);
      // The others may not have begun, or not have come to where they wait.
      let states = await named(t);
      while (states.one === undefined || states.client?.state !== "waiting") states = await named(t);
      assert.notStrictEqual(states.one.state, "stopped");
    }),

  "who waits for a stopped process is shown as such, in the list and in the tree": () =>
    session(COUNTERS, async (t) => {
      await t.launch(() => t.breakAt("from <- next"));
      const stop = await t.stopped("breakpoint");
      // It may have sent and not begun to wait; and main registers it when it comes to that.
      let threads;
      const waits = new RegExp(`^client.*waits for <${stop.threadId}>, which is stopped`);
      do ({ threads } = await t.client.ask("threads"));
      while (!threads.some((thread) => waits.test(thread.name)) || !threads.some((thread) => thread.name.startsWith("one")));
      assert(!/waits/.test(threads.find((thread) => thread.name.startsWith("one")).name));
      const { processes, total } = await t.client.ask("nostos/tree", {});
      assert.strictEqual(total, processes.length);
      const [main, ...others] = processes;
      assert.deepStrictEqual([main.depth, main.links], [0, [stop.threadId]]);
      assert(others.length >= 4 && others.every((process) => process.depth === 1 && process.parent === main.id));
      const waiting = processes.filter((process) => process.waitsFor !== undefined);
      assert.deepStrictEqual(waiting.map((process) => [process.name, process.waitsFor]), [["client", stop.threadId]]);
      assert.strictEqual(processes.find((process) => process.id === stop.threadId).state, "stopped");
    }),

  "the end of a named process stops it before it is gone": () =>
    session(
      COUNTERS.replace('receive { "never" -> () }', 'ref = monitor(server)\n  server <- "end"\n  receive { Down(^ref, _, _) -> () }\n  println("over")'),
      async (t) => {
        await t.launch(async () => {
          const { breakpoints } = await t.client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "exit of server" }] });
          assert.deepStrictEqual(breakpoints.map((b) => b.verified), [true]);
        });
        const stop = await t.client.event("stopped");
        assert.deepStrictEqual([stop.reason, stop.description], ["function breakpoint", "About to end"]);
        // What it printed comes through a pipe, at its own time.
        while (!/at the end/.test(t.client.output)) await new Promise((resolve) => setTimeout(resolve, 5));
        const { server } = await named(t);
        assert.deepStrictEqual([server.id, server.state], [stop.threadId, "stopped"]);
        await t.resume(stop.threadId);
        await t.end();
      },
    ),

  "the end of a process that is known by its number": () =>
    session(COUNTERS, async (t) => {
      await t.launch();
      let one;
      while (!one) one = (await named(t)).one;
      await t.client.ask("setFunctionBreakpoints", { breakpoints: [{ name: `exit of ${one.id}` }] });
      await t.client.ask("terminateThreads", { threadIds: [one.id] });
      const stop = await t.client.event("stopped");
      assert.strictEqual(stop.threadId, one.id);
      assert.match(stop.text, /About to end: .*killed/i);
      // It is ended with its frames in place.
      const { stackFrames } = await t.client.ask("stackTrace", { threadId: one.id });
      assert(stackFrames.some((frame) => frame.name === "count"));
      await t.resume(one.id);
      while ((await named(t)).one) await new Promise((resolve) => setTimeout(resolve, 5));
    }),

  "steps of statements and of lines": () =>
    session(STEPS, async (t) => {
      await t.launch(() => t.breakAt("a = n + 1"));
      const stop = await t.stopped("breakpoint");
      await t.breakAt();
      await t.resume(stop.threadId, "next", { granularity: "statement" });
      const second = await t.stopped("step");
      assert.strictEqual(second.line, t.line("a = n + 1"));
      assert(second.frames[0].column > stop.frames[0].column);
      await t.resume(stop.threadId, "next", { granularity: "line" });
      const next = await t.stopped("step");
      assert.strictEqual(next.line, t.line("d = double"));
      await t.resume(stop.threadId);
      await t.end();
    }),

  "a breakpoint at a column stops there alone": () =>
    session(STEPS, async (t) => {
      const line = () => t.line("a = n + 1");
      await t.launch(async () => {
        const { breakpoints } = await t.client.ask("breakpointLocations", { source: { path: t.file }, line: line() });
        assert.strictEqual(breakpoints.length, 3);
        const [set] = await t.breakAt({ line: line(), column: breakpoints[1].column });
        assert.deepStrictEqual([set.verified, set.line, set.column], [true, line(), breakpoints[1].column]);
      });
      const stop = await t.stopped("breakpoint");
      assert.deepStrictEqual((({ a, b }) => [a, b])(await t.values(stop.frameId)), ["2", undefined]);
      await t.resume(stop.threadId);
      await t.end();
    }),

  "one of several calls can be stepped into": () =>
    session(STEPS, async (t) => {
      await t.launch(() => t.breakAt("d = double"));
      const stop = await t.stopped("breakpoint");
      const { targets } = await t.client.ask("stepInTargets", { frameId: stop.frameId });
      assert.deepStrictEqual(targets.map((target) => target.label), ["double", "triple"]);
      assert.strictEqual(targets[1].line, stop.line);
      await t.resume(stop.threadId, "stepIn", { targetId: targets[1].id });
      let inside = await t.stopped("step");
      if (inside.frames[0].name === "double") {
        // The way there led through the first one.
        await t.resume(stop.threadId, "stepOut");
        inside = await t.stopped("step");
      }
      assert.strictEqual(inside.frames[0].name, "triple");
      assert.strictEqual(inside.frames[1].name, "work");
      await t.resume(stop.threadId);
      await t.end();
    }),

  "who leaves may leave what stands still, and who comes next is told": () =>
    session(COUNTERS, async (t) => {
      await t.launch(() => t.breakAt("from <- next"));
      const stop = await t.stopped("breakpoint");
      const socket = socketOf(t.client);
      const { pid } = await t.client.ask("nostos/image");
      const { snapshot } = await t.client.ask("nostos/heapSnapshot", {});
      await t.client.ask("disconnect", { terminateDebuggee: false, suspendDebuggee: true });
      // Who only looks and goes leaves things as they are. What the one before had kept is gone with it.
      for (let i = 0, kept = true; i < 10 || kept; i += 1) {
        const looker = new Raw(socket);
        await looker.ask("initialize", { adapterID: "nostos" });
        const { processes } = await looker.ask("nostos/processes", {});
        assert.strictEqual(processes.find((row) => row.id === stop.threadId).state, "stopped");
        kept = await looker.ask("nostos/heapTypes", { snapshot }).then(() => true, () => false);
        assert(!kept || i < 1000);
        looker.close();
      }
      const other = new Client();
      await other.start();
      await other.ask("initialize", { adapterID: "nostos" });
      await other.ask("attach", { socket });
      await other.ask("configurationDone");
      const told = await other.event("stopped");
      assert.deepStrictEqual([told.threadId, told.reason], [stop.threadId, "breakpoint"]);
      const { stackFrames } = await other.ask("stackTrace", { threadId: stop.threadId });
      assert.strictEqual(stackFrames[0].line, stop.line);
      await other.ask("continue", { threadId: stop.threadId });
      await other.ask("disconnect", { terminateDebuggee: true });
      await other.stop();
      assert.deepStrictEqual(other.wrong, []);
      const gone = () => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      };
      for (let i = 0; i < 2400 && !gone(); i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
      assert(gone());
    }),
});
