//! The key table: which keys run which command, and where.

use super::Cmd;
use crate::keys::{self, Key};
use std::sync::OnceLock;

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
    /// The cursor is on something one key can mend.
    Fix,
    /// A list of what could be typed is shown.
    Offer,
    /// One of them is chosen.
    Choice,
    /// The editor without modes.
    Standard,
    /// Any list or inspector.
    List,
    /// The list of processes.
    Processes,
    /// The mailbox of a process.
    Mailbox,
    /// Heaps and their snapshots.
    Heap,
    /// Collections.
    Gc,
    /// The panels of the debugger that are lists.
    Debug,
    /// The list of tests.
    Tests,
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
    (Ctx::Normal, "gr", Cmd::References, ""),
    (Ctx::Normal, "gC", Cmd::Callers, ""),
    (Ctx::Normal, "<f2>", Cmd::Rename, ""),
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
    (Ctx::Normal, "za", Cmd::FoldToggle, ""),
    (Ctx::Normal, "zM", Cmd::FoldAll, ""),
    (Ctx::Normal, "zR", Cmd::FoldNone, ""),
    (Ctx::Normal, "zw", Cmd::WrapToggle, ""),
    (Ctx::Normal, "zi", Cmd::HintsToggle, ""),
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
    (Ctx::Normal, "=", Cmd::FormatSelection, ""),
    (Ctx::Normal, "/", Cmd::Search, ""),
    (Ctx::Normal, "n", Cmd::SearchNext, ""),
    (Ctx::Normal, "N", Cmd::SearchBack, ""),
    (Ctx::Normal, "*", Cmd::SearchName, ""),
    (Ctx::Normal, "K", Cmd::Inspect, ""),
    (Ctx::Normal, "<esc>", Cmd::NormalMode, ""),
    (Ctx::Normal, "<del>", Cmd::Delete, ""),
    (Ctx::Normal, "s", Cmd::SelectMatches, ""),
    (Ctx::Normal, "S", Cmd::SplitMatches, ""),
    (Ctx::Normal, "<a-s>", Cmd::SplitLines, ""),
    (Ctx::Normal, "<a-k>", Cmd::KeepMatches, ""),
    (Ctx::Normal, "<a-K>", Cmd::DropMatches, ""),
    (Ctx::Normal, "<a-->", Cmd::MergeAll, ""),
    (Ctx::Normal, "<a-_>", Cmd::MergeTouching, ""),
    (Ctx::Normal, "_", Cmd::Trim, ""),
    (Ctx::Normal, "&", Cmd::AlignColumns, ""),
    (Ctx::Normal, ")", Cmd::RotateForward, ""),
    (Ctx::Normal, "(", Cmd::RotateBack, ""),
    (Ctx::Normal, "<a-)>", Cmd::RotateContents, ""),
    (Ctx::Normal, "<a-(>", Cmd::RotateContentsBack, ""),
    (Ctx::Normal, "<a-,>", Cmd::DropPrimary, ""),
    (Ctx::Normal, "<a-:>", Cmd::Forward, ""),
    (Ctx::Normal, "X", Cmd::ToLines, ""),
    (Ctx::Normal, "<a-x>", Cmd::InLines, ""),
    (Ctx::Normal, "<a-o>", Cmd::ExpandNode, ""),
    (Ctx::Normal, "<a-up>", Cmd::ExpandNode, ""),
    (Ctx::Normal, "<a-i>", Cmd::ShrinkNode, ""),
    (Ctx::Normal, "<a-down>", Cmd::ShrinkNode, ""),
    (Ctx::Normal, "<a-n>", Cmd::NodeNext, ""),
    (Ctx::Normal, "<a-right>", Cmd::NodeNext, ""),
    (Ctx::Normal, "<a-p>", Cmd::NodeBack, ""),
    (Ctx::Normal, "<a-left>", Cmd::NodeBack, ""),
    (Ctx::Normal, "<a-a>", Cmd::NodeSiblings, ""),
    (Ctx::Normal, "<a-I>", Cmd::NodeChildren, ""),
    (Ctx::Normal, "mi", Cmd::SelectInside, ""),
    (Ctx::Normal, "ma", Cmd::SelectAround, ""),
    (Ctx::Normal, "ms", Cmd::SurroundAdd, ""),
    (Ctx::Normal, "mr", Cmd::SurroundChange, ""),
    (Ctx::Normal, "md", Cmd::SurroundDrop, ""),
    (Ctx::Normal, "]f", Cmd::FunctionNext, ""),
    (Ctx::Normal, "[f", Cmd::FunctionBack, ""),
    (Ctx::Normal, "]t", Cmd::TypeNext, ""),
    (Ctx::Normal, "[t", Cmd::TypeBack, ""),
    (Ctx::Normal, "]T", Cmd::TestNext, ""),
    (Ctx::Normal, "[T", Cmd::TestBack, ""),
    (Ctx::Normal, "]a", Cmd::ParameterNext, ""),
    (Ctx::Normal, "[a", Cmd::ParameterBack, ""),
    (Ctx::Normal, "]c", Cmd::CommentNext, ""),
    (Ctx::Normal, "[c", Cmd::CommentBack, ""),
    (Ctx::Normal, "]p", Cmd::ParagraphNext, ""),
    (Ctx::Normal, "[p", Cmd::ParagraphBack, ""),
    (Ctx::Normal, "]D", Cmd::DiagnosticLast, ""),
    (Ctx::Normal, "[D", Cmd::DiagnosticFirst, ""),
    (Ctx::Normal, "]<space>", Cmd::LineBelow, ""),
    (Ctx::Normal, "[<space>", Cmd::LineAbove, ""),
    (Ctx::Normal, "]j", Cmd::JumpForward, ""),
    (Ctx::Normal, "[j", Cmd::JumpBack, ""),
    (Ctx::Normal, "g.", Cmd::LastChange, ""),
    (Ctx::Normal, "ga", Cmd::BufferLast, ""),
    (Ctx::Normal, "gf", Cmd::FileUnder, ""),
    (Ctx::Normal, "g|", Cmd::ColumnGoto, ""),
    (Ctx::Normal, "<a-d>", Cmd::DeleteKeep, ""),
    (Ctx::Normal, "<a-c>", Cmd::ChangeKeep, ""),
    (Ctx::Normal, "`", Cmd::LowerCase, ""),
    (Ctx::Normal, "<a-`>", Cmd::UpperCase, ""),
    (Ctx::Normal, "<c-a>", Cmd::Increment, ""),
    (Ctx::Normal, "<c-x>", Cmd::Decrement, ""),
    (Ctx::Normal, "<a-u>", Cmd::Earlier, ""),
    (Ctx::Normal, "<a-U>", Cmd::Later, ""),
    (Ctx::Normal, "\"", Cmd::ChooseRegister, ""),
    (Ctx::Normal, ".", Cmd::RepeatInsert, ""),
    (Ctx::Normal, "<a-.>", Cmd::RepeatMotion, ""),
    (Ctx::Normal, "Q", Cmd::MacroRecord, ""),
    (Ctx::Normal, "q", Cmd::MacroPlay, ""),
    (Ctx::Normal, "<a-/>", Cmd::SearchReverse, ""),
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
    (Ctx::Insert, "<c-r>", Cmd::InsertRegister, ""),
    (Ctx::Insert, "<c-space>", Cmd::Complete, "complete"),
    (Ctx::Insert, "<c-x>", Cmd::Complete, ""),
    (Ctx::Insert, "<left>", Cmd::Left, ""),
    (Ctx::Insert, "<down>", Cmd::Down, ""),
    (Ctx::Insert, "<up>", Cmd::Up, ""),
    (Ctx::Insert, "<right>", Cmd::Right, ""),
    (Ctx::Insert, "<home>", Cmd::LineStart, ""),
    (Ctx::Insert, "<end>", Cmd::LineFinish, ""),
    (Ctx::Insert, "<pgdn>", Cmd::PageDown, ""),
    (Ctx::Insert, "<pgup>", Cmd::PageUp, ""),
    (Ctx::Fix, "a", Cmd::Fix, "fix"),
    // What could be typed.
    (Ctx::Offer, "<tab>", Cmd::ChoiceNext, "choose"),
    (Ctx::Offer, "<c-n>", Cmd::ChoiceNext, ""),
    (Ctx::Offer, "<down>", Cmd::ChoiceNext, ""),
    (Ctx::Offer, "<c-p>", Cmd::ChoiceBack, ""),
    (Ctx::Offer, "<s-tab>", Cmd::ChoiceBack, ""),
    (Ctx::Offer, "<up>", Cmd::ChoiceBack, ""),
    (Ctx::Choice, "<ret>", Cmd::ChoiceTake, "take"),
    (Ctx::Choice, "<esc>", Cmd::ChoiceClose, "close"),
    (Ctx::Choice, "<tab>", Cmd::ChoiceNext, "next"),
    (Ctx::Choice, "<c-n>", Cmd::ChoiceNext, ""),
    (Ctx::Choice, "<down>", Cmd::ChoiceNext, ""),
    (Ctx::Choice, "<c-p>", Cmd::ChoiceBack, ""),
    (Ctx::Choice, "<s-tab>", Cmd::ChoiceBack, ""),
    (Ctx::Choice, "<up>", Cmd::ChoiceBack, ""),
    // The editor without modes: what insert mode has, and the keys of other editors.
    (Ctx::Standard, "<esc>", Cmd::Collapse, ""),
    (Ctx::Standard, "<c-z>", Cmd::Undo, "undo"),
    (Ctx::Standard, "<c-y>", Cmd::Redo, ""),
    (Ctx::Standard, "<c-f>", Cmd::Search, "find"),
    (Ctx::Standard, "<f3>", Cmd::SearchNext, ""),
    (Ctx::Standard, "<c-r>", Cmd::ImageRestart, ""),
    (Ctx::Standard, "<c-d>", Cmd::SelectNextSame, ""),
    (Ctx::Standard, "<c-h>", Cmd::ReplaceAll, ""),
    (Ctx::Standard, "<a-up>", Cmd::ExpandNode, ""),
    (Ctx::Standard, "<a-down>", Cmd::ShrinkNode, ""),
    (Ctx::Standard, "<c-x>", Cmd::CutLine, ""),
    (Ctx::Standard, "<c-c>", Cmd::CopyLine, ""),
    (Ctx::Standard, "<c-v>", Cmd::PasteBefore, ""),
    (Ctx::Standard, "<c-a>", Cmd::SelectAll, ""),
    (Ctx::Standard, "<f12>", Cmd::Definition, ""),
    (Ctx::Standard, "<s-f12>", Cmd::References, ""),
    (Ctx::Standard, "<f2>", Cmd::Rename, ""),
    (Ctx::Standard, "<a-ret>", Cmd::Fix, ""),
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
    (Ctx::Processes, "p", Cmd::PauseOrGo, "pause"),
    (Ctx::Processes, "d", Cmd::DebugThis, "debug"),
    (Ctx::Processes, "h", Cmd::ViewHeap, "heap"),
    (Ctx::Processes, "t", Cmd::ListTree, "tree"),
    (Ctx::Processes, "b", Cmd::BreakMessage, "break on msg"),
    (Ctx::Processes, "x", Cmd::Trace, "trace"),
    (Ctx::Processes, "K", Cmd::Kill, "kill"),
    (Ctx::Mailbox, "b", Cmd::BreakMessage, "break on msg"),
    (Ctx::Mailbox, "x", Cmd::Trace, "trace"),
    (Ctx::Mailbox, "K", Cmd::Kill, "kill"),
    (Ctx::Heap, "n", Cmd::HeapSnapshot, "snapshot"),
    (Ctx::Heap, "N", Cmd::HeapSnapshotAll, "of all"),
    (Ctx::Heap, "<ret>", Cmd::ListOpen, "open"),
    (Ctx::Heap, "d", Cmd::HeapCompare, "diff"),
    (Ctx::Heap, "m", Cmd::HeapMark, "mark"),
    (Ctx::Heap, "s", Cmd::ListSort, "sort"),
    (Ctx::Heap, "/", Cmd::ListFilter, "filter"),
    (Ctx::Heap, "R", Cmd::HeapName, "name"),
    (Ctx::Heap, "x", Cmd::HeapForget, "forget"),
    (Ctx::Gc, "p", Cmd::GcAlone, "this process"),
    (Ctx::Gc, "w", Cmd::GcWindow, "since start"),
    (Ctx::Gc, "<ret>", Cmd::ListOpen, "process"),
    (Ctx::Tests, "<ret>", Cmd::ListOpen, "open"),
    (Ctx::Tests, "t", Cmd::TestHere, "run"),
    (Ctx::Tests, "T", Cmd::TestAll, "run all"),
    (Ctx::Tests, "r", Cmd::TestFailed, "failed again"),
    (Ctx::Tests, "d", Cmd::TestDebug, "debug"),
    (Ctx::Tests, "x", Cmd::TestStop, "stop"),
    (Ctx::Tests, "w", Cmd::TestOnSave, "on save"),
    (Ctx::Tests, "/", Cmd::ListFilter, "filter"),
    (Ctx::Debug, "n", Cmd::DebugMessage, "next message"),
    (Ctx::Debug, "N", Cmd::DebugSame, ""),
    (Ctx::Debug, "b", Cmd::BreakToggle, "break"),
    (Ctx::Debug, "e", Cmd::DebugEdit, "edit+reload here"),
    (Ctx::Debug, "r", Cmd::DebugRestart, ""),
    (Ctx::Debug, "p", Cmd::DebugEval, ""),
    (Ctx::Debug, "=", Cmd::DebugAssign, ""),
    (Ctx::Debug, "D", Cmd::BreakData, ""),
    (Ctx::Debug, "I", Cmd::DebugInstruction, ""),
    (Ctx::Debug, "x", Cmd::Trace, "trace"),
    (Ctx::Debug, "B", Cmd::BreakCondition, ""),
    (Ctx::Debug, "w", Cmd::Watch, "watch"),
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
    (Ctx::List, "m", Cmd::Mute, ""),
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
    (Ctx::Digits, "7", Cmd::ViewTests, ""),
    (Ctx::Digits, "8", Cmd::ViewRepl, ""),
    // A line of input with a history.
    (Ctx::Line, "<ret>", Cmd::LineRun, "evaluate"),
    (Ctx::Line, "<up>", Cmd::LineUp, "older"),
    (Ctx::Line, "<down>", Cmd::LineDown, ""),
    (Ctx::Line, "<tab>", Cmd::LineComplete, "complete"),
    (Ctx::Line, "<c-space>", Cmd::LineComplete, ""),
    (Ctx::Line, "<a-i>", Cmd::LineInspect, "look into"),
    (Ctx::Line, "<a-up>", Cmd::LineAnswerOlder, ""),
    (Ctx::Line, "<a-down>", Cmd::LineAnswerNewer, ""),
    (Ctx::Line, "<a-r>", Cmd::LineHistory, ""),
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
    (Ctx::Calm, "<space>S", Cmd::FindDefinition, ""),
    (Ctx::Calm, "<space>/", Cmd::FindText, ""),
    (Ctx::Calm, "<space>p", Cmd::FindProcess, ""),
    (Ctx::Calm, "<space>n", Cmd::Findings, ""),
    (Ctx::Calm, "<space>j", Cmd::FindJump, ""),
    (Ctx::Calm, "<space>d", Cmd::FindDiagnostic, ""),
    (Ctx::Calm, "<space>t", Cmd::TestHere, ""),
    (Ctx::Calm, "<space>T", Cmd::TestAll, ""),
    (Ctx::Calm, "<space>a", Cmd::Fix, ""),
    (Ctx::Calm, "<space>r", Cmd::Reload, ""),
    (Ctx::Calm, "<space>R", Cmd::RollBack, ""),
    (Ctx::Calm, "<space>l", Cmd::LastLoad, ""),
    (Ctx::Calm, "<space>w", Cmd::SaveAll, ""),
    (Ctx::Calm, "<space>e", Cmd::EvalLine, ""),
    (Ctx::Calm, "<space>i", Cmd::ReplEvaluate, ""),
    (Ctx::Calm, "<space>k", Cmd::Inspect, ""),
    (Ctx::Calm, "<space>c", Cmd::Comment, ""),
    (Ctx::Calm, "<space>y", Cmd::YankClip, ""),
    (Ctx::Calm, "<space>u", Cmd::UndoTree, ""),
    (Ctx::Calm, "<space>\"", Cmd::ShowRegisters, ""),
    (Ctx::Calm, "<space>P", Cmd::PasteClip, ""),
    (Ctx::Calm, "<space>v", Cmd::ReplaceAll, ""),
    (Ctx::Calm, "<space>bb", Cmd::BreakToggle, ""),
    (Ctx::Calm, "<space>bc", Cmd::DebugGo, ""),
    (Ctx::Calm, "<space>bn", Cmd::DebugOver, ""),
    (Ctx::Calm, "<space>bi", Cmd::DebugInto, ""),
    (Ctx::Calm, "<space>bo", Cmd::DebugOut, ""),
    (Ctx::Calm, "<space>bp", Cmd::DebugPause, ""),
    (Ctx::Calm, "<space>ba", Cmd::DebugGoAll, ""),
    (Ctx::Calm, "<space>bl", Cmd::BreakList, ""),
    (Ctx::Calm, "<space>bx", Cmd::BreakClear, ""),
    (Ctx::Calm, "<space>bf", Cmd::BreakCondition, ""),
    (Ctx::Calm, "<space>bh", Cmd::BreakHits, ""),
    (Ctx::Calm, "<space>bt", Cmd::BreakLog, ""),
    (Ctx::Calm, "<space>bm", Cmd::BreakOn, ""),
    (Ctx::Calm, "<space>bw", Cmd::Watch, ""),
    (Ctx::Calm, "<space>bd", Cmd::BreakData, ""),
    (Ctx::Calm, "<space>be", Cmd::BreakException, ""),
    (Ctx::Calm, "<space>bz", Cmd::BreakOff, ""),
    (Ctx::Calm, "<space>bg", Cmd::DebugGoto, ""),
    (Ctx::Calm, "<space>br", Cmd::DebugRestart, ""),
    (Ctx::Calm, "<space>bs", Cmd::DebugAssign, ""),
    (Ctx::Calm, "<space>bv", Cmd::DebugEval, ""),
    (Ctx::Calm, "<space>bI", Cmd::DebugInstruction, ""),
    (Ctx::Calm, "<space>bC", Cmd::DebugCode, ""),
    (Ctx::Calm, "<space>b]", Cmd::DebugMessage, ""),
    (Ctx::Calm, "<space>b}", Cmd::DebugSame, ""),
    (Ctx::Calm, "<space>x", Cmd::ImageRestart, ""),
    (Ctx::Calm, "<space>X", Cmd::ImageStop, ""),
    (Ctx::Calm, "<space>1", Cmd::ViewCode, ""),
    (Ctx::Calm, "<space>2", Cmd::ViewProcesses, ""),
    (Ctx::Calm, "<space>3", Cmd::ViewHeap, ""),
    (Ctx::Calm, "<space>4", Cmd::ViewGc, ""),
    (Ctx::Calm, "<space>5", Cmd::ViewSchedulers, ""),
    (Ctx::Calm, "<space>6", Cmd::ViewDebug, ""),
    (Ctx::Calm, "<space>7", Cmd::ViewTests, ""),
    (Ctx::Calm, "<space>8", Cmd::ViewRepl, ""),
    (Ctx::Calm, "<space>:", Cmd::Palette, ""),
    (Ctx::Calm, "<space>?", Cmd::Help, ""),
    (Ctx::Calm, "<space>q", Cmd::Quit, ""),
    (Ctx::Calm, "<tab>", Cmd::PanelNext, "panel"),
    (Ctx::Calm, "<s-tab>", Cmd::PanelBack, ""),
    (Ctx::Calm, "<c-w>w", Cmd::WindowNext, ""),
    (Ctx::Calm, "<c-w>s", Cmd::SplitBelow, ""),
    (Ctx::Calm, "<c-w>v", Cmd::SplitBeside, ""),
    (Ctx::Calm, "<c-w>h", Cmd::WindowLeft, ""),
    (Ctx::Calm, "<c-w>j", Cmd::WindowDown, ""),
    (Ctx::Calm, "<c-w>k", Cmd::WindowUp, ""),
    (Ctx::Calm, "<c-w>l", Cmd::WindowRight, ""),
    (Ctx::Calm, "<c-w>o", Cmd::WindowOnly, ""),
    (Ctx::Calm, "<c-w>+", Cmd::WindowTaller, ""),
    (Ctx::Calm, "<c-w>-", Cmd::WindowShorter, ""),
    (Ctx::Calm, "<c-w><gt>", Cmd::WindowWider, ""),
    (Ctx::Calm, "<c-w><lt>", Cmd::WindowNarrower, ""),
    (Ctx::Calm, "<c-w>t", Cmd::TreeToggle, ""),
    (Ctx::Calm, "<c-w>e", Cmd::TreeFocus, ""),
    (Ctx::Calm, "<c-w>a", Cmd::OutlineFocus, ""),
    (Ctx::Calm, "<c-w>i", Cmd::StandingFocus, ""),
    (Ctx::Calm, "<c-w>p", Cmd::Standing, ""),
    (Ctx::Calm, "<c-w>x", Cmd::BufferClose, ""),
    (Ctx::Calm, "<c-w>z", Cmd::PanelZoom, ""),
    (Ctx::Calm, "<c-w>q", Cmd::WindowClose, ""),
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
    (Ctx::Always, "<f8>", Cmd::TutorNext, ""),
    (Ctx::Always, "<s-f8>", Cmd::TutorBack, ""),
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
    (Ctx::Always, "<a-7>", Cmd::ViewTests, ""),
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

static PARSED: OnceLock<Vec<Bind>> = OnceLock::new();

/// The names of contexts in a configuration.
const CONTEXTS: &[(&str, Ctx)] = &[
    ("always", Ctx::Always),
    ("calm", Ctx::Calm),
    ("normal", Ctx::Normal),
    ("insert", Ctx::Insert),
    ("fix", Ctx::Fix),
    ("offer", Ctx::Offer),
    ("choice", Ctx::Choice),
    ("standard", Ctx::Standard),
    ("list", Ctx::List),
    ("processes", Ctx::Processes),
    ("mailbox", Ctx::Mailbox),
    ("heap", Ctx::Heap),
    ("gc", Ctx::Gc),
    ("debug", Ctx::Debug),
    ("tests", Ctx::Tests),
    ("line", Ctx::Line),
    ("prompt", Ctx::Prompt),
];

/// The table with a user's bindings (context, keys, command) over the usual ones, and what is wrong with them. `none` unbinds.
pub fn merged(rows: &[(String, String, String)]) -> (Vec<Bind>, Vec<String>) {
    let (mut binds, mut wrong) = (usual(), Vec::new());
    for (context, keys, command) in rows {
        let Some((_, ctx)) = CONTEXTS.iter().find(|(n, _)| n == context) else {
            let all: Vec<&str> = CONTEXTS.iter().map(|(n, _)| *n).collect();
            wrong.push(format!(
                "no keys are called `{context}`; there are {}",
                all.join(", ")
            ));
            continue;
        };
        let cmd = super::by_name(command);
        let keys = match keys::parse(keys) {
            Ok(keys) if !keys.is_empty() && (cmd.is_some() || command == "none") => keys,
            Ok(_) => {
                wrong.push(format!("{keys}: no command is called `{command}`"));
                continue;
            }
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        binds
            .retain(|b| b.ctx != *ctx || !(b.keys.starts_with(&keys) || keys.starts_with(&b.keys)));
        binds.extend(cmd.map(|cmd| Bind {
            ctx: *ctx,
            keys,
            cmd,
            hint: "",
        }));
    }
    (binds, wrong)
}

/// Takes a table over, before the first key.
pub fn install(binds: Vec<Bind>) {
    // Who comes second finds the table in use already; there is one start only.
    let _ = PARSED.set(binds);
}

/// The key table.
pub fn table() -> &'static [Bind] {
    PARSED.get_or_init(usual)
}

fn usual() -> Vec<Bind> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_keys_replace_what_they_cover() {
        let row = |c: &str, k: &str, n: &str| (c.to_owned(), k.to_owned(), n.to_owned());
        let (binds, wrong) = merged(&[
            row("normal", "g", "join"),
            row("normal", "x", "none"),
            row("normal", "<c-j>", "nope"),
            row("abnormal", "x", "join"),
        ]);
        let normal = |keys: &str| {
            let keys = keys::parse(keys).unwrap();
            binds
                .iter()
                .filter(|b| b.ctx == Ctx::Normal && b.keys.starts_with(&keys))
                .map(|b| b.cmd)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (normal("g"), normal("x"), wrong.len()),
            (vec![Cmd::Join], vec![], 2)
        );
    }
}
