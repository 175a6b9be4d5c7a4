// Stops at messages: patterns where names of functions are written, the next message of a process, and mailboxes by kind.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const TILL = `type Order = Pay(String, Int) | Refund { who: String, amount: Int } | Close

till(sum: Int) -> () = receive {
  Pay(_, n) when n > 0 -> till(sum + n)
  Refund { who: _, amount } -> till(sum - amount)
  Close -> {
    println("closed with " ++ show(sum))
    whereis("shop").expect("it waits") <- "closed"
  }
}

main() = {
  register("shop", self())
  pid = spawn { till(0) }
  pid <- "who are you?"
  pid <- Pay("Ann", 5)
  pid <- Pay("Bob", 50)
  pid <- Refund(who: "Bob", amount: 20)
  pid <- Pay("Cay", 70)
  pid <- "and now?"
  pid <- Close
  # The program ends with its main process, however long the debugger thinks.
  receive { "closed" -> () }
}
`;

const watch = (t, ...wishes) =>
  t.client.ask("setFunctionBreakpoints", { breakpoints: wishes.map((wish) => (typeof wish === "string" ? { name: wish } : wish)) });

run({
  "a process stops when it receives a message that matches": () =>
    session(TILL, async (t) => {
      await t.launch(async () => {
        const { breakpoints } = await watch(t, "receive Pay(_, n) when n > 10", "receive Pay(when");
        assert.deepStrictEqual(breakpoints.map((b) => b.verified), [true, false]);
        assert.match(breakpoints[1].message, /no pattern/);
      });
      const texts = [];
      for (let i = 0; i < 2; i += 1) {
        const stop = await t.stopped("function breakpoint");
        assert.strictEqual(stop.frames[0].name, "till");
        assert.strictEqual(stop.hitBreakpointIds.length, 1);
        texts.push(stop.text);
        const { message } = await t.values(stop.frameId, "Message");
        assert.strictEqual(`Received ${message}`, stop.text);
        await t.resume(stop.threadId);
      }
      assert.deepStrictEqual(texts, ['Received Pay("Bob", 50)', 'Received Pay("Cay", 70)']);
      await t.end();
      assert.match(t.client.output, /closed with 105/);
    }),

  "a process stops before it sends a message that matches": () =>
    session(TILL, async (t) => {
      await t.launch(() => watch(t, "send Refund { who, amount: _ } when who == \"Bob\""));
      const stop = await t.stopped("function breakpoint");
      assert.strictEqual(stop.line, t.line("pid <- Refund"));
      assert.strictEqual(stop.text, 'Sends Refund("Bob", 20)');
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /closed with 105/);
    }),

  "conditions and counts of message breakpoints": () =>
    session(TILL, async (t) => {
      await t.launch(() => watch(t, { name: "receive Pay(_, n)", condition: "n % 2 == 0", hitCondition: "== 2" }));
      const stop = await t.stopped("function breakpoint");
      assert.strictEqual(stop.text, 'Received Pay("Cay", 70)');
      await watch(t);
      await t.resume(stop.threadId);
      await t.end();
    }),

  "a step to the next message": () =>
    session(TILL, async (t) => {
      await t.launch(() => watch(t, "receive Pay(\"Ann\", _)"));
      let stop = await t.stopped("function breakpoint");
      await watch(t);
      await t.client.ask("nostos/nextMessage", { threadId: stop.threadId });
      stop = await t.stopped("step");
      assert.strictEqual(stop.text, 'Received Pay("Bob", 50)');
      await t.client.refused("nostos/nextMessage", { threadId: 1 }, /not stopped/);
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /closed with 105/);
    }),

  "a mailbox by kind of message": () =>
    session(
      `type Order = Buy(Int) | Sell(Int)
main() = {
  pid = spawn { receive { "never" -> () } }
  register("busy", pid)
  [1, 2, 3].each(n => pid <- Buy(n))
  pid <- Sell(1)
  pid <- "hello"
  looked = 1
  println(show(looked))
}
`,
      async (t) => {
        await t.launch(() => t.breakAt("println(show(looked))"));
        await t.stopped("breakpoint");
        const { threads } = await t.client.ask("threads");
        const busy = threads.find((thread) => /^busy /.test(thread.name));
        const look = () => t.client.ask("nostos/mailbox", { process: busy.id });
        // It may not have come to look at them yet.
        while (!(await look()).shapes.every((shape) => shape.refused)) continue;
        const { shapes, total } = await look();
        assert.strictEqual(total, 5);
        assert.deepStrictEqual(shapes, [
          { shape: "Order.Buy", count: 3, refused: true },
          { shape: "Order.Sell", count: 1, refused: true },
          { shape: "String", count: 1, refused: true },
        ]);
      },
    ),

  "each message has its sender, its time and its line": () =>
    session(
      `main() = {
  waiting = spawn { receive { "never" -> () } }
  register("waiting", waiting)
  waiting <- (1, "small")
  waiting <- :constant
  big = range(0, 5000)
  waiting <- big
  main = self()
  other = spawn {
    send(waiting, "from another")
    main <- "sent"
  }
  receive { "sent" -> () }
  Process.exit(waiting, Normal)
  looked = 1
  println(show(looked))
}
`,
      async (t) => {
        const before = Date.now();
        await t.launch(() => t.breakAt("println(show(looked))"));
        const stop = await t.stopped("breakpoint");
        const { threads } = await t.client.ask("threads");
        const waiting = threads.find((thread) => /^waiting /.test(thread.name));
        const { messages } = await t.client.ask("nostos/mailbox", { process: waiting.id });
        assert.deepStrictEqual(messages.map((m) => m.type), ["(Int, String)", "Atom", "List[Int]", "String"]);
        assert.strictEqual(messages[0].value, '(1, "small")');
        assert.strictEqual(messages[1].value, ":constant");
        assert.deepStrictEqual(
          messages.map((m) => m.line),
          ["(1, ", ":constant", "<- big", "send("].map((text) => t.line(text)),
        );
        assert.deepStrictEqual(messages.map((m) => m.from === stop.threadId), [true, true, true, false]);
        const most = Date.now() - before;
        messages.forEach((m) => {
          assert.match(m.source, /\.nos$/);
          assert(Number.isInteger(m.ageMs) && m.ageMs <= most, `it is ${m.ageMs} ms old`);
        });
      },
    ),

  "what a traced process receives and sends is kept, with its end": () =>
    session(TILL, async (t) => {
      await t.launch(() => watch(t, "receive Pay(_, 5)"));
      const stop = await t.stopped("function breakpoint");
      const pid = stop.threadId;
      const none = await t.client.ask("nostos/events", { process: pid });
      assert.deepStrictEqual(none, { events: [], traced: false });
      await t.client.refused("nostos/trace", { process: 4711, on: true }, /4711/);
      assert.deepStrictEqual(await t.client.ask("nostos/trace", { process: pid, on: true }), { traced: true });
      // Nobody is stopped by it, and breakpoints of messages still stop.
      await watch(t, "receive Close");
      await t.resume(pid);
      await t.stopped("function breakpoint");
      const { events } = await t.client.ask("nostos/events", { process: pid });
      const told = events.map(({ number, kind, text }) => [number, kind, text]);
      assert.deepStrictEqual(told, [
        [1, "recv", 'Pay("Bob", 50)'],
        [2, "recv", 'Refund("Bob", 20)'],
        [3, "recv", 'Pay("Cay", 70)'],
        [4, "recv", "Close"],
      ]);
      assert.ok(events.every((e, i) => i === 0 || e.atMs >= events[i - 1].atMs));
      await t.client.ask("nostos/trace", { process: 1, on: true });
      await t.resume(pid);
      await t.end();
      assert.match(t.client.output, /closed with 105/);
    }),

  "a traced process tells whom it begins, writes to and links to, and how it ends": () =>
    session(
      `worker() = receive {
  Go(n) -> {
    echo = spawn { receive { text: String -> println(text) } }
    link(echo)
    echo <- "n is " ++ show(n)
    whereis("shop").expect("it waits") <- "done"
  }
}

type Order = Go(Int)

main() = {
  register("shop", self())
  pid = spawn { worker() }
  pid <- Go(7)
  receive { "done" -> () }
  sleep(50)
  println("over")
}
`,
      async (t) => {
        await t.launch(() => watch(t, "receive Go(_)"));
        const stop = await t.stopped("function breakpoint");
        const pid = stop.threadId;
        await t.client.ask("nostos/trace", { process: pid, on: true });
        await watch(t, "receive \"done\"");
        await t.resume(pid);
        const next = await t.stopped("function breakpoint");
        let found = await t.client.ask("nostos/events", { process: pid });
        while (found.traced) found = await t.client.ask("nostos/events", { process: pid });
        const kinds = found.events.map((e) => e.kind);
        assert.deepStrictEqual(kinds, ["spawn", "link", "send", "send", "exit"]);
        const [begun, linked, sent, done, end] = found.events;
        assert.deepStrictEqual([linked.process, sent.process], [begun.process, begun.process]);
        assert.deepStrictEqual([sent.text, done.text, done.process, end.text], ['"n is 7"', '"done"', next.threadId, "Normal"]);
        // Only what is new.
        const late = await t.client.ask("nostos/events", { process: pid, since: end.number - 1 });
        assert.deepStrictEqual(late.events.map((e) => e.kind), ["exit"]);
        await t.resume(next.threadId);
        await t.end();
      },
    ),
});
