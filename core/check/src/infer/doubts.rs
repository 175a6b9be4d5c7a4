//! What is no mistake, but most likely not what was meant: arms that take other messages, or other exceptions, than who wrote them thinks.

use super::{Infer, has_error};
use crate::hir::{Literal, Pat, PatKind, Span};
use crate::ty::Ty;
use crate::types::Finding;
use std::sync::Arc;

/// Says which messages are taken when nothing does.
pub(super) fn part(cx: &mut Infer<'_>, arm: Span, var: u32, ty: &Ty) {
    let me = cx.me();
    let mut inside: Vec<(Span, Arc<str>, Ty)> = me
        .used
        .iter()
        .filter_map(|local| me.locals.get(local.0 as usize))
        .filter(|local| arm.start <= local.span.start && local.span.end <= arm.end)
        .map(|local| (local.span, local.name.clone(), local.ty.clone()))
        .collect();
    inside.sort_by_key(|(span, ..)| span.start);
    let named = inside
        .into_iter()
        .find(|(_, _, of)| cx.table.shallow(of) == Ty::Infer(var));
    let Some((span, name, _)) = named else {
        return;
    };
    let other = cx.show(if *ty == Ty::INT {
        &Ty::String
    } else {
        &Ty::INT
    });
    let ty = cx.show(ty);
    cx.me().doubts.push(Finding {
        span,
        message: format!("nothing says of what type `{name}` is: this arm takes `{ty}` there, and no other messages"),
        hint: Some(format!(
            "annotate it with the type that is sent, say `{name}: {other}`, or with `{name}: {ty}` if that is meant"
        )),
    });
}

/// Kinds of errors that the runtime raises, and the library: pairs of strings.
const ERRORS: [&str; 10] = [
    "ChannelClosed",
    "CompileError",
    "Deadlock",
    "DivisionByZero",
    "ForeignError",
    "IndexOutOfBounds",
    "io_error",
    "OutOfMemory",
    "Panic",
    "RegexError",
];

/// A catch arm that names an error and takes something else.
pub(super) fn catch(cx: &mut Infer<'_>, pattern: &Pat) {
    let PatKind::Tuple(parts) = &pattern.kind else {
        return;
    };
    let [kind, text] = parts.as_slice() else {
        return;
    };
    let PatKind::Literal(Literal::String(name)) = &kind.kind else {
        return;
    };
    let fits = matches!(text.ty, Ty::String | Ty::Never) || has_error(&text.ty);
    if fits || !ERRORS.contains(&&**name) {
        return;
    }
    let ty = cx.show(&text.ty);
    cx.me().doubts.push(Finding {
        span: pattern.span,
        message: format!("this arm does not catch the error `{name}`: that is a pair of strings, the arm takes `(String, {ty})`"),
        hint: Some(format!(
            "the second of the pair is a text, which is used as `{ty}` here"
        )),
    });
}
