"""Nostos in lldb: `command script import editors/gdb/nostos_lldb.py`. `frame variable`, `bt` and `p` show values as the language does."""

import os
import sys

import lldb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nostos_values  # noqa: E402


class Memory:
    """The process that is being looked at."""

    process = None

    def __call__(self, address, size):
        error = lldb.SBError()
        found = self.process.ReadMemory(address, size, error) if size else b""
        if not error.Success() or len(found) != size:
            raise KeyError(address)
        return found


MEMORY = Memory()
TYPES = nostos_values.Types(MEMORY)
POINTER = lldb.eTypeClassPointer


def types(target):
    MEMORY.process = target.GetProcess()
    for found in target.FindSymbols("NOSTOS_DEBUG_TYPES"):
        at = found.GetSymbol().GetStartAddress().GetLoadAddress(target)
        try:
            newest = int.from_bytes(MEMORY(at, 8), "little")
            TYPES.refresh(newest)
        except KeyError:
            return None
        return TYPES if newest else None
    return None


def summary(value, _internal):
    kind = value.GetType()
    is_pointer = kind.GetTypeClass() == POINTER
    name = (kind.GetPointeeType() if is_pointer else kind).GetName() or ""
    if "::" in name:
        return ""
    is_cell = is_pointer and name.startswith("var ")
    known = types(value.GetTarget())
    shape = known and known.names.get(name[4:] if is_cell else name)
    if not shape or (is_pointer and not is_cell and shape.lanes != 1):
        return ""
    try:
        at = value.GetLoadAddress()
        if is_cell:
            words = known.words(value.GetValueAsUnsigned() + 8, shape.lanes)
        elif is_pointer:
            words = (value.GetValueAsUnsigned(),)
        elif at != lldb.LLDB_INVALID_ADDRESS:
            words = known.words(at, shape.lanes)
        else:
            return ""
    except KeyError:
        return ""
    return known.show(shape, words)


def __lldb_init_module(debugger, _internal):
    for command in [
        "settings set plugin.jit-loader.gdb.enable on",
        'type category define nostos -l c',
        # Structures and pointers; scalars stand for themselves.
        'type summary add -w nostos -x -v "^[^:]*$" -F ' + __name__ + ".summary",
        "type category enable nostos",
    ]:
        debugger.HandleCommand(command)
