// The extension as a package: what is in it, that what it names is there, and the parts of it that need no VS Code.
// Arguments: the package, the folder of the examples, the program `nostos`.
"use strict";
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { spawn } = require("child_process");

const os = require("os");
const zlib = require("zlib");

const [file, examples, nostos] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nostos-vsix-"));
const inside = (name) => path.join(folder, "extension", name);

/** Unpacks a zip archive: its directory stands at the end, each entry of that says where the file's own head is. */
function unpack(archive, to) {
  const bytes = fs.readFileSync(archive);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [packed, name, extra, comment] = [bytes.readUInt32LE(at + 20), ...[28, 30, 32].map((field) => bytes.readUInt16LE(at + field))];
    const target = path.join(to, bytes.toString("utf8", at + 46, at + 46 + name));
    const head = bytes.readUInt32LE(at + 42);
    const from = head + 30 + bytes.readUInt16LE(head + 26) + bytes.readUInt16LE(head + 28);
    const body = bytes.subarray(from, from + packed);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes.readUInt16LE(at + 10) === 0 ? body : zlib.inflateRawSync(body));
    at += 46 + name + extra + comment;
  }
}

unpack(file, folder);
const manifest = JSON.parse(fs.readFileSync(inside("package.json"), "utf8"));
const { contributes } = manifest;

const tests = {
  "all files that the manifest names are in the package": () => {
    const named = [
      manifest.main,
      manifest.icon,
      ...contributes.languages.map((each) => each.configuration),
      ...contributes.grammars.map((each) => each.path),
      ...contributes.snippets.map((each) => each.path),
    ];
    for (const name of named) assert(fs.existsSync(inside(name)), name);
    for (const name of ["LICENSE.txt", "readme.md"]) assert(fs.existsSync(inside(name)), name);
    assert(!fs.existsSync(inside("node_modules")), "nothing is installed beside it");
  },

  "all that is required is there": () => {
    for (const file of fs.readdirSync(inside("src"))) {
      const text = fs.readFileSync(inside(`src/${file}`), "utf8");
      for (const [, name] of text.matchAll(/require\("([^"]+)"\)/g)) {
        if (name.startsWith(".")) assert(fs.existsSync(path.join(inside("src"), name)), `${file} requires ${name}`);
        else assert(name === "vscode" || require("module").builtinModules.includes(name), `${file} requires ${name}`);
      }
    }
  },

  "commands: each is declared, made and reachable": () => {
    const source = fs.readdirSync(inside("src")).map((file) => fs.readFileSync(inside(`src/${file}`), "utf8"));
    const made = new Set(source.flatMap((text) => [...text.matchAll(/(?:registerCommand|onProcess)\("([\w.]+)"/g)].map((match) => match[1])));
    const declared = contributes.commands.map((each) => each.command);
    assert.deepStrictEqual([...made].sort(), [...declared].sort());
    for (const entries of Object.values(contributes.menus)) for (const { command } of entries) assert(declared.includes(command), command);
    for (const command of Object.values(contributes.debuggers[0].variables)) assert(declared.includes(command), command);
  },

  "the debugger: attributes, snippets and first configurations agree": () => {
    const [{ configurationAttributes, initialConfigurations, configurationSnippets, type }] = contributes.debuggers;
    for (const config of [...initialConfigurations, ...configurationSnippets.map((snippet) => snippet.body)]) {
      assert.strictEqual(config.type, type);
      const known = Object.keys(configurationAttributes[config.request].properties);
      for (const key of Object.keys(config)) assert(["type", "request", "name", ...known].includes(key), `${config.name}: ${key}`);
    }
    assert(contributes.breakpoints.some((each) => each.language === "nostos"));
  },

  "settings that are read are declared": () => {
    const declared = Object.keys(contributes.configuration.properties);
    for (const file of fs.readdirSync(inside("src"))) {
      const text = fs.readFileSync(inside(`src/${file}`), "utf8");
      for (const [, name] of text.matchAll(/(?:find|need)\("(\w+)"/g)) assert(declared.includes(`nostos.${name}`), name);
    }
  },

  "the grammar's patterns are patterns": () => {
    const grammar = JSON.parse(fs.readFileSync(inside(contributes.grammars[0].path), "utf8"));
    const look = (node) => {
      for (const [key, value] of Object.entries(node)) {
        if (["match", "begin", "end"].includes(key)) new RegExp(value);
        else if (key === "include" && value.startsWith("#")) assert(grammar.repository[value.slice(1)], value);
        else if (value && typeof value === "object") look(value);
      }
    };
    look(grammar);
  },

  "code is what is neither comment nor string": () => {
    const { codeOf } = require(inside("src/text.js"));
    const text = 'a = "x # ${f("${b}")} y" # c\nd = \'"\' #* e\nf *# g\nh = #{1}\n';
    const lines = codeOf(text);
    assert.deepStrictEqual(text.split("\n").map((line) => line.length), lines.map((line) => line.length));
    assert.deepStrictEqual(lines.map((line) => (line.match(/\w+/g) ?? []).join(" ")), ["a f b", "d", "g", "h 1", ""]);
  },

  "a statement sees its own arm and its function's head": () => {
    const { codeOf, visibleLines, namesIn } = require(inside("src/text.js"));
    const code = codeOf(fs.readFileSync(path.join(examples, "bank/account.nos"), "utf8"));
    const at = code.findIndex((line) => line.includes("Refused(") && line.includes("client <-"));
    const seen = visibleLines(code, at).map((line) => code[line].trim().split("(")[0].split(" ")[0]);
    assert.deepStrictEqual(seen, ["serve", "Withdraw", "client"]);
    assert.deepStrictEqual(namesIn(code[at]).map(({ name }) => name), ["client", "ref", "name", "balance", "amount"]);
    const names = (line) => namesIn(line).map(({ name }) => name);
    assert.deepStrictEqual(names("pay(Transfer(payer: p.name, amount: n), xs[i])"), ["p", "n", "xs", "i"]);
    assert.deepStrictEqual(names("match f(x) { :atom -> y :: ys }"), ["x", "y", "ys"]);
    const nested = ["module m", "  other(q) = {", "    q", "  }", "  f(a) = {", "    b = 1", "    if c {", "      d = 2", "    }", "    for e in es {", "      g = a", "    }"];
    assert.deepStrictEqual(visibleLines(nested, 10), [4, 5, 6, 9, 10]);
  },

  "the expression under the mouse": () => {
    const { expressionAt } = require(inside("src/text.js"));
    const line = "  total = t.payer.name + pair.0 + f(x) - Done(y) + :z";
    const at = (text, inner = 0) => expressionAt(line, line.indexOf(text) + inner)?.text;
    assert.strictEqual(at("payer", 2), "t.payer");
    assert.strictEqual(at("name"), "t.payer.name");
    assert.strictEqual(at("pair.0", 5), "pair.0");
    assert.strictEqual(at("f(x)"), undefined);
    assert.strictEqual(at("x)"), "x");
    assert.strictEqual(at("Done"), undefined);
    assert.strictEqual(at("z"), undefined);
  },

  "all that the language server knows is registered": async () => {
    const { Frames, frame } = require(inside("src/frames.js"));
    const { register } = require(inside("src/features.js"));
    const bank = path.join(examples, "bank");
    const account = path.join(bank, "account.nos");
    const uri = (file) => ({ toString: () => `file://${file}` });
    const server = spawn(path.join(path.dirname(nostos), "nostos-lsp"), [], { stdio: ["pipe", "pipe", "ignore"] });
    const frames = new Frames();
    const waiting = new Map();
    server.stdout.on("data", (chunk) => frames.push(chunk).forEach((message) => waiting.get(message.id)?.(message)));
    const send = (message) => server.stdin.write(frame({ jsonrpc: "2.0", ...message }));
    let seq = 0;
    const request = (method, params) =>
      new Promise((resolve, reject) => {
        seq += 1;
        waiting.set(seq, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
        send({ id: seq, method, params });
      });
    const providers = {};
    // Classes keep what they were made of; `register…Provider` keeps the provider by its name.
    const kept = (...names) => class { constructor(...values) { names.forEach((name, i) => (this[name] = values[i])); } };
    const vscode = {
      Range: kept("line", "from", "endLine", "to"), Location: kept("uri", "range"), MarkdownString: kept("value"), Position: kept("line", "character"),
      DocumentSymbol: kept("name", "detail", "kind", "range", "inner"), SymbolInformation: kept("name", "kind", "container", "place"), CompletionItem: kept("label", "kind"),
      DocumentHighlight: kept("range"), SignatureHelp: kept(), SignatureInformation: kept("label", "documentation"), ParameterInformation: kept("label"),
      InlayHint: kept("position", "label", "kind"), FoldingRange: kept("start", "end"), SelectionRange: kept("range", "parent"), CodeAction: kept("title", "kind"),
      CodeActionKind: { QuickFix: "quickfix" },
      WorkspaceEdit: class { constructor() { this.rows = []; } replace(uri, range, text) { this.rows.push([uri, range, text]); } },
      Uri: { parse: (text) => text },
      languages: new Proxy({}, { get: (_, name) => (...args) => { providers[name] = args.find((each) => typeof each === "object"); } }),
    };
    try {
      await request("initialize", { capabilities: {}, rootUri: `file://${bank}` });
      send({ method: "initialized", params: {} });
      const text = fs.readFileSync(account, "utf8").replace("serve(name, balance) }", "srve(name, balance) }");
      send({ method: "textDocument/didOpen", params: { textDocument: { uri: `file://${account}`, languageId: "nostos", version: 1, text } } });
      register(vscode, (method, document, params = {}) => request(method, { textDocument: document && { uri: document.uri.toString() }, ...params }));
      const document = { uri: uri(account) };
      const lines = text.split("\n");
      const at = (needle, inner = 0) => {
        const line = lines.findIndex((each) => each.includes(needle));
        return { line, character: lines[line].indexOf(needle) + inner };
      };
      const all = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
      const symbols = await providers.registerDocumentSymbolProvider.provideDocumentSymbols(document);
      assert(symbols.some(({ name, kind }) => name === "serve" && kind === 11), "functions are functions in VS Code's count");
      assert(symbols.find(({ name }) => name === "Request").children.some(({ name }) => name === "Deposit"));
      assert((await providers.registerWorkspaceSymbolProvider.provideWorkspaceSymbols("balanceOf")).some(({ name, place }) => name === "balanceOf" && place.uri.endsWith("ledger.nos")));
      const record = at("ledger.record", 8);
      const used = await providers.registerReferenceProvider.provideReferences(document, record, { includeDeclaration: true });
      assert(new Set(used.map((each) => each.uri)).size > 1, "in more than one file");
      assert((await providers.registerDocumentHighlightProvider.provideDocumentHighlights(document, record)).length > 1);
      assert.strictEqual((await providers.registerRenameProvider.prepareRename(document, record)).placeholder, "record");
      const renamed = await providers.registerRenameProvider.provideRenameEdits(document, record, "note");
      assert(renamed.rows.length === used.length && renamed.rows.every(([, , text]) => text === "note"));
      await assert.rejects(providers.registerRenameProvider.provideRenameEdits(document, record, "if"), /word of the language/);
      const offered = await providers.registerCompletionItemProvider.provideCompletionItems(document, record);
      assert(offered.some(({ label, kind, insertText }) => label === "record" && kind === 2 && insertText === "record"));
      const help = await providers.registerSignatureHelpProvider.provideSignatureHelp(document, at("ledger.record(name, amount", 20));
      assert.strictEqual(help.signatures[help.activeSignature].parameters[help.activeParameter].label, "amount: Int");
      assert((await providers.registerInlayHintsProvider.provideInlayHints(document, all)).some(({ label }) => label.includes("Pid") || label.includes("Int")));
      assert((await providers.registerFoldingRangeProvider.provideFoldingRanges(document)).length > 1);
      const [chain] = await providers.registerSelectionRangeProvider.provideSelectionRanges(document, [record]);
      assert(chain.parent.range.from <= chain.range.from);
      const [fix] = await providers.registerCodeActionsProvider.provideCodeActions(document, all);
      assert.strictEqual(fix.title, "write `serve`");
      assert.deepStrictEqual(fix.edit.rows.map(([, , text]) => text), ["serve"]);
    } finally {
      server.kill("SIGKILL");
    }
  },

  "messages come whole, however they are cut": () => {
    const { Frames, frame } = require(inside("src/frames.js"));
    const sent = [{ a: "ü€" }, { b: [1, 2] }, {}];
    const bytes = Buffer.concat(sent.map(frame));
    for (const size of [1, 7, bytes.length]) {
      const frames = new Frames();
      const came = [];
      for (let i = 0; i < bytes.length; i += size) came.push(...frames.push(bytes.subarray(i, i + size)));
      assert.deepStrictEqual(came, sent);
    }
  },

  "the programs that run are found by their sockets": async () => {
    const runtime = fs.mkdtempSync(path.join(os.tmpdir(), "nostos-images-"));
    fs.chmodSync(runtime, 0o700);
    process.env.XDG_RUNTIME_DIR = runtime;
    const images = require(inside("src/images.js"));
    assert.deepStrictEqual(await images.list(), []);
    const bank = fs.realpathSync(path.join(examples, "bank"));
    const image = spawn(nostos, ["run", "--inspect", bank, "serve"], { stdio: "ignore" });
    let launched;
    try {
      let found = [];
      for (const end = Date.now() + 30000; found.length === 0 && Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        found = await images.list();
      }
      assert.deepStrictEqual(found.map(({ pid, root, main }) => ({ pid, root, main })), [{ pid: image.pid, root: bank, main: "main.nos" }]);
      // One that an adapter has launched listens where the adapter wants it to.
      const socket = path.join(images.directory(), "dap-1-0.sock");
      launched = spawn(nostos, ["run", `--inspect=${socket}`, bank, "serve"], { stdio: "ignore" });
      let other;
      for (const end = Date.now() + 30000; !other && Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        other = await images.of(launched.pid);
      }
      assert.strictEqual(other.socket, socket);
      assert.strictEqual((await images.of(image.pid)).pid, image.pid);
      launched.kill("SIGKILL");
      await new Promise((resolve) => launched.on("exit", resolve));
      fs.rmSync(socket);
      // A socket that nobody listens on is not in the way.
      image.kill("SIGKILL");
      await new Promise((resolve) => image.on("exit", resolve));
      assert.strictEqual(fs.readdirSync(images.directory()).length, 1);
      assert.deepStrictEqual(await images.list(), []);
    } finally {
      image.kill("SIGKILL");
      launched?.kill("SIGKILL");
      fs.rmSync(runtime, { recursive: true });
    }
  },
};

(async () => {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}\n${error.stack}`);
    }
  }
  fs.rmSync(folder, { recursive: true });
  process.exit(failed === 0 ? 0 : 1);
})();
