// The view of processes: who runs, waits or stands still, who started whom, what lies in the mailboxes, on the stacks and heaps; of the session in front. Reads the
// image over the extension requests (docs/debugging.md), while the view can be seen. Nothing has to stand still to be looked at.
"use strict";
const vscode = require("vscode");
const { Heaps } = require("./heap.js");

/** How many processes are shown, and how often they are asked for. */
const LIMIT = 1000;
const EVERY = 1000;

const bytes = (n) => (n < 2048 ? `${n} B` : n < 2 << 20 ? `${Math.round(n / 1024)} KB` : `${(n / (1 << 20)).toFixed(1)} MB`);
const ICONS = {
  running: "play",
  runnable: "play-circle",
  waiting: "mail",
  sleeping: "watch",
  stopped: "debug-pause",
  blocked: "loading",
  exited: "circle-slash",
};

class Processes {
  constructor() {
    this.changed = new vscode.EventEmitter();
    this.onDidChangeTreeData = this.changed.event;
    this.rows = [];
    this.total = 0;
    this.problem = undefined;
    this.known = "";
    this.heaps = new Heaps((command, args) => this.ask(command, args), { leaf, group, bytes });
  }

  session() {
    const session = vscode.debug.activeDebugSession;
    return session?.type === "nostos" ? session : undefined;
  }

  async ask(command, args) {
    const session = this.session();
    return session && session.customRequest(command, args);
  }

  /** Asks anew; the tree is drawn again only when something is different. */
  async refresh() {
    if (this.asking) return;
    this.asking = true;
    try {
      const body = await this.ask("nostos/tree", { limit: LIMIT });
      this.rows = body?.processes ?? [];
      this.total = body?.total ?? 0;
    } catch {
      // The session is just beginning or ending.
      this.rows = [];
      this.total = 0;
    } finally {
      this.asking = false;
    }
    const seen = JSON.stringify(this.rows.map((row) => [row.id, row.name, row.function, row.state, row.mailbox, row.line, row.heapBytes, row.oldBytes, row.waitsFor]));
    if (seen !== this.known) {
      this.known = seen;
      this.changed.fire(undefined);
    }
  }

  name(pid) {
    return this.rows.find((row) => row.id === pid)?.name ?? `<${pid}>`;
  }

  getTreeItem(node) {
    return node.row ? this.process(node.row) : node.item;
  }

  process(row) {
    const some = row.mailbox > 0 || row.state !== "exited";
    const item = new vscode.TreeItem(row.name ?? row.function, some ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None);
    item.id = `process ${row.id}`;
    if (this.rows.some((other) => other.parent === row.id)) item.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
    const place = row.line ? `:${row.line}` : "";
    const mail = row.mailbox > 0 ? ` · ${row.mailbox} in mailbox` : "";
    const waits = row.waitsFor === undefined ? "" : ` for ${this.name(row.waitsFor)}, which is stopped`;
    item.description = `<${row.id}> ${row.state}${waits} ${row.name ? row.function : ""}${place}${mail} · ${bytes(row.heapBytes + row.oldBytes)}`;
    item.iconPath = new vscode.ThemeIcon(waits ? "lock" : (ICONS[row.state] ?? "circle-outline"));
    item.contextValue = `nostos.process.${row.state === "stopped" ? "stopped" : "going"}`;
    const lines = [
      `**${row.name ?? "process"}** \\<${row.id}\\>`,
      `${row.state} in \`${row.function}\`${row.source ? ` (${row.source}${place})` : ""}`,
      `${row.reductions} reductions, ${bytes(row.heapBytes)} young and ${bytes(row.oldBytes)} old`,
      `${row.gcCount} collections in ${(row.gcNanos / 1e6).toFixed(2)} ms`,
      ...(row.supervisor ? ["looks after the ends of others"] : []),
      `linked to ${row.links?.length ? row.links.join(", ") : "nobody"}`,
    ];
    item.tooltip = new vscode.MarkdownString(lines.join("\n\n"));
    return item;
  }

  async getChildren(node) {
    const ids = new Set(this.rows.map((row) => row.id));
    const wrap = (rows) => rows.map((row) => ({ row }));
    if (!node) {
      const top = wrap(this.rows.filter((row) => row.parent === undefined || !ids.has(row.parent)));
      if (this.total > this.rows.length) top.push(leaf(`${this.total - this.rows.length} more`, "", "ellipsis"));
      return top;
    }
    if (node.children) return node.children();
    if (!node.row) return [];
    const { id } = node.row;
    return [
      ...wrap(this.rows.filter((row) => row.parent === id)),
      group(id, "Mailbox", `${node.row.mailbox}`, "mail", () => this.mailbox(id)),
      group(id, "Stack", "", "list-tree", () => this.stack(id)),
      group(id, "Heap", bytes(node.row.heapBytes + node.row.oldBytes), "database", () => this.heap(id)),
    ];
  }

  async mailbox(process) {
    const { shapes = [], messages = [] } = (await this.ask("nostos/mailbox", { process })) ?? {};
    const kinds = shapes
      .filter((shape) => shape.refused)
      .map((shape) => leaf(`${shape.count} × ${shape.shape}`, "not taken by the receive it waits in", "warning"));
    const rows = messages.map((message) => {
      const from = message.from === undefined ? "" : `from ${this.name(message.from)}`;
      const age = message.ageMs === undefined ? "" : ` ${message.ageMs} ms ago`;
      return leaf(message.value, `${from}${age}`, "circle-small", message.source, message.line);
    });
    return [...kinds, ...rows];
  }

  async stack(process) {
    const { frames = [] } = (await this.ask("nostos/stack", { process })) ?? {};
    return frames.map((frame) => leaf(frame.name, frame.line ? `line ${frame.line}` : "", "debug-stackframe", frame.source, frame.line));
  }

  async heap(process) {
    const heap = await this.ask("nostos/heap", { process });
    if (!heap) return [];
    const space = (name, { used, capacity }) => leaf(name, `${bytes(used)} of ${bytes(capacity)}`, "archive");
    const types = heap.byType.map((row) => leaf(row.type, `${row.count} × · ${bytes(row.bytes)}`, "symbol-class"));
    const objects = (name, { count, bytes: size }) => leaf(name, `${count} · ${bytes(size)}`, "archive");
    const shared = heap.shared?.count ? [objects("shared with others", heap.shared)] : [];
    return [space("young", heap.young), space("old", heap.old), objects("large objects", heap.large), ...shared, ...this.heaps.of(process), ...types];
  }
}

function leaf(label, description, icon, source, line) {
  const item = new vscode.TreeItem(label);
  item.description = description;
  item.tooltip = label;
  item.iconPath = new vscode.ThemeIcon(icon);
  if (source?.startsWith("/") && line) {
    const at = new vscode.Position(line - 1, 0);
    item.command = { command: "vscode.open", title: "Open", arguments: [vscode.Uri.file(source), { selection: new vscode.Range(at, at) }] };
  }
  return { item };
}

function group(process, label, description, icon, children) {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `${label} of ${process}`;
  item.description = description;
  item.iconPath = new vscode.ThemeIcon(icon);
  const told = async () => {
    try {
      return await children();
    } catch (error) {
      return [leaf(error.message, "", "error")];
    }
  };
  return { item, children: told };
}

function activate(context) {
  const processes = new Processes();
  const view = vscode.window.createTreeView("nostos.processes", { treeDataProvider: processes, showCollapseAll: true });
  let timer;
  const watch = () => {
    clearInterval(timer);
    timer = undefined;
    if (view.visible && processes.session()) timer = setInterval(() => processes.refresh(), EVERY);
    processes.refresh();
  };
  const onProcess = (command, run) =>
    vscode.commands.registerCommand(command, async (node) => {
      if (!node?.row) return;
      try {
        await run(node.row);
      } catch (error) {
        vscode.window.showErrorMessage(`${node.row.name ?? node.row.id}: ${error.message}`);
      }
      processes.refresh();
    });
  const status = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left);
  context.subscriptions.push(
    view,
    status,
    { dispose: () => clearInterval(timer) },
    view.onDidChangeVisibility(watch),
    vscode.debug.onDidChangeActiveDebugSession(() => {
      processes.heaps.forget();
      watch();
    }),
    vscode.debug.onDidTerminateDebugSession(() => {
      status.hide();
      watch();
    }),
    vscode.commands.registerCommand("nostos.refreshProcesses", () => processes.refresh()),
    onProcess("nostos.pauseProcess", (row) => processes.ask("pause", { threadId: row.id })),
    onProcess("nostos.continueProcess", (row) => processes.ask("continue", { threadId: row.id, singleThread: true })),
    onProcess("nostos.heapSnapshot", async (row) => {
      await vscode.window.withProgress({ location: { viewId: "nostos.processes" } }, () => processes.heaps.take(row.id));
      processes.changed.fire(undefined);
    }),
    onProcess("nostos.endProcess", (row) => processes.ask("terminateThreads", { threadIds: [row.id] })),
    onProcess("nostos.showProcess", async (row) => {
      if (!row.source?.startsWith("/")) return;
      const at = new vscode.Position(Math.max(0, (row.line ?? 1) - 1), 0);
      await vscode.window.showTextDocument(vscode.Uri.file(row.source), { selection: new vscode.Range(at, at) });
    }),
    vscode.commands.registerCommand("nostos.nextMessage", async () => {
      const item = vscode.debug.activeStackItem;
      const session = processes.session();
      if (!session || item?.threadId === undefined) return;
      try {
        await session.customRequest("nostos/nextMessage", { threadId: item.threadId });
      } catch (error) {
        vscode.window.showErrorMessage(`Next message: ${error.message}`);
      }
    }),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      if (session.type !== "nostos" || event !== "nostos/reloaded") return;
      const first = body.diagnostics?.find((each) => each.severity === "error");
      status.text = body.ok
        ? `$(zap) ${body.changed.length} function${body.changed.length === 1 ? "" : "s"} renewed (${(body.micros / 1000).toFixed(1)} ms)`
        : "$(error) the old code runs on";
      status.tooltip = body.ok ? body.changed.join("\n") : first && `${first.path}:${first.range.start.line + 1}: ${first.message}`;
      status.show();
    }),
  );
  watch();
}

module.exports = { activate };
