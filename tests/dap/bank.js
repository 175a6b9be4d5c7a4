// A session on examples/bank through Microsoft's test client: launch, stop inside an account's process, look, step, go on to the end.
"use strict";
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { Client, examples } = require("./harness.js");

const bank = path.join(examples, "bank");
const file = path.join(bank, "account.nos");
const lines = fs.readFileSync(file, "utf8").split("\n");
/** The line, from 1, that holds this text after the line that holds `after`. */
function lineOf(text, after = "") {
  const start = lines.findIndex((line) => line.includes(after));
  const found = lines.findIndex((line, i) => i >= start && line.includes(text));
  assert(found >= 0, `account.nos has no line with ${text}`);
  return found + 1;
}

async function locals(client, frameId) {
  const { scopes } = (await client.scopesRequest({ frameId })).body;
  const read = async (name) => {
    const scope = scopes.find((scope) => scope.name === name);
    assert(scope, `no scope ${name}`);
    const { variables } = (await client.variablesRequest({ variablesReference: scope.variablesReference })).body;
    return variables;
  };
  return { locals: await read("Locals"), process: await read("Process"), mailbox: await read("Mailbox") };
}

const valueOf = (variables, name) => {
  const found = variables.find((variable) => variable.name === name);
  assert(found, `no variable ${name} among ${variables.map((v) => v.name)}`);
  return found.value;
};

async function main() {
  const client = new Client();
  await client.start();
  const exited = new Promise((resolve) => client.on("exited", (event) => resolve(event.body.exitCode)));

  const line = lineOf("client <- (ref, Done(balance - amount))", "Withdraw(client, ref, amount) when");
  await Promise.all([
    client.launch({ program: bank, args: [] }),
    (async () => {
      await client.waitForEvent("initialized");
      const breakpoints = [{ line }];
      const set = await client.setBreakpointsRequest({ source: { path: file }, breakpoints });
      assert.strictEqual(set.body.breakpoints[0].verified, true);
      assert.strictEqual(set.body.breakpoints[0].line, line);
      await client.configurationDoneRequest();
    })(),
  ]);

  const stopped = (await client.waitForEvent("stopped")).body;
  assert.strictEqual(stopped.reason, "breakpoint");
  assert.strictEqual(stopped.allThreadsStopped, false);
  const threadId = stopped.threadId;
  const { threads } = (await client.threadsRequest()).body;
  assert(threads.length >= 7, `${threads.length} processes`);
  assert.match(threads.find((thread) => thread.id === threadId).name, /^account:Alice /);

  const { stackFrames } = (await client.stackTraceRequest({ threadId })).body;
  assert.strictEqual(stackFrames[0].name, "account.serve");
  assert.strictEqual(stackFrames[0].line, line);
  assert.strictEqual(stackFrames[0].source.path, fs.realpathSync(file));
  const frameId = stackFrames[0].id;
  let seen = await locals(client, frameId);
  assert.strictEqual(valueOf(seen.locals, "name"), '"Alice"');
  assert.strictEqual(valueOf(seen.locals, "balance"), "1000");
  assert.strictEqual(valueOf(seen.locals, "amount"), "250");
  assert.strictEqual(valueOf(seen.process, "pid"), `<pid ${threadId}>`);
  assert.deepStrictEqual(seen.mailbox, []);
  const evaluate = async (expression) =>
    (await client.evaluateRequest({ expression, frameId, context: "watch" })).body.result;
  assert.strictEqual(await evaluate("balance"), "1000");
  assert.strictEqual(await evaluate("if balance > amount then name ++ \"!\" else \"\""), '"Alice!"');
  await assert.rejects(evaluate("nonsense"), /nonsense/);

  // The others run on: the main process waits for an answer and looks at the clock every now and then.
  const reductions = async () => {
    const { processes } = (await client.customRequest("nostos/processes", {})).body;
    assert.strictEqual(processes.find((row) => row.id === threadId).state, "stopped");
    return processes.find((row) => row.id !== threadId && row.parent === undefined).reductions;
  };
  const before = await reductions();
  const until = Date.now() + 60000;
  while ((await reductions()) <= before) assert(Date.now() < until, "the others stand still as well");

  // A message to the stopped process waits in its mailbox.
  await client.evaluateRequest({ expression: `whereis("account:Alice").expect("Alice") <- [1, 2, 3]`, context: "repl" });
  seen = await locals(client, frameId);
  assert.deepStrictEqual(seen.mailbox.map((message) => [message.type, message.value]), [["List[Int]", "[1, 2, 3]"]]);
  const mailbox = (await client.customRequest("nostos/mailbox", { process: threadId })).body;
  assert.strictEqual(mailbox.total, 1);

  client.nextRequest({ threadId });
  const step = (await client.waitForEvent("stopped")).body;
  assert.strictEqual(step.reason, "step");
  assert.strictEqual(step.threadId, threadId);
  const next = (await client.stackTraceRequest({ threadId })).body.stackFrames[0];
  assert.strictEqual(next.line, line + 1);
  await assert.rejects(client.scopesRequest({ frameId }), "a frame outlives its stop");

  await client.setBreakpointsRequest({ source: { path: file }, breakpoints: [] });
  await client.continueRequest({ threadId });
  assert.strictEqual(await exited, 0);
  assert.match(client.output, /together +5,000/);
  await client.stop();
  assert.deepStrictEqual(client.wrong, []);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
