//! Key scripts in the editor: a text with its selection marked, keys, the text after.
//!
//! `#[abc|]#` is the main selection with its head at `|`, `#(abc|)#` another one; as in Helix's own tests.

use crate::driver::Driver;
use nostos_tui::editor::selection::{Range, Selection};

/// Input, keys, output.
const CASES: &[(&str, &str, &str)] = &[
    // Moving.
    ("#[a|]#bc\n", "l", "a#[b|]#c\n"),
    ("a#[b|]#c\n", "h", "#[a|]#bc\n"),
    ("#[a|]#bc\ndef\n", "j", "abc\n#[d|]#ef\n"),
    ("abc\nd#[e|]#f\n", "k", "a#[b|]#c\ndef\n"),
    ("abcd#[e|]#\nx\nabcdef\n", "jj", "abcde\nx\nabcd#[e|]#f\n"),
    ("#[f|]#oo bar\n", "w", "#[foo |]#bar\n"),
    ("#[f|]#oo bar\n", "e", "#[foo|]# bar\n"),
    ("foo ba#[r|]#\n", "b", "foo #[|bar]#\n"),
    ("#[f|]#oo.bar baz\n", "W", "#[foo.bar |]#baz\n"),
    ("#[f|]#oo bar baz\n", "2w", "foo #[bar |]#baz\n"),
    ("  fo#[o|]# bar\n", "0", "#[ |]# foo bar\n"),
    ("  fo#[o|]# bar\n", "^", "  #[f|]#oo bar\n"),
    ("#[f|]#oo bar\n", "$", "foo ba#[r|]#\n"),
    ("a\nb\n#[c|]#\n", "gg", "#[a|]#\nb\nc\n"),
    ("#[a|]#\nb\nc\n", "G", "a\nb\n#[c|]#\n"),
    ("#[a|]#\nb\nc\n", "2gg", "a\n#[b|]#\nc\n"),
    ("#[f|]#(a, b)\n", "f,", "#[f(a,|]# b)\n"),
    ("#[f|]#(a, b)\n", "t,", "#[f(a|]#, b)\n"),
    ("f(a, #[b|]#)\n", "F(", "f#[|(a, b]#)\n"),
    ("f#[(|]#a, (b))\n", "mm", "f(a, (b)#[)|]#\n"),
    // Selecting.
    ("f#[o|]#o\nbar\n", "x", "#[foo\n|]#bar\n"),
    ("f#[o|]#o\nbar\nbaz\n", "xx", "#[foo\nbar\n|]#baz\n"),
    ("#[f|]#oo bar\n", "vww", "#[foo bar|]#\n"),
    ("#[f|]#oo bar\n", "vll", "#[foo|]# bar\n"),
    ("foo #[b|]#ar\n", "vhh", "fo#[|o b]#ar\n"),
    ("a#[b|]#c\n", "%", "#[abc\n|]#"),
    ("#[foo|]# bar\n", ";", "fo#[o|]# bar\n"),
    ("#[foo|]# bar\n", "<a-;>", "#[|foo]# bar\n"),
    ("#[a|]#b\ncd\n", "C", "#(a|)#b\n#[c|]#d\n"),
    ("#(a|)#b\n#[c|]#d\n", ",", "ab\n#[c|]#d\n"),
    // Changing.
    ("#[foo|]# bar\n", "d", "#[ |]#bar\n"),
    ("#[foo|]# bar\n", "cbaz<esc>", "baz#[ |]#bar\n"),
    ("#[b|]#ar\n", "ifoo<esc>", "foo#[b|]#ar\n"),
    ("fo#[o|]#\n", "abar<esc>", "fooba#[r|]#\n"),
    ("  fo#[o|]#\n", "Ix<esc>", "  x#[f|]#oo\n"),
    ("#[f|]#oo\n", "Ax<esc>", "foo#[x|]#\n"),
    ("  a = #[1|]#\nb\n", "oc<esc>", "  a = 1\n  c#[\n|]#b\n"),
    (
        "  f() = #[{|]#\n}\n",
        "oc<esc>",
        "  f() = {\n    c#[\n|]#}\n",
    ),
    ("  #[a|]#\n", "Ob<esc>", "  b#[\n|]#  a\n"),
    ("#[foo |]#bar\n", "yp", "foo #[foo |]#bar\n"),
    ("#[foo|]# bar\n", "yP", "#[foo|]#foo bar\n"),
    ("#[foo\n|]#bar\n", "yjp", "foo\nbar\n#[foo\n|]#"),
    ("#[foo\n|]#bar\n", "dp", "bar\n#[foo\n|]#"),
    ("#[foo|]#\n", "rx", "#[xxx|]#\n"),
    ("#[foo|]# #(bar|)#\n", "yR", "#[foo|]# #(bar|)#\n"),
    ("#[foo|]#\n", "~", "#[FOO|]#\n"),
    ("#[a|]#\n", ">", "  #[a|]#\n"),
    ("    #[a|]#\n", "<lt>", "  #[a|]#\n"),
    ("#[a|]#\n  b\n", "J", "#[a|]# b\n"),
    ("  #[a|]#\n  b\n", "x<c-c>", "#[  # a\n|]#  b\n"),
    ("#[  # a\n|]#", "<c-c>", "#[  a\n|]#"),
    // Several cursors at once.
    ("#(a|)#b\n#[c|]#d\n", "ix<esc>", "x#(a|)#b\nx#[c|]#d\n"),
    ("#(a|)#b\n#[c|]#d\n", "d", "#(b|)#\n#[d|]#\n"),
    ("#(ab|)#\n#[cd|]#\n", "yp", "ab#(ab|)#\ncd#[cd|]#\n"),
    ("#(a|)#\n#[b|]#\n", "ox<esc>", "a\nx#(\n|)#b\nx#[\n|]#"),
    // Undo.
    ("#[foo|]# bar\n", "du", "#[foo|]# bar\n"),
    ("#[a|]#\n", "ione<esc>itwo<esc>u", "one#[a|]#\n"),
    ("#[a|]#\n", "ione<esc>uU", "one#[a|]#\n"),
    ("#[a|]#\n", "ione<esc>uitwo<esc>uU", "two#[a|]#\n"),
    // Typing.
    ("#[|]#", "ia<ret>b<esc>", "a\nb#[|]#"),
    ("f() = {#[\n|]#", "i<ret>x<esc>", "f() = {\n  x#[\n|]#"),
    ("f(#[)|]#\n", "i<ret>x<esc>", "f(\n  x#[\n|]#)\n"),
    ("a    #[b|]#\n", "i<bs><bs><esc>", "a  #[b|]#\n"),
    ("    #[b|]#\n", "i<bs><esc>", "  #[b|]#\n"),
    ("foo bar#[\n|]#", "i<c-w><esc>", "foo #[\n|]#"),
    ("foo bar#[\n|]#", "i<c-u><esc>", "#[\n|]#"),
    ("#[f|]#oo\n", "i<c-k><esc>", "#[\n|]#"),
    ("#[g|]#rün 世界\n", "wd", "#[世|]#界\n"),
    // Searching.
    ("#[f|]#oo bar foo\n", "/ba<ret>", "foo #[ba|]#r foo\n"),
    ("#[f|]#oo bar foo\n", "/foo<ret>n", "foo bar #[foo|]#\n"),
    ("#[foo|]# bar foo\n", "*", "foo bar #[foo|]#\n"),
    ("foo bar #[f|]#oo\n", "/bar<ret>N", "foo #[bar|]# foo\n"),
    ("#[f|]#oo bar\n", "/ba<esc>", "#[f|]#oo bar\n"),
];

/// Takes the marks out: text and selection.
fn unmark(marked: &str) -> (String, Selection) {
    let (mut text, mut ranges, mut primary) = (String::new(), Vec::new(), 0);
    let mut rest = marked;
    let (mut start, mut head, mut main, mut open, mut at) = (0, None, false, false, 0);
    while let Some(c) = rest.chars().next() {
        let (skip, inside) = match () {
            () if rest.starts_with("#[") => {
                (start, main, open, head) = (at, true, false, None);
                (2, false)
            }
            () if rest.starts_with("#(") => {
                (start, main, open, head) = (at, false, true, None);
                (2, false)
            }
            () if rest.starts_with("]#") || (open && rest.starts_with(")#")) => {
                let head = head.expect("a selection has a head");
                open = false;
                let anchor = if head == start { at } else { start };
                if main {
                    primary = ranges.len();
                }
                ranges.push(if start == at {
                    Range::point(at)
                } else {
                    Range::new(anchor, head)
                });
                (2, false)
            }
            () if c == '|' => {
                head = Some(at);
                (1, false)
            }
            () => (c.len_utf8(), true),
        };
        if inside {
            text.push(c);
            at += 1;
        }
        rest = &rest[skip..];
    }
    (text, Selection::new(ranges, primary))
}

/// Puts the marks in.
fn mark(text: &str, selection: &Selection) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for i in 0..=chars.len() {
        for (n, r) in selection.ranges().iter().enumerate() {
            let (open, close) = if n == selection.primary_index() {
                ("#[", "]#")
            } else {
                ("#(", ")#")
            };
            if r.to() == i && !r.is_empty() {
                out.push_str(if r.head == i { "|" } else { "" });
                out.push_str(close);
            }
            if r.from() == i {
                out.push_str(open);
                out.push_str(if r.head == i { "|" } else { "" });
                out.push_str(if r.is_empty() { close } else { "" });
            }
        }
        out.extend(chars.get(i));
    }
    out
}

#[test]
fn keys_change_text_and_selection() {
    let mut wrong = Vec::new();
    for (n, (input, keys, expected)) in CASES.iter().enumerate() {
        let (text, selection) = unmark(input);
        let root = std::env::temp_dir();
        let mut driver = Driver::bare(root.clone(), (80, 24));
        let rope = ropey::Rope::from_str(&text);
        let event = nostos_tui::state::Event::FileRead {
            path: root.join(format!("{n}.txt")),
            goto: None,
            result: Ok((rope, None)),
            revert: false,
        };
        driver.event(event);
        driver.state.editor.doc_mut().expect("it is open").selection = selection;
        driver.keys(keys);
        let found = mark(
            &driver.text(),
            &driver.state.editor.doc().expect("it is open").selection,
        );
        if found != *expected {
            wrong.push(format!(
                "{input:?} {keys}\n  expected {expected:?}\n  found    {found:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn marks_are_read_as_they_are_written() {
    for (input, _, output) in CASES {
        for marked in [input, output] {
            let (text, selection) = unmark(marked);
            assert_eq!(mark(&text, &selection), **marked);
        }
    }
}
