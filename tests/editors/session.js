// A session on examples/bank in VS Code itself, as a user would have it: a breakpoint in the margin, F5 without a launch.json, values behind the lines, several
// processes, a mailbox, the debug console, an exception, on to the end; then breakpoints of data, bytes, a debugger behind a port; then attaching to a program
// that runs, editing it, and looking into its heap.
// Arguments: where code-server and playwright-core are installed, the programs' folder, the packaged extension, the folder of the examples, where pictures go.
"use strict";
const assert = require("assert");
const { spawn } = require("child_process");
const fs = require("fs");
const path = require("path");
const { open } = require("./workbench.js");

const [tools, bin, vsix, examples, pictures] = process.argv.slice(2);
const bank = path.join(examples, "bank");
const PATIENCE = 30000;
const TILL = `# Counts the coins in a till.
main() = {
  coins = [5, 10, 20]
  var total = 0
  println("The till is open.")
  for coin in coins {
    total = total + coin
    println("\${coin} more")
  }
  println("together \${total}")
}
`;

async function main() {
  const w = await open({ tools, bin, vsix, project: bank, width: 1440, height: 1000 });
  const { page } = w;
  page.setDefaultTimeout(PATIENCE);
  fs.rmSync(pictures, { recursive: true, force: true });
  fs.mkdirSync(pictures, { recursive: true });
  const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });
  const lines = fs.readFileSync(path.join(bank, "account.nos"), "utf8").split("\n");
  const lineOf = (text) => 1 + lines.findIndex((line) => line.includes(text));

  const until = async (what, condition) => {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const found = await condition();
      if (found) return found;
      assert(Date.now() < end, `not seen: ${what}`);
      await page.waitForTimeout(50);
    }
  };
  const texts = (selector) => page.locator(selector).evaluateAll((found) => found.map((each) => each.innerText.replace(/\s+/g, " ")));
  const row = (selector, text) => page.locator(`${selector} .monaco-list-row`, { hasText: text }).first();
  const sees = (selector, text) =>
    until(`${text} in ${selector}`, async () => (await texts(`${selector} .monaco-list-row`)).some((each) => (text instanceof RegExp ? text.test(each) : each.includes(text))));
  const console_ = () => texts(".repl .monaco-list-row").then((rows) => rows.join("\n"));
  const printed = (text) => until(`${text} in the debug console`, async () => (await console_()).includes(text));
  const step = (name) => console.log(`ok   ${name}`);
  const margin = async (line) => {
    const number = page.locator(".margin-view-overlays .line-numbers", { hasText: new RegExp(`^${line}$`) });
    const box = await number.boundingBox();
    await page.mouse.click(box.x - 8, box.y + box.height / 2);
  };
  const command = async (name) => {
    await page.keyboard.press("F1");
    await page.keyboard.type(name);
    await until("the command", async () => (await texts(".quick-input-list .monaco-list-row")).some((each) => each.includes(name)));
    await page.keyboard.press("Enter");
  };
  /** A view by its command: in a narrow window its tab may be hidden. */
  const tab = (name) => command(`Focus on ${name} View`);
  const collapse = async (name) => {
    const header = page.locator(".pane-header", { hasText: name }).first();
    if ((await header.getAttribute("aria-expanded")) === "true") await header.click();
  };
  const say = async (text) => {
    await page.locator(".repl-input-wrapper .monaco-editor").click();
    await page.keyboard.type(text);
  };
  /** An entry of the menu of something, until that can be seen to have worked: a menu that has just opened takes no clicks. */
  const choose = async (what, name, worked) => {
    await what.click({ button: "right" });
    const item = page.locator(".monaco-menu .action-label", { hasText: name }).first();
    await item.waitFor();
    await until(`what comes of ${name}`, async () => {
      await page.waitForTimeout(400);
      if (await item.isVisible()) await item.click();
      return worked();
    });
  };
  /** Shows a process; rows come and go, so that a click may meet its neighbour. */
  const show = (name, value) =>
    until(`${value} of ${name}`, async () => {
      await row(".debug-call-stack", name).click();
      await page.waitForTimeout(500);
      return (await texts(".debug-variables .monaco-list-row")).some((each) => each.includes(value));
    });
  const button = (name) => page.locator(`.debug-toolbar .codicon-${name}`).first().click();

  try {
    await row(".explorer-folders-view", "account.nos").dblclick();
    await page.waitForSelector(".editor-instance .view-line");
    await until("the language", async () => (await texts(".statusbar-item")).includes("Nostos"));
    // The file is coloured: a keyword has another colour than a name.
    await until("colours", () => page.evaluate(() => new Set([...document.querySelectorAll(".view-line span span")].map((each) => getComputedStyle(each).color)).size > 4));
    step("the file is Nostos, and coloured");

    const withdrawal = lineOf("Done(balance - amount)");
    // Clicks come to nothing until VS Code knows that this language has breakpoints.
    await until("the breakpoint", async () => {
      await margin(withdrawal);
      await page.mouse.move(600, 900);
      await page.waitForTimeout(500);
      return page.locator(".margin [class*=codicon-debug-breakpoint]").count();
    });
    step("a click into the margin sets a breakpoint");

    await page.keyboard.press("F5");
    await page.waitForSelector(".debug-toolbar");
    await sees(".debug-variables", 'name = "Alice"');
    await sees(".debug-variables", "balance = 1000");
    await sees(".debug-call-stack", /account:Alice.*Stopped at a breakpoint/i);
    const running = (await texts(".debug-call-stack .monaco-list-row")).filter((each) => /running/i.test(each));
    assert(running.length >= 4, `only one process has stopped; others run: ${running}`);
    step("F5 runs the bank without a launch.json; Alice's account stops alone");

    const shown = await until("inline values", async () => {
      const line = (await texts(".view-line")).find((each) => each.includes("Done(balance") && each.includes("amount = 250"));
      return line?.includes("balance = 1000") && line;
    });
    assert(!shown.includes("name ="), shown);
    const other = (await texts(".view-line")).find((each) => each.includes("Refused("));
    assert(!other.includes("amount ="), `the other arm's amount is another one: ${other}`);
    step("values stand behind the lines the statement can see");

    await say("bal");
    await until("what the word may become", async () => (await texts(".repl .suggest-widget .monaco-list-row")).some((each) => each.includes("balance")));
    await picture("vscode-completions");
    await page.keyboard.press("Escape");
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("Backspace");
    step("the debug console knows the names that can be seen");

    await say("balance - amount");
    await page.keyboard.press("Enter");
    await printed("750");
    await say('whereis("account:Alice").unwrap() <- Balance(client, ref)');
    await page.keyboard.press("Enter");
    await printed("()");
    step("the debug console evaluates, and sends a message");

    await collapse("Watch");
    await row(".debug-variables", "Mailbox").click();
    await sees(".debug-variables", /Balance\(<pid/);
    step("the mailbox of the stopped process holds it");
    await page.waitForTimeout(1500);
    await picture("vscode-stopped");

    // Machine code, and back.
    await choose(row(".debug-call-stack", "account.serve"), "Open Disassembly View", async () => {
      const rows = await texts(".disassembly-view .monaco-list-row, .disassembly-view .monaco-table-tr");
      return rows.some((each) => /\b(call|mov|lea)\b/.test(each));
    });
    await page.waitForTimeout(1000);
    await picture("vscode-disassembly");
    await page.locator(".tab", { hasText: "account.nos" }).click();
    await page.waitForSelector(".view-line");
    step("the machine code can be read");

    // What the library says.
    const headers = ["Variables", "Call Stack", "Loaded Scripts"].map((name) => page.locator(".pane-header", { hasText: name }).first());
    for (const header of headers) await header.click();
    await row(".debug-loaded-scripts", "std").locator(".monaco-tl-twistie").click();
    await row(".debug-loaded-scripts", "option.nos").click();
    await picture("vscode-loaded");
    await page.waitForSelector(".tab.active:has-text('option.nos')");
    await until("the library's text", async () => (await texts(".view-line")).some((each) => each.includes("pub map[T, U](x: Option[T]")));
    await picture("vscode-library");
    for (const header of headers) await header.click();
    await page.locator(".tab", { hasText: "account.nos" }).click();
    step("the library can be read");

    // Under the mouse.
    const word = page.locator(".view-line", { hasText: "serve(name, balance - amount)" }).locator("span", { hasText: "amount" }).last();
    const box = await word.boundingBox();
    await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2);
    await until("the hover", async () => (await texts(".debug-hover-widget")).some((each) => each.includes("250")));
    await picture("vscode-hover");
    await page.mouse.move(600, 900);
    step("what is under the mouse is evaluated");

    await page.keyboard.press("Escape");
    await page.keyboard.press("F10");
    await sees(".debug-call-stack", /account:Alice.*Stepped/i);
    step("F10 steps");

    // Alice has answered, so the day goes on without her; Erin's account divides by zero, which nobody catches.
    await page.waitForSelector(".exception-widget");
    await sees(".debug-call-stack", /account:Erin.*Uncaught exception/i);
    await sees(".debug-call-stack", /account:Alice.*Stepped/i);
    const why = (await texts(".exception-widget")).join(" ");
    assert.match(why, /DivisionByZero|Division by zero/, why);
    await sees(".debug-variables", "shares = 0");
    await page.waitForTimeout(1500);
    await picture("vscode-exception");
    step("an exception that nobody catches stops its process, with the reason beside the line; Alice's still stands where it stood");

    await show("account:Alice", 'name = "Alice"');
    await button("mail");
    await sees(".debug-call-stack", /account:Alice.*Received a message/i);
    await sees(".debug-variables", "Message");
    await picture("vscode-message");
    step("the envelope beside the steps goes on to the next message: the one of the debug console");

    await margin(withdrawal);
    await until("no breakpoint", async () => !(await texts(".debug-breakpoints .monaco-list-row")).some((each) => each.includes("account.nos")));
    await show("account:Erin", "shares = 0");
    await page.keyboard.press("F5");
    await printed("Erin's account has crashed");
    await show("account:Alice", 'name = "Alice"');
    await page.keyboard.press("F5");
    await page.waitForSelector(".debug-toolbar", { state: "hidden" });
    await printed("together 5,000");
    await printed("The ledger has 609 entries.");
    await picture("vscode-end");
    step("the program runs to its end");

    const all = { picture, until, texts, row, sees, tab, step, margin, choose, button, printed, command };
    await counted(w, all);
    await attached(w, all);
  } catch (error) {
    if (!fs.existsSync(path.join(pictures, "failure.png"))) await picture("failure");
    console.log(`FAIL\n${error.stack}\n${await console_().catch(() => "")}`);
    process.exitCode = 1;
  } finally {
    await w.close();
  }
}

/** A program with a variable, in this folder's own debugger and then in one that listens already. */
async function counted(w, { picture, until, texts, sees, row, step, margin, choose, button, printed }) {
  const { page } = w;
  // Of the one process that there is, the stack's head says why it stands still.
  const said = (text) => until(text, async () => (await texts(".pane-header")).some((each) => /call stack/i.test(each) && each.includes(text)));
  const till = path.join(w.workspace, "till");
  fs.mkdirSync(till);
  fs.writeFileSync(path.join(till, "main.nos"), TILL);
  await page.keyboard.press("Control+Shift+E");
  await row(".explorer-folders-view", "till").click();
  // The till's stands above the bank's, when the folder has opened.
  await until("its file", async () => (await texts(".explorer-folders-view .monaco-list-row")).filter((each) => each.includes("main.nos")).length === 2);
  await row(".explorer-folders-view", "main.nos").dblclick();
  await until("the till", async () => (await texts(".view-line")).some((each) => each.includes("coins in a till")));
  const open = 1 + TILL.split("\n").findIndex((line) => line.includes("is open"));
  await margin(open);
  await page.keyboard.press("F5");
  await sees(".debug-variables", "total = 0");

  const bytes = /^[0-9a-f]{16} ([0-9a-f]{2} ){16}/;
  await choose(row(".debug-variables", "coins"), "Show Memory as Text", async () => (await texts(".view-line")).some((each) => bytes.test(each)));
  await picture("vscode-memory");
  await until("its name", async () => (await texts(".tab.active")).some((each) => each.includes("coins at 0x")));
  await page.locator(".tab", { hasText: "main.nos" }).last().click();
  step("the bytes of a list are shown as text");

  await choose(row(".debug-variables", "total"), "Break on Value Change", async () => (await texts(".debug-breakpoints .monaco-list-row")).some((each) => each.includes("total")));
  for (const value of [5, 15]) {
    await page.keyboard.press("F5");
    await said("total of <1> was changed");
    await sees(".debug-variables", `total = ${value}`);
  }
  await page.waitForTimeout(1000);
  await picture("vscode-data");
  step("who changes a variable is stopped");

  await button("debug-restart");
  await said("Stopped at a breakpoint");
  await sees(".debug-variables", "total = 0");
  await page.keyboard.press("F5");
  await page.waitForSelector(".debug-toolbar", { state: "hidden" });
  await printed("together 35");
  step("the program is started again, and runs to its end");

  const door = spawn(path.join(bin, "nostos-dap"), ["--listen", "127.0.0.1:0"], { env: w.env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    let told = "";
    door.stdout.on("data", (chunk) => (told += chunk));
    const [, port, token] = await until("the port", () => /^listening on 127\.0\.0\.1:(\d+)\ntoken: (\w+)\n/.exec(told));
    fs.mkdirSync(path.join(w.workspace, ".vscode"));
    const file = path.join(w.workspace, ".vscode/launch.json");
    const there = { type: "nostos", request: "launch", name: "There", program: till, debugServer: Number(port) };
    const configurations = [{ ...there, name: "Locked out", token: "0".repeat(32) }];
    fs.writeFileSync(file, JSON.stringify({ version: "0.2.0", configurations }));
    const named = (name) => until(name, async () => (await texts(".start-debug-action-item")).join().includes(name));
    await named("Locked out");
    await page.keyboard.press("F5");
    await until("the refusal", async () => (await texts(".monaco-dialog-box")).some((each) => each.includes("the token is wrong")));
    await picture("vscode-token");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".debug-toolbar", { state: "hidden" });
    fs.writeFileSync(file, JSON.stringify({ version: "0.2.0", configurations: [{ ...there, token }] }));
    await named("There");
    await page.keyboard.press("F5");
    await sees(".debug-variables", "total = 0");
    await margin(open);
    await page.keyboard.press("F5");
    await page.waitForSelector(".debug-toolbar", { state: "hidden" });
    await printed("together 35");
    step("a debugger that listens already serves who says its token");
  } finally {
    door.kill("SIGKILL");
  }
}

/** A program that runs already. */
async function attached(w, { picture, until, texts, sees, row, tab, step, choose, command }) {
  const { page } = w;
  const configuration = { type: "nostos", request: "attach", name: "Attach", pid: "${command:pickImage}" };
  fs.writeFileSync(path.join(w.workspace, ".vscode/launch.json"), JSON.stringify({ version: "0.2.0", configurations: [configuration] }));
  const image = spawn(path.join(bin, "nostos"), ["run", "--inspect", w.workspace, "serve"], { env: w.env, stdio: "ignore" });
  try {
    await until("the image's socket", () => fs.existsSync(path.join(w.runtime, "nostos", `${image.pid}.sock`)));
    await until("the configuration", async () => (await texts(".start-debug-action-item")).join().includes("Attach"));
    // The bank has crashes; they are not what is looked for here.
    const filter = row(".debug-breakpoints", "Uncaught exceptions").locator("input[type=checkbox], .monaco-checkbox").first();
    await filter.click();
    await page.keyboard.press("F5");
    await until("the picker", async () => (await texts(".quick-input-list .monaco-list-row")).some((each) => each.includes(`pid ${image.pid}`)));
    await picture("vscode-attach");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".debug-toolbar");
    await tab("Processes");
    await sees(".part.panel", /teller:Ann/);
    step("the picker lists the programs that run, and attaches");

    const file = path.join(w.workspace, "account.nos");
    const text = fs.readFileSync(file, "utf8");
    const problems = async () => (await texts("[id='status.problems']")).join().trim();
    const says = (words) => until(words, async () => (await texts(".statusbar-item")).some((each) => each.includes(words)));
    fs.writeFileSync(file, text.replace("balance / shares", 'balance / "shares"'));
    await says("the old code runs on");
    await until("the mistake", async () => (await problems()) === "1 0");
    fs.writeFileSync(file, text.replace("balance / shares", "if shares == 0 then 0 else balance / shares"));
    await says("1 function renewed");
    await until("no mistake", async () => (await problems()) === "0 0");
    step("a change is loaded into the program that runs, a mistake is not");

    const erin = row(".part.panel", "account:Erin");
    // Rows come and go, as accounts are opened anew: a click may come to nothing.
    await until("Erin's stop", async () => {
      await erin.hover();
      const pause = erin.locator(".codicon-debug-pause");
      if (await pause.isVisible()) await pause.click();
      await page.waitForTimeout(1000);
      return (await texts(".debug-call-stack .monaco-list-row")).some((each) => /account:Erin.*Paused/i.test(each));
    });
    await sees(".part.panel", /account:Erin ?<\d+> stopped/);
    await page.mouse.move(600, 300);
    // Its mailbox fills, and who waits for it is told.
    await sees(".part.panel", /teller:.*for account:Erin, which is stopped/);
    await erin.locator(".monaco-tl-twistie").click();
    await row(".part.panel", /Mailbox ?[1-9]/).locator(".monaco-tl-twistie").click();
    await sees(".part.panel", /(Withdraw|Deposit|Balance)\(.*from (teller:|watch|<)/);
    await page.waitForTimeout(1500);
    await picture("vscode-processes");
    step("a process is stopped in the view of processes");

    await erin.locator(".monaco-tl-twistie").click();
    await heaped(w, { picture, until, texts, sees, row, choose, step, command });

    await page.keyboard.press("Shift+F5");
    await page.waitForSelector(".debug-toolbar", { state: "hidden" });
    assert.strictEqual(image.exitCode, null, "the program runs on");
    step("the program runs on without us");
  } catch (error) {
    await picture("failure");
    throw error;
  } finally {
    image.kill("SIGKILL");
  }
}

/** What the heap of a process that grows is made of; the view of processes is open. */
async function heaped(w, { picture, until, texts, sees, row, choose, step, command }) {
  const { page } = w;
  const panel = ".part.panel";
  const shows = (text) => texts(`${panel} .monaco-list-row`).then((rows) => rows.some((each) => text.test(each)));
  const open = (text) => row(panel, text).locator(".monaco-tl-twistie").click();
  await command("View: Toggle Maximized Panel");
  await open(/^ledger ?</);
  // Others have heaps, too: the first is the ledger's when that has opened.
  await until("the ledger's rows", async () => {
    const rows = await texts(`${panel} .monaco-list-row`);
    return rows.findIndex((each) => /^Heap/.test(each)) < rows.findIndex((each) => /^branch/.test(each));
  });
  await open(/^Heap/);
  await sees(panel, "no snapshot yet");
  const ledger = row(panel, /^ledger ?</);
  await choose(ledger, "Take a Snapshot of Its Heap", () => shows(/types by what they retain/));
  await choose(ledger, "Take a Snapshot of Its Heap", () => shows(/growth since the snapshot before/));
  await open(/^types by what/);
  await sees(panel, /Entry ?\d+ ×.*retains/);
  step("a snapshot of a heap tells what retains memory, and a second one what has grown");

  await open(/Entry ?\d+ ×.*retains/);
  await sees(panel, /^[^×]*retains/);
  await open(/^[^×]*retains/);
  await until("why it lives", () => shows(/path to root/));
  await open(/^path to root/);
  await sees(panel, /keep \(.*ledger\.nos:\d+\)/);
  await page.mouse.move(600, 10);
  await page.waitForTimeout(1000);
  await picture("vscode-heap");
  step("an object of it tells who keeps it alive");
  await command("View: Toggle Maximized Panel");
}

main();
