// The life of a session: restarting, ending, going away.
"use strict";
const assert = require("assert");
const { spawn } = require("child_process");
const { Client, Raw, session, socketOf, run } = require("./harness.js");

const WAITS = `main() = {
  begun = 1
  println("begun " ++ show(begun))
  receive { "never" -> () }
}
`;

/** A program in a terminal: here, a pipe. */
function terminal(t, started) {
  t.about = { supportsRunInTerminalRequest: true };
  t.client.answers = {
    runInTerminal: (args) => {
      const env = { ...process.env };
      for (const [name, value] of Object.entries(args.env ?? {})) {
        if (value === null) delete env[name];
        else env[name] = value;
      }
      const child = spawn(args.args[0], args.args.slice(1), { cwd: args.cwd, env, stdio: ["pipe", "pipe", "inherit"] });
      child.text = "";
      child.stdout.on("data", (data) => (child.text += data));
      started(child, args);
      return { processId: child.pid };
    },
  };
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

run({
  "a program in the client's terminal": () =>
    session('main() = {\n  name = readLine()\n  println("hello ${name}")\n}\n', async (t) => {
      let child;
      let asked;
      terminal(t, (...found) => ([child, asked] = found));
      await t.launch(() => t.breakAt("println("), { console: "integratedTerminal", env: { COLOUR: "red" } });
      // Whoever guesses its socket's name could wait for it.
      assert(asked.args.some((word) => /^--inspect=.*dap-\d+-\d+-[0-9a-f]{16}\.sock$/.test(word)), asked.args.join(" "));
      assert.deepStrictEqual([asked.kind, asked.cwd, asked.env], ["integrated", t.folder, { COLOUR: "red" }]);
      const gone = new Promise((resolve) => child.on("exit", resolve));
      child.stdin.write("you\n");
      const stop = await t.stopped("breakpoint");
      await t.resume(stop.threadId);
      assert.strictEqual((await t.client.event("exited")).exitCode, 0);
      await t.client.event("terminated");
      assert.strictEqual(await gone, 0);
      assert.strictEqual(t.client.output, "", "it is in the terminal");
      assert.match(child.text, /hello Some\("you"\)/);
    }),

  "a terminal that cannot be had": () =>
    session(WAITS, async (t) => {
      t.about = { supportsRunInTerminalRequest: true };
      t.client.answers = {
        runInTerminal: () => {
          throw new Error("no terminal here");
        },
      };
      await assert.rejects(t.launch(undefined, { console: "externalTerminal" }), /cannot run the program in a terminal: no terminal here/);
      await t.client.refused("threads", undefined, /no program is being debugged/);
    }),

  "a program in a terminal ends with the client that launched it": () =>
    session(WAITS, async (t) => {
      let child;
      terminal(t, (found) => (child = found));
      await t.launch(undefined, { console: "integratedTerminal" });
      const gone = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
      await t.client.stop();
      assert.notStrictEqual(await gone, 0);
    }),

  "a program in a terminal is restarted there": () =>
    session(WAITS, async (t) => {
      const children = [];
      terminal(t, (child) => children.push(child));
      await t.launch(() => t.breakAt("println("), { console: "integratedTerminal" });
      await t.stopped("breakpoint");
      t.write(WAITS.replace("begun = 1", "begun = 1 + 41"));
      await t.client.ask("restart", {});
      await t.client.event("initialized");
      await t.breakAt("println(");
      await t.client.ask("configurationDone");
      const stop = await t.stopped("breakpoint");
      assert.strictEqual((await t.values(stop.frameId)).begun, "42");
      assert.strictEqual(children.length, 2);
      while (children[0].exitCode === null) await new Promise((resolve) => children[0].once("exit", resolve));
      assert(!t.client.seen.some((message) => message.event === "terminated" || message.event === "exited"));
      await t.client.ask("terminate");
      await t.client.event("terminated");
    }),

  "a program in a terminal ends with a client that dies before it is there": () =>
    session(WAITS, async (t) => {
      // The terminal starts it when the client is gone already, or just before.
      for (const late of [true, false]) {
        const client = new Client();
        let asked;
        const question = new Promise((resolve) => (asked = resolve));
        client.answers = {
          runInTerminal: (args) => {
            asked(args);
            return {};
          },
        };
        await client.start();
        await client.ask("initialize", { adapterID: "nostos", supportsRunInTerminalRequest: true });
        client.send("launch", { program: t.file, console: "integratedTerminal" }).catch(() => {});
        const { args, cwd } = await question;
        const gone = new Promise((resolve) => client._adapterProcess.once("exit", resolve));
        const start = () => spawn(args[0], args.slice(1), { cwd, stdio: "ignore" });
        let child = late ? undefined : start();
        client._adapterProcess.kill("SIGKILL");
        await gone;
        child ??= start();
        if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once("exit", resolve));
        assert.notStrictEqual(child.exitCode, 0);
        client.stopAdapter();
      }
    }),

  "a launch can be taken back, and nothing is left unanswered": () =>
    session(WAITS, async (t) => {
      t.about = { supportsRunInTerminalRequest: true };
      const { client } = t;
      let asked;
      let question = new Promise((resolve) => (asked = resolve));
      // A terminal that says yes and starts nothing.
      client.answers = {
        runInTerminal: (args) => {
          asked(args);
          return {};
        },
      };
      await client.start();
      await client.ask("initialize", { adapterID: "nostos", ...t.about });
      const launch = () => client.send("launch", { program: t.file, console: "integratedTerminal" });
      const first = assert.rejects(launch(), /cancelled/);
      await question;
      await client.refused("launch", { program: t.file }, /being launched already/);
      const waits = client.refused("threads", undefined, /no program is being debugged/);
      // Its own numbers are nobody's business but the protocol's.
      const requestId = client.sequence - 3;
      await client.ask("cancel", { requestId });
      await Promise.all([first, waits]);
      question = new Promise((resolve) => (asked = resolve));
      const second = assert.rejects(launch(), /disconnected/);
      const { args } = await question;
      await client.ask("disconnect", {});
      await second;
      const child = spawn(args[0], args.slice(1), { stdio: "ignore" });
      assert.notStrictEqual(await new Promise((resolve) => child.once("exit", resolve)), 0);
    }),

  "a launched program that is left to itself lives on and writes to nobody": () =>
    session(
      `mvar lines = 0

main() = {
  println("line")
  sleep(1)
  lines = lines + 1
  main()
}
`,
      async (t) => {
        for (const configured of [true, false]) {
          const client = new Client();
          await client.start();
          await client.ask("initialize", { adapterID: "nostos" });
          const launched = client.ask("launch", { program: t.file });
          await client.event("initialized");
          if (configured) await client.ask("configurationDone");
          await launched;
          const { pid } = await client.ask("nostos/image");
          const gone = new Promise((resolve) => client._adapterProcess.once("exit", resolve));
          const socket = socketOf(client);
          await client.ask("disconnect", { terminateDebuggee: false });
          await gone;
          client.stopAdapter();
          const other = new Raw(socket);
          await other.ask("initialize", { adapterID: "nostos" });
          await other.ask("attach", { socket });
          // It writes all the while.
          const lines = async () => Number((await other.ask("evaluate", { expression: "lines", context: "repl" })).result);
          const before = await lines();
          while ((await lines()) < before + 50) assert(!other.gone);
          process.kill(pid, 0);
          await other.ask("disconnect", { terminateDebuggee: true });
        }
      },
    ),

  "what takes long is shown as progress": () =>
    session(WAITS, async (t) => {
      t.about = { supportsProgressReporting: true };
      await t.launch();
      assert.strictEqual(await t.evaluate("1 + 1"), "2");
      assert.strictEqual(await t.evaluate("{ sleep(600)\n 3 }"), "3");
      const start = await t.client.event("progressStart", (body) => body.title === "Evaluating");
      const end = await t.client.event("progressEnd", (body) => body.progressId === start.progressId);
      assert.deepStrictEqual([start.title, start.cancellable, end.progressId], ["Evaluating", true, start.progressId]);
    }),

  "a program that is run and not debugged stops at nothing": () =>
    session("main() = {\n  n = 1\n  println(show(n / (n - n)))\n}\n", async (t) => {
      await t.launch(
        async () => {
          const [set] = await t.breakAt("n = 1");
          assert.deepStrictEqual([set.verified, set.message], [false, "the program is run and not debugged"]);
          await t.client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "main" }] });
          await t.client.ask("setExceptionBreakpoints", { filters: ["uncaught", "all"] });
        },
        { noDebug: true, stopOnEntry: true, allStop: true },
      );
      await t.end(1);
      assert(!t.client.seen.some((message) => message.event === "stopped"));
    }),

  "a restart ends the program and launches it as it is now": () =>
    session(WAITS, async (t) => {
      await t.launch(() => t.breakAt("println("));
      const first = (await t.client.ask("nostos/image")).pid;
      await t.stopped("breakpoint");
      t.write(WAITS.replace("begun = 1", "begun = 1 + 41"));
      await t.client.ask("restart", {});
      // The client is asked again for what it wants.
      await t.client.event("initialized");
      await t.breakAt("println(");
      await t.client.ask("configurationDone");
      const stop = await t.stopped("breakpoint");
      assert.notStrictEqual((await t.client.ask("nostos/image")).pid, first);
      assert.throws(() => process.kill(first, 0), /ESRCH/);
      assert.strictEqual((await t.values(stop.frameId)).begun, "42");
      assert(!t.client.seen.some((message) => message.event === "terminated" || message.event === "exited"));
      await t.client.ask("terminate");
      await t.client.event("terminated");
      // That it was killed is news only to who has not asked for that.
      assert.doesNotMatch(t.client.output, /Runtime error/);
    }),

  "a restart that is asked for during a launch follows it": () =>
    session(WAITS, async (t) => {
      const { client } = t;
      await client.start();
      await client.ask("initialize", { adapterID: "nostos" });
      const launched = client.send("launch", { program: t.file }).catch(() => {});
      await client.ask("restart", {});
      await launched;
      await client.ask("configurationDone");
      await client.event("output", (body) => /begun 1/.test(body.output));
      // Who started it may be gone: it lives.
      const { pid } = await client.ask("nostos/image");
      process.kill(pid, 0);
      await client.ask("terminate");
      await client.event("terminated");
    }),

  "a restart that is taken back ends the program once": () =>
    session(WAITS, async (t) => {
      terminal(t, () => {});
      await t.launch(undefined, { console: "integratedTerminal" });
      const asked = new Promise((resolve) => {
        // A terminal that says yes and starts nothing.
        t.client.answers.runInTerminal = () => {
          resolve();
          return {};
        };
      });
      const restart = t.client.refused("restart", {}, /not wanted any more/);
      await asked;
      const waits = t.client.refused("threads", undefined, /no program is being debugged/);
      await t.client.ask("terminate");
      await Promise.all([restart, waits]);
      await t.client.event("terminated");
      await t.client.ask("disconnect", {});
      assert(!t.client.seen.some((message) => message.event === "terminated"));
    }),

  "a program that stands still keeps nobody who leaves": () =>
    session(WAITS, async (t) => {
      await t.launch();
      const { pid } = await t.client.ask("nostos/image");
      process.kill(pid, "SIGSTOP");
      // More than a socket holds.
      const evaluated = t.client.refused("evaluate", { expression: `"${"x".repeat(4 << 20)}"`, context: "repl" }, /the program has ended/);
      await t.client.ask("disconnect", {});
      await evaluated;
      while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
    }),

  "a restart with other arguments, and one that cannot be": () =>
    session(WAITS, async (t) => {
      await t.launch();
      await t.client.ask("restart", { arguments: { program: t.file, stopOnEntry: true } });
      await t.client.event("initialized");
      await t.client.ask("configurationDone");
      const stop = await t.stopped("entry");
      assert.strictEqual(stop.frames[0].name, "main");
      t.write("main() = nonsense");
      await t.client.refused("restart", {}, /does not start/);
      await t.client.event("terminated");
    }),

  "two clients on one program: what one does the other hears, and one that only attached leaves it running": () =>
    session(
      `main() = loop(0)
loop(n: Int) -> () = {
  sleep(5)
  loop(n + 1)
}
`,
      async (t) => {
        await t.launch();
        const other = new Client();
        await other.start();
        const socket = socketOf(t.client);
        await other.ask("initialize", { adapterID: "nostos" });
        await other.ask("attach", { socket });
        await other.ask("configurationDone");
        await other.ask("setBreakpoints", { source: { path: t.file }, breakpoints: [{ line: t.line("sleep(5)") }] });
        const [one, two] = await Promise.all([t.client.event("stopped"), other.event("stopped")]);
        assert.strictEqual(one.threadId, two.threadId);
        await other.ask("setBreakpoints", { source: { path: t.file }, breakpoints: [] });
        await t.client.ask("continue", { threadId: one.threadId });
        assert.strictEqual((await other.event("continued")).threadId, one.threadId);
        await other.refused("restart", {}, /launched here/);
        await other.stop();
        assert.deepStrictEqual(other.wrong, []);
        // It runs on, for who launched it.
        await t.client.ask("pause", { threadId: one.threadId });
        await t.stopped("pause");
      },
    ),

  "two clients see the same": () =>
    session(
      `main() = {
  var n = 1
  println("here")
  n = n + 1
  receive { "never" -> () }
}
`,
      async (t) => {
        await t.launch(() => t.breakAt("println("));
        const stop = await t.stopped("breakpoint");
        const socket = socketOf(t.client);
        const other = new Client();
        await other.start();
        await other.ask("initialize", { adapterID: "nostos" });
        await other.ask("attach", { socket });
        assert.strictEqual((await other.event("capabilities")).capabilities.supportsRestartRequest, false);
        await other.ask("configurationDone");
        // What stands still already, it is told.
        const told = await other.event("stopped");
        assert.deepStrictEqual([told.threadId, told.reason], [stop.threadId, "breakpoint"]);
        const frames = (await other.ask("stackTrace", { threadId: told.threadId })).stackFrames;
        assert.deepStrictEqual(frames.map((frame) => [frame.name, frame.line]), stop.frames.map((frame) => [frame.name, frame.line]));
        const { scopes } = await other.ask("scopes", { frameId: frames[0].id });
        const { variablesReference } = scopes.find((scope) => scope.name === "Locals");
        const value = async () => (await other.ask("variables", { variablesReference })).variables.find((row) => row.name === "n").value;
        assert.strictEqual(await value(), "1");
        await t.client.ask("setExpression", { expression: "n", value: "40 + 1", frameId: stop.frameId });
        assert.strictEqual(await value(), "41");
        await other.ask("next", { threadId: told.threadId });
        // The other's handles have died with the step.
        assert.strictEqual((await t.client.event("continued")).threadId, stop.threadId);
        await t.client.event("stopped");
        await t.client.refused("scopes", { frameId: stop.frameId }, /before the process went on/);
        await assert.rejects(value(), /before the process went on/);
        await t.client.ask("continue", { threadId: stop.threadId });
        await other.event("continued", (body) => body.threadId === stop.threadId);
        await other.refused("continue", { threadId: stop.threadId }, /not stopped/);
        await other.stop();
        assert.deepStrictEqual(other.wrong, []);
      },
    ),
});
