//! What the debugger needs of the session: names and paths, where definitions stand, expressions over a frame's locals, and word of new code.

use super::expansions::number_of;
use super::{Cancel, Refusal};
use crate::build::{Build, Prepared};
use crate::live::Session;
use nostos_abi::code::CellId;
use nostos_abi::desc::ShapeId;
use nostos_check::deep::deep;
use nostos_check::query;
use nostos_check::ty::Ty;
use nostos_runtime::{Finished, Spot, Standing, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A value of an expression.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) ty: String,
}

/// A named value of a frame.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) value: Value,
    /// A lambda has taken it along.
    pub(super) captured: bool,
    /// Where it can be changed.
    pub(super) spot: Option<Spot>,
}

impl Session {
    /// Is this a file of the project, and not of the library?
    pub(crate) fn is_own(&self, file: &str) -> bool {
        self.build.lock().texts.contains_key(file)
    }

    /// The files of the project.
    pub(super) fn own_files(&self) -> BTreeSet<String> {
        self.build.lock().texts.keys().cloned().collect()
    }

    /// The files of the project, and those of the library of which some code runs.
    pub(super) fn source_files(&self) -> BTreeSet<String> {
        let mut files = self.own_files();
        let codes = self.image.codes();
        let used = codes.iter().map(|code| code.object.file.as_str());
        files.extend(used.filter(|file| !file.is_empty()).map(str::to_owned));
        files
    }

    /// The text of a file as it runs, by the path that is shown for it.
    pub(crate) fn source_text(&self, path: &str) -> Option<String> {
        let library = || {
            let mut files = nostos_std::FILES.iter();
            files
                .find(|(name, _)| *name == path)
                .map(|(_, text)| (*text).to_owned())
        };
        let own = self.name_of(path);
        let own = own.and_then(|name| {
            let build = self.build.lock();
            let text = build.texts.get(&name)?;
            Some(build.without_scraps(text).to_owned())
        });
        own.or_else(library)
    }

    /// The path to show for a file: absolute, but for the library's, which are on no disk.
    pub(crate) fn path_of(&self, file: &str) -> String {
        if number_of(file).is_some() {
            return file.to_owned();
        }
        if file.starts_with("std/") && !self.project.root.join(file).is_file() {
            return file.to_owned();
        }
        self.project.absolute(file).to_string_lossy().into_owned()
    }

    /// The name in the project of a path that a client gave. Clients may know the project through a link.
    pub(super) fn name_of(&self, path: &str) -> Option<String> {
        if number_of(path).is_some() {
            return Some(path.to_owned());
        }
        let path = Path::new(path);
        if path.is_relative() {
            return self.project.relative(&self.project.root.join(path));
        }
        let whole = || {
            let canonical: PathBuf = path.canonicalize().ok()?;
            self.project.relative(&canonical)
        };
        self.project.relative(path).or_else(whole)
    }

    /// The first and last lines of the project's functions as they stand in a build, by file and name.
    pub(super) fn definition_lines(build: &Build) -> BTreeMap<(String, String), (u32, u32)> {
        let mut lines = BTreeMap::new();
        for id in query::functions(&build.db) {
            let def = query::fn_def(&build.db, id);
            let index = build.db.line_index(def.file);
            let line = |offset| index.line_col(offset).line + 1;
            let place = (line(def.start), line(def.start + def.len.saturating_sub(1)));
            let file = build.db.path(def.file).to_string();
            lines.insert((file, def.name.to_string()), place);
        }
        lines
    }

    /// Does this expression over locals make sense, seen from a file?
    pub(super) fn makes_sense(&self, file: &str, locals: &[Known], text: &str) -> bool {
        deep(|| {
            let mut build = self.build.lock();
            let build = &mut *build;
            let mut typed = Vec::new();
            let mut shapes = Vec::new();
            for local in locals {
                if let Some(ty) = build.codegen.type_of(ShapeId(local.value.shape.0)) {
                    typed.push((Arc::from(local.name.as_str()), ty));
                    shapes.push((local.name.clone(), local.value.shape.0));
                }
            }
            let question = (file.to_owned(), text.to_owned(), shapes);
            if let Some(known) = build.ready.get(self.version(), &question) {
                return known.is_ok();
            }
            let prepared = prepare(build, file, &typed, text);
            let makes_sense = prepared.is_ok();
            build.ready.put(question, prepared);
            makes_sense
        })
    }

    /// The value of an expression over locals of a stopped process, seen from a file.
    pub(super) fn evaluate_over(
        &self,
        file: &str,
        locals: &[Known],
        owner: Standing,
        text: &str,
        cancel: &Cancel,
    ) -> Result<Outcome, Refusal> {
        let (finished, ty) = self.run_over(file, locals, owner, text, cancel)?;
        match self.image.render_result(&finished, false) {
            Some(text) => Ok(Outcome { text, ty }),
            None => Err(Refusal(finished.reason.to_string())),
        }
    }

    /// Which of these locals an expression is given, in this order.
    pub(super) fn captured(&self, locals: &[Known], text: &str) -> Vec<usize> {
        let build = self.build.lock();
        let each = locals.iter().enumerate();
        let given = each.filter(|(_, local)| {
            mentions(text, &local.name)
                && build
                    .codegen
                    .type_of(ShapeId(local.value.shape.0))
                    .is_some()
        });
        given.map(|(at, _)| at).collect()
    }

    /// A condition over them as code to be called, and the descriptor of its closure; none if it is no condition.
    pub(super) fn condition(
        &self,
        file: &str,
        locals: &[Known],
        text: &str,
    ) -> Option<(CellId, u32)> {
        let given = self.captured(locals, text);
        deep(|| {
            let mut build = self.build.lock();
            let build = &mut *build;
            let mut typed = Vec::new();
            let mut shapes = Vec::new();
            for local in given.into_iter().map(|at| &locals[at]) {
                let ty = build.codegen.type_of(ShapeId(local.value.shape.0))?;
                typed.push((Arc::from(local.name.as_str()), ty));
                shapes.push((local.name.clone(), local.value.shape.0));
            }
            let (cell, desc, ty) = self.ready(build, file, &typed, shapes, text).ok()?;
            (ty == "Bool").then_some((cell, desc))
        })
    }

    /// An expression over variables of these types as compiled code, looked up when it has been asked before.
    fn ready(
        &self,
        build: &mut Build,
        file: &str,
        typed: &[(Arc<str>, Ty)],
        shapes: Vec<(String, u32)>,
        text: &str,
    ) -> Prepared {
        let question = (file.to_owned(), text.to_owned(), shapes);
        let known = build.ready.get(self.version(), &question);
        let prepared = known.unwrap_or_else(|| {
            let prepared = prepare(build, file, typed, text);
            build.ready.put(question, prepared.clone());
            prepared
        })?;
        build.compile(&self.image, prepared.0)?;
        Ok(prepared)
    }

    /// Runs it; its result and type.
    pub(super) fn run_over(
        &self,
        file: &str,
        locals: &[Known],
        owner: Standing,
        text: &str,
        cancel: &Cancel,
    ) -> Result<(Finished, String), Refusal> {
        let mut lanes = Vec::new();
        let (cell, desc, ty) = deep(|| -> Result<_, Refusal> {
            let mut build = self.build.lock();
            let build = &mut *build;
            let mut typed = Vec::new();
            let mut shapes = Vec::new();
            // Values are copied for the call, so only those are given that are spoken of.
            for local in locals.iter().filter(|local| mentions(text, &local.name)) {
                // A value whose type cannot be told (a function's) cannot be named in the expression.
                if let Some(ty) = build.codegen.type_of(ShapeId(local.value.shape.0)) {
                    typed.push((Arc::from(local.name.as_str()), ty));
                    shapes.push((local.name.clone(), local.value.shape.0));
                    lanes.extend_from_slice(&local.value.lanes);
                }
            }
            Ok(self.ready(build, file, &typed, shapes, text)?)
        })?;
        let (pid, answer) = self
            .image
            .call_with(cell, desc, &lanes, owner, self.hears_here())
            .map_err(|error| Refusal(format!("cannot start a process: {error}")))?;
        Ok((self.finished(pid, &answer, cancel)?, ty))
    }
}

fn prepare(build: &mut Build, file: &str, typed: &[(Arc<str>, Ty)], text: &str) -> Prepared {
    let scope = build.db.file_id(file);
    let scope = scope.ok_or("the file of this frame is gone")?;
    let body = query::expression(&build.db, scope, typed, text).map_err(|found| {
        let sentences: Vec<String> = found.into_iter().map(|found| found.message).collect();
        sentences.join("\n")
    })?;
    let ty = query::render_ty(&build.db, &body.result);
    let cell = build.codegen.entry_cell(body);
    let desc = build.codegen.entry_closure(&build.db, cell);
    Ok((cell, desc.ok_or("this expression has no code")?, ty))
}

/// Does this name stand in the text as a word?
fn mentions(text: &str, name: &str) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(of_word) && !text[at + name.len()..].starts_with(of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_mentioned_as_a_whole_word() {
        for (text, expected) in [
            ("n", true),
            ("n + 1", true),
            ("f(n)", true),
            ("\"${n}\"", true),
            ("nn + m_n", false),
            ("list.len()", false),
            ("", false),
        ] {
            assert_eq!(mentions(text, "n"), expected, "{text}");
        }
    }
}
