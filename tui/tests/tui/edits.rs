//! Key scripts in the editor (`keys/*.keys`): a text with its selection marked, keys, the text after, as in Helix's own tests.
//! `BLESS=1` writes the answers.

use crate::driver::Driver;
use nostos_tui::analysis::Ide;
use nostos_tui::editor::selection::{Range, Selection};

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

/// One case of a script: the lines of text, keys and answer.
struct Case {
    line: usize,
    input: String,
    keys: String,
    output: String,
}

/// Blocks of three lines; blank lines and those that begin with `# ` are between them.
fn cases(script: &str) -> Vec<Case> {
    let mut lines = script
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.is_empty() && !l.starts_with("# "));
    let mut out = Vec::new();
    while let Some((line, input)) = lines.next() {
        let keys = lines.next().map(|(_, l)| l).expect("keys follow a text");
        let keys = keys
            .strip_prefix("  ")
            .unwrap_or_else(|| panic!("line {}: keys are indented", line + 2));
        let output = lines.next().map_or("", |(_, l)| l);
        let text = |t: &str| t.replace('⏎', "\n");
        out.push(Case {
            line: line + 1,
            input: text(input),
            keys: keys.to_owned(),
            output: text(output),
        });
    }
    out
}

/// The text after the keys, marked. The file is one of the language where the script's name says so; then `ide` may answer.
fn after(case: &Case, name: &str, ide: &mut Option<Ide>) -> String {
    let (text, selection) = unmark(&case.input);
    let root = std::env::temp_dir();
    let mut driver = Driver::bare(root.clone(), (80, 24));
    if name.starts_with("standard") {
        driver.keys(":keys standard<ret>");
    }
    let language = name.contains("language");
    let ending = if name.contains("syntax") || language {
        "nos"
    } else {
        "txt"
    };
    if language {
        let folder = crate::driver::project("keys");
        driver = Driver::bare(folder.clone(), (80, 24));
        driver.analyser = Some(ide.take().unwrap_or_else(|| Ide::new(folder)));
    }
    let root = driver.root.clone();
    driver.event(nostos_tui::state::Event::FileRead {
        path: root.join(format!("script.{ending}")),
        goto: None,
        result: Ok((ropey::Rope::from_str(&text), None)),
        revert: false,
    });
    driver.state.editor.doc_mut().expect("it is open").selection = selection;
    if language {
        driver.wait(1000);
    }
    driver.keys(&case.keys);
    *ide = driver.analyser.take();
    mark(
        &driver.text(),
        &driver.state.editor.doc().expect("it is open").selection,
    )
}

#[test]
fn keys_change_text_and_selection() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tui/keys");
    let bless = std::env::var_os("BLESS").is_some();
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut ide = None;
    for file in std::fs::read_dir(&folder)
        .expect("the scripts are there")
        .flatten()
    {
        let name = file.file_name().to_string_lossy().into_owned();
        let script = std::fs::read_to_string(file.path()).expect("it can be read");
        let mut lines: Vec<String> = script.lines().map(str::to_owned).collect();
        for case in cases(&script) {
            count += 1;
            let (text, selection) = unmark(&case.input);
            assert_eq!(
                mark(&text, &selection),
                case.input,
                "{name}:{}: the marks are read as written",
                case.line
            );
            let found = after(&case, &name, &mut ide);
            if found != case.output {
                wrong.push(format!(
                    "{name}:{} {:?} {}\n  expected {:?}\n  found    {found:?}",
                    case.line, case.input, case.keys, case.output
                ));
                lines[case.line + 1] = found.replace('\n', "⏎");
            }
        }
        if bless {
            std::fs::write(file.path(), lines.join("\n") + "\n").expect("it can be written");
        }
    }
    assert!(bless || wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 150, "only {count} scripts");
}
