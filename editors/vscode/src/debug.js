// The debugger's side of the extension: which configuration F5 means, which image to attach to, where the adapter is, which variables are shown behind the lines.
// What happens in a program is nostos-dap's to say.
"use strict";
const path = require("path");
const vscode = require("vscode");
const images = require("./images.js");
const programs = require("./programs.js");
const { codeOf, visibleLines, namesIn, expressionAt } = require("./text.js");

async function exists(uri) {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** The program a file belongs to: the nearest directory above with a main.nos, within its workspace folder, else the file. */
async function programOf(uri) {
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri.path ?? path.posix.dirname(uri.path);
  for (let dir = path.posix.dirname(uri.path); dir.startsWith(top); dir = path.posix.dirname(dir)) {
    if (await exists(uri.with({ path: path.posix.join(dir, "main.nos") }))) return uri.with({ path: dir }).fsPath;
    if (dir === "/") break;
  }
  return uri.fsPath;
}

/** What F5 runs without a launch.json: the program of the file in front, else the folder's. */
async function ownProgram(folder) {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId === "nostos" && editor.document.uri.scheme === "file") return programOf(editor.document.uri);
  if (folder && (await exists(vscode.Uri.joinPath(folder.uri, "main.nos")))) return folder.uri.fsPath;
  return undefined;
}

/** Asks which image to attach to; its pid, or `undefined`. */
async function pickImage() {
  const choice = await vscode.window.showQuickPick(
    images.list().then((found) => {
      const items = found.map((image) => ({
        label: path.basename(image.root ?? "") || "image",
        description: `pid ${image.pid}`,
        detail: `${image.root}/${image.main ?? ""}`,
        image,
      }));
      return items.length > 0 ? items : [{ label: "No program runs that can be attached to", detail: "Start one with: nostos run --inspect PROGRAM" }];
    }),
    { placeHolder: "Attach to which program?", matchOnDescription: true, matchOnDetail: true },
  );
  return choice?.image;
}

const configurations = {
  /** What the "create a launch.json" of VS Code begins with, and what is offered without one. */
  provideDebugConfigurations() {
    return [
      { type: "nostos", request: "launch", name: "Nostos: this project", program: "${workspaceFolder}" },
      { type: "nostos", request: "attach", name: "Nostos: attach", pid: "${command:pickImage}" },
    ];
  },

  /** Before variables are replaced: an empty configuration is F5 without a launch.json. */
  async resolveDebugConfiguration(folder, config) {
    if (!config.type && !config.request && !config.name) {
      const program = await ownProgram(folder);
      // Null opens launch.json, undefined gives up: this is no program of ours.
      if (!program) return undefined;
      return { type: "nostos", request: "launch", name: "Nostos", program, noDebug: config.noDebug };
    }
    if (config.request === "launch" && !config.program) {
      const program = await ownProgram(folder);
      if (program) return { ...config, program };
    }
    return config;
  },

  /** After they are replaced: paths are whole, and an attach knows whom it means. */
  async resolveDebugConfigurationWithSubstitutedVariables(folder, config) {
    if (config.request === "launch") {
      if (!config.program) {
        await vscode.window.showErrorMessage("Which program? The configuration has no `program`: a source file, or a directory with main.nos.");
        return undefined;
      }
      const root = folder?.uri.fsPath;
      const program = root ? path.resolve(root, config.program) : config.program;
      const cwd = config.cwd ? (root ? path.resolve(root, config.cwd) : config.cwd) : root;
      return { ...config, program, ...(cwd ? { cwd } : {}) };
    }
    // Commands give texts, the adapter wants a number.
    const pid = Number(config.pid);
    const { pid: _, ...rest } = config;
    if (Number.isInteger(pid) && pid > 0) {
      // The socket of a program that an adapter has launched is not named after it.
      const image = await images.of(pid);
      return image && !rest.socket ? { ...rest, socket: image.socket } : { ...config, pid };
    }
    if (rest.socket) return rest;
    const image = await pickImage();
    return image && { ...rest, socket: image.socket };
  },
};

const inlineValues = {
  provideInlineValues(document, range, context) {
    const code = codeOf(document.getText());
    const values = [];
    for (const at of visibleLines(code, context.stoppedLocation.end.line)) {
      if (at < range.start.line || at > range.end.line) continue;
      for (const { name, column } of namesIn(code[at])) {
        const place = new vscode.Range(at, column, at, column + name.length);
        values.push(new vscode.InlineValueVariableLookup(place, name, true));
      }
    }
    return values;
  },
};

const hovers = {
  provideEvaluatableExpression(document, position) {
    const found = expressionAt(codeOf(document.getText())[position.line] ?? "", position.character);
    if (!found) return undefined;
    return new vscode.EvaluatableExpression(new vscode.Range(position.line, found.start, position.line, found.end), found.text);
  },
};

/** Starts the program of the file in front. */
async function start(uri, noDebug) {
  const file = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (!file) return;
  await vscode.workspace.saveAll(false);
  const config = { type: "nostos", request: "launch", name: path.basename(file.fsPath), program: await programOf(file) };
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(file), config, { noDebug });
}

/** Bytes of a value's object as people read them. */
function dump(base64, address) {
  const bytes = Buffer.from(base64, "base64");
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${(BigInt(address) + BigInt(at)).toString(16).padStart(16, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

/** The bytes that were shown, by the names of their documents: nobody is asked to save them. */
const memory = {
  texts: new Map(),
  changed: new vscode.EventEmitter(),
  get onDidChange() {
    return this.changed.event;
  },
  provideTextDocumentContent(uri) {
    return this.texts.get(uri.toString());
  },
};

/** Opens the bytes of a variable; VS Code's own binary view needs the Hex Editor, this does not. */
async function showMemory(item) {
  const session = vscode.debug.activeDebugSession;
  const address = item?.variable?.memoryReference;
  if (!session || !address) return;
  try {
    const body = await session.customRequest("readMemory", { memoryReference: address, count: 1024 });
    const content = dump(body.data ?? "", body.address);
    const uri = vscode.Uri.from({ scheme: "nostos-memory", path: `/${item.variable.name} at ${address}` });
    memory.texts.set(uri.toString(), content);
    memory.changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  } catch (error) {
    vscode.window.showErrorMessage(`Memory at ${address}: ${error.message}`);
  }
}

function activate(context) {
  const { debug, commands, languages } = vscode;
  context.subscriptions.push(
    debug.registerDebugAdapterDescriptorFactory("nostos", {
      createDebugAdapterDescriptor() {
        const adapter = programs.find("dapPath", "nostos-dap");
        // VS Code shows the words.
        if (!adapter) throw new Error("The debugger, nostos-dap, is not on PATH. The setting nostos.dapPath may name it.");
        return new vscode.DebugAdapterExecutable(adapter, []);
      },
    }),
    debug.registerDebugConfigurationProvider("nostos", configurations),
    debug.registerDebugConfigurationProvider(
      "nostos",
      {
        async provideDebugConfigurations(folder) {
          const program = await ownProgram(folder);
          const launch = program ? [{ type: "nostos", request: "launch", name: `Run ${path.basename(program)}`, program }] : [];
          const running = (await images.list()).map((image) => {
            const name = `Attach to ${path.basename(image.root ?? "")} (pid ${image.pid})`;
            return { type: "nostos", request: "attach", name, socket: image.socket };
          });
          return [...launch, ...running];
        },
      },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.workspace.registerTextDocumentContentProvider("nostos-memory", memory),
    languages.registerInlineValuesProvider("nostos", inlineValues),
    languages.registerEvaluatableExpressionProvider("nostos", hovers),
    commands.registerCommand("nostos.pickImage", async () => {
      const image = await pickImage();
      return image && String(image.pid);
    }),
    commands.registerCommand("nostos.run", (uri) => start(uri, true)),
    commands.registerCommand("nostos.debug", (uri) => start(uri, false)),
    commands.registerCommand("nostos.showMemory", showMemory),
  );
}

module.exports = { activate };
