// The life of a session: restarting, ending, going away.
"use strict";
const assert = require("assert");
const os = require("os");
const path = require("path");
const { Client, session, run } = require("./harness.js");

const WAITS = `main() = {
  begun = 1
  println("begun " ++ show(begun))
  receive { "never" -> () }
}
`;

run({
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
        const folder = process.env.XDG_RUNTIME_DIR ? path.join(process.env.XDG_RUNTIME_DIR, "nostos") : path.join(os.tmpdir(), `nostos-${os.userInfo().uid}`);
        const socket = path.join(folder, `dap-${t.client._adapterProcess.pid}-0.sock`);
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
});
