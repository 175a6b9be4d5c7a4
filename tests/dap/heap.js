// Snapshots of heaps: what there is by type, what keeps it alive and how much with it, what has come since.
"use strict";
const assert = require("assert");
const { session, run } = require("./harness.js");

const PROGRAM = `type Leaf = { name: String, size: Int, next: List[Leaf] }
type Tree = Node(Tree, Tree, String) | Tip
mvar stop: Bool = false

leaf(i: Int, shared: List[Leaf]) -> Leaf = Leaf(name: "leaf number \${i} has a name", size: i, next: shared)

tree(0) = Tip
tree(n: Int) = Node(tree(n - 1), tree(n - 1), "a text that is long enough, \${n}")

further() -> List[Leaf] = range(0, 500).map(i => leaf(1000 + i, []))

hold(leaves: List[Leaf], big: Tree, text: String) -> Int = {
  more = further()
  here = leaves.length() + more.length()
  println(here)
  here + size(big) + text.byteLength() + more.length() + leaves.length()
}

size(Tip) = 0
size(Node(a, b, _)) = size(a) + size(b) + 1

busy(n: Int, kept: List[Int]) -> Int =
  if stop then kept.length() else busy(n + 1, if n % 1000 == 0 then [] else [n] ++ kept)

main() = {
  worker = spawn { busy(0, range(0, 200000)) }
  common = [leaf(7, [])]
  leaves = range(0, 1000).map(i => leaf(i, common))
  println(hold(leaves, tree(8), "0123456789".repeat(10000)))
  Process.kill(worker)
}
`;

const at = async (t, what) => {
  await t.launch(() => t.breakAt(what));
  return t.stopped("breakpoint");
};
const asked = (t, name, args) => t.client.ask("nostos/" + name, args);
const type = (rows, name) => rows.find((row) => row.type === name);

run({
  "kinds, single objects, and why they are alive": () =>
    session(PROGRAM, async (t) => {
      const stop = await at(t, "here = leaves");
      const process = stop.threadId;
      const made = await asked(t, "heapSnapshot", { process });
      assert.deepStrictEqual(made.processes, [process]);
      assert.ok(made.objects.count > 4000 && made.stops.count >= 1 && made.stops.maxNanos > 0, JSON.stringify(made));
      const { snapshot } = made;
      const { types, total } = await asked(t, "heapTypes", { snapshot });
      assert.ok(total >= 3 && total === types.length);
      // 1,000 of main's, 500 of \`more\`, and the common one.
      const leaf = type(types, "Leaf");
      assert.strictEqual(leaf.count, 1501);
      assert.ok(leaf.retained > leaf.bytes, "names go with leaves");
      // 255 nodes; all their texts go with the first.
      const tree = type(types, "Tree");
      assert.strictEqual(tree.count, 255);
      const objects = await asked(t, "heapObjects", { snapshot, type: "Tree", count: 3 });
      assert.strictEqual(objects.total, 255);
      assert.strictEqual(objects.objects.length, 3);
      const [top, below] = objects.objects;
      assert.strictEqual(top.retained, tree.retained);
      assert.ok(below.retained * 2 < top.retained && below.retained * 3 > top.retained);
      const report = await asked(t, "heapObject", { snapshot, object: below.object });
      assert.strictEqual(report.dominator, top.object);
      assert.deepStrictEqual(report.fields.map((f) => f.name), ["0", "1", "2"]);
      assert.ok(report.fields[2].value.includes("long enough, 7"), JSON.stringify(report.fields));
      assert.ok(report.fields[0].object > 0);
      const [root, ...steps] = report.path;
      assert.strictEqual(root.root, "frame");
      assert.ok(root.function.endsWith("hold") || root.function.endsWith("main"), root.function);
      assert.deepStrictEqual(steps.map((s) => s.object), [top.object, below.object]);
      assert.ok(["0", "1"].includes(steps[0].field));
      // One node refers to it, the one above.
      assert.strictEqual(report.totalReferrers, 1);
      assert.deepStrictEqual(report.referrers.map((s) => [s.object, s.field]), [[top.object, steps[0].field]]);
      // The text of 100,000 bytes is no one's but the process's.
      const text = await asked(t, "heapObjects", { snapshot, type: "String", count: 1 });
      assert.strictEqual(text.objects[0].bytes, 100016);
      // What was found by a part of its name.
      const found = await asked(t, "heapTypes", { snapshot, filter: "lea" });
      assert.ok(found.types.length > 0 && found.types.every((row) => row.type.toLowerCase().includes("lea")));
    }),

  "what has come since": () =>
    session(PROGRAM, async (t) => {
      await t.launch(() => t.breakAt("more = further", "println(here)"));
      const stop = await t.stopped("breakpoint");
      const process = stop.threadId;
      const first = await asked(t, "heapSnapshot", { process });
      await t.resume(process);
      await t.stopped("breakpoint");
      const second = await asked(t, "heapSnapshot", { process });
      const { types } = await asked(t, "heapTypes", { snapshot: second.snapshot, since: first.snapshot });
      assert.strictEqual(type(types, "Leaf").growth.count, 500);
      assert.strictEqual(type(types, "Tree").growth.count, 0);
      await asked(t, "heapForget", { snapshot: first.snapshot });
      await t.client.refused("nostos/heapTypes", { snapshot: first.snapshot }, /no heap snapshot/);
      await t.client.refused("nostos/heapObject", { snapshot: second.snapshot, object: 123456789012 }, /no object/);
      await t.client.refused("nostos/heapSnapshot", { process: 999999 }, /no process/);
      await t.client.refused("nostos/heapSnapshot", { process, bytes: 1000 }, /has [0-9]+ bytes, and the snapshot was to have 1000 at most/);
      const sizes = await asked(t, "heap", { process, types: false });
      assert.ok(sizes.byType.length === 0 && sizes.young.capacity > 0, JSON.stringify(sizes));
      // Each collection is told once.
      const gc = await asked(t, "gcStats", {});
      assert.ok(gc.minor.pauses.reduce((a, b) => a + b, 0) > 0 && gc.seconds.length > 0 && gc.reclaimed > 0, JSON.stringify(gc));
      const later = await asked(t, "gcStats", { after: gc.noted });
      assert.ok(later.collections.every((c) => c.number > gc.noted));
      const { own } = await asked(t, "gcStats", { process });
      assert.ok(own.minor + own.major > 0);
      const image = await asked(t, "scheduler", {});
      assert.strictEqual(Object.values(image.states).reduce((a, b) => a + b, 0), image.processes);
      assert.ok(image.states.stopped >= 1 && image.heapBytes > 0 && image.nowNanos > 0, JSON.stringify(image));
    }),

  "one that runs is held for moments only, and all together are told": () =>
    session(PROGRAM, async (t) => {
      await at(t, "here = leaves");
      for (let i = 0; i < 5; i++) {
        const made = await asked(t, "heapSnapshot", {});
        assert.ok(made.processes.length >= 2 && made.totalProcesses >= 2);
        assert.ok(made.stops.count > 2);
        const { types } = await asked(t, "heapTypes", { snapshot: made.snapshot });
        // The worker's list of 200,000 lives until it is replaced; the leaves are main's.
        assert.strictEqual(type(types, "Leaf").count, 1501);
      }
    }),

  "any client can look through the heap of a process that stands still": () =>
    session(PROGRAM, async (t) => {
      await t.launch(() => t.breakAt("more = further", "println(here)"));
      const first = await t.stopped("breakpoint");
      const named = async (reference, page) => {
        const rows = await t.variables(reference, page);
        return Object.fromEntries(rows.map((row) => [row.name, row]));
      };
      const open = async (frameId) => named((await t.scope(frameId, "Heap")).variablesReference);
      const heap = await open(first.frameId);
      assert.match(heap.used.value, /^[1-9]\d* bytes of \d+$/);
      assert.match(heap.collections.value, /^\d+ minor, \d+ major, /);
      assert.ok(!("growth" in heap), "there is nothing to compare it with");

      // What retains most first, page by page.
      const types = await t.variables(heap["by type"].variablesReference);
      const retained = types.map((row) => Number(/(\d+) retained$/.exec(row.value)[1]));
      assert.deepStrictEqual(retained, [...retained].sort((a, b) => b - a));
      const page = await t.variables(heap["by type"].variablesReference, { start: 1, count: 2 });
      assert.deepStrictEqual(page.map((row) => row.name), types.slice(1, 3).map((row) => row.name));
      const leaf = types.find((row) => row.name === "Leaf");
      assert.match(leaf.value, /^1001 objects, \d+ bytes, \d+ retained$/);
      assert.strictEqual(leaf.indexedVariables, 1001);

      // From a type to its largest object, to that object's parts, and to what keeps it alive.
      const tree = types.find((row) => row.name === "Tree");
      assert.match(tree.value, /^255 objects, /);
      const trees = await t.variables(tree.variablesReference, { filter: "indexed", start: 0, count: 10 });
      assert.strictEqual(trees.length, 10);
      assert.deepStrictEqual(trees.slice(0, 2).map((row) => [row.name, row.type]), [["0", "Tree"], ["1", "Tree"]]);
      assert.ok(tree.value.endsWith(" " + /^\d+ retained/.exec(trees[0].value)[0]), tree.value + trees[0].value);
      assert.deepStrictEqual([trees[0].namedVariables, trees[0].indexedVariables], [4, 3]);
      const parts = await t.variables(trees[1].variablesReference, { filter: "indexed", start: 0, count: 3 });
      assert.deepStrictEqual(parts.map((row) => row.name), ["0", "1", "2"]);
      assert.match(parts[0].value, /^\d+ retained: Node\(/);
      assert.match(parts[2].value, /^\d+ retained: "a text that is long enough, 7"$/);
      const about = await named(trees[1].variablesReference, { filter: "named" });
      assert.deepStrictEqual(Object.keys(about), ["own size", "retained", "retained by", "path to root"]);
      assert.strictEqual(about["retained by"].value, trees[0].value);
      assert.match(about["path to root"].value, /^(hold|main) \(main\.nos:\d+\) → Tree\.[01] → Tree$/);
      const path = await t.variables(about["path to root"].variablesReference);
      assert.deepStrictEqual(path.map((row) => row.name.replace(/\d/, "n")), ["root", "→", "→ n"]);
      assert.strictEqual(path[2].value, trees[1].value);
      const again = await named(path[2].variablesReference, { filter: "named" });
      assert.strictEqual(again.retained.value, about.retained.value);

      // At the next stop: another snapshot, and what has come since. What was shown is no longer there.
      await t.resume(first.threadId);
      const second = await t.stopped("breakpoint");
      await t.client.refused("variables", { variablesReference: tree.variablesReference }, /./);
      const now = await open(second.frameId);
      const grown = await named(now.growth.variablesReference);
      assert.match(grown.Leaf.value, /^\+500 objects, \+\d+ bytes, \+\d+ retained$/);
      assert.ok(!("Tree" in grown), "what has not changed is left out");
      const kinds = await named(now["by type"].variablesReference);
      assert.match(kinds.Leaf.value, /^1501 objects, /);
    }),

  "and of one that runs": () =>
    session(PROGRAM, async (t) => {
      const stop = await at(t, "here = leaves");
      const { threads } = await t.client.ask("threads");
      const busy = threads.find((thread) => thread.id !== stop.threadId);
      const { stackFrames } = await t.client.ask("stackTrace", { threadId: busy.id });
      const { scopes } = await t.client.ask("scopes", { frameId: stackFrames[0].id });
      assert.deepStrictEqual(scopes.map((scope) => scope.name), ["Process", "Mailbox", "Links", "Heap"]);
      for (let i = 0; i < 3; i++) {
        const heap = await t.variables(scopes[3].variablesReference);
        const types = await t.variables(heap.find((row) => row.name === "by type").variablesReference);
        // A list of 200,000 at the beginning, and a short one after that.
        const list = types.find((row) => row.name === "List[Int]");
        const objects = await t.variables(list.variablesReference, { start: 0, count: 5 });
        assert.match(objects[0].value, /^\d+ retained: \[\d/);
      }
    }),

  "the view of VS Code shows types, growth, objects, parts and ways": () =>
    session(PROGRAM, async (t) => {
      const { Heaps } = require("../../editors/vscode/src/heap.js");
      // Rows as the view makes them; those of one parent and of one tree have numbers of their own.
      const ids = new Set();
      const leaf = (label, description) => ({ label, description });
      const group = (key, label, description, icon, children) => {
        const id = `${label} of ${key}`;
        assert.ok(!ids.has(id), id);
        ids.add(id);
        return { label, description, children };
      };
      const heaps = new Heaps((command, args) => t.client.ask(command, args), { leaf, group, bytes: (n) => `${n} B` });
      const row = (rows, label) => rows.find((row) => row.label.startsWith(label));
      await t.launch(() => t.breakAt("more = further", "println(here)"));
      const { threadId } = await t.stopped("breakpoint");
      assert.deepStrictEqual(heaps.of(threadId).map((row) => row.label), ["no snapshot yet"]);
      await heaps.take(threadId);
      await t.resume(threadId);
      await t.stopped("breakpoint");
      await heaps.take(threadId);
      const [types, growth, held] = heaps.of(threadId);
      assert.match(held.label, /^the process was held \d+ times/);
      const grown = await growth.children();
      assert.match(row(grown, "Leaf").description, /^\+500 × · \+\d+ B$/);
      assert.strictEqual(row(grown, "Tree"), undefined);
      const tree = row(await types.children(), "Tree");
      assert.match(tree.description, /^255 × · \d+ B · retains \d+ B$/);
      const trees = await tree.children();
      assert.strictEqual(trees[100].label, "155 more");
      const parts = await trees[1].children();
      assert.deepStrictEqual(parts.map((row) => row.label.slice(0, 3)), ["pat", "0: ", "1: ", "2: "]);
      assert.match(parts[3].label, /long enough, 7"$/);
      const path = await parts[0].children();
      assert.match(path[0].label, /^(hold|main) \(main\.nos:\d+\)$/);
      assert.match(path[1].label, /^Tree\.[01]$/);
      assert.strictEqual(path[2].label, "Tree");
      assert.ok((await path[1].children()).length > 3);
    }),
});
