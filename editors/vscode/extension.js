// The VS Code side of the debugger: finds the adapter, and makes F5 work without a launch.json. Everything else is in nostos-dap.
const vscode = require("vscode");

function adapterPath() {
  return vscode.workspace.getConfiguration("nostos").get("dapPath") || "nostos-dap";
}

/** F5 on a .nos file without launch.json runs its folder when that holds a main.nos, else the file. */
async function resolve(folder, config) {
  if (config.type || config.request || config.name) return config;
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.languageId !== "nostos") return config;
  const directory = folder ? folder.uri : vscode.Uri.joinPath(editor.document.uri, "..");
  let program = editor.document.uri.fsPath;
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(directory, "main.nos"));
    program = directory.fsPath;
  } catch {
    // No main.nos: the file is the program.
  }
  return { type: "nostos", request: "launch", name: "Nostos", program };
}

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("nostos", {
      createDebugAdapterDescriptor: () => new vscode.DebugAdapterExecutable(adapterPath(), []),
    }),
    vscode.debug.registerDebugConfigurationProvider("nostos", { resolveDebugConfiguration: resolve }),
  );
};
exports.deactivate = () => {};
