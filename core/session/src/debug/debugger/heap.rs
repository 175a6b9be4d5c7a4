//! A process's heap as variables that any client can open: sizes, types by what they retain, their largest objects, the parts of an object, and what
//! keeps it alive. In: a process, what was opened, a page. Out: variables. What is opened below the sizes is read in a snapshot, so the process may run.

use super::super::{HeapObject, HeapPlace, HeapStep, HeapType};
use super::*;

/// What is said of an object beside its parts: see [`Debugger::object`].
const ABOUT: usize = 4;
/// Steps of a path that stand on its line.
const SHOWN_STEPS: usize = 8;

impl Debugger {
    /// How large it is, and what can be opened.
    pub(super) fn heap_in_words(&self, pid: Pid) -> Result<Vec<Variable>, Refusal> {
        let detail = self.session.image.process(pid).ok_or_else(|| nobody(pid))?;
        let plain = |name: &str, value: String| Variable::plain(name, value, "");
        let space = |(used, capacity): (usize, usize)| format!("{used} bytes of {capacity}");
        let several = |(count, bytes): (usize, usize)| format!("{count} objects, {bytes} bytes");
        let (minor, major) = detail.collections;
        let pause = detail.gc_pause.as_secs_f64() * 1e3;
        let used = (detail.heap_used, detail.heap_reserved);
        let mut rows = vec![
            plain("used", space(used)),
            plain("young", space(detail.young)),
            plain("old", space(detail.old)),
            plain("large", several(detail.large)),
            plain("shared", several(detail.shared)),
            plain(
                "collections",
                format!("{minor} minor, {major} major, {pause:.1} ms"),
            ),
            opened(
                "by type",
                "what is alive, by what it retains".into(),
                HeapPlace::Types,
            ),
        ];
        if self.heaps.has_before(pid) {
            let words = "since the snapshot before".into();
            rows.push(opened("growth", words, HeapPlace::Growth));
        }
        Ok(rows)
    }

    /// What is below that.
    pub(super) fn heap_part(
        &self,
        pid: Pid,
        part: &HeapPlace,
        page: Option<Page>,
    ) -> Result<Vec<Variable>, Refusal> {
        match (part, page) {
            (HeapPlace::Types, Some(page)) => {
                let (snapshot, _) = self.heaps.of(pid)?;
                let rows = self.heaps.types(snapshot, None)?;
                Ok(types(snapshot, &rows, page))
            }
            (HeapPlace::Growth, Some(page)) => {
                let (snapshot, before) = self.heaps.of(pid)?;
                let mut rows = self.heaps.types(snapshot, before)?;
                rows.retain(|row| row.before != Some(row.now));
                Ok(types(snapshot, &rows, page))
            }
            (HeapPlace::Type { snapshot, name }, Some(page)) => {
                let (_, rows) = self
                    .heaps
                    .objects(*snapshot, name, page.start, page.count)?;
                let rows = rows.iter().enumerate();
                Ok(rows
                    .map(|(i, row)| object(*snapshot, (page.start + i).to_string(), row))
                    .collect())
            }
            (HeapPlace::Object { snapshot, object }, None) => self.object(*snapshot, *object),
            (HeapPlace::Object { snapshot, object }, Some(page)) => {
                self.fields(*snapshot, *object, page)
            }
            (HeapPlace::Path { snapshot, object }, None) => self.path(*snapshot, *object),
            (HeapPlace::Path { .. }, Some(_))
            | (HeapPlace::Types | HeapPlace::Growth | HeapPlace::Type { .. }, None) => {
                Ok(Vec::new())
            }
        }
    }

    /// What is to say of an object beside its parts: [`ABOUT`] rows.
    fn object(&self, snapshot: u64, number: u64) -> Result<Vec<Variable>, Refusal> {
        let report = self.heaps.object(snapshot, number, 0, 0)?;
        let bytes = |bytes: u64| format!("{bytes} bytes");
        let mut rows = vec![
            Variable::plain("own size", bytes(report.object.bytes), ""),
            Variable::plain("retained", bytes(report.object.retained), ""),
        ];
        let name = "retained by";
        rows.push(match report.above {
            Some(above) => object(snapshot, name.into(), &self.heaps.one(snapshot, above)?),
            None => Variable::plain(name, "no other object alone", ""),
        });
        let path = HeapPlace::Path {
            snapshot,
            object: number,
        };
        rows.push(opened("path to root", path_in_words(&report.path), path));
        Ok(rows)
    }

    fn fields(&self, snapshot: u64, number: u64, page: Page) -> Result<Vec<Variable>, Refusal> {
        let fields = self
            .heaps
            .fields(snapshot, number, page.start, page.count)?;
        let mut rows = Vec::new();
        for (name, value, part) in fields {
            rows.push(match part {
                // The part's own text: of a string's bytes it may be but a piece.
                Some(part) => {
                    let row = self.heaps.one(snapshot, part)?;
                    object(snapshot, name, &HeapObject { text: value, ..row })
                }
                None => Variable::plain(name, value, ""),
            });
        }
        Ok(rows)
    }

    fn path(&self, snapshot: u64, number: u64) -> Result<Vec<Variable>, Refusal> {
        let report = self.heaps.object(snapshot, number, 0, 0)?;
        let mut rows = Vec::new();
        let mut leads = String::new();
        for step in &report.path {
            rows.push(match step {
                HeapStep::Frame(..) | HeapStep::Root(_) => {
                    Variable::plain("root", step_in_words(step), "")
                }
                HeapStep::Object(row, part) => {
                    let name = match std::mem::replace(&mut leads, part.clone()) {
                        none if none.is_empty() => "→".to_owned(),
                        part => format!("→ {part}"),
                    };
                    object(snapshot, name, row)
                }
            });
        }
        Ok(rows)
    }
}

/// A row that can be opened; how many parts it has is seen then.
fn opened(name: &str, value: String, place: HeapPlace) -> Variable {
    Variable {
        place: Some(Place::HeapPart(place)),
        ..Variable::plain(name, value, "")
    }
}

fn types(snapshot: u64, rows: &[HeapType], page: Page) -> Vec<Variable> {
    let page = &rows[page.of(rows.len())];
    let each = page.iter().map(|row| {
        let [count, bytes, retained] = row.now;
        let value = match row.before {
            None => format!("{count} objects, {bytes} bytes, {retained} retained"),
            Some(before) => {
                let growth = |i: usize| row.now[i] as i64 - before[i] as i64;
                format!(
                    "{:+} objects, {:+} bytes, {:+} retained",
                    growth(0),
                    growth(1),
                    growth(2)
                )
            }
        };
        let place = HeapPlace::Type {
            snapshot,
            name: row.name.clone(),
        };
        let shown = opened(&row.name, value, place);
        match count {
            0 => Variable {
                place: None,
                ..shown
            },
            _ => Variable {
                indexed: count as usize,
                ..shown
            },
        }
    });
    each.collect()
}

fn object(snapshot: u64, name: String, row: &HeapObject) -> Variable {
    let place = HeapPlace::Object {
        snapshot,
        object: row.object,
    };
    let value = format!("{} retained: {}", row.retained, row.text);
    Variable {
        ty: row.type_name.clone(),
        named: ABOUT,
        indexed: row.parts,
        ..opened(&name, value, place)
    }
}

fn step_in_words(step: &HeapStep) -> String {
    match step {
        HeapStep::Frame(function, file, line) => format!("{function} ({file}:{line})"),
        HeapStep::Root(what) => what.clone(),
        HeapStep::Object(row, part) if part.is_empty() => row.type_name.clone(),
        HeapStep::Object(row, part) => format!("{}.{part}", row.type_name),
    }
}

/// `main (main.nos:4) → Tree.0 → Tree.1 → String`; of a long one the first and the last steps.
fn path_in_words(path: &[HeapStep]) -> String {
    if path.is_empty() {
        return "nothing refers to it any more".into();
    }
    let words = |steps: &[HeapStep]| {
        let each: Vec<String> = steps.iter().map(step_in_words).collect();
        each.join(" → ")
    };
    match path.len().checked_sub(SHOWN_STEPS) {
        Some(left_out @ 1..) => {
            let half = SHOWN_STEPS / 2;
            let (first, last) = (&path[..half], &path[path.len() - half..]);
            format!("{} → {left_out} more → {}", words(first), words(last))
        }
        _ => words(path),
    }
}

#[cfg(test)]
mod tests {
    use super::{HeapStep, path_in_words};

    #[test]
    fn a_path_is_one_line() {
        let root = || HeapStep::Frame("main".into(), "main.nos".into(), 4);
        let words = |roots: usize| path_in_words(&(0..roots).map(|_| root()).collect::<Vec<_>>());
        assert_eq!(words(0), "nothing refers to it any more");
        assert_eq!(words(2), "main (main.nos:4) → main (main.nos:4)");
        assert_eq!(words(8).matches("main.nos").count(), 8);
        assert_eq!(words(20).matches("main.nos").count(), 8);
        assert!(words(20).contains(" → 12 more → "));
    }
}
