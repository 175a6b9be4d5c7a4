// Values that are changed while their process is stopped.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const VARS = `sum(limit: Int) -> Int = {
  var i = 0
  var total = 0
  while i < limit {
    i = i + 1
    total = total + i
  }
  total
}

main() = {
  var count = 1
  bump = () => { count = count + 1 }
  bump()
  var word = "short"
  fixed = 5
  cells = Array.fromList([10, 20, 30])
  names = Array.fromList(["a", "b"])
  here = 0
  println(show(count) ++ " " ++ word ++ " " ++ show(cells[1]) ++ " " ++ names[0])
  word = word ++ "!"
  println(show(sum(3)))
}
`;

run({
  "a variable of a loop gets another value and the loop sees it": () =>
    session(VARS, async (t) => {
      await t.launch(() => t.breakAt({ line: t.line("i = i + 1"), hitCondition: "== 2" }));
      const stop = await t.stopped("breakpoint");
      const { variablesReference } = await t.scope(stop.frameId, "Locals");
      assert.strictEqual((await t.values(stop.frameId)).total, "1");
      const set = await t.client.ask("setVariable", { variablesReference, name: "total", value: "total * 100" });
      assert.deepStrictEqual([set.value, set.type], ["100", "Int"]);
      assert.strictEqual((await t.values(stop.frameId)).total, "100");
      await t.client.refused("setVariable", { variablesReference, name: "total", value: '"text"' }, /Int.*String/);
      await t.client.refused("setVariable", { variablesReference, name: "limit", value: "3" }, /no .var./);
      await t.client.refused("setVariable", { variablesReference, name: "nobody", value: "3" }, /no variable/);
      await t.resume(stop.threadId);
      await t.end();
      assert.match(t.client.output, /^105$/m);
    }),

  "variables that closures share, texts, and elements of arrays": () =>
    session(VARS, async (t) => {
      await t.launch(() => t.breakAt("println(show(count)"));
      const stop = await t.stopped("breakpoint");
      const { frameId, threadId } = stop;
      const set = (expression, value) => t.client.ask("setExpression", { frameId, expression, value });
      assert.strictEqual((await set("count", "count + 40")).value, "42");
      const long = "a text that is too long to lie in three words";
      assert.strictEqual((await set("word", JSON.stringify(long))).value, JSON.stringify(long));
      assert.strictEqual((await set("cells[1]", "fixed * 5")).value, "25");
      const rows = await t.variables((await t.scope(frameId, "Locals")).variablesReference);
      const names = rows.find((row) => row.name === "names");
      const { variablesReference } = names;
      await t.client.ask("setVariable", { variablesReference, name: "0", value: '"another text that is too long for words"' });
      await t.client.refused("setVariable", { variablesReference, name: "7", value: '"x"' }, /can be changed/);
      await t.client.refused("setExpression", { frameId, expression: "fixed", value: "1" }, /no .var./);
      await t.client.refused("setExpression", { frameId, expression: "fixed + 1", value: "1" }, /no variable/);
      await t.resume(threadId);
      await t.end();
      assert.match(t.client.output, new RegExp(`^42 ${long} 25 another text that is too long for words$`, "m"));
    }),
});
