//! A file with everything expanded, for people.

use super::calls::{Site, expanded};
use super::render;
use super::table::may_expand;
use crate::db::{Db, Project, file_items, source_of};
use crate::items::Made;
use crate::query::Database;
use crate::raw::Name;
use crate::ty::FileId;
use rustc_hash::FxHashSet;

/// The text of a file with calls of macros and decorated items replaced by what they stand for. Definitions of macros stay.
pub fn expanded_source(db: &Database, file: FileId) -> String {
    let project = db.project();
    let Some(source) = source_of(db, project, file) else {
        return String::new();
    };
    let text = source.text(db);
    if !may_expand(db, project, source) {
        return text.to_string();
    }
    let mut print = Print {
        calls: Vec::new(),
        kept: FxHashSet::default(),
    };
    print.collect(db, project, file);
    let items = file_items(db, source);
    print.text(&text, None, &items.expansions)
}

struct Print {
    /// Calls: the text they stand in when that is no file, where the definition starts, the call.
    calls: Vec<(Option<Name>, u32, Site)>,
    kept: FxHashSet<Name>,
}

impl Print {
    fn collect(&mut self, db: &dyn Db, project: Project, file: FileId) {
        let Some(source) = source_of(db, project, file) else {
            return;
        };
        let items = file_items(db, source);
        for entry in &items.fns {
            let Some(expanded) = expanded(db, project, entry.id) else {
                continue;
            };
            let (text, start) = match items.sources.get(&entry.id) {
                Some(source) => (Some(source.text.clone()), source.start),
                None => (None, entry.place.start),
            };
            let calls = expanded.sites.iter().cloned();
            self.calls
                .extend(calls.map(|site| (text.clone(), start, site)));
            self.kept.extend(expanded.kept.iter().cloned());
        }
    }

    fn text(&self, text: &str, of: Option<&Name>, made: &[Made]) -> String {
        let mut parts: Vec<(usize, usize, String)> = Vec::new();
        for made in made {
            let inner = self.text(&made.text, Some(&made.text), &made.inner);
            parts.push((made.range.start as usize, made.range.end as usize, inner));
        }
        let same = |other: &Option<Name>| match (other, of) {
            (Some(other), Some(of)) => std::sync::Arc::ptr_eq(other, of),
            (None, None) => true,
            _ => false,
        };
        for (_, start, site) in self.calls.iter().filter(|(text, ..)| same(text)) {
            let inner = render::readable(&site.text, &self.kept);
            let inner = match site.statement {
                true => inner.trim().to_string(),
                false => render::as_operand(&inner),
            };
            let at = |offset: u32| (offset + start) as usize;
            parts.push((at(site.written.start), at(site.written.end), inner));
        }
        parts.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut out = String::new();
        let mut at = 0;
        for (start, end, part) in parts {
            if start < at || end > text.len() {
                continue;
            }
            out.push_str(&render::readable(&text[at..start], &self.kept));
            out.push_str(&part);
            at = end;
        }
        out.push_str(&render::readable(&text[at..], &self.kept));
        out
    }
}
