// A session as Helix has it. Its reader takes nothing but `Content-Length: N`, an empty line and N bytes, again and again: a byte too many behind a body, another header
// or another case end the session there, so they end this one. Arguments: the adapter, the folder of the bank.
"use strict";
const assert = require("assert");
const { spawn } = require("child_process");
const fs = require("fs");
const path = require("path");

const [adapter, bank] = process.argv.slice(2).map((each) => path.resolve(each));
const child = spawn(adapter, [], { stdio: ["pipe", "pipe", "inherit"] });
let bytes = Buffer.alloc(0);
let seq = 0;
const answers = new Map();
const events = [];
let wake = () => {};

child.stdout.on("data", (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  for (;;) {
    const end = bytes.indexOf("\n");
    if (end < 0) return;
    const header = /^Content-Length: (\d+)\r\n\r\n/.exec(bytes.subarray(0, 64).toString("latin1"));
    if (!header && bytes.length < 64 && bytes.indexOf("\r\n\r\n") < 0) return;
    assert(header, `not as Helix reads it: ${JSON.stringify(bytes.subarray(0, 80).toString())}`);
    const [whole, size] = [header[0].length, Number(header[1])];
    if (bytes.length < whole + size) return;
    const message = JSON.parse(bytes.toString("utf8", whole, whole + size));
    bytes = bytes.subarray(whole + size);
    if (message.type === "response") answers.get(message.request_seq)(message);
    else if (message.type === "event") events.push(message);
    wake();
  }
});

/** As its `request`: the command, the arguments or none. */
function ask(command, args) {
  const message = { seq: seq++, type: "request", command, ...(args === undefined ? {} : { arguments: args }) };
  const body = JSON.stringify(message);
  child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  return new Promise((resolve, reject) =>
    answers.set(message.seq, (answer) => (answer.success ? resolve(answer.body) : reject(new Error(`${command}: ${answer.message}`)))),
  );
}

async function event(name) {
  for (;;) {
    const at = events.findIndex((each) => each.event === name);
    if (at >= 0) return events.splice(at, 1)[0].body;
    await new Promise((resolve) => (wake = resolve));
  }
}

async function main() {
  const file = path.join(bank, "account.nos");
  const line = 1 + fs.readFileSync(file, "utf8").split("\n").findIndex((text) => text.includes("Done(balance - amount)"));
  const capabilities = await ask("initialize", {
    clientID: "hx",
    clientName: "helix",
    adapterID: "nostos-dap",
    locale: "en-us",
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: "path",
    supportsVariableType: true,
    supportsVariablePaging: false,
    supportsRunInTerminalRequest: true,
    supportsMemoryReferences: false,
    supportsProgressReporting: false,
    supportsInvalidatedEvent: false,
  });
  assert(capabilities.supportsConfigurationDoneRequest);
  // It does not wait for the answer before it sends breakpoints.
  const launched = ask("launch", { program: bank });
  await event("initialized");
  const { breakpoints } = await ask("setBreakpoints", { source: { path: file }, breakpoints: [{ line }] });
  assert.strictEqual(breakpoints[0].verified, true);
  await ask("configurationDone");
  await launched;

  const stopped = await event("stopped");
  const { threads } = await ask("threads");
  assert(threads.some((thread) => thread.id === stopped.threadId));
  const { stackFrames } = await ask("stackTrace", { threadId: stopped.threadId });
  assert.strictEqual(stackFrames[0].line, line);
  const { scopes } = await ask("scopes", { frameId: stackFrames[0].id });
  const { variables } = await ask("variables", { variablesReference: scopes[0].variablesReference });
  assert.deepStrictEqual(variables.filter(({ name }) => ["name", "amount"].includes(name)).map(({ name, value }) => [name, value]), [
    ["name", '"Alice"'],
    ["amount", "250"],
  ]);
  const { result } = await ask("evaluate", { expression: "balance - amount", frameId: stackFrames[0].id });
  assert.strictEqual(result, "750");
  await ask("next", { threadId: stopped.threadId });
  await event("stopped");
  await ask("setBreakpoints", { source: { path: file }, breakpoints: [] });
  await ask("setExceptionBreakpoints", { filters: [] });
  await ask("continue", { threadId: stopped.threadId });
  await event("terminated");
  await ask("disconnect", {});
  assert.strictEqual(bytes.length, 0, "nothing is left");
}

main().then(
  () => process.exit(0),
  (error) => {
    console.log(error.stack);
    child.kill("SIGKILL");
    process.exit(1);
  },
);
