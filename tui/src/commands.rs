//! Every command, its name and what it does in words; and the key table, which binds keys to commands per context.
//!
//! This is data: the last row of the screen, the popups after a prefix, the `?` help, the palette and `:` completion are all made
//! from these two tables. What a command does is in `update` and `editor`.

mod keymap;
mod typed;

pub use keymap::{
    Bind, Ctx, Found, PREFIXES, continuations, find, install, keys_of, merged, table,
};
pub use typed::TYPED;

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
    RollBack "roll-back" "roll back the last load";
    LastLoad "last-load" "what the last load changed";
    Quit "quit" "quit, asking about changes";
    Suspend "suspend" "suspend to the shell";
    Settings "settings" "all settings and what they are";
    ConfigOpen "config-open" "open the file of your settings";
    Redraw "redraw" "draw the screen anew";
    Welcome "welcome" "choose keys and colours, as at the first start";
    Tutor "tutor" "take the tutorial, in a project of its own";
    TutorNext "tutor-next" "tutorial: pass this step over";
    TutorBack "tutor-back" "tutorial: back to the lesson before";
    TutorLeave "tutor-leave" "leave the tutorial; it goes on there next time";
    Help "help" "keys that work here";
    Palette "commands" "find a command";
    CommandLine "command-line" "type a command";
    FindFile "files" "find a file";
    FindBuffer "buffers" "open files";
    FindText "search-files" "search the text of all files";
    FindDefinition "project-symbols" "definitions of the project";
    FindProcess "processes" "find a process";
    Findings "findings" "findings of the running image";
    FindJump "jumps" "places you came from";
    FindDiagnostic "diagnostics" "list the diagnostics";
    FindSymbol "symbols" "definitions of this file";
    ViewCode "view-code" "show the code";
    ViewProcesses "view-processes" "show the processes";
    ViewHeap "view-heap" "show the heap of a process";
    ViewGc "view-gc" "show the garbage collections";
    ViewSchedulers "view-schedulers" "show the schedulers";
    ViewDebug "view-debug" "show the debugger";
    ViewTests "view-tests" "show the tests";
    ViewRepl "view-repl" "show the REPL";
    PanelNext "panel-next" "go to the next panel";
    PanelBack "panel-back" "go to the previous panel";
    PanelZoom "panel-zoom" "this panel alone, or back";
    Freeze "freeze" "freeze or thaw what is live";
    Back "back" "back, close, clear";
    ImageRestart "image-restart" "restart the image";
    ImageStop "image-stop" "stop the image";
    // Tests.
    TestHere "test" "run the test under the cursor";
    TestAll "test-all" "run all tests";
    TestFailed "test-failed" "run the tests that failed";
    TestStop "test-stop" "stop the tests that run";
    TestOnSave "test-on-save-switch" "run the tests at every save, or no longer";
    TestDebug "test-debug" "debug the test under the cursor";
    // Debugger.
    DebugGo "debug-continue" "let the stopped process run on";
    DebugOver "debug-over" "step over to the next line";
    DebugInto "debug-into" "step into the call";
    DebugOut "debug-out" "run until this function returns";
    DebugMessage "debug-next-message" "run to the next message";
    DebugSame "debug-next-same" "run to the next message of this shape";
    DebugInstruction "debug-instruction" "step to where code can stop next, in the library too";
    DebugRestart "debug-restart-frame" "run this frame again from its start, in the newest code";
    DebugGoto "debug-goto" "go on at this line instead";
    DebugCode "debug-code" "show the machine code of this frame";
    DebugAssign "debug-assign" "give a variable another value";
    DebugEval "debug-evaluate" "evaluate the selection or variable in this frame";
    DebugEdit "debug-edit" "edit here; ^s loads while the process stays stopped";
    Trace "trace" "keep what happens to this process, or no longer";
    PauseOrGo "pause" "stop this process, or let it run on";
    DebugPause "debug-pause" "stop the selected process";
    DebugGoAll "debug-continue-all" "let all stopped processes run on";
    BreakToggle "breakpoint" "set or clear a breakpoint on this line";
    BreakClear "breakpoints-clear" "clear all breakpoints";
    BreakList "breakpoints" "list the breakpoints";
    BreakCondition "breakpoint-condition" "stop on this line only if …";
    BreakHits "breakpoint-hits" "stop on this line only at some hits";
    BreakLog "breakpoint-log" "log on this line instead of stopping";
    BreakOn "breakpoint-on" "stop at a function, a message or an end";
    BreakOff "breakpoint-off" "switch the breakpoint of this line off, or on again";
    BreakData "breakpoint-data" "stop who changes a variable or mvar";
    BreakException "breakpoint-exceptions" "stop where something is thrown";
    BreakMessage "breakpoint-message" "stop who receives such a message";
    Watch "watch-value" "watch the value of an expression where a process stops";
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
    ListTree "tree" "as a tree, or flat";
    Kill "kill" "end the process, asking first";
    ListSource "open-source" "open the source line";
    ListCopy "copy" "copy the row";
    ListRefresh "refresh" "ask the image again";
    HeapSnapshot "heap-snapshot" "take a snapshot of the selected process's heap";
    HeapSnapshotAll "heap-snapshot-all" "take a snapshot of the heaps of all processes";
    HeapCompare "heap-compare" "what changed since the marked snapshot, or the one before";
    HeapMark "heap-mark" "mark the snapshot others are compared with";
    HeapName "heap-name" "give the snapshot a name";
    HeapForget "heap-forget" "forget the snapshot";
    GcAlone "gc-process" "collections of the selected process alone, or of all";
    GcWindow "gc-since-start" "pauses since the start, or of the last minute";
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
    LineInspect "line-inspect" "look into the answer";
    LineAnswerOlder "line-answer-older" "choose an older answer";
    LineAnswerNewer "line-answer-newer" "choose a newer answer";
    LineHistory "line-history" "find an older line";
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
    FoldToggle "fold" "fold or unfold what is here";
    FoldAll "fold-all" "fold every definition";
    FoldNone "unfold-all" "unfold everything";
    WrapToggle "wrap" "long lines go on in the next row, or not";
    SplitBelow "split-below" "one more window below";
    SplitBeside "split-beside" "one more window beside";
    WindowNext "window-next" "to the next window, then the next panel";
    WindowLeft "window-left" "to the window at the left";
    WindowDown "window-down" "to the window below";
    WindowUp "window-up" "to the window above";
    WindowRight "window-right" "to the window at the right";
    WindowClose "window-close" "close the window";
    WindowOnly "window-only" "close all other windows";
    WindowTaller "window-taller" "more rows for the window";
    WindowShorter "window-shorter" "fewer rows for the window";
    WindowWider "window-wider" "more columns for the window";
    WindowNarrower "window-narrower" "fewer columns for the window";
    TreeToggle "file-tree" "show or hide the files of the project";
    Standing "panels" "show or hide the panels beside the code: outline, processes, findings";
    StandingFocus "panels-focus" "go to the panels at the right";
    OutlineFocus "outline-focus" "go to the outline of the file";
    Mute "mute" "show this finding no more";
    TreeFocus "file-tree-focus" "go to the files of the project";
    ScrollDown "scroll-down" "scroll down";
    ScrollUp "scroll-up" "scroll up";
    FindChar "find-char" "to the next … (type it)";
    TillChar "till-char" "until before the next … (type it)";
    FindCharBack "find-char-back" "back to the previous … (type it)";
    TillCharBack "till-char-back" "back until after the previous … (type it)";
    Matching "matching-bracket" "to the matching bracket";
    FunctionNext "function-next" "to the next function";
    FunctionBack "function-back" "to the previous function";
    TypeNext "type-next" "to the next type";
    TypeBack "type-back" "to the previous type";
    TestNext "test-next" "to the next test";
    TestBack "test-back" "to the previous test";
    ParameterNext "parameter-next" "to the next parameter or argument";
    ParameterBack "parameter-back" "to the previous parameter or argument";
    CommentNext "comment-next" "to the next comment";
    CommentBack "comment-back" "to the previous comment";
    ParagraphNext "paragraph-next" "to the next paragraph";
    ParagraphBack "paragraph-back" "to the previous paragraph";
    LastChange "last-change" "to the newest change of this text";
    ColumnGoto "goto-column" "to the column of the count";
    RepeatMotion "repeat-motion" "the last f, t, F or T again";
    FileUnder "goto-file" "open the file named under the cursor";
    DiagnosticFirst "diagnostic-first" "to the first diagnostic";
    DiagnosticLast "diagnostic-last" "to the last diagnostic";
    BufferLast "buffer-last" "to the file shown before";
    Definition "definition" "to the definition of the name";
    References "references" "where the name is used";
    Callers "callers" "the functions that use the name";
    Rename "rename-name" "give the name another name everywhere";
    Fix "fix" "fix what the diagnostic says";
    HintsToggle "inlay-hints" "types and names that are left out, shown or not";
    Complete "complete" "what could be typed here";
    ChoiceNext "choice-next" "the next thing that could be typed";
    ChoiceBack "choice-back" "the one before";
    ChoiceTake "choice-take" "type what is chosen";
    ChoiceClose "choice-close" "type on without it";
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
    SplitLines "split-lines" "split the selection at line breaks";
    SelectMatches "select-matches" "select what matches a pattern, inside the selection";
    SplitMatches "split-selection" "split the selection where a pattern matches";
    KeepMatches "keep-selections" "keep the selections that match a pattern";
    DropMatches "remove-selections" "remove the selections that match a pattern";
    MergeAll "merge-selections" "one selection from the first to the last";
    MergeTouching "merge-consecutive" "merge selections that touch";
    Trim "trim-selections" "blanks at the ends out of the selections";
    AlignColumns "align-selections" "align the selections in columns";
    RotateForward "rotate-selections" "make the next selection the main one";
    RotateBack "rotate-selections-back" "make the previous selection the main one";
    RotateContents "rotate-contents" "rotate the texts of the selections";
    RotateContentsBack "rotate-contents-back" "rotate the texts of the selections backwards";
    DropPrimary "remove-primary" "remove the main selection";
    Forward "ensure-forward" "put the cursors at the ends of the selections";
    ToLines "extend-to-lines" "widen the selection to whole lines";
    InLines "shrink-to-lines" "narrow the selection to whole lines";
    ExpandNode "expand-selection" "select what is around, by the grammar";
    ShrinkNode "shrink-selection" "back to the smaller selection";
    NodeNext "next-sibling" "select the next part beside this one";
    NodeBack "previous-sibling" "select the previous part beside this one";
    NodeSiblings "select-siblings" "select all parts beside this one";
    NodeChildren "select-children" "select all parts of this one";
    SelectInside "select-inside" "select inside … (name it)";
    SelectAround "select-around" "select around … (name it)";
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
    Format "format" "write the file in the one style";
    FormatSelection "format-selection" "write what is selected in the one style";
    CutLine "cut" "cut the selection or line";
    CopyLine "copy-line" "copy the selection or line";
    DeleteKeep "delete-noyank" "delete without copying";
    ChangeKeep "change-noyank" "replace by typing without copying";
    LowerCase "lower-case" "to lower case";
    UpperCase "upper-case" "to upper case";
    Increment "increment" "count the number under the cursor up";
    Decrement "decrement" "count the number under the cursor down";
    LineBelow "blank-below" "a blank line below";
    LineAbove "blank-above" "a blank line above";
    SurroundAdd "surround-add" "put … around the selection (type it)";
    SurroundDrop "surround-delete" "take the surrounding … away (type it)";
    SurroundChange "surround-replace" "replace the surrounding … by … (type both)";
    Earlier "undo-earlier" "back in time, over all branches of undo";
    Later "undo-later" "forth in time, over all branches of undo";
    UndoTree "undo-tree" "show the undo tree";
    ChooseRegister "register" "use register … for the next command (type it)";
    InsertRegister "insert-register" "insert register … (type it)";
    ShowRegisters "registers" "show the registers";
    PasteClip "paste-clipboard" "paste from the clipboard";
    RepeatInsert "repeat-insert" "the last insertion again";
    MacroRecord "macro-record" "record keys, or end the recording";
    MacroPlay "macro-play" "play the recorded keys";
    Search "search" "search";
    SearchReverse "search-reverse" "search backwards";
    ReplaceAll "replace-matches" "replace what matches a pattern";
    SearchNext "search-next" "next match";
    SearchBack "search-back" "previous match";
    SelectNextSame "select-next-same" "one more selection of the same text";
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

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
