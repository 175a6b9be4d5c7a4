// Who dies, and when: at every step of a session the client, the adapter, the image or a process is killed. Nothing is left that nobody needs, and who
// lives on gets an answer.
"use strict";
const assert = require("assert");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { session, run } = require("./harness.js");

const PROGRAM = `worker(n: Int) -> () = {
  m = n + 1
  sleep(1)
  worker(m)
}

main() = {
  register("worker", spawn { worker(0) })
  println("begun")
  receive { "never" -> () }
}
`;

const folder = process.env.XDG_RUNTIME_DIR ? path.join(process.env.XDG_RUNTIME_DIR, "nostos") : path.join(os.tmpdir(), `nostos-${os.userInfo().uid}`);

/** The operating-system processes and sockets of an adapter's images. */
function left(adapter) {
  const mark = `dap-${adapter}-`;
  const images = fs.readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const line = fs.readFileSync(`/proc/${name}/cmdline`, "utf8");
      return line.includes("--inspect=") && line.includes(mark);
    } catch {
      return false;
    }
  });
  const sockets = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.includes(mark)) : [];
  return { images: images.map(Number), sockets };
}

async function until(what, condition) {
  for (let i = 0; i < 6000; i += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(what());
}

/** The steps of a session, in order. */
const STEPS = [
  ["initialize", (t) => t.client.ask("initialize", { adapterID: "nostos" })],
  ["launch", async (t) => {
    t.launched = t.client.ask("launch", { program: t.file });
    t.launched.catch(() => {});
    await t.client.event("initialized");
  }],
  ["breakpoints", (t) => t.breakAt("m = n + 1")],
  ["configurationDone", (t) => t.client.ask("configurationDone")],
  ["stopped", async (t) => (t.stop = await t.stopped("breakpoint"))],
  ["variables", (t) => t.values(t.stop.frameId)],
  ["evaluate", (t) => t.evaluate("n * 2", t.stop.frameId)],
  ["step", async (t) => {
    await t.resume(t.stop.threadId, "next");
    await t.client.event("stopped");
  }],
  ["watch", (t) => t.client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "exit of worker" }] })],
  ["continue", async (t) => {
    await t.breakAt();
    await t.resume(t.stop.threadId);
  }],
  ["pause", async (t) => {
    await t.client.ask("pause", { threadId: t.stop.threadId });
    await t.client.event("stopped");
  }],
];

async function upTo(t, step) {
  await t.client.start();
  const adapter = t.client._adapterProcess;
  adapter.stdin.on("error", () => {});
  for (let i = 0; i <= step; i += 1) await STEPS[i][1](t);
  return adapter;
}

const nothing = (adapter) => {
  const now = left(adapter);
  return now.images.length + now.sockets.length === 0;
};

const tests = {};
for (const [step, [name]] of STEPS.entries()) {
  tests[`after ${name} the adapter, its client or the image dies`] = async () => {
    await session(PROGRAM, async (t) => {
      const adapter = await upTo(t, step);
      adapter.kill("SIGKILL");
      await until(() => `${name}, adapter killed: ${JSON.stringify(left(adapter.pid))}`, () => nothing(adapter.pid));
    });
    await session(PROGRAM, async (t) => {
      const adapter = await upTo(t, step);
      adapter.stdin.end();
      await until(() => `${name}, client gone: ${JSON.stringify(left(adapter.pid))}`, () => nothing(adapter.pid) && adapter.exitCode !== null);
    });
    if (step > 0) {
      await session(PROGRAM, async (t) => {
        const adapter = await upTo(t, step);
        process.kill(left(adapter.pid).images[0], "SIGKILL");
        assert.strictEqual((await t.client.event("exited")).exitCode, 137);
        await t.client.event("terminated");
        await t.client.refused("threads", undefined, /the program has ended/);
        await t.client.ask("disconnect", {});
        await until(() => `${name}, image killed: ${JSON.stringify(left(adapter.pid))}`, () => nothing(adapter.pid));
      });
    }
    if (step > 3) {
      await session(PROGRAM, async (t) => {
        const adapter = await upTo(t, step);
        await t.client.ask("setFunctionBreakpoints", { breakpoints: [] });
        await t.client.ask("terminateThreads", { threadIds: [t.stop?.threadId ?? 2] });
        for (let i = 0; ; i += 1) {
          const { processes } = await t.client.ask("nostos/processes", {});
          if (!processes.some((process) => process.name === "worker")) break;
          assert(i < 1000, "it lives");
        }
        // The others go on, and the session too.
        assert.strictEqual(await t.evaluate("1 + 1"), "2");
        await t.client.refused("continue", { threadId: t.stop?.threadId ?? 2 }, /not stopped/);
        await t.client.ask("terminate");
        await t.client.event("terminated");
        await until(() => `${name}, ended: ${JSON.stringify(left(adapter.pid))}`, () => nothing(adapter.pid));
      });
    }
  };
}

run(tests);
