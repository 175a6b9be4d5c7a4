// What a debugger's view needs to know of a source text: where the names of variables stand, which lines the stopped statement can see, and which
// expression lies under the mouse. Texts in, places out (lines and columns from 0). Absent: VS Code, and any check of types.
"use strict";

const KEYWORDS = new Set(
  ("if then else match when try catch finally do while for to break continue return receive after spawn spawn_link spawn_monitor end " +
    "type var mvar const trait module use import pub private extern unsafe from test macro template quote true false self not async as in").split(" "),
);

/**
 * The text with comments, strings and character literals blanked out, line by line, so that columns stay. What is interpolated into strings stays.
 */
function codeOf(text) {
  const out = [...text].length === text.length ? text.split("") : Array.from({ length: text.length }, (_, i) => text[i]);
  // Open strings and the braces inside of their interpolations: a number is a depth of braces, "s" a string.
  const open = [];
  const blank = (from, to) => {
    for (let i = from; i < to; i += 1) if (out[i] !== "\n") out[i] = " ";
  };
  let i = 0;
  while (i < text.length) {
    if (open[open.length - 1] === "s") {
      if (text[i] === "\\") {
        blank(i, i + 2);
        i += 2;
      } else if (text[i] === '"') {
        open.pop();
        i += 1;
      } else if (text.startsWith("${", i)) {
        blank(i, i + 2);
        open.push(0);
        i += 2;
      } else {
        blank(i, i + 1);
        i += 1;
      }
      continue;
    }
    if (text.startsWith("#*", i)) {
      const end = text.indexOf("*#", i + 2);
      const to = end < 0 ? text.length : end + 2;
      blank(i, to);
      i = to;
    } else if (text[i] === "#" && text[i + 1] !== "{") {
      const end = text.indexOf("\n", i);
      const to = end < 0 ? text.length : end;
      blank(i, to);
      i = to;
    } else if (text[i] === '"') {
      open.push("s");
      i += 1;
    } else if (text[i] === "'") {
      const literal = /^'(?:\\(?:u\{[0-9a-fA-F]+\}|.)|[^'\\\n])*'/.exec(text.slice(i, i + 200));
      const to = i + (literal ? literal[0].length : 1);
      blank(i, to);
      i = to;
    } else {
      if (typeof open[open.length - 1] === "number") {
        if (text[i] === "{") open[open.length - 1] += 1;
        if (text[i] === "}") {
          if (open[open.length - 1] === 0) {
            open.pop();
            out[i] = " ";
          } else open[open.length - 1] -= 1;
        }
      }
      i += 1;
    }
  }
  return out.join("").split("\n");
}

const indentation = (line) => line.length - line.trimStart().length;

/** An arm of a `match`, `receive` or `catch`: an arrow outside of brackets that is not the result type of a function. */
function isArm(line) {
  let depth = 0;
  for (let i = 0; i < line.length; i += 1) {
    if ("([{".includes(line[i])) depth += 1;
    else if (")]}".includes(line[i])) depth -= 1;
    else if (depth <= 0 && line.startsWith("->", i)) return !/^->[^={]*=([^=>]|$)/.test(line.slice(i));
  }
  return false;
}
const isHead = (line) => /^\s*(pub\s+)?[a-z_]\w*(\[[^\]]*\])?\(.*\).*[^=<>!]=([^=>]|$)/.test(line);
const isOuter = (line) => /^\s*(pub\s+)?(module|trait)\b/.test(line) || /^\s*[A-Z][\w.]*(\[[^\]]*\])?\s*:\s*[A-Z]/.test(line);

/**
 * The lines whose variables the statement in line `at` can see, in order, the one of `at` last: those of its blocks up to the head of its function, without the
 * insides of blocks that are over and without the other arms of a `match` or `receive`.
 */
function visibleLines(code, at) {
  const lines = [at];
  if (code[at] === undefined) return [];
  let border = indentation(code[at]);
  // Lines at the border count as long as we are in a sequence of statements; before an arm or a function there are its sisters.
  let sisters = isArm(code[at]) || isHead(code[at]) ? border : Infinity;
  for (let i = at - 1; i >= 0 && border > 0; i -= 1) {
    const line = code[i];
    if (/^[\s})\]]*$/.test(line)) continue;
    const depth = indentation(line);
    if (depth > border || depth >= sisters) continue;
    if (isOuter(line)) break;
    if (depth < border) {
      border = depth;
      sisters = isArm(line) || isHead(line) ? depth : Infinity;
    }
    lines.unshift(i);
  }
  return lines;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/g;

/** Where variables may be named in a line: `{ name, column }`, each name once. */
function namesIn(line) {
  const found = [];
  for (const match of line.matchAll(NAME)) {
    const [name] = match;
    const before = line.slice(0, match.index);
    const after = line.slice(match.index + name.length);
    // The name of an argument or of a field; what has a type behind it is a parameter.
    const label = /^\s*:(?!:)\s*[^\sA-Z[(]/.test(after) || /^\s*:\s*$/.test(after);
    const known = label || KEYWORDS.has(name) || !/^[a-z_]/.test(name) || name === "_";
    // A field, a method, an atom; a call.
    if (known || /[.\w]$/.test(before) || /(^|[^\w)\]:]):$/.test(before) || /^\(/.test(after)) continue;
    if (!found.some((other) => other.name === name)) found.push({ name, column: match.index });
  }
  return found;
}

/**
 * The expression under a column: a name, or the way to a field through the names before it (`transfer.payer`, `pair.0`). `undefined` where there is none, at calls,
 * keywords and types.
 */
function expressionAt(line, column) {
  for (const match of line.matchAll(/[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|\d+))*/g)) {
    const start = match.index;
    if (column < start || column > start + match[0].length) continue;
    if (/[\w.]$/.test(line.slice(0, start)) || /(^|[^\w)\]:]):$/.test(line.slice(0, start))) return undefined;
    // Up to the part that is pointed at.
    let end = start;
    for (const part of match[0].split(".")) {
      end += part.length;
      if (column <= end) break;
      end += 1;
    }
    const text = line.slice(start, end);
    const called = /^\s*\(/.test(line.slice(end)) || /^\w/.test(line.slice(end));
    if (called || KEYWORDS.has(text) || !/^[a-z_]/.test(text) || text === "_") return undefined;
    return { text, start, end };
  }
  return undefined;
}

module.exports = { codeOf, visibleLines, namesIn, expressionAt };
