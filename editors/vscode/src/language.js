// A client of nostos-lsp: texts out, diagnostics, hovers, definitions and all of features.js in. Only what that server offers; a server that dies is started again, thrice at most.
"use strict";
const { spawn } = require("child_process");
const vscode = require("vscode");
const features = require("./features.js");
const { Frames, frame } = require("./frames.js");
const programs = require("./programs.js");

const SEVERITIES = { 1: vscode.DiagnosticSeverity.Error, 2: vscode.DiagnosticSeverity.Warning, 3: vscode.DiagnosticSeverity.Information, 4: vscode.DiagnosticSeverity.Hint };
const toRange = ({ start, end }) => new vscode.Range(start.line, start.character, end.line, end.character);

class Server {
  constructor(log) {
    this.log = log;
    this.diagnostics = vscode.languages.createDiagnosticCollection("nostos");
    this.deaths = 0;
    this.seq = 0;
    this.pending = new Map();
  }

  start() {
    const program = programs.need("lspPath", "nostos-lsp");
    if (!program) return;
    const child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    const frames = new Frames();
    child.stdout.on("data", (chunk) => frames.push(chunk).forEach((message) => this.take(message)));
    child.stderr.on("data", (chunk) => this.log.append(chunk.toString()));
    child.stdin.on("error", () => {});
    child.on("error", (error) => this.log.appendLine(`${program}: ${error.message}`));
    child.on("exit", (code, signal) => this.gone(child, code ?? signal));
    this.ready = this.ask("initialize", {
      processId: process.pid,
      clientInfo: { name: "vscode-nostos" },
      rootUri: vscode.workspace.workspaceFolders?.[0]?.uri.toString() ?? null,
      capabilities: { textDocument: { hover: { contentFormat: ["markdown"] }, publishDiagnostics: {}, synchronization: { didSave: true } } },
    }).then((answer) => {
      this.capabilities = answer?.capabilities ?? {};
      this.tell("initialized", {});
      vscode.workspace.textDocuments.forEach((document) => this.opened(document));
    });
    this.ready.catch((error) => this.log.appendLine(`initialize: ${error.message}`));
  }

  gone(child, why) {
    if (this.child !== child) return;
    this.child = undefined;
    this.capabilities = undefined;
    for (const { reject } of this.pending.values()) reject(new Error("the language server has ended"));
    this.pending.clear();
    this.diagnostics.clear();
    this.log.appendLine(`nostos-lsp has ended (${why})`);
    this.deaths += 1;
    if (this.deaths <= 3) this.start();
  }

  send(message) {
    if (this.child?.stdin.writable) this.child.stdin.write(frame({ jsonrpc: "2.0", ...message }));
  }

  tell(method, params) {
    this.send({ method, params });
  }

  ask(method, params) {
    this.seq += 1;
    const id = this.seq;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  take(message) {
    if (message.method === undefined) {
      const waiting = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.error) waiting?.reject(new Error(message.error.message));
      else waiting?.resolve(message.result);
    } else if (message.id !== undefined) {
      // Every request gets an answer; none is known that we could serve.
      this.send({ id: message.id, error: { code: -32601, message: `${message.method} is not known` } });
    } else if (message.method === "textDocument/publishDiagnostics") {
      this.published(message.params);
    }
  }

  published({ uri, diagnostics }) {
    const rows = diagnostics.map((each) => {
      const row = new vscode.Diagnostic(toRange(each.range), each.message, SEVERITIES[each.severity]);
      row.source = each.source;
      return row;
    });
    this.diagnostics.set(vscode.Uri.parse(uri), rows);
  }

  ours(document) {
    return this.capabilities && document.languageId === "nostos" && document.uri.scheme === "file";
  }

  opened(document) {
    if (!this.ours(document)) return;
    const textDocument = { uri: document.uri.toString(), languageId: "nostos", version: document.version, text: document.getText() };
    this.tell("textDocument/didOpen", { textDocument });
  }

  changed({ document, contentChanges }) {
    if (!this.ours(document) || contentChanges.length === 0) return;
    const textDocument = { uri: document.uri.toString(), version: document.version };
    this.tell("textDocument/didChange", { textDocument, contentChanges: [{ text: document.getText() }] });
  }

  saved(document) {
    if (this.ours(document)) this.tell("textDocument/didSave", { textDocument: { uri: document.uri.toString() } });
  }

  closed(document) {
    if (this.ours(document)) this.tell("textDocument/didClose", { textDocument: { uri: document.uri.toString() } });
  }

  /** Asks about a document, or about the project where there is none. */
  async about(method, document, params = {}) {
    if (document ? !this.ours(document) : !this.capabilities) return undefined;
    const textDocument = document && { uri: document.uri.toString() };
    return this.ask(method, { textDocument, ...params });
  }

  async at(method, document, position) {
    if (!this.ours(document)) return undefined;
    return this.ask(method, { textDocument: { uri: document.uri.toString() }, position: { line: position.line, character: position.character } });
  }

  /** The edits that bring a document, or a part of it, into the one style. */
  async formatted(method, document, options, more = {}) {
    if (!this.ours(document)) return undefined;
    const edits = await this.ask(method, { textDocument: { uri: document.uri.toString() }, options, ...more });
    return edits?.map((edit) => new vscode.TextEdit(toRange(edit.range), edit.newText));
  }

  async stop() {
    const { child } = this;
    if (!child) return;
    this.child = undefined;
    const bye = (message) => child.stdin.writable && child.stdin.write(frame({ jsonrpc: "2.0", ...message }));
    bye({ id: 0, method: "shutdown" });
    bye({ method: "exit" });
    child.stdin.end();
    this.diagnostics.dispose();
  }
}

function activate(context) {
  const log = vscode.window.createOutputChannel("Nostos language server");
  const server = new Server(log);
  const { workspace, languages, commands } = vscode;
  context.subscriptions.push(
    log,
    { dispose: () => server.stop() },
    workspace.onDidOpenTextDocument((document) => server.opened(document)),
    workspace.onDidChangeTextDocument((change) => server.changed(change)),
    workspace.onDidSaveTextDocument((document) => server.saved(document)),
    workspace.onDidCloseTextDocument((document) => server.closed(document)),
    languages.registerHoverProvider("nostos", {
      async provideHover(document, position) {
        const hover = await server.at("textDocument/hover", document, position);
        return hover && new vscode.Hover(new vscode.MarkdownString(hover.contents.value), hover.range && toRange(hover.range));
      },
    }),
    languages.registerDefinitionProvider("nostos", {
      async provideDefinition(document, position) {
        const place = await server.at("textDocument/definition", document, position);
        return place && new vscode.Location(vscode.Uri.parse(place.uri), toRange(place.range));
      },
    }),
    languages.registerDocumentFormattingEditProvider("nostos", {
      provideDocumentFormattingEdits: (document, options) => server.formatted("textDocument/formatting", document, options),
    }),
    languages.registerDocumentRangeFormattingEditProvider("nostos", {
      provideDocumentRangeFormattingEdits: (document, range, options) => server.formatted("textDocument/rangeFormatting", document, options, { range }),
    }),
    ...features.register(vscode, (method, document, params) => server.about(method, document, params)),
    commands.registerCommand("nostos.restartLanguageServer", async () => {
      await server.stop();
      server.diagnostics = languages.createDiagnosticCollection("nostos");
      server.deaths = 0;
      server.start();
    }),
  );
  server.start();
  return server;
}

module.exports = { activate };
