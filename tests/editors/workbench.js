// The real VS Code workbench with the packaged extension in it, in a browser without a window: what the session beside this file works with.
// Everything of it (profile, extensions, workspace) lies in a folder of its own that is removed at the end.
"use strict";
const { spawn, execFileSync } = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "chat.commandCenter.enabled": false,
  "editor.minimap.enabled": false,
  "editor.fontSize": 13,
  "debug.inlineValues": "on",
  "debug.openDebug": "openOnDebugBreak",
  "debug.internalConsoleOptions": "openOnSessionStart",
  "window.commandCenter": false,
  "window.menuBarVisibility": "compact",
};

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts the workbench on a copy of `project`. `tools`: where code-server and playwright-core are; `bin`: where nostos-dap and nostos-lsp are. */
async function open({ tools, bin, vsix, project, browser: executablePath = "/usr/bin/chromium", width = 1280, height = 800 }) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "nostos-vscode-"));
  const user = path.join(home, "user");
  const extensions = path.join(home, "extensions");
  const workspace = path.join(home, path.basename(project));
  fs.mkdirSync(path.join(user, "User"), { recursive: true });
  fs.mkdirSync(path.join(user, "Machine"), { recursive: true });
  fs.cpSync(project, workspace, { recursive: true });
  fs.writeFileSync(path.join(user, "User/settings.json"), JSON.stringify(SETTINGS));
  // Paths are the machine's, which is another one than the user's when the workbench is in a browser.
  const paths = { "nostos.dapPath": `${bin}/nostos-dap`, "nostos.lspPath": `${bin}/nostos-lsp` };
  fs.writeFileSync(path.join(user, "Machine/settings.json"), JSON.stringify(paths));
  const entry = path.join(tools, "node_modules/code-server/out/node/entry.js");
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: path.join(home, "run") };
  fs.mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  const dirs = ["--user-data-dir", user, "--extensions-dir", extensions];
  execFileSync("node", [entry, ...dirs, "--install-extension", vsix], { env, stdio: "pipe" });
  const port = await freePort();
  const more = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-workspace-trust"];
  const server = spawn("node", [entry, ...dirs, "--bind-addr", `127.0.0.1:${port}`, ...more], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  server.stdout.on("data", (data) => log.push(data.toString()));
  server.stderr.on("data", (data) => log.push(data.toString()));
  const { chromium } = require(path.join(tools, "node_modules/playwright-core"));
  let browser;
  const close = async () => {
    await browser?.close().catch(() => {});
    // The server has started others: the whole group goes.
    try {
      process.kill(-server.pid, "SIGTERM");
    } catch {
      // It has gone already.
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // As it should be.
    }
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let tries = 0; ; tries += 1) {
      if (await fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.ok, () => false)) break;
      if (tries > 200) throw new Error(`the workbench's server does not answer:\n${log.join("")}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
    const page = await browser.newPage({ viewport: { width, height } });
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
    await page.waitForSelector(".monaco-workbench", { timeout: 60000 });
    return { page, workspace, home, runtime: env.XDG_RUNTIME_DIR, env, log, close };
  } catch (error) {
    await close();
    throw error;
  }
}

module.exports = { open };
