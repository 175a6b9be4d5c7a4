//! Lists to choose from: what is in each, and what choosing does.

use crate::commands::{COMMANDS, keys_of};
use crate::editor::document::Severity;
use crate::editor::motion;
use crate::input::Input;
use crate::state::{Action, Cursor, Effect, Finder, Item, Popup, Rows, State, Tone};
use crate::text;

pub fn pick(state: &mut State, title: &'static str, items: Vec<Item>) {
    pick_rows(state, title, items.into());
}

pub fn pick_rows(state: &mut State, title: &'static str, items: Rows) {
    if items.is_empty() && !matches!(title, "files" | "anything") {
        return state.say(Tone::Plain, format!("there are no {title}"));
    }
    state.popup = Some(Popup::Picker {
        title,
        finder: Finder::new(items.clone(), &state.waker),
        items,
        query: Input::default(),
        cursor: Cursor::default(),
    });
}

/// Finds what is typed into the picker; the cursor stays among what is found.
pub fn look(state: &mut State) {
    if let Some(Popup::Picker {
        finder,
        query,
        cursor,
        ..
    }) = &mut state.popup
    {
        finder.look(query.text(), state.patience);
        cursor.fit(finder.count(), crate::view::picker_rows(state.size));
    }
}

pub fn palette(state: &mut State) {
    let contexts = state.contexts();
    let mut items: Vec<Item> = COMMANDS
        .iter()
        .map(|(cmd, name, title)| Item {
            label: format!("{title}  {name}"),
            detail: keys_of(&contexts, *cmd).unwrap_or_default(),
            action: Action::Run(*cmd),
        })
        .collect();
    for (name, argument, title) in crate::commands::TYPED
        .iter()
        .filter(|(_, argument, _)| !argument.is_empty())
    {
        items.push(Item {
            label: format!("{title}  :{name} {argument}"),
            detail: String::new(),
            action: Action::Type(name),
        });
    }
    let rows = Rows::from(items).and_files(&state.files, &state.root, "file");
    pick_rows(state, "anything", rows);
}

pub fn diagnostics(state: &mut State) {
    let mut items = Vec::new();
    for doc in &state.editor.docs {
        for d in doc.all_diagnostics() {
            let line = motion::line_of(doc.text(), d.from) + 1;
            let word = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            items.push(Item {
                label: format!("{}:{line}  {}", doc.name, d.message),
                detail: word.to_owned(),
                action: Action::Show(doc.id, d.from),
            });
        }
    }
    for d in state.image.reload.iter().flat_map(|(r, _)| &r.diagnostics) {
        let path = state.absolute(&d.path);
        if state.doc_of(&path).is_none() {
            let label = format!("{}:{}  {}", state.short(&path), d.start.0 + 1, d.message);
            items.push(Item {
                label,
                detail: d.severity.clone(),
                action: Action::Open(path, Some(d.start.0)),
            });
        }
    }
    pick(state, "diagnostics", items);
}

/// Definitions of the file; until it is analysed by the shape of their first line: at the left edge, a name, then what makes it a definition.
pub fn symbols(state: &mut State) {
    let Some(doc) = state.editor.doc() else {
        return;
    };
    let mut items = Vec::new();
    for symbol in &doc.known.symbols {
        let line = motion::line_of(doc.text(), symbol.at) + 1;
        items.push(Item {
            label: format!(
                "{:<6} {}{}",
                symbol.kind,
                "  ".repeat(symbol.depth),
                symbol.name
            ),
            detail: line.to_string(),
            action: Action::Show(doc.id, symbol.at),
        });
    }
    if !items.is_empty() {
        return pick(state, "definitions", items);
    }
    for (line, text) in doc.text().lines().enumerate() {
        let text = text.to_string();
        if text.starts_with([' ', '\t', '#', '}', '\n', '\r']) {
            continue;
        }
        let label = text.trim_end().trim_end_matches(['{', '=']).trim_end();
        if !label.is_empty() && !label.starts_with("use ") {
            items.push(Item {
                label: label.to_owned(),
                detail: (line + 1).to_string(),
                action: Action::Show(doc.id, doc.text().line_to_char(line)),
            });
        }
    }
    pick(state, "definitions", items);
}

/// The registers; choosing pastes.
pub fn registers(state: &mut State) {
    let all = state.editor.registers.list();
    let items = all.map(|(c, pieces)| Item {
        label: format!("{c}  {}", pieces.join(" | ").replace('\n', "⏎")),
        detail: String::new(),
        action: Action::Paste(c),
    });
    let items = items.collect();
    pick(state, "registers", items);
}

/// The revisions of the text, the newest first; choosing goes there.
pub fn undo_tree(state: &mut State) {
    let Some(doc) = state.editor.doc_mut() else {
        return;
    };
    doc.commit();
    let (id, current) = (doc.id, doc.revision());
    let rows = doc.history().rows();
    let mut items: Vec<Item> = rows
        .iter()
        .rev()
        .map(|row| {
            // Where the parent is not the one before, a branch begins.
            let branch = if row.parent + 1 == row.revision {
                String::new()
            } else {
                format!("  from {}", row.parent)
            };
            let here = if row.revision == current { " ●" } else { "" };
            Item {
                label: format!("{:>4}{here}  {}{branch}", row.revision, row.words),
                detail: format!("{} ago", text::seconds(state.now.saturating_sub(row.at))),
                action: Action::Revision(id, row.revision),
            }
        })
        .collect();
    if !items.is_empty() {
        let here = if current == 0 { " ●" } else { "" };
        let label = format!("   0{here}  as it was opened");
        items.push(Item {
            label,
            detail: String::new(),
            action: Action::Revision(id, 0),
        });
    }
    pick(state, "changes", items);
}

/// All settings; choosing one begins to change it.
pub fn settings(state: &mut State) {
    let items = crate::options::SETTINGS.iter().map(|s| Item {
        label: format!("{}  {}", s.name, s.about),
        detail: (s.get)(state),
        action: Action::Set(s.name),
    });
    let items = items.collect();
    pick(state, "settings", items);
}

/// The processes; choosing one shows it.
pub fn processes(state: &mut State) {
    let items = state.image.processes.iter().map(|p| Item {
        label: format!(
            "<{}> {}  {}",
            p.id,
            p.name.as_deref().unwrap_or(""),
            p.function
        ),
        detail: format!("{}, {}", p.state.word(), text::count(p.mailbox, "message")),
        action: Action::Process(p.id),
    });
    let items = items.collect();
    pick(state, "processes", items);
}

/// The places jumped from.
pub fn jumps(state: &mut State) {
    let items = state.editor.jumps.list().map(|(path, at)| {
        let doc = state.doc_of(path).map(|i| &state.editor.docs[i]);
        let line = doc.map(|d| motion::line_of(d.text(), (*at).min(d.text().len_chars())));
        let said = doc
            .zip(line)
            .map(|(d, l)| d.text().line(l).to_string().trim().to_owned());
        let place = line.map_or(String::new(), |l| format!(":{}", l + 1));
        Item {
            label: format!("{}{place}  {}", state.short(path), said.unwrap_or_default()),
            detail: String::new(),
            action: doc.map_or(Action::Open(path.clone(), None), |d| {
                Action::Show(d.id, *at)
            }),
        }
    });
    let items = items.collect();
    pick(state, "places", items);
}

/// Lines of the project that were found; choosing opens one.
pub fn lines(
    state: &mut State,
    title: &'static str,
    found: Vec<(std::path::PathBuf, usize, String)>,
) {
    let items = found.into_iter().map(|(path, line, said)| Item {
        label: format!("{}:{}  {}", state.short(&path), line + 1, said.trim()),
        detail: String::new(),
        action: Action::Open(path, Some(line)),
    });
    let items = items.collect();
    pick(state, title, items);
}

/// What the last load came to: what was swapped, how long it took, what was refused and where.
pub fn last_load(state: &mut State) {
    let Some((reload, at)) = &state.image.reload else {
        return state.say(
            Tone::Plain,
            "nothing was loaded since the image started; ^s does",
        );
    };
    let ago = crate::text::seconds(state.now.saturating_sub(*at));
    let took = crate::text::micros(reload.micros);
    let changed = crate::text::count(reload.changed.len() as u64, "definition");
    let first = if reload.ok {
        format!(
            "v{} runs: {changed} swapped, {} as before",
            reload.version, reload.unchanged
        )
    } else {
        format!("refused; v{} runs on", reload.version)
    };
    let mut items = vec![Item {
        label: first,
        detail: format!("{took}, {ago} ago"),
        action: Action::Nothing,
    }];
    for d in &reload.diagnostics {
        let path = state.absolute(&d.path);
        items.push(Item {
            label: format!("{}:{}  {}", state.short(&path), d.start.0 + 1, d.message),
            detail: d.severity.clone(),
            action: Action::Open(path, Some(d.start.0)),
        });
    }
    items.extend(reload.changed.iter().map(|name| Item {
        label: name.clone(),
        detail: "swapped".to_owned(),
        action: Action::Seek(name.clone()),
    }));
    pick(state, "last load", items);
}

/// Goes to a definition, `bank.transfer`: in an open text, else it is looked for in all files.
pub fn seek(state: &mut State, name: &str, out: &mut Vec<Effect>) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let last = last.split('/').next().unwrap_or(last);
    let shape = format!(
        r"(?m)^(?:(?:pub|private|type|trait|macro|mvar|var|const) )*{}\b",
        regex::escape(last)
    );
    let Ok(regex) = regex::Regex::new(&shape) else {
        return;
    };
    let found = state.editor.docs.iter().find_map(|d| {
        let text = d.text().to_string();
        let at = regex.find(&text)?;
        Some((d.id, d.text().byte_to_char(at.start())))
    });
    match found {
        Some((doc, at)) => super::keys::act(state, Action::Show(doc, at), out),
        None => super::typed::search_with(state, regex, "definitions", out),
    }
}

/// What is probably wrong in the running program.
pub fn findings(state: &mut State) {
    let all = state.findings();
    if all.is_empty() {
        return state.say(
            Tone::Good,
            "nothing is found wrong with what the image tells",
        );
    }
    let items = all.into_iter().map(|f| Item {
        label: f.text.clone(),
        detail: format!("<{}>", f.pid),
        action: Action::Finding(f.key, f.pid, f.text),
    });
    pick(state, "findings", items.collect());
}

/// What can be done about one of them.
pub fn finding(state: &mut State, key: String, pid: u64, text: String) {
    state.popup = Some(Popup::Question {
        text,
        answers: vec![
            ('p', "show the process", Action::Process(pid)),
            ('o', "open the line it is at", Action::SourceOf(pid)),
            ('m', "mute", Action::Mute(key)),
        ],
    });
}
