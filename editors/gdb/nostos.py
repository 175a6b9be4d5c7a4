"""Nostos in gdb: `source editors/gdb/nostos.py`. Locals, arguments and `print` show values as the language does; `nostos-backtrace` leaves the runtime's frames out."""

import os
import sys

import gdb
import gdb.printing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nostos_values  # noqa: E402


def read(address, size):
    try:
        return gdb.selected_inferior().read_memory(address, size)
    except gdb.MemoryError as error:
        raise KeyError(address) from error


TYPES = nostos_values.Types(read)


def types():
    """What is known of the program's types by now; `None` when this is no Nostos program, or an image that has not been told of a debugger."""
    symbol = gdb.lookup_static_symbol("NOSTOS_DEBUG_TYPES")
    try:
        at = int(symbol.value().address) if symbol and symbol.value().address else int(gdb.parse_and_eval("(long)&NOSTOS_DEBUG_TYPES"))
        newest = int.from_bytes(bytes(read(at, 8)), "little")
        TYPES.refresh(newest)
    except (gdb.error, KeyError):
        return None
    return TYPES if newest else None


class Printer:
    def __init__(self, known, shape, words):
        self.known, self.shape, self.words = known, shape, words

    def to_string(self):
        return self.known.show(self.shape, self.words)


def lookup(value):
    kind = value.type
    is_pointer = kind.code == gdb.TYPE_CODE_PTR
    name = (kind.target() if is_pointer else kind).name
    if not name or "::" in name:
        return None
    is_cell = is_pointer and name.startswith("var ")
    known = types()
    shape = known and known.names.get(name[4:] if is_cell else name)
    if not shape or (is_pointer and not is_cell and shape.lanes != 1):
        return None
    try:
        if is_cell:
            words = known.words(int(value) + 8, shape.lanes)
        elif is_pointer:
            words = (int(value) & (1 << 64) - 1,)
        elif value.address is not None:
            words = known.words(int(value.address), shape.lanes)
        elif shape.lanes == 1 and shape.kind not in ("float",):
            words = (int(value) & (1 << 64) - 1,)
        else:
            return None
    except (KeyError, gdb.error):
        return None
    return Printer(known, shape, words)


class Backtrace(gdb.Command):
    """The frames of the process in front, without those of the runtime and of the worker below."""

    def __init__(self):
        super().__init__("nostos-backtrace", gdb.COMMAND_STACK)

    def invoke(self, _arguments, _tty):
        frame, number = gdb.newest_frame(), 0
        while frame is not None:
            place = frame.find_sal()
            table = place.symtab
            if table is not None and table.filename.endswith(".nos"):
                values = []
                block = frame.block()
                while block is not None and block.function is None:
                    block = block.superblock
                for symbol in block or ():
                    if symbol.is_argument:
                        values.append(f"{symbol.name}={symbol.value(frame).format_string()}")
                gdb.write(f"#{number}  {frame.name()} ({', '.join(values)}) at {table.filename}:{place.line}\n")
            frame, number = frame.older(), number + 1


lookup.__name__ = "nostos"
gdb.pretty_printers[:] = [each for each in gdb.pretty_printers if getattr(each, "__name__", "") != "nostos"]
gdb.pretty_printers.insert(0, lookup)
Backtrace()
# Code appears while the program runs.
gdb.execute("set breakpoint pending on")
