// What the conversations beside this file have in common: Microsoft's test client, with every message in both directions held against the protocol's
// definitions, and programs written where they are used. A script gives a list of tests: `run({ "name": async (t) => … })`.
// Arguments of a script: the adapter, the folder of the examples, the folder of the client's packages; then, optionally, the test to run alone.
"use strict";
const assert = require("assert");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const [adapter, examples, modules, only] = process.argv.slice(2);
const { DebugClient } = require(path.join(modules, "@vscode/debugadapter-testsupport"));
const { Schema } = require("./schema.js");
const schema = new Schema(modules);

/** The client, with a record of what came and a check of what goes and comes. */
class Client extends DebugClient {
  constructor() {
    // It wants a runtime and a script; `env` is a runtime whose script is any program.
    super("env", adapter, "nostos");
    this.defaultTimeout = 60000;
    this.wrong = [];
    this.seen = [];
    this.waiting = [];
    this.output = "";
  }

  doSend(command, args, then) {
    const message = { seq: 1, type: "request", command, arguments: args };
    if (!this.careless) this.hold(message);
    super.doSend(command, args, then);
  }

  dispatch(body) {
    const message = JSON.parse(body);
    this.hold(message);
    if (message.type === "request") return this.asked(message);
    if (message.event === "output") this.output += message.body.output;
    if (message.type === "event") {
      this.seen.push(message);
      this.waiting = this.waiting.filter((look) => !look());
    }
    super.dispatch(body);
  }

  /** The adapter wants something: `answers` has a function for it that gives the body, or throws. */
  asked(message) {
    const answer = { seq: 0, type: "response", request_seq: message.seq, command: message.command, success: true };
    try {
      answer.body = this.answers[message.command](message.arguments);
    } catch (error) {
      Object.assign(answer, { success: false, message: error.message, body: {} });
    }
    this.hold(answer);
    const text = JSON.stringify(answer);
    this._adapterProcess.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  hold(message) {
    const errors = schema.check(JSON.parse(JSON.stringify(message)));
    if (errors.length > 0) this.wrong.push(`${errors.join("\n")}\n  in ${JSON.stringify(message).slice(0, 800)}`);
  }

  /** An adapter that has ended by itself answers no farewell. */
  async stop() {
    if (this._adapterProcess?.exitCode === null && this._adapterProcess.signalCode === null) {
      this._adapterProcess.stdin.on("error", () => {});
      this._adapterProcess.once("exit", () => this.stopAdapter());
      await Promise.race([super.stop(), new Promise((resolve) => this._adapterProcess.once("exit", resolve))]);
    } else {
      this.stopAdapter();
    }
  }

  /** The body of the next event of this name that nobody has taken yet. */
  event(name, fits = () => true) {
    return new Promise((resolve, reject) => {
      const take = () => {
        const at = this.seen.findIndex((message) => message.event === name && fits(message.body));
        if (at < 0) return false;
        clearTimeout(timer);
        resolve(this.seen.splice(at, 1)[0].body);
        return true;
      };
      const timer = setTimeout(() => reject(new Error(`no ${name}; output: ${this.output.slice(-2000)}`)), Number(process.env.PATIENCE ?? 60000));
      if (!take()) this.waiting.push(take);
    });
  }

  /** Sends a request and gives the body of its answer. */
  async ask(command, args) {
    return (await this.send(command, args)).body;
  }

  /** A request that is to be refused, with words that fit. */
  async refused(command, args, words) {
    await assert.rejects(this.send(command, args), (error) => {
      assert.match(error.message, words);
      return true;
    });
  }
}

/** A client of an image's own socket that says what it likes. */
class Raw {
  constructor(socket) {
    this.seq = 0;
    this.answers = new Map();
    this.events = [];
    this.rest = Buffer.alloc(0);
    this.gone = false;
    this.socket = net.connect(socket);
    this.socket.on("error", () => {});
    this.socket.on("data", (data) => this.take(data));
    this.socket.on("close", () => {
      this.gone = true;
      for (const { reject } of this.answers.values()) reject(new Error("the image has hung up"));
    });
  }

  take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const head = this.rest.indexOf("\r\n\r\n");
      if (head < 0) return;
      const size = Number(/Content-Length: (\d+)/.exec(this.rest.subarray(0, head))[1]);
      if (this.rest.length < head + 4 + size) return;
      const message = JSON.parse(this.rest.subarray(head + 4, head + 4 + size));
      this.rest = this.rest.subarray(head + 4 + size);
      if (message.type === "event") this.events.push(message);
      const waits = message.type === "response" && this.answers.get(message.request_seq);
      if (!waits) continue;
      this.answers.delete(message.request_seq);
      if (message.success) waits.resolve(message.body);
      else waits.reject(new Error(message.message));
    }
  }

  ask(command, args) {
    const seq = ++this.seq;
    const text = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return new Promise((resolve, reject) => this.answers.set(seq, { resolve, reject }));
  }

  close() {
    this.socket.destroy();
  }
}

/** Where the program listens that a client has launched. */
function socketOf(client) {
  const folder = process.env.XDG_RUNTIME_DIR ? path.join(process.env.XDG_RUNTIME_DIR, "nostos") : path.join(os.tmpdir(), `nostos-${os.userInfo().uid}`);
  return path.join(folder, `dap-${client._adapterProcess.pid}-0.sock`);
}

/** One session on a program whose text is at hand. Lines are named by what they hold. */
class Session {
  constructor(text) {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nostos-dap-")));
    this.file = path.join(this.folder, "main.nos");
    this.write(text);
    this.client = new Client();
  }

  write(text) {
    this.lines = text.split("\n");
    fs.writeFileSync(this.file, text);
  }

  line(text) {
    const found = this.lines.findIndex((line) => line.includes(text));
    assert(found >= 0, `no line with ${text}`);
    return found + 1;
  }

  /** Launches; `configure` sets breakpoints before main begins. */
  async launch(configure = async () => {}, args = {}) {
    const { client } = this;
    await client.start();
    const about = { adapterID: "nostos", linesStartAt1: true, columnsStartAt1: true, ...this.about };
    this.capabilities = await client.ask("initialize", about);
    const launched = client.ask("launch", { program: this.file, ...args });
    // A program that does not start has no such event; then the refusal ends the test.
    await Promise.race([client.event("initialized"), launched.then(() => new Promise(() => {}))]);
    await configure(this);
    await client.ask("configurationDone");
    await launched;
  }

  /** Sets the file's breakpoints: lines by their text, or whole wishes. */
  async breakAt(...wishes) {
    const breakpoints = wishes.map((wish) => (typeof wish === "string" ? { line: this.line(wish) } : wish));
    const { breakpoints: set } = await this.client.ask("setBreakpoints", { source: { path: this.file }, breakpoints });
    return set;
  }

  /** Waits for a stop: what the event says, with the frames. */
  async stopped(reason) {
    const body = await this.client.event("stopped");
    if (reason) assert.strictEqual(body.reason, reason, JSON.stringify(body));
    const { stackFrames } = await this.client.ask("stackTrace", { threadId: body.threadId });
    return { ...body, frames: stackFrames, line: stackFrames[0]?.line, frameId: stackFrames[0]?.id };
  }

  async scope(frameId, name) {
    const { scopes } = await this.client.ask("scopes", { frameId });
    const scope = scopes.find((scope) => scope.name === name);
    assert(scope, `no scope ${name} among ${scopes.map((s) => s.name)}`);
    return scope;
  }

  async variables(variablesReference, page = {}) {
    return (await this.client.ask("variables", { variablesReference, ...page })).variables;
  }

  /** The variables of a scope as an object of texts. */
  async values(frameId, name = "Locals") {
    const rows = await this.variables((await this.scope(frameId, name)).variablesReference);
    return Object.fromEntries(rows.map((row) => [row.name, row.value]));
  }

  async evaluate(expression, frameId, context = "watch") {
    return (await this.client.ask("evaluate", { expression, frameId, context })).result;
  }

  async resume(threadId, command = "continue", more = {}) {
    return this.client.ask(command, { threadId, ...more });
  }

  /** Waits for the end of the program. */
  async end(code = 0) {
    assert.strictEqual((await this.client.event("exited")).exitCode, code, this.client.output);
    await this.client.event("terminated");
  }
}

/** A session on a program, taken apart at the end. */
async function session(text, body) {
  const t = new Session(text);
  try {
    await body(t);
    assert.deepStrictEqual(t.client.wrong, [], t.client.wrong.join("\n"));
  } catch (error) {
    error.output = t.client.output;
    throw error;
  } finally {
    await t.client.stop();
    fs.rmSync(t.folder, { recursive: true });
  }
}

/** Runs the tests, one after the other; all are run even when one fails. */
function run(tests) {
  // When nothing is left to wait for, node ends without a word.
  process.exitCode = 1;
  const all = async () => {
    let failed = 0;
    for (const [name, test] of Object.entries(tests)) {
      if (only && !name.includes(only)) continue;
      const begin = Date.now();
      try {
        await test();
        console.log(`ok   ${name} (${Date.now() - begin} ms)`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL ${name}\n${error.stack}\n${error.output ?? ""}`);
      }
    }
    process.exit(failed === 0 ? 0 : 1);
  };
  all();
}

module.exports = { adapter, examples, modules, schema, socketOf, Client, Raw, Session, session, run };
