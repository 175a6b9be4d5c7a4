//! The standing panels beside the code on wide screens: their rows, and where each leads.
//!
//! Left, below the files: what the file defines, and what the image does not run yet. Right: the processes that work most, mailboxes,
//! workers, collections, findings. A box without data is left out.

use super::tests::TestState;
use super::{Action, Finding, Link, State};
use crate::editor::document::Document;
use crate::proto::Pid;

/// One row of a standing panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StandingRow {
    /// The head of a box, and facts at its right.
    Title(&'static str, String),
    /// Air.
    Blank,
    /// A remark.
    Words(String),
    /// A definition of the current file, by its place in the list.
    Symbol(usize),
    /// A definition that is not loaded: document, first character, name, who calls it.
    Changed(usize, usize, String, Option<usize>),
    /// A process that works.
    Hot(Pid),
    /// A mailbox.
    Mailbox(Pid),
    /// A worker, by its place in the list.
    Worker(usize),
    /// Collections of a kind.
    Gc(&'static str),
    /// All heaps together.
    Heap,
    /// How many tests passed, failed, run.
    Tests,
    /// A test that failed, by its place in the list.
    Failed(usize),
    /// A finding.
    Finding(Finding),
}

/// The name a line defines.
pub fn defined_name(line: &str) -> &str {
    const WORDS: &[&str] = &[
        "pub ", "private ", "type ", "trait ", "macro ", "test ", "var ", "const ",
    ];
    let mut rest = line;
    while let Some(after) = WORDS.iter().find_map(|w| rest.strip_prefix(w)) {
        rest = after;
    }
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '"'))
        .unwrap_or(rest.len());
    if rest.starts_with('"') {
        return rest.split('"').nth(1).unwrap_or(rest);
    }
    &rest[..end]
}

/// The first `n` by a measure, the largest first.
fn most<T>(all: impl Iterator<Item = (u64, T)>, n: usize) -> Vec<(u64, T)> {
    let mut out: Vec<(u64, T)> = Vec::with_capacity(n + 1);
    for (measure, item) in all.filter(|(m, _)| *m > 0) {
        if out.len() < n || out.last().is_some_and(|(m, _)| *m < measure) {
            let at = out.partition_point(|(m, _)| *m >= measure);
            out.insert(at, (measure, item));
            out.truncate(n);
        }
    }
    out
}

impl StandingRow {
    /// Where the row leads.
    pub fn leads(&self, state: &State) -> Option<Action> {
        match self {
            StandingRow::Title(..) | StandingRow::Blank | StandingRow::Words(_) => None,
            StandingRow::Symbol(i) => {
                let doc = state.editor.doc()?;
                Some(Action::Show(doc.id, doc.known.symbols.get(*i)?.at))
            }
            StandingRow::Changed(doc, at, ..) => Some(Action::Show(*doc, *at)),
            StandingRow::Hot(pid) | StandingRow::Mailbox(pid) => Some(Action::Process(*pid)),
            StandingRow::Worker(_) => Some(Action::Run(crate::commands::Cmd::ViewSchedulers)),
            StandingRow::Gc(_) => Some(Action::Run(crate::commands::Cmd::ViewGc)),
            StandingRow::Heap => Some(Action::Run(crate::commands::Cmd::ViewHeap)),
            StandingRow::Tests => Some(Action::Run(crate::commands::Cmd::ViewTests)),
            StandingRow::Failed(i) => {
                let place = state.tests.all.get(*i)?.place();
                let path = state.absolute(&place.path);
                Some(Action::Open(path, Some(place.line.saturating_sub(1))))
            }
            StandingRow::Finding(f) => Some(Action::Finding(f.key.clone(), f.pid, f.text.clone())),
        }
    }
}

impl State {
    /// Whether there is room and a wish for standing panels.
    fn standing(&self) -> bool {
        self.guide.panels.on && self.size.0 >= 160 && self.size.1 >= 30
    }

    /// Whether the outline stands below the files.
    pub fn outline_shown(&self) -> bool {
        let known = self
            .editor
            .doc()
            .is_some_and(|d| !d.known.symbols.is_empty() || !d.unloaded.is_empty());
        self.standing() && self.tree_shown() && known
    }

    /// Whether the panels at the right are shown.
    pub fn side_shown(&self) -> bool {
        self.standing() && !self.image.processes.is_empty()
    }

    /// Whether findings stand below the processes.
    pub fn findings_shown(&self) -> bool {
        self.guide.panels.on
            && self.size.0 >= 100
            && self.size.1 >= 30
            && !self.findings().is_empty()
    }

    /// The rows below the files.
    pub fn outline_rows(&self) -> Vec<StandingRow> {
        let mut out = Vec::new();
        let symbols = self.editor.doc().map_or(&[][..], |d| &d.known.symbols);
        // The module around all of it says nothing.
        let least = usize::from(symbols.first().is_some_and(|s| s.kind == "mod"));
        for (i, symbol) in symbols.iter().enumerate() {
            if symbol.depth == least && symbol.kind != "mod" {
                out.push(StandingRow::Symbol(i));
            }
        }
        let changed = self.changed_rows();
        if !changed.is_empty() {
            if !out.is_empty() {
                out.push(StandingRow::Blank);
            }
            out.push(StandingRow::Title("Changed, not loaded", String::new()));
            out.extend(changed);
            let keys = crate::commands::keys_of(
                &[crate::commands::Ctx::Always],
                crate::commands::Cmd::Save,
            );
            let keys = keys.unwrap_or_else(|| ":save-load".to_owned());
            out.push(StandingRow::Words(format!(
                "{} saves and loads",
                self.glyphs.key(&keys)
            )));
        }
        out
    }

    fn changed_rows(&self) -> Vec<StandingRow> {
        if self.image.link != Link::Live {
            return Vec::new();
        }
        let mut out = Vec::new();
        for doc in &self.editor.docs {
            for lines in doc.unloaded.iter().take(12) {
                let Some(line) = doc.text().get_line(lines.start) else {
                    continue;
                };
                let line = line.to_string();
                let name = defined_name(&line).to_owned();
                let at = doc.text().line_to_char(lines.start);
                let callers = self.callers(&name);
                out.push(StandingRow::Changed(doc.id, at, name, callers));
            }
        }
        out
    }

    /// How many other definitions of the open files name this one. `None`: the files are too long to look.
    fn callers(&self, name: &str) -> Option<usize> {
        const MOST: usize = 100_000;
        let all: usize = self.editor.docs.iter().map(|d| d.text().len_bytes()).sum();
        if name.is_empty() || all > MOST {
            return None;
        }
        Some(self.editor.docs.iter().map(|d| callers_in(d, name)).sum())
    }

    /// The longest mailboxes.
    pub fn longest_mailboxes(&self, n: usize) -> Vec<(u64, Pid)> {
        most(self.image.processes.iter().map(|p| (p.mailbox, p.id)), n)
    }

    /// The rows at the right.
    pub fn side_rows(&self) -> Vec<StandingRow> {
        let image = &self.image;
        let rate = |pid: Pid| image.tracks.get(&pid).map_or(0, |t| t.rate);
        let mut out: Vec<StandingRow> = Vec::new();
        let mut section = |title: &'static str, facts: String, rows: Vec<StandingRow>| {
            if !rows.is_empty() {
                if !out.is_empty() {
                    out.push(StandingRow::Blank);
                }
                out.push(StandingRow::Title(title, facts));
                out.extend(rows);
            }
        };
        let all = || image.processes.iter();
        let hot = most(all().map(|p| (rate(p.id), p.id)), 5);
        section(
            "Hot processes",
            "by reductions".to_owned(),
            hot.into_iter()
                .map(|(_, pid)| StandingRow::Hot(pid))
                .collect(),
        );
        let full = self.longest_mailboxes(4);
        section(
            "Mailboxes",
            "by length".to_owned(),
            full.into_iter()
                .map(|(_, pid)| StandingRow::Mailbox(pid))
                .collect(),
        );
        let busy = image.workers.iter().filter(|w| !w.idle).count();
        section(
            "Schedulers",
            format!("{busy} of {} at work", image.workers.len()),
            (0..image.workers.len().min(8))
                .map(StandingRow::Worker)
                .collect(),
        );
        let mut gc = Vec::new();
        if image.gc.minor.count > 0 {
            gc.push(StandingRow::Gc("minor"));
        }
        if image.gc.major.count > 0 {
            gc.push(StandingRow::Gc("major"));
        }
        gc.push(StandingRow::Heap);
        section("Memory", "collections".to_owned(), gc);
        let tests = &self.tests.all;
        let ran = tests.iter().any(|t| t.state != TestState::New);
        let mut rows: Vec<StandingRow> = ran.then_some(StandingRow::Tests).into_iter().collect();
        rows.extend(
            tests
                .iter()
                .enumerate()
                .filter(|(_, t)| matches!(t.state, TestState::Failed(_)))
                .map(|(i, _)| StandingRow::Failed(i))
                .take(4),
        );
        section(
            "Tests",
            crate::text::count(tests.len() as u64, "test"),
            rows,
        );
        let findings = self.findings();
        section(
            "Findings",
            findings.len().to_string(),
            findings
                .into_iter()
                .take(6)
                .flat_map(|f| {
                    // The evidence has a row of its own.
                    let more = f.text.split_once("; ").map(|(_, m)| m.to_owned());
                    std::iter::once(StandingRow::Finding(f)).chain(more.map(StandingRow::Words))
                })
                .collect(),
        );
        out
    }

    /// Who runs a definition: `4 live · 9.8M red/s · 61% of CPU`; nothing if nobody does.
    pub fn who_runs(&self, doc: &Document, from: usize, to: usize) -> Option<String> {
        if !self.guide.panels.notes || self.image.link != Link::Live {
            return None;
        }
        let (first, last) = (
            doc.text().char_to_line(from) + 1,
            doc.text().char_to_line(to) + 1,
        );
        let (mut live, mut rate, mut all) = (0u64, 0u64, 0u64);
        for p in &self.image.processes {
            let mine = self.image.tracks.get(&p.id).map_or(0, |t| t.rate);
            all += mine;
            let here = p.place.as_ref().is_some_and(|place| {
                (first..=last).contains(&place.line)
                    && (std::path::Path::new(&place.path) == doc.path || place.path == doc.name)
            });
            if here {
                live += 1;
                rate += mine;
            }
        }
        if live == 0 {
            return None;
        }
        let dot = self.glyphs.between;
        let mut out = format!("{} live", crate::text::grouped(live));
        if rate > 0 {
            out += &format!(" {dot} {} red/s", crate::text::short(rate));
            let share = rate * 100 / all.max(1);
            if share > 0 {
                out += &format!(" {dot} {share}%");
            }
        }
        Some(out)
    }

    /// Remembers the sum of all heaps.
    pub(super) fn note_heaps(&mut self) {
        let sum = self.image.processes.iter().map(|p| p.heap).sum();
        let heaps = &mut self.guide.panels.heaps;
        heaps.push_back(sum);
        while heaps.len() > 60 {
            heaps.pop_front();
        }
    }
}

/// How many definitions of a text name this one, besides itself.
fn callers_in(doc: &Document, name: &str) -> usize {
    let text = doc.text().to_string();
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (mut count, mut owner, mut counted) = (0, "", false);
    for line in text.lines() {
        let begins = line
            .chars()
            .next()
            .is_some_and(|c| !c.is_whitespace() && !matches!(c, '}' | ')' | ']' | '#'));
        if begins {
            (owner, counted) = (defined_name(line), false);
        }
        let code = line.split('#').next().unwrap_or(line);
        let named = code.match_indices(name).any(|(at, _)| {
            let (before, after) = (code[..at].chars().next_back(), &code[at + name.len()..]);
            !part(before) && after.starts_with('(')
        });
        if named && owner != name && !counted {
            (count, counted) = (count + 1, true);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first() {
        let all = [3, 0, 9, 4, 9, 1].into_iter().zip("abcdef".chars());
        let found: String = most(all, 3).into_iter().map(|(_, c)| c).collect();
        assert_eq!(found, "ced");
    }

    #[test]
    fn names_are_told_from_their_lines() {
        let names = [
            "pub f(x) = 1",
            "type T = A | B",
            "test \"two words\" = 1",
            "g[A](x)",
        ];
        let found = names.map(defined_name);
        assert_eq!(found, ["f", "T", "two words", "g"]);
    }
}
