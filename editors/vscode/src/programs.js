// Where the programs of Nostos are that the extension starts: as the settings say, else on PATH, else beside the workspace's own build.
"use strict";
const fs = require("fs");
const path = require("path");
const vscode = require("vscode");

function runnable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The path of a program; `undefined` when there is none. */
function find(setting, name) {
  const wanted = vscode.workspace.getConfiguration("nostos").get(setting) || name;
  if (wanted.includes("/")) {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
    const file = path.resolve(root, wanted.replace(/^~(?=\/)/, process.env.HOME ?? "~").replace("${workspaceFolder}", root));
    return runnable(file) ? file : undefined;
  }
  const places = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return places.map((place) => path.join(place, wanted)).find(runnable);
}

/** The same, with a word to the user when it is not there. */
function need(setting, name) {
  const found = find(setting, name);
  if (!found) {
    const open = "Open settings";
    vscode.window.showErrorMessage(`${name} is not on PATH; its path can be set as nostos.${setting}.`, open).then((choice) => {
      if (choice === open) vscode.commands.executeCommand("workbench.action.openSettings", `nostos.${setting}`);
    });
  }
  return found;
}

module.exports = { find, need };
