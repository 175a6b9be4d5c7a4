"""Nostos values as text, for the scripts of gdb and lldb beside this file.

In: a way to read memory, and the address of NOSTOS_DEBUG_TYPES, behind which the image keeps a description of its types (written by
core/session/src/debug/described.rs). Out: text as the language's `show` writes it, bounded. Nothing is called in the program, so values can be shown whatever
it is in the middle of, and from a core file.
"""

import struct

TEXT_MAX = 400
DEPTH_MAX = 6
ELEMENTS_MAX = 50
STRING_MAX = 1 << 16
DESC_MASK = 0xFFFFFFFF
ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\\": "\\\\"}


class Shape:
    """A type: how many words a value has where it lies, what kind it is, what it consists of."""

    def __init__(self, number, lanes, kind, name):
        self.number, self.lanes, self.kind, self.name = number, lanes, kind, name
        self.fields = []  # (name, shape's number)
        self.ctors = []  # (name, [(name, shape's number, places)])


class Types:
    """The image's types, read piece by piece: what is known stays, the newest pieces are added."""

    def __init__(self, read):
        self.read = read
        self.newest = 0
        self.shapes, self.objects, self.atoms, self.names = {}, {}, {}, {}

    def refresh(self, newest):
        """`newest`: the word in NOSTOS_DEBUG_TYPES."""
        texts, at = [], newest
        while at and at != self.newest:
            before, text, size = struct.unpack("<QQQ", self.read(at, 24))
            texts.append(bytes(self.read(text, size)).decode("utf-8"))
            at = before
        if at != self.newest:
            # Another program: nothing of what was known is true of it.
            self.shapes, self.objects, self.atoms, self.names = {}, {}, {}, {}
        for text in reversed(texts):
            self.learn(text)
        self.newest = newest

    def learn(self, text):
        shape = None
        for line in text.splitlines():
            word, *rest = line.split("\t")
            if word == "shape":
                shape = Shape(int(rest[0]), int(rest[1]), rest[2], rest[3])
                self.shapes[shape.number] = shape
                self.names.setdefault(shape.name, shape)
            elif word == "field":
                shape.fields.append((rest[0], int(rest[1])))
            elif word == "ctor":
                shape.ctors.append((rest[0], []))
            elif word == "part":
                places = [int(place) for place in rest[2].split(",")] if rest[2] else []
                shape.ctors[-1][1].append((rest[0], int(rest[1]), places))
            elif word == "object":
                self.objects[int(rest[0])] = rest[1:]
            elif word == "atom":
                self.atoms[int(rest[0])] = rest[1]

    def words(self, address, count):
        return struct.unpack(f"<{count}Q", self.read(address, 8 * count)) if count else ()

    # What values consist of: (name, shape, words).

    def split(self, fields, words):
        parts, at = [], 0
        for name, number in fields:
            shape = self.shapes[number]
            parts.append((name, shape, words[at : at + shape.lanes]))
            at += shape.lanes
        return parts

    def fields(self, shape, words):
        """Of a tuple or a record."""
        if shape.kind.startswith("boxed-"):
            size = sum(self.shapes[number].lanes for _, number in shape.fields)
            words = self.words(words[0] + 8, size)
        return self.split(shape.fields, words)

    def constructor(self, shape, words):
        """Of a variant: the constructor's name and its parts."""
        if shape.kind == "variant":
            number = words[0] if len(shape.ctors) != 1 else 0
            name, parts = shape.ctors[number]
            return name, [(part, self.shapes[of], [words[i] for i in places]) for part, of, places in parts]
        word = words[0]
        if word & 1:
            return shape.ctors[word >> 1][0], []
        what = self.objects[self.words(word, 1)[0] & DESC_MASK]
        name, parts = shape.ctors[int(what[2])]
        size = 1 + max((place for _, _, places in parts for place in places), default=-1)
        payload = self.words(word + 8, size)
        return name, [(part, self.shapes[of], [payload[i] for i in places]) for part, of, places in parts]

    def is_list(self, shape):
        return [(name, len(parts)) for name, parts in shape.ctors] == [("Nil", 0), ("Cons", 2)]

    def elements(self, shape, words, limit):
        """The first elements of a list or an array, and whether there are more."""
        found = []
        if shape.kind == "array":
            element = self.shapes[shape.fields[0][1]]
            count = self.words(words[0] + 8, 1)[0]
            for i in range(min(count, limit)):
                found.append((element, self.words(words[0] + 16 + i * 8 * element.lanes, element.lanes)))
            return found, count > limit
        while len(found) < limit:
            name, parts = self.constructor(shape, words)
            if name == "Nil":
                return found, False
            found.append(parts[0][1:])
            words = parts[1][2]
        return found, not words[0] & 1

    def entries(self, shape, words, limit):
        """Keys and values of the library's maps, which are tries: `Branch(bits, bits, pairs, nodes)` and `Clash(pairs)`."""
        found = []

        def walk(node, words, depth):
            name, parts = self.constructor(node, words)
            if depth > 20 or name not in ("Branch", "Clash"):
                return
            _, pairs, at = parts[2 if name == "Branch" else 0]
            for pair, lanes in self.elements(pairs, at, limit)[0]:
                if len(found) > limit:
                    return
                found.append([part[1:] for part in self.fields(pair, lanes)])
            if name == "Branch":
                _, nodes, at = parts[3]
                for below, lanes in self.elements(nodes, at, 32)[0]:
                    walk(below, lanes, depth + 1)

        for name, part, lanes in self.fields(shape, words):
            if name == "root":
                walk(part, lanes, 0)
        return found

    # Text.

    def show(self, shape, words):
        return self.text(shape, list(words), 0)

    def text(self, shape, words, depth):
        try:
            return self.value(shape, words, depth)
        except (KeyError, IndexError, struct.error, RecursionError):
            return "?"

    def value(self, shape, words, depth):
        if depth > DEPTH_MAX:
            return "…"
        kind = shape.kind
        word = words[0] if words else 0
        if kind == "unit":
            return "()"
        if kind == "int":
            return str(word - (1 << 64) if word >> 63 else word)
        if kind == "uint":
            return str(word)
        if kind == "float":
            return float_text(struct.unpack("<d", struct.pack("<Q", word))[0])
        if kind == "bool":
            return "true" if word & 1 else "false"
        if kind == "char":
            return quoted(chr(word & 0x1FFFFF), "'")
        if kind == "string":
            return quoted(self.string(words)[:TEXT_MAX], '"')
        if kind == "atom":
            return ":" + self.atoms[word]
        if kind in ("pid", "ref"):
            return f"<{kind} {word}>"
        if kind == "function":
            what = self.objects.get(self.words(word, 1)[0] & DESC_MASK, ["other"])
            return f"<function {what[1]}>" if what[0] == "closure" else "<function>"
        if kind == "opaque":
            return f"<{shape.name}>"
        if kind.endswith("tuple"):
            return self.row("(", [self.text(part, lanes, depth + 1) for _, part, lanes in self.fields(shape, words)], ")")
        if kind.endswith("record"):
            return self.record(shape, words, depth)
        if kind == "array" or self.is_list(shape):
            found, more = self.elements(shape, words, ELEMENTS_MAX)
            return self.row("[", [self.text(part, lanes, depth + 1) for part, lanes in found], "]", more)
        name, parts = self.constructor(shape, words)
        if not parts:
            return name
        return self.row(f"{name}(", [self.text(part, lanes, depth + 1) for _, part, lanes in parts], ")")

    def record(self, shape, words, depth):
        fields = self.fields(shape, words)
        names = [name for name, _ in shape.fields]
        if shape.name.startswith("Map[") and "root" in names:
            entries = self.entries(shape, words, ELEMENTS_MAX)
            rows = [[self.text(part, lanes, depth + 1) for part, lanes in entry] for entry in entries]
            rows.sort(key=order)
            return self.row("%{", [": ".join(row) for row in rows[:ELEMENTS_MAX]], "}", len(rows) > ELEMENTS_MAX)
        if shape.name.startswith("Set[") and names == ["members"]:
            members = self.entries(*fields[0][1:], ELEMENTS_MAX)
            rows = sorted(([self.text(*entry[0], depth + 1)] for entry in members), key=order)
            return self.row("#{", [row[0] for row in rows[:ELEMENTS_MAX]], "}", len(rows) > ELEMENTS_MAX)
        name = shape.name.split("[")[0].split(".")[-1]
        return self.row(name + "{", [f"{field}: {self.text(part, lanes, depth + 1)}" for field, part, lanes in fields], "}")

    def row(self, begin, parts, end, more=False):
        out = begin
        for i, part in enumerate(parts):
            if len(out) > TEXT_MAX:
                return out + "…"
            out += (", " if i else "") + part
        return out + (", …" if more else "") + end

    def string(self, words):
        if words[0] & 1:
            raw = struct.pack("<3Q", *words)
            return raw[1 : 1 + (raw[0] >> 1)].decode("utf-8", "replace")
        if words[0] == 0:
            return ""
        size = min(words[2], STRING_MAX)
        text = bytes(self.read(words[0] + 16 + words[1], size)).decode("utf-8", "replace")
        return text + "…" if size < words[2] else text


def order(row):
    """Whole numbers by size, all else as text."""
    try:
        return (0, int(row[0]), "")
    except ValueError:
        return (1, 0, row[0])


def quoted(text, quote):
    out = quote
    for c in text:
        if c in ESCAPES:
            out += ESCAPES[c]
        elif c == quote:
            out += "\\" + c
        elif ord(c) < 32 or 0x7F <= ord(c) < 0xA0:
            out += "\\u{%x}" % ord(c)
        else:
            out += c
    return out + quote


def float_text(x):
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "inf" if x > 0 else "-inf"
    text = repr(x)
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text
