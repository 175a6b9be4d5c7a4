// The protocol's own definitions as a validator: the types of npm's `@vscode/debugprotocol` are generated from the official schema in one regular
// form, and that form is read here. As a program: `node schema.js PACKAGES` reads messages from stdin, one per line, and names those that are wrong.
"use strict";
const fs = require("fs");
const path = require("path");

/** Reads interfaces and types; comments say nothing that a machine could check. */
function parse(text) {
  text = text.replace(/\/\*[^]*?\*\//g, "").replace(/\/\/[^\n]*/g, "");
  const tokens = text.match(/'[^']*'|[A-Za-z_]\w*|[{}[\]():;?|<>=,]/g);
  let at = 0;
  const peek = () => tokens[at];
  const take = (token) => (tokens[at] === token ? ((at += 1), true) : false);
  const expect = (token) => {
    if (!take(token)) throw new Error(`${token} expected, there is ${tokens.slice(at, at + 8).join(" ")}`);
  };

  function type() {
    const options = [suffixed()];
    while (take("|")) options.push(suffixed());
    return options.length === 1 ? options[0] : { kind: "union", options };
  }
  function suffixed() {
    let inner = primary();
    while (take("[")) {
      expect("]");
      inner = { kind: "array", item: inner };
    }
    return inner;
  }
  function primary() {
    if (take("(")) {
      const inner = type();
      expect(")");
      return inner;
    }
    if (take("{")) return members();
    const word = tokens[at++];
    if (word.startsWith("'")) return { kind: "literal", value: word.slice(1, -1) };
    return { kind: "name", name: word };
  }
  function members() {
    const fields = new Map();
    let rest = null;
    while (!take("}")) {
      if (take("[")) {
        at += 1;
        expect(":");
        at += 1;
        expect("]");
        expect(":");
        rest = type();
      } else {
        const name = tokens[at++].replace(/'/g, "");
        const optional = take("?");
        expect(":");
        fields.set(name, { optional, type: type() });
      }
      take(";");
    }
    return { kind: "object", fields, rest };
  }

  const known = new Map();
  while (peek() !== "interface" && peek() !== "type") at += 1;
  while (at < tokens.length) {
    if (take("interface")) {
      const name = tokens[at++];
      const base = take("extends") ? tokens[at++] : null;
      expect("{");
      known.set(name, { ...members(), base });
    } else if (take("type")) {
      const name = tokens[at++];
      expect("=");
      known.set(name, type());
      take(";");
    } else {
      at += 1;
    }
  }
  return known;
}

// Their arguments are each adapter's own.
const OPEN = new Set(["LaunchRequestArguments", "AttachRequestArguments", "RestartArguments"]);

class Schema {
  constructor(modules) {
    const file = path.join(modules, "@vscode/debugprotocol/lib/debugProtocol.d.ts");
    this.known = parse(fs.readFileSync(file, "utf8"));
    this.upper = new Map();
    for (const name of this.known.keys()) this.upper.set(name.toLowerCase(), name);
  }

  /** What is wrong with a message: sentences, none for a good one. `commandOf` tells the command of an earlier request. */
  check(message) {
    const errors = [];
    const say = (where, what) => errors.push(`${where}: ${what}`);
    if (typeof message !== "object" || message === null) return ["a message is an object"];
    if (!Number.isInteger(message.seq)) say("seq", "is no whole number");
    let name = null;
    if (message.type === "request") name = `${message.command}Request`;
    else if (message.type === "event") name = `${message.event}Event`;
    else if (message.type === "response") name = message.success ? `${message.command}Response` : "ErrorResponse";
    else say("type", `${message.type} is no type of message`);
    // Requests and events of our own.
    if (name && name.startsWith("nostos/")) name = { request: "Request", event: "Event", response: "Response" }[message.type];
    const type = name && this.upper.get(name.toLowerCase());
    if (name && !type) say(name, "is not in the protocol");
    if (type) this.fits(message, { kind: "name", name: type }, type, say);
    return errors;
  }

  fields(object) {
    if (!object.base) return object.fields;
    return new Map([...this.fields(this.known.get(object.base)), ...object.fields]);
  }

  fits(value, type, where, say) {
    switch (type.kind) {
      case "literal":
        if (value !== type.value) say(where, `${JSON.stringify(value)} is not '${type.value}'`);
        return;
      case "array":
        if (!Array.isArray(value)) return say(where, "is no list");
        value.forEach((item, i) => this.fits(item, type.item, `${where}[${i}]`, say));
        return;
      case "union": {
        const tries = type.options.map((option) => {
          const errors = [];
          this.fits(value, option, where, (at, what) => errors.push([at, what]));
          return errors;
        });
        if (tries.every((errors) => errors.length > 0)) say(where, `${JSON.stringify(value)} fits none of its types`);
        return;
      }
      case "object": {
        if (typeof value !== "object" || value === null || Array.isArray(value)) return say(where, "is no object");
        const fields = this.fields(type);
        for (const [name, field] of fields) {
          if (value[name] !== undefined) this.fits(value[name], field.type, `${where}.${name}`, say);
          else if (!field.optional) say(where, `has no ${name}`);
        }
        for (const name of Object.keys(value)) {
          if (fields.has(name)) continue;
          if (type.rest) this.fits(value[name], type.rest, `${where}.${name}`, say);
          else if (!type.open) say(where, `${name} is not in the protocol`);
        }
        return;
      }
      default:
        this.named(value, type.name, where, say);
    }
  }

  named(value, name, where, say) {
    switch (name) {
      case "any":
        return;
      case "null":
        if (value !== null) say(where, "is not null");
        return;
      case "string":
      case "boolean":
        if (typeof value !== name) say(where, `${JSON.stringify(value)} is no ${name}`);
        return;
      case "number":
        // The schema's only fraction is a percentage.
        if (typeof value !== "number" || (!Number.isSafeInteger(value) && !where.endsWith(".percentage")))
          say(where, `${JSON.stringify(value)} is no whole number`);
        return;
      default: {
        const type = this.known.get(name);
        if (!type) throw new Error(`the protocol does not say what ${name} is`);
        this.fits(value, type.kind === "object" && OPEN.has(name) ? { ...type, open: true } : type, where, say);
      }
    }
  }
}

module.exports = { Schema };

if (require.main === module) {
  const schema = new Schema(process.argv[2]);
  let wrong = 0;
  for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const errors = schema.check(JSON.parse(line));
    if (errors.length === 0) continue;
    wrong += 1;
    console.log(`${errors.join("\n")}\n  in ${line.slice(0, 600)}`);
  }
  process.exit(wrong === 0 ? 0 : 1);
}
