//! What can be written next, where somebody types an expression: names that are in sight, and the parts of a value behind a dot.

use super::*;
use values::Root;

/// Words an expression can begin or go on with.
const WORDS: &[&str] = &[
    "if", "then", "else", "match", "receive", "spawn", "try", "catch", "true", "false", "self",
];
/// Names in one answer.
const MOST: usize = 500;

impl Debugger {
    pub(super) fn completions(&self, frame: Option<(Pid, usize)>, text: &str) -> Vec<Completion> {
        let start = text
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            });
        let (before, typed) = text.split_at(start);
        let mut found = match before.strip_suffix('.') {
            Some(owner) => self.parts_of(frame, owner),
            None => self.in_sight(frame),
        };
        found.retain(|completion| completion.label.starts_with(typed));
        found.dedup_by(|a, b| a.label == b.label);
        found.truncate(MOST);
        found
    }

    /// The fields of the value before the dot, or what a module has.
    fn parts_of(&self, frame: Option<(Pid, usize)>, before: &str) -> Vec<Completion> {
        let from = before
            .rfind(|c: char| !c.is_alphanumeric() && !"_.[]".contains(c))
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        let owner = &before[from..];
        let mut found = Vec::new();
        if let Some((pid, frame)) = frame
            && let Ok((_, known)) = self.known(pid, frame)
        {
            let parts = self.reading(pid, Root::heap(None), |reading| {
                let root = Root::heap(None);
                let each = known.iter();
                let locals: Vec<Variable> = each
                    .map(|l| values::variable(reading, root, &l.name, &l.value))
                    .collect();
                let value = values::by_path(reading, root, &locals, owner)?;
                let Some(Place::Value { shape, lanes, .. }) = value.place else {
                    return None;
                };
                let value = runtime::Value {
                    shape: nostos_abi::desc::ShapeId(shape),
                    lanes,
                };
                Some(values::parts(reading, root, &value, None))
            });
            let parts = parts.ok().flatten().unwrap_or_default();
            found.extend(parts.into_iter().map(|part| Completion {
                label: part.name,
                detail: part.ty,
                kind: "field",
            }));
        }
        let prefix = format!("{owner}.");
        found.extend(self.functions().into_iter().filter_map(|function| {
            let label = function.label.strip_prefix(&prefix)?;
            (!label.contains('.')).then(|| Completion {
                label: label.to_owned(),
                ..function.clone()
            })
        }));
        found
    }

    fn in_sight(&self, frame: Option<(Pid, usize)>) -> Vec<Completion> {
        let mut found = Vec::new();
        let mut module = self.session.project.main.clone();
        if let Some((pid, frame)) = frame
            && let Ok((file, known)) = self.known(pid, frame)
        {
            module = file;
            let image = &self.session.image;
            found.extend(known.into_iter().map(|local| Completion {
                label: local.name,
                detail: image.shape_name(local.value.shape),
                kind: "variable",
            }));
        }
        let own = format!("{}.", module.trim_end_matches(".nos").replace('/', "."));
        for function in self.functions() {
            let label = function.label.strip_prefix(&own).unwrap_or(&function.label);
            // The library's are in sight everywhere; those of other modules behind their names.
            let bare = match label.rsplit_once('.') {
                Some((module, name)) if module.starts_with("std.") => name,
                Some((module, _)) => {
                    found.push(Completion {
                        label: module.to_owned(),
                        detail: String::new(),
                        kind: "module",
                    });
                    continue;
                }
                None => label,
            };
            found.push(Completion {
                label: bare.to_owned(),
                ..function.clone()
            });
        }
        let words = WORDS.iter().map(|word| Completion {
            label: (*word).to_owned(),
            detail: String::new(),
            kind: "keyword",
        });
        found.extend(words);
        found
    }

    /// All functions by their whole names, with what they take and give.
    fn functions(&self) -> Vec<Completion> {
        let build = self.session.build.lock();
        let each = query::functions(&build.db).into_iter();
        let mut all: Vec<Completion> = each
            .map(|id| query::fn_def(&build.db, id))
            .filter(|def| {
                def.name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_.".contains(c))
            })
            .map(|def| Completion {
                label: def.name.to_string(),
                detail: String::new(),
                kind: "function",
            })
            .collect();
        all.sort_by(|a, b| a.label.cmp(&b.label));
        all
    }
}
