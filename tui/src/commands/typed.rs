//! Commands typed after `:` that take an argument, or stand for others under a short name.

/// Commands typed after `:` that take an argument: names, what follows, what it does.
pub const TYPED: &[(&str, &str, &str)] = &[
    ("open", "FILE", "open a file"),
    ("o", "FILE", "open a file"),
    ("w", "", "save and load"),
    ("write", "", "save and load"),
    ("wq", "", "save, load and quit"),
    ("q", "", "quit; asks when something is unsaved"),
    ("q!", "", "quit and lose what is unsaved"),
    ("bc", "", "close the file"),
    ("bc!", "", "close the file and lose its changes"),
    (
        "s",
        "/PATTERN/WITH/",
        "replace in the selection, or the file",
    ),
    (
        "earlier",
        "N|TIME",
        "back N changes, or a time such as 30s, 5m",
    ),
    (
        "later",
        "N|TIME",
        "forth N changes, or a time such as 30s, 5m",
    ),
    ("line", "N", "go to line N"),
    ("eval", "EXPRESSION", "evaluate in the image"),
    ("break", "LINE", "set or clear a breakpoint"),
    (
        "break-if",
        "CONDITION",
        "stop on this line only if it holds",
    ),
    (
        "break-hits",
        "COUNT",
        "stop on this line from the Nth hit, or at `== 5`, `% 10`",
    ),
    (
        "break-log",
        "TEXT",
        "log on this line instead of stopping; {expression} is replaced",
    ),
    (
        "break-on",
        "NAME|receive PATTERN|send PATTERN|exit of NAME [if CONDITION] [hits COUNT]",
        "stop at a function, a message, an end; again: no more",
    ),
    (
        "break-data",
        "NAME|xs[3]|reads NAME",
        "stop who changes a variable or mvar; again: no more",
    ),
    (
        "break-data-if",
        "NAME if CONDITION",
        "stop who changes it only if that holds",
    ),
    (
        "break-throw",
        "uncaught|all|linked exit [if CONDITION]",
        "stop where something is thrown; again: no more",
    ),
    (
        "assign",
        "NAME = EXPRESSION",
        "give a variable of the stopped process another value",
    ),
    (
        "watch",
        "EXPRESSION",
        "show its value where a process stops; again: no more",
    ),
    ("unwatch", "", "watch nothing"),
    ("unmute", "", "show all findings again"),
    ("snapshot-name", "NAME", "give the heap snapshot a name"),
    ("filter", "EXPRESSION", "filter the processes"),
    ("pid", "N", "show process N"),
    ("theme", "NAME", "colours: :set theme shows which there are"),
    (
        "rename",
        "NAME",
        "give the name under the cursor another name everywhere",
    ),
    ("grep", "PATTERN", "search the text of all files"),
    ("set", "NAME VALUE", "change a setting, or show it"),
    ("keys", "PRESET", "helix or standard"),
    ("glyphs", "KIND", "unicode or ascii"),
    (
        "reload!",
        "",
        "take the file from disk and lose the changes",
    ),
];
