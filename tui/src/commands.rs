//! Every command, its name and what it does in words; and the key table, which binds keys to commands per context.
//!
//! This is data: the last row of the screen, the popups after a prefix, the `?` help, the palette and `:` completion are all made
//! from these two tables. What a command does is in `update` and `editor`.

use crate::keys::{self, Key};
use std::sync::OnceLock;

macro_rules! commands {
    ($($variant:ident $name:literal $title:literal;)*) => {
        /// A command without arguments.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Cmd { $(#[doc = $title] $variant,)* }

        /// All commands: itself, its name in `:` and configuration, and what it does.
        pub const COMMANDS: &[(Cmd, &str, &str)] = &[$((Cmd::$variant, $name, $title),)*];
    };
}

commands! {
    Save "save-load" "save and load into the running image";
    SaveOnly "save" "save the file without loading it";
    SaveAll "save-all" "save and load all";
    Reload "load" "load all files";
    Quit "quit" "quit, asking about changes";
    Suspend "suspend" "suspend to the shell";
    Redraw "redraw" "draw the screen anew";
    Help "help" "keys that work here";
    Palette "commands" "find a command";
    CommandLine "command-line" "type a command";
    FindFile "files" "find a file";
    FindBuffer "buffers" "open files";
    FindDiagnostic "diagnostics" "list the diagnostics";
    FindSymbol "symbols" "definitions of this file";
    ViewCode "view-code" "show the code";
    ViewProcesses "view-processes" "show the processes";
    ViewHeap "view-heap" "show the heap of a process";
    ViewGc "view-gc" "show the garbage collections";
    ViewSchedulers "view-schedulers" "show the schedulers";
    ViewDebug "view-debug" "show the debugger";
    ViewRepl "view-repl" "show the REPL";
    PanelNext "panel-next" "go to the next panel";
    PanelBack "panel-back" "go to the previous panel";
    PanelZoom "panel-zoom" "this panel alone, or back";
    Freeze "freeze" "freeze or thaw what is live";
    Back "back" "back, close, clear";
    ImageRestart "image-restart" "restart the image";
    ImageStop "image-stop" "stop the image";
    // Debugger.
    DebugGo "debug-continue" "let the stopped process run on";
    DebugOver "debug-over" "step over to the next line";
    DebugInto "debug-into" "step into the call";
    DebugOut "debug-out" "run until this function returns";
    DebugPause "debug-pause" "stop the selected process";
    DebugGoAll "debug-continue-all" "let all stopped processes run on";
    BreakToggle "breakpoint" "set or clear a breakpoint on this line";
    BreakClear "breakpoints-clear" "clear all breakpoints";
    BreakList "breakpoints" "list the breakpoints";
    EvalLine "evaluate" "evaluate the selection or line";
    Inspect "inspect" "type or value under the cursor";
    // Lists.
    ListDown "list-down" "next row";
    ListUp "list-up" "previous row";
    ListFirst "list-first" "first row";
    ListLast "list-last" "last row";
    ListPageDown "list-page-down" "a page down";
    ListPageUp "list-page-up" "a page up";
    ListOpen "list-open" "open, expand, drill down";
    ListLeft "list-left" "collapse, or previous tab";
    ListRight "list-right" "expand, or next tab";
    ListFilter "filter-list" "filter the list";
    ListSort "sort" "sort by the next column";
    ListSource "open-source" "open the source line";
    ListCopy "copy" "copy the row";
    ListRefresh "refresh" "ask the image again";
    DebugThis "debug-this" "show the stopped process in the debugger";
    // Lines of input.
    LineRun "line-run" "run this line";
    LineUp "line-older" "older line of the history";
    LineDown "line-newer" "newer line of the history";
    LineScrollUp "line-scroll-up" "scroll the transcript up";
    LineScrollDown "line-scroll-down" "scroll the transcript down";
    LineStop "line-stop" "stop waiting for the evaluation; clear the line";
    LineLeft "line-left" "left";
    LineRight "line-right" "right";
    LineHome "line-home" "start of the line";
    LineEnd "line-end" "end of the line";
    LineBackspace "line-backspace" "delete before the cursor";
    LineDelete "line-delete" "delete under the cursor";
    LineKillWord "line-kill-word" "delete the word before the cursor";
    LineKill "line-kill" "delete to the start of the line";
    LineComplete "line-complete" "complete";
    // Editor: moving.
    Left "left" "left";
    Right "right" "right";
    Up "up" "up";
    Down "down" "down";
    WordNext "word-next" "to the next word";
    WordEnd "word-end" "to the end of the word";
    WordBack "word-back" "back to the start of the word";
    LongWordNext "long-word-next" "to the next blank-separated word";
    LongWordEnd "long-word-end" "to the end of the blank-separated word";
    LongWordBack "long-word-back" "back to the start of the blank-separated word";
    LineStart "line-start" "start of the line";
    LineText "line-text" "first character of the line";
    LineFinish "line-finish" "end of the line";
    FileStart "file-start" "first line, or the line of the count";
    FileEnd "file-end" "last line";
    PageDown "page-down" "a page down";
    PageUp "page-up" "a page up";
    HalfDown "half-page-down" "half a page down";
    HalfUp "half-page-up" "half a page up";
    ScreenTop "screen-top" "first line of the window";
    ScreenMiddle "screen-middle" "middle line of the window";
    ScreenBottom "screen-bottom" "last line of the window";
    ViewTop "view-top" "this line to the top";
    ViewCenter "view-center" "this line to the middle";
    ViewBottom "view-bottom" "this line to the bottom";
    ScrollDown "scroll-down" "scroll down";
    ScrollUp "scroll-up" "scroll up";
    FindChar "find-char" "to the next … (type it)";
    TillChar "till-char" "until before the next … (type it)";
    FindCharBack "find-char-back" "back to the previous … (type it)";
    TillCharBack "till-char-back" "back until after the previous … (type it)";
    Matching "matching-bracket" "to the matching bracket";
    Definition "definition" "to the definition of the name";
    JumpBack "jump-back" "back to where you came from";
    JumpForward "jump-forward" "forward again";
    DiagnosticNext "diagnostic-next" "to the next diagnostic";
    DiagnosticBack "diagnostic-back" "to the previous diagnostic";
    BufferNext "buffer-next" "next open file";
    BufferBack "buffer-back" "previous open file";
    BufferClose "buffer-close" "close the file";
    // Editor: selecting.
    SelectMode "select-mode" "extend the selection while moving";
    SelectLine "select-line" "select the line, then the next";
    SelectAll "select-all" "select everything";
    Collapse "collapse" "shrink the selection to the cursor";
    Flip "flip" "swap the ends of the selection";
    KeepPrimary "keep-primary" "keep only the main selection";
    CursorBelow "cursor-below" "one more cursor below";
    CursorAbove "cursor-above" "one more cursor above";
    SelectLeft "select-left" "extend left";
    SelectRight "select-right" "extend right";
    SelectUp "select-up" "extend up";
    SelectDown "select-down" "extend down";
    // Editor: changing.
    Insert "insert" "insert before the selection";
    Append "append" "insert after the selection";
    InsertLine "insert-line" "insert at the start of the line";
    AppendLine "append-line" "insert at the end of the line";
    OpenBelow "open-below" "new line below";
    OpenAbove "open-above" "new line above";
    Delete "delete" "delete the selection";
    Change "change" "replace the selection by typing";
    Yank "yank" "copy the selection";
    YankClip "yank-clipboard" "copy to the clipboard";
    PasteAfter "paste" "paste after";
    PasteBefore "paste-before" "paste before";
    ReplaceChar "replace" "replace each character by … (type it)";
    ReplaceYanked "replace-yanked" "replace the selection by what was copied";
    Undo "undo" "undo";
    Redo "redo" "redo";
    Indent "indent" "indent";
    Unindent "unindent" "unindent";
    Join "join" "join the lines";
    SwitchCase "switch-case" "switch upper and lower case";
    Comment "comment" "comment or uncomment";
    CutLine "cut" "cut the selection or line";
    CopyLine "copy-line" "copy the selection or line";
    Search "search" "search";
    SearchNext "search-next" "next match";
    SearchBack "search-back" "previous match";
    SearchName "search-name" "search for the selection";
    // Editor: while inserting.
    NormalMode "normal-mode" "back to normal mode";
    InsertNewline "insert-newline" "new line";
    InsertTab "insert-tab" "indent";
    DeleteBack "delete-back" "delete before the cursor";
    DeleteForward "delete-forward" "delete under the cursor";
    DeleteWordBack "delete-word-back" "delete the word before the cursor";
    DeleteToStart "delete-to-start" "delete to the start of the line";
    DeleteToEnd "delete-to-end" "delete to the end of the line";
    ReplEvaluate "repl-focus" "type into the REPL";
}

/// The name and description of a command.
pub fn info(cmd: Cmd) -> (&'static str, &'static str) {
    COMMANDS
        .iter()
        .find(|(c, _, _)| *c == cmd)
        .map(|(_, n, t)| (*n, *t))
        .expect("every command is in the table")
}

/// The command of a name.
pub fn by_name(name: &str) -> Option<Cmd> {
    COMMANDS
        .iter()
        .find(|(_, n, _)| *n == name)
        .map(|(c, _, _)| *c)
}

/// Where a binding holds. A place on the screen has several, the most special first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Ctx {
    /// Everywhere.
    Always,
    /// Everywhere but where text is typed.
    Calm,
    /// Digits choose views (not in the editor, where they count).
    Digits,
    /// The editor's normal and select modes.
    Normal,
    /// The editor's insert mode.
    Insert,
    /// The editor without modes.
    Standard,
    /// Any list or inspector.
    List,
    /// The list of processes.
    Processes,
    /// The panels of the debugger that are lists.
    Debug,
    /// One line of input with a history: REPL and console.
    Line,
    /// Prompts in the last rows (`:`, `/`, filter).
    Prompt,
}

/// One row of the key table.
pub struct Bind {
    /// Where.
    pub ctx: Ctx,
    /// The keys, in the notation of `keys`.
    pub keys: Vec<Key>,
    /// What.
    pub cmd: Cmd,
    /// The word for the last row; empty: not shown there.
    pub hint: &'static str,
}

type Row = (Ctx, &'static str, Cmd, &'static str);

/// The default (Helix-like) keys. Order within a context is the order on the screen.
const TABLE: &[Row] = &[
    // Normal mode.
    (Ctx::Normal, "gd", Cmd::Definition, ""),
    (Ctx::Normal, "gg", Cmd::FileStart, ""),
    (Ctx::Normal, "ge", Cmd::FileEnd, ""),
    (Ctx::Normal, "gh", Cmd::LineStart, ""),
    (Ctx::Normal, "gl", Cmd::LineFinish, ""),
    (Ctx::Normal, "gs", Cmd::LineText, ""),
    (Ctx::Normal, "gt", Cmd::ScreenTop, ""),
    (Ctx::Normal, "gc", Cmd::ScreenMiddle, ""),
    (Ctx::Normal, "gb", Cmd::ScreenBottom, ""),
    (Ctx::Normal, "gn", Cmd::BufferNext, ""),
    (Ctx::Normal, "gp", Cmd::BufferBack, ""),
    (Ctx::Normal, "gi", Cmd::ReplEvaluate, ""),
    (Ctx::Normal, "G", Cmd::FileEnd, ""),
    (Ctx::Normal, "h", Cmd::Left, ""),
    (Ctx::Normal, "j", Cmd::Down, ""),
    (Ctx::Normal, "k", Cmd::Up, ""),
    (Ctx::Normal, "l", Cmd::Right, ""),
    (Ctx::Normal, "<left>", Cmd::Left, ""),
    (Ctx::Normal, "<down>", Cmd::Down, ""),
    (Ctx::Normal, "<up>", Cmd::Up, ""),
    (Ctx::Normal, "<right>", Cmd::Right, ""),
    (Ctx::Normal, "w", Cmd::WordNext, ""),
    (Ctx::Normal, "b", Cmd::WordBack, ""),
    (Ctx::Normal, "e", Cmd::WordEnd, ""),
    (Ctx::Normal, "W", Cmd::LongWordNext, ""),
    (Ctx::Normal, "B", Cmd::LongWordBack, ""),
    (Ctx::Normal, "E", Cmd::LongWordEnd, ""),
    (Ctx::Normal, "0", Cmd::LineStart, ""),
    (Ctx::Normal, "$", Cmd::LineFinish, ""),
    (Ctx::Normal, "^", Cmd::LineText, ""),
    (Ctx::Normal, "<home>", Cmd::LineStart, ""),
    (Ctx::Normal, "<end>", Cmd::LineFinish, ""),
    (Ctx::Normal, "f", Cmd::FindChar, ""),
    (Ctx::Normal, "t", Cmd::TillChar, ""),
    (Ctx::Normal, "F", Cmd::FindCharBack, ""),
    (Ctx::Normal, "T", Cmd::TillCharBack, ""),
    (Ctx::Normal, "mm", Cmd::Matching, ""),
    (Ctx::Normal, "<c-d>", Cmd::HalfDown, ""),
    (Ctx::Normal, "<c-u>", Cmd::HalfUp, ""),
    (Ctx::Normal, "<c-f>", Cmd::PageDown, ""),
    (Ctx::Normal, "<c-b>", Cmd::PageUp, ""),
    (Ctx::Normal, "<pgdn>", Cmd::PageDown, ""),
    (Ctx::Normal, "<pgup>", Cmd::PageUp, ""),
    (Ctx::Normal, "<c-o>", Cmd::JumpBack, ""),
    (Ctx::Normal, "zt", Cmd::ViewTop, ""),
    (Ctx::Normal, "zz", Cmd::ViewCenter, ""),
    (Ctx::Normal, "zc", Cmd::ViewCenter, ""),
    (Ctx::Normal, "zb", Cmd::ViewBottom, ""),
    (Ctx::Normal, "zj", Cmd::ScrollDown, ""),
    (Ctx::Normal, "zk", Cmd::ScrollUp, ""),
    (Ctx::Normal, "]d", Cmd::DiagnosticNext, ""),
    (Ctx::Normal, "[d", Cmd::DiagnosticBack, ""),
    (Ctx::Normal, "v", Cmd::SelectMode, ""),
    (Ctx::Normal, "x", Cmd::SelectLine, ""),
    (Ctx::Normal, "%", Cmd::SelectAll, ""),
    (Ctx::Normal, ";", Cmd::Collapse, ""),
    (Ctx::Normal, "<a-;>", Cmd::Flip, ""),
    (Ctx::Normal, ",", Cmd::KeepPrimary, ""),
    (Ctx::Normal, "C", Cmd::CursorBelow, ""),
    (Ctx::Normal, "<a-C>", Cmd::CursorAbove, ""),
    (Ctx::Normal, "i", Cmd::Insert, "insert"),
    (Ctx::Normal, "a", Cmd::Append, ""),
    (Ctx::Normal, "I", Cmd::InsertLine, ""),
    (Ctx::Normal, "A", Cmd::AppendLine, ""),
    (Ctx::Normal, "o", Cmd::OpenBelow, ""),
    (Ctx::Normal, "O", Cmd::OpenAbove, ""),
    (Ctx::Normal, "d", Cmd::Delete, ""),
    (Ctx::Normal, "c", Cmd::Change, ""),
    (Ctx::Normal, "y", Cmd::Yank, ""),
    (Ctx::Normal, "p", Cmd::PasteAfter, ""),
    (Ctx::Normal, "P", Cmd::PasteBefore, ""),
    (Ctx::Normal, "r", Cmd::ReplaceChar, ""),
    (Ctx::Normal, "R", Cmd::ReplaceYanked, ""),
    (Ctx::Normal, "u", Cmd::Undo, ""),
    (Ctx::Normal, "U", Cmd::Redo, ""),
    (Ctx::Normal, ">", Cmd::Indent, ""),
    (Ctx::Normal, "<lt>", Cmd::Unindent, ""),
    (Ctx::Normal, "J", Cmd::Join, ""),
    (Ctx::Normal, "~", Cmd::SwitchCase, ""),
    (Ctx::Normal, "<c-c>", Cmd::Comment, ""),
    (Ctx::Normal, "/", Cmd::Search, ""),
    (Ctx::Normal, "n", Cmd::SearchNext, ""),
    (Ctx::Normal, "N", Cmd::SearchBack, ""),
    (Ctx::Normal, "*", Cmd::SearchName, ""),
    (Ctx::Normal, "K", Cmd::Inspect, ""),
    (Ctx::Normal, "<esc>", Cmd::NormalMode, ""),
    (Ctx::Normal, "<del>", Cmd::Delete, ""),
    // Insert mode.
    (Ctx::Insert, "<esc>", Cmd::NormalMode, "normal mode"),
    (Ctx::Insert, "<ret>", Cmd::InsertNewline, ""),
    (Ctx::Insert, "<tab>", Cmd::InsertTab, ""),
    (Ctx::Insert, "<s-tab>", Cmd::Unindent, ""),
    (Ctx::Insert, "<bs>", Cmd::DeleteBack, ""),
    (Ctx::Insert, "<c-h>", Cmd::DeleteBack, ""),
    (Ctx::Insert, "<del>", Cmd::DeleteForward, ""),
    (Ctx::Insert, "<c-d>", Cmd::DeleteForward, ""),
    (Ctx::Insert, "<c-w>", Cmd::DeleteWordBack, ""),
    (Ctx::Insert, "<a-bs>", Cmd::DeleteWordBack, ""),
    (Ctx::Insert, "<c-u>", Cmd::DeleteToStart, ""),
    (Ctx::Insert, "<c-k>", Cmd::DeleteToEnd, ""),
    (Ctx::Insert, "<c-c>", Cmd::NormalMode, ""),
    (Ctx::Insert, "<left>", Cmd::Left, ""),
    (Ctx::Insert, "<down>", Cmd::Down, ""),
    (Ctx::Insert, "<up>", Cmd::Up, ""),
    (Ctx::Insert, "<right>", Cmd::Right, ""),
    (Ctx::Insert, "<home>", Cmd::LineStart, ""),
    (Ctx::Insert, "<end>", Cmd::LineFinish, ""),
    (Ctx::Insert, "<pgdn>", Cmd::PageDown, ""),
    (Ctx::Insert, "<pgup>", Cmd::PageUp, ""),
    // The editor without modes: what insert mode has, and the keys of other editors.
    (Ctx::Standard, "<esc>", Cmd::Collapse, ""),
    (Ctx::Standard, "<c-z>", Cmd::Undo, "undo"),
    (Ctx::Standard, "<c-y>", Cmd::Redo, ""),
    (Ctx::Standard, "<c-f>", Cmd::Search, "find"),
    (Ctx::Standard, "<f3>", Cmd::SearchNext, ""),
    (Ctx::Standard, "<c-x>", Cmd::CutLine, ""),
    (Ctx::Standard, "<c-c>", Cmd::CopyLine, ""),
    (Ctx::Standard, "<c-v>", Cmd::PasteBefore, ""),
    (Ctx::Standard, "<c-a>", Cmd::SelectAll, ""),
    (Ctx::Standard, "<f12>", Cmd::Definition, ""),
    (Ctx::Standard, "<s-left>", Cmd::SelectLeft, ""),
    (Ctx::Standard, "<s-right>", Cmd::SelectRight, ""),
    (Ctx::Standard, "<s-up>", Cmd::SelectUp, ""),
    (Ctx::Standard, "<s-down>", Cmd::SelectDown, ""),
    (Ctx::Standard, "<c-o>", Cmd::FindFile, ""),
    (Ctx::Standard, "<c-g>", Cmd::CommandLine, "command"),
    (Ctx::Standard, "<c-home>", Cmd::FileStart, ""),
    (Ctx::Standard, "<c-end>", Cmd::FileEnd, ""),
    (Ctx::Standard, "<c-left>", Cmd::WordBack, ""),
    (Ctx::Standard, "<c-right>", Cmd::WordNext, ""),
    // Lists.
    (Ctx::Processes, "<ret>", Cmd::ListOpen, "open"),
    (Ctx::Processes, "/", Cmd::ListFilter, "filter"),
    (Ctx::Processes, "s", Cmd::ListSort, "sort"),
    (Ctx::Processes, "o", Cmd::ListSource, "source"),
    (Ctx::Processes, "p", Cmd::DebugPause, "pause"),
    (Ctx::Processes, "d", Cmd::DebugThis, "debug"),
    (Ctx::Processes, "h", Cmd::ViewHeap, "heap"),
    (Ctx::Debug, "n", Cmd::DebugOver, ""),
    (Ctx::Debug, "b", Cmd::BreakToggle, ""),
    (Ctx::List, "j", Cmd::ListDown, ""),
    (Ctx::List, "k", Cmd::ListUp, ""),
    (Ctx::List, "<down>", Cmd::ListDown, ""),
    (Ctx::List, "<up>", Cmd::ListUp, ""),
    (Ctx::List, "<pgdn>", Cmd::ListPageDown, ""),
    (Ctx::List, "<pgup>", Cmd::ListPageUp, ""),
    (Ctx::List, "<c-d>", Cmd::ListPageDown, ""),
    (Ctx::List, "<c-u>", Cmd::ListPageUp, ""),
    (Ctx::List, "gg", Cmd::ListFirst, ""),
    (Ctx::List, "G", Cmd::ListLast, ""),
    (Ctx::List, "<home>", Cmd::ListFirst, ""),
    (Ctx::List, "<end>", Cmd::ListLast, ""),
    (Ctx::List, "<ret>", Cmd::ListOpen, "open"),
    (Ctx::List, "h", Cmd::ListLeft, ""),
    (Ctx::List, "l", Cmd::ListRight, ""),
    (Ctx::List, "<left>", Cmd::ListLeft, ""),
    (Ctx::List, "<right>", Cmd::ListRight, ""),
    (Ctx::List, "o", Cmd::ListSource, "source"),
    (Ctx::List, "y", Cmd::ListCopy, "copy"),
    (Ctx::List, ".", Cmd::Freeze, "freeze"),
    (Ctx::List, "r", Cmd::ListRefresh, ""),
    (Ctx::List, "<esc>", Cmd::Back, "back"),
    (Ctx::Digits, "1", Cmd::ViewCode, ""),
    (Ctx::Digits, "2", Cmd::ViewProcesses, ""),
    (Ctx::Digits, "3", Cmd::ViewHeap, ""),
    (Ctx::Digits, "4", Cmd::ViewGc, ""),
    (Ctx::Digits, "5", Cmd::ViewSchedulers, ""),
    (Ctx::Digits, "6", Cmd::ViewDebug, ""),
    (Ctx::Digits, "8", Cmd::ViewRepl, ""),
    // A line of input with a history.
    (Ctx::Line, "<ret>", Cmd::LineRun, "evaluate"),
    (Ctx::Line, "<up>", Cmd::LineUp, "older"),
    (Ctx::Line, "<down>", Cmd::LineDown, ""),
    (Ctx::Line, "<pgup>", Cmd::LineScrollUp, "scroll"),
    (Ctx::Line, "<pgdn>", Cmd::LineScrollDown, ""),
    (Ctx::Line, "<c-c>", Cmd::LineStop, "clear"),
    (Ctx::Line, "<esc>", Cmd::Back, "leave"),
    (Ctx::Prompt, "<ret>", Cmd::LineRun, "do it"),
    (Ctx::Prompt, "<esc>", Cmd::Back, "cancel"),
    (Ctx::Prompt, "<c-c>", Cmd::Back, ""),
    (Ctx::Prompt, "<tab>", Cmd::LineComplete, "complete"),
    (Ctx::Prompt, "<up>", Cmd::LineUp, "older"),
    (Ctx::Prompt, "<down>", Cmd::LineDown, ""),
    (Ctx::Prompt, "<left>", Cmd::LineLeft, ""),
    (Ctx::Prompt, "<right>", Cmd::LineRight, ""),
    (Ctx::Prompt, "<home>", Cmd::LineHome, ""),
    (Ctx::Prompt, "<end>", Cmd::LineEnd, ""),
    (Ctx::Prompt, "<c-a>", Cmd::LineHome, ""),
    (Ctx::Prompt, "<c-e>", Cmd::LineEnd, ""),
    (Ctx::Prompt, "<bs>", Cmd::LineBackspace, ""),
    (Ctx::Prompt, "<c-h>", Cmd::LineBackspace, ""),
    (Ctx::Prompt, "<del>", Cmd::LineDelete, ""),
    (Ctx::Prompt, "<c-w>", Cmd::LineKillWord, ""),
    (Ctx::Prompt, "<c-u>", Cmd::LineKill, ""),
    // Where no text is typed.
    (Ctx::Calm, "<space>f", Cmd::FindFile, ""),
    (Ctx::Calm, "<space>o", Cmd::FindBuffer, ""),
    (Ctx::Calm, "<space>s", Cmd::FindSymbol, ""),
    (Ctx::Calm, "<space>d", Cmd::FindDiagnostic, ""),
    (Ctx::Calm, "<space>r", Cmd::Reload, ""),
    (Ctx::Calm, "<space>w", Cmd::SaveAll, ""),
    (Ctx::Calm, "<space>e", Cmd::EvalLine, ""),
    (Ctx::Calm, "<space>i", Cmd::ReplEvaluate, ""),
    (Ctx::Calm, "<space>k", Cmd::Inspect, ""),
    (Ctx::Calm, "<space>c", Cmd::Comment, ""),
    (Ctx::Calm, "<space>y", Cmd::YankClip, ""),
    (Ctx::Calm, "<space>bb", Cmd::BreakToggle, ""),
    (Ctx::Calm, "<space>bc", Cmd::DebugGo, ""),
    (Ctx::Calm, "<space>bn", Cmd::DebugOver, ""),
    (Ctx::Calm, "<space>bi", Cmd::DebugInto, ""),
    (Ctx::Calm, "<space>bo", Cmd::DebugOut, ""),
    (Ctx::Calm, "<space>bp", Cmd::DebugPause, ""),
    (Ctx::Calm, "<space>ba", Cmd::DebugGoAll, ""),
    (Ctx::Calm, "<space>bl", Cmd::BreakList, ""),
    (Ctx::Calm, "<space>bx", Cmd::BreakClear, ""),
    (Ctx::Calm, "<space>x", Cmd::ImageRestart, ""),
    (Ctx::Calm, "<space>X", Cmd::ImageStop, ""),
    (Ctx::Calm, "<space>1", Cmd::ViewCode, ""),
    (Ctx::Calm, "<space>2", Cmd::ViewProcesses, ""),
    (Ctx::Calm, "<space>3", Cmd::ViewHeap, ""),
    (Ctx::Calm, "<space>4", Cmd::ViewGc, ""),
    (Ctx::Calm, "<space>5", Cmd::ViewSchedulers, ""),
    (Ctx::Calm, "<space>6", Cmd::ViewDebug, ""),
    (Ctx::Calm, "<space>8", Cmd::ViewRepl, ""),
    (Ctx::Calm, "<space>:", Cmd::Palette, ""),
    (Ctx::Calm, "<space>?", Cmd::Help, ""),
    (Ctx::Calm, "<space>q", Cmd::Quit, ""),
    (Ctx::Calm, "<tab>", Cmd::PanelNext, "panel"),
    (Ctx::Calm, "<s-tab>", Cmd::PanelBack, ""),
    (Ctx::Calm, "<c-w>w", Cmd::PanelNext, ""),
    (Ctx::Calm, "<c-w>z", Cmd::PanelZoom, ""),
    (Ctx::Calm, "<c-w>q", Cmd::BufferClose, ""),
    (Ctx::Calm, ":", Cmd::CommandLine, "cmd"),
    (Ctx::Calm, "?", Cmd::Help, "help"),
    (Ctx::Calm, "<c-z>", Cmd::Suspend, ""),
    // Everywhere.
    (Ctx::Always, "<c-s>", Cmd::Save, "save+load"),
    (Ctx::Always, "<c-p>", Cmd::Palette, "find"),
    (Ctx::Always, "<c-q>", Cmd::Quit, ""),
    (Ctx::Always, "<c-l>", Cmd::Redraw, ""),
    (Ctx::Always, "<c-r>", Cmd::ImageRestart, ""),
    (Ctx::Always, "<f1>", Cmd::Help, ""),
    (Ctx::Always, "<f5>", Cmd::DebugGo, "go"),
    (Ctx::Always, "<f6>", Cmd::DebugPause, ""),
    (Ctx::Always, "<f9>", Cmd::BreakToggle, "break"),
    (Ctx::Always, "<f10>", Cmd::DebugOver, "over"),
    (Ctx::Always, "<f11>", Cmd::DebugInto, "into"),
    (Ctx::Always, "<s-f11>", Cmd::DebugOut, "out"),
    (Ctx::Always, "<a-1>", Cmd::ViewCode, ""),
    (Ctx::Always, "<a-2>", Cmd::ViewProcesses, ""),
    (Ctx::Always, "<a-3>", Cmd::ViewHeap, ""),
    (Ctx::Always, "<a-4>", Cmd::ViewGc, ""),
    (Ctx::Always, "<a-5>", Cmd::ViewSchedulers, ""),
    (Ctx::Always, "<a-6>", Cmd::ViewDebug, ""),
    (Ctx::Always, "<a-8>", Cmd::ViewRepl, ""),
];

/// What a two-key prefix is called in its popup.
pub const PREFIXES: &[(&str, &str)] = &[
    ("<space>", "menu"),
    ("<space>b", "breakpoint"),
    ("g", "goto"),
    ("z", "view"),
    ("m", "match"),
    ("]", "next"),
    ("[", "previous"),
    ("<c-w>", "window"),
];

/// The key table, parsed once.
pub fn table() -> &'static [Bind] {
    static PARSED: OnceLock<Vec<Bind>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut binds: Vec<Bind> = TABLE
            .iter()
            .map(|(ctx, keys, cmd, hint)| Bind {
                ctx: *ctx,
                keys: keys::parse(keys).expect("the key table is written in the notation of keys"),
                cmd: *cmd,
                hint,
            })
            .collect();
        binds.shrink_to_fit();
        binds
    })
}

/// What a sequence of keys means in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A command.
    Command(Cmd),
    /// The beginning of longer sequences.
    Prefix,
    /// Nothing.
    Nothing,
}

/// Looks a sequence up; the first context that knows it decides.
pub fn find(contexts: &[Ctx], typed: &[Key]) -> Found {
    for ctx in contexts {
        let mut prefix = false;
        for bind in table().iter().filter(|b| b.ctx == *ctx) {
            if bind.keys == typed {
                return Found::Command(bind.cmd);
            }
            prefix |= bind.keys.starts_with(typed);
        }
        if prefix {
            return Found::Prefix;
        }
    }
    Found::Nothing
}

/// The bindings that continue a prefix, without those that a more special context hides.
pub fn continuations(contexts: &[Ctx], typed: &[Key]) -> Vec<&'static Bind> {
    let mut out: Vec<&Bind> = Vec::new();
    for ctx in contexts {
        for bind in table()
            .iter()
            .filter(|b| b.ctx == *ctx && b.keys.len() > typed.len() && b.keys.starts_with(typed))
        {
            if !out.iter().any(|b| b.keys == bind.keys) {
                out.push(bind);
            }
        }
    }
    out
}

/// The shortest keys of a command in a place, for menus.
pub fn keys_of(contexts: &[Ctx], cmd: Cmd) -> Option<String> {
    contexts
        .iter()
        .find_map(|ctx| table().iter().find(|b| b.ctx == *ctx && b.cmd == cmd))
        .map(|b| keys::show(&b.keys))
}

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
    ("line", "N", "go to line N"),
    ("eval", "EXPRESSION", "evaluate in the image"),
    ("break", "LINE", "set or clear a breakpoint"),
    ("filter", "EXPRESSION", "filter the processes"),
    ("pid", "N", "show process N"),
    ("theme", "NAME", "mocha, latte, ansi or mono"),
    ("keys", "PRESET", "helix or standard"),
    ("glyphs", "KIND", "unicode or ascii"),
    (
        "reload!",
        "",
        "take the file from disk and lose the changes",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_of_its_own_and_a_description() {
        for (i, (_, name, title)) in COMMANDS.iter().enumerate() {
            assert!(!title.is_empty(), "{name} has no description");
            assert!(
                !COMMANDS[..i].iter().any(|(_, n, _)| n == name),
                "{name} is there twice"
            );
            assert!(
                !TYPED.iter().any(|(n, _, _)| n == name),
                "{name} is a typed command too"
            );
        }
    }

    #[test]
    fn no_key_is_bound_twice_in_a_context_nor_hidden_by_a_prefix() {
        for (i, a) in table().iter().enumerate() {
            for b in &table()[..i] {
                let clash =
                    a.ctx == b.ctx && (a.keys.starts_with(&b.keys) || b.keys.starts_with(&a.keys));
                assert!(
                    !clash,
                    "{:?}: {} and {}",
                    a.ctx,
                    keys::show(&a.keys),
                    keys::show(&b.keys)
                );
            }
        }
    }

    #[test]
    fn every_prefix_has_a_title() {
        for bind in table().iter().filter(|b| b.keys.len() > 1) {
            for n in 1..bind.keys.len() {
                let known = PREFIXES
                    .iter()
                    .any(|(p, _)| keys::parse(p).unwrap() == bind.keys[..n]);
                assert!(
                    known,
                    "the prefix {} has no title",
                    keys::show(&bind.keys[..n])
                );
            }
        }
    }
}
