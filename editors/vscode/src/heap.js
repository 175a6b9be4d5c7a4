// What a process's heap is made of, in the view of processes: types by what they retain, their growth between two snapshots, the largest objects of a type, an object's
// parts and what keeps it alive. In: a way to ask the image (docs/debugging.md), and how rows are made. A snapshot is taken when somebody asks for one, as it copies the heap.
"use strict";

/** Rows of one kind below one row. */
const PAGE = 100;

const signed = (n) => (n < 0 ? `−${-n}` : `+${n}`);
const short = (text) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

class Heaps {
  /** `ask(command, args)` asks the image; `rows` makes rows: `leaf`, `group` and `bytes` of the view. */
  constructor(ask, rows) {
    this.ask = ask;
    this.rows = rows;
    this.known = new Map();
  }

  /** Another program is looked at. */
  forget() {
    this.known.clear();
  }

  /** Takes a snapshot of a process's heap; the one before is what it is compared with. */
  async take(process) {
    const made = await this.ask("nostos/heapSnapshot", { process });
    if (made) this.known.set(process, { ...made, before: this.known.get(process)?.snapshot });
  }

  /** What there is to open for a process. */
  of(process) {
    const { leaf, group, bytes } = this.rows;
    const made = this.known.get(process);
    if (!made) return [leaf("no snapshot yet", "to see types by what they retain, take one", "device-camera")];
    const { snapshot, before, objects, garbage, leftOut, stops } = made;
    const what = `${objects.count} objects · ${bytes(objects.bytes)} · ${bytes(garbage.bytes)} garbage`;
    const held = `the process was held ${stops.count} times, ${(stops.maxNanos / 1e6).toFixed(1)} ms at most`;
    const told = [leaf(held, leftOut > 0 ? `${leftOut} refer to what came meanwhile, which is left out` : "", "history")];
    const key = `${process}, snapshot ${snapshot}`;
    const types = group(key, "types by what they retain", what, "device-camera", () => this.types(key, snapshot));
    if (before === undefined) return [types, ...told];
    const since = `${key} since ${before}`;
    return [types, group(since, "growth since the snapshot before", "", "graph-line", () => this.types(since, snapshot, before)), ...told];
  }

  async types(key, snapshot, since) {
    const { leaf, group, bytes } = this.rows;
    const { types, total } = await this.ask("nostos/heapTypes", { snapshot, since, count: PAGE });
    const rows = types
      .filter((row) => !row.growth || row.growth.count !== 0 || row.growth.bytes !== 0)
      .map((row) => {
        const { growth } = row;
        const about = growth
          ? `${signed(growth.count)} × · ${growth.bytes < 0 ? "−" : "+"}${bytes(Math.abs(growth.bytes))}`
          : `${row.count} × · ${bytes(row.bytes)} · retains ${bytes(row.retained)}`;
        if (row.count === 0) return leaf(row.type, about, "symbol-class");
        const own = `${key}/${row.type}`;
        return group(key, row.type, about, "symbol-class", () => this.objects(own, snapshot, row.type));
      });
    return [...rows, ...this.more(total - types.length)];
  }

  async objects(key, snapshot, type) {
    const { objects, total } = await this.ask("nostos/heapObjects", { snapshot, type, count: PAGE });
    return [...objects.map((row) => this.object(key, snapshot, row.value, row)), ...this.more(total - objects.length)];
  }

  /** A row for an object; the key is where it stands, as one object stands in many places. */
  object(key, snapshot, label, { object, bytes: own, retained }) {
    const { group, bytes } = this.rows;
    const about = retained === undefined ? "" : `${bytes(own)} · retains ${bytes(retained)}`;
    const place = `${key}/${object}`;
    return group(place, short(label), about, "symbol-field", () => this.parts(place, snapshot, object));
  }

  async parts(key, snapshot, object) {
    const { leaf, group } = this.rows;
    const { path, fields, total } = await this.ask("nostos/heapObject", { snapshot, object, count: PAGE });
    const parts = fields.map((field) => {
      const label = `${field.name}: ${field.value}`;
      return field.object === undefined || field.object === null ? leaf(short(label), "", "symbol-constant") : this.object(key, snapshot, label, { object: field.object });
    });
    const way = group(key, "path to root", `${path.length} steps`, "references", () => this.path(key, snapshot, path));
    return [way, ...parts, ...this.more(total - fields.length)];
  }

  path(key, snapshot, path) {
    const { leaf } = this.rows;
    if (path.length === 0) return [leaf("nothing refers to it any more", "", "trash")];
    return path.map((step, i) => {
      if (step.root) return leaf(step.function ? `${step.function} (${step.file}:${step.line})` : step.root, "", "debug-stackframe");
      return this.object(`${key}/step ${i}`, snapshot, `${step.type}${step.field ? `.${step.field}` : ""}`, step);
    });
  }

  more(count) {
    return count > 0 ? [this.rows.leaf(`${count} more`, "", "ellipsis")] : [];
  }
}

module.exports = { Heaps };
