//! What the text leaves out: types of parameters, results and bindings, names of parameters; and what of it can be folded or selected.

use crate::Position;
use crate::ask::{Ask, ends};
use nostos_check::db::fn_place;
use nostos_check::hir::expansion_at;
use nostos_check::query;
use nostos_check::ty::{FileId, Ty};
use nostos_syntax::{Kind, ast};
use std::collections::HashMap;
use std::ops::Range;

/// Text to show at a place, which does not stand there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InlayHint {
    /// Where.
    pub at: Position,
    /// What: `: Int`, ` -> Int`, `amount: `.
    pub text: String,
    /// The name of a parameter, not a type.
    pub parameter: bool,
}

impl Ask<'_> {
    /// The types that lines leave out.
    pub fn inlay_hints(&self, file: FileId, lines: &Range<u32>) -> Option<Vec<InlayHint>> {
        let project = self.db.project();
        let parse = self.parse(file)?;
        // Types of locals, by where these are bound; results of functions, by where these begin.
        let (mut locals, mut results) = (HashMap::new(), HashMap::new());
        for id in query::functions_of_file(self.db, file) {
            let Some(place) = fn_place(self.db, project, id) else {
                continue;
            };
            let first = self.range(file, &(place.start..place.start + place.len));
            if first.start.line >= lines.end || first.end.line < lines.start {
                continue;
            }
            let Some(body) = query::sketch(self.db, id) else {
                continue;
            };
            for local in body.locals.iter().filter(|local| !local.name.is_empty()) {
                // What a macro made stands in no line.
                if expansion_at(&body.expansions, local.span.start).is_some() {
                    continue;
                }
                let start = place.start + local.span.start;
                locals.insert(start, query_ty(self, &local.ty));
            }
            results.insert(place.start, query_ty(self, &body.result));
        }
        let mut out = Vec::new();
        let mut push = |offset: u32, text: String| {
            let at = self.range(file, &(offset..offset)).start;
            if lines.contains(&at.line) {
                out.push(InlayHint {
                    at,
                    text,
                    parameter: false,
                });
            }
        };
        let mut signed = false;
        for node in parse.tree().root().descendants() {
            if let Some(def) = ast::FnDef::cast(node) {
                let local = def
                    .node()
                    .parent()
                    .is_some_and(|up| up.kind() == Kind::Block);
                // A signature of its own says it already.
                if std::mem::take(&mut signed) {
                    continue;
                }
                for param in def.params().filter(|param| param.ty().is_none()) {
                    if let Some(ast::Pat::Name(name)) = param.pattern()
                        && name.text() != "self"
                        && let Some(Some(ty)) = locals.get(&name.range().start)
                    {
                        push(name.range().end, format!(": {ty}"));
                    }
                }
                let list = def.node().child(Kind::ParamList);
                let end = def.guard().map(|guard| guard.range().end);
                let end = end.or_else(|| list.map(|list| list.range().end));
                if let (None, false, Some(_), Some(end), Some(Some(ty))) = (
                    def.return_type(),
                    local,
                    def.body(),
                    end,
                    results.get(&def.range().start),
                ) {
                    push(end, format!(" -> {ty}"));
                }
            } else if node.kind() == Kind::Signature {
                signed = true;
            } else if let Some(bind) = ast::BindExpr::cast(node)
                && bind.ty().is_none()
                && let Some(ast::Pat::Name(name)) = bind.pattern()
                && let Some(Some(ty)) = locals.get(&name.range().start)
            {
                push(name.range().end, format!(": {ty}"));
            }
        }
        for (offset, text) in self.parameter_hints(file, lines) {
            let at = self.range(file, &(offset..offset)).start;
            out.push(InlayHint {
                at,
                text,
                parameter: true,
            });
        }
        out.sort_by_key(|hint| hint.at);
        Some(out)
    }

    /// Lines that can be folded: first and last.
    pub fn folds(&self, file: FileId) -> Option<Vec<(u32, u32)>> {
        let parse = self.parse(file)?;
        let mut out: Vec<(u32, u32)> = Vec::new();
        for node in parse.tree().root().descendants().skip(1) {
            let whole = ast::Item::cast(node).is_some() && node.kind() != Kind::ItemExpr;
            let part = matches!(
                node.kind(),
                Kind::Block
                    | Kind::MatchExpr
                    | Kind::ReceiveExpr
                    | Kind::ListExpr
                    | Kind::MapExpr
                    | Kind::SetExpr
                    | Kind::TryExpr
                    | Kind::ArgList
            );
            if whole || part {
                let range = self.range(file, &ends(node));
                out.push((range.start.line, range.end.line));
            }
        }
        out.retain(|(start, end)| start < end);
        out.sort_unstable();
        // Of things that begin in one line the largest.
        out.dedup_by_key(|(start, _)| *start);
        Some(out)
    }

    /// The stretches around a place, from the word to the whole text, each larger than the one before.
    pub fn selections(&self, file: FileId, at: Position) -> Option<Vec<Range<Position>>> {
        let offset = self.offset(file, at)?;
        let parse = self.parse(file)?;
        let token =
            crate::ask::word_at(&parse, offset).or_else(|| parse.tree().token_at(offset))?;
        let mut out: Vec<Range<u32>> = Vec::new();
        for node in token.ancestors() {
            let range = ends(node);
            if out.last().is_none_or(|last| {
                *last != range && range.start <= last.start && last.end <= range.end
            }) {
                out.push(range);
            }
        }
        Some(out.iter().map(|range| self.range(file, range)).collect())
    }
}

/// A type as text, if it is known.
fn query_ty(ask: &Ask<'_>, ty: &Ty) -> Option<String> {
    fn known(ty: &Ty) -> bool {
        ty.replaced(&mut |leaf| matches!(leaf, Ty::Error | Ty::Infer(_)).then_some(Ty::Error))
            .is_none()
    }
    known(ty).then(|| query::render_ty(ask.db, ty))
}
