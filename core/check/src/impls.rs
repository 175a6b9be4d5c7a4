//! What is wrong with an impl as a whole: methods missing or too many, supertraits, a second impl of the same.

use crate::db::{Db, Project, impl_item};
use crate::hir::Span;
use crate::ids::ImplId;
use crate::signature::{ImplInfo, impl_info, impl_table, trait_info};
use crate::traits::{Implementation, implementation};
use crate::ty::{TraitId, Ty};
use crate::types::{Finding, known, type_info};
use std::sync::Arc;

/// What is wrong with a trait.
pub(crate) fn trait_findings(db: &dyn Db, project: Project, id: TraitId) -> Vec<Finding> {
    let info = trait_info(db, project, id);
    let mut out = info.findings.clone();
    let mut seen = Vec::new();
    let mut above = info.supertraits.clone();
    while let Some(of) = above.pop() {
        if seen.contains(&of) {
            continue;
        }
        seen.push(of);
        above.extend_from_slice(&trait_info(db, project, of).supertraits);
    }
    if seen.contains(&id)
        && let Some((item, ..)) = crate::db::trait_item(db, project, id)
    {
        let message = format!("the trait `{}` is its own supertrait", info.name);
        out.push(Finding::new(item.name_span, message));
    }
    out
}

/// The findings of an impl's head.
#[salsa::tracked(returns(clone))]
pub fn impl_findings(db: &dyn Db, project: Project, id: ImplId) -> Arc<Vec<Finding>> {
    let Some((item, _, _)) = impl_item(db, project, id) else {
        return Arc::default();
    };
    let info = impl_info(db, project, id);
    let mut out = info.findings.clone();
    let head = Span {
        start: item.target.span.start,
        end: item
            .of
            .last()
            .map_or(item.target.span.end, |of| of.span.end),
    };
    let shown = |ty: &Ty| {
        crate::print::Printer {
            db,
            project,
            params: &info.params,
            literal: &|_| false,
        }
        .ty(ty)
    };
    if info.target == Ty::Error {
        return Arc::new(out);
    }
    for of in &info.traits {
        let of_trait = trait_info(db, project, *of);
        for method in &of_trait.methods {
            let has = info
                .methods
                .iter()
                .any(|(name, arity, _)| *name == method.name && *arity == method.arity);
            let by_less = *of == known(db, project).ord
                && &*method.name == "compare"
                && !info.methods.iter().any(|(name, _, _)| &**name == "<");
            if has || (method.has_body && !by_less) {
                continue;
            }
            if let Some((_, arity, id)) = info
                .methods
                .iter()
                .find(|(name, _, _)| *name == method.name)
            {
                let span = item
                    .methods
                    .iter()
                    .find(|m| m.0 == method.name)
                    .map_or(head, |m| m.2);
                let message = format!(
                    "Wrong number of arguments: `{}` of the trait `{}` takes {}, found {arity}",
                    method.name, of_trait.name, method.arity
                );
                debug_assert!(id.0 < u32::MAX);
                out.push(Finding::new(span, message));
            } else {
                let hint = Some(format!("add `{}`", method.name));
                let message = format!(
                    "`{}` does not implement {}: the method `{}` is missing",
                    shown(&info.target),
                    of_trait.name,
                    method.name
                );
                out.push(Finding {
                    span: head,
                    message,
                    hint,
                });
            }
        }
        for above in &of_trait.supertraits {
            if !conditionally(db, project, &info, *above) {
                let above = trait_info(db, project, *above).name.clone();
                let hint = Some(format!("add `{}: {above} … end`", shown(&info.target)));
                let message = format!(
                    "`{}` must implement supertrait {above} of {}",
                    shown(&info.target),
                    of_trait.name
                );
                out.push(Finding {
                    span: head,
                    message,
                    hint,
                });
            }
        }
        if let Ty::Adt(id, _) = &info.target
            && let [ctor] = type_info(db, project, *id).def.ctors.as_slice()
        {
            // A dot call would mean the field where the type is known and the method where it is not.
            for (field, _) in ctor
                .fields
                .iter()
                .filter(|(_, ty)| matches!(ty, Ty::Fn(..) | Ty::Param(_)))
            {
                if of_trait.methods.iter().any(|m| m.name == *field) {
                    let message = format!(
                        "the field `{field}` of `{}` stands in the way of the method `{field}` of {}",
                        shown(&info.target),
                        of_trait.name
                    );
                    out.push(Finding::new(head, message));
                }
            }
        }
        let table = impl_table(db, project);
        let earlier = table
            .by_trait
            .get(of)
            .into_iter()
            .flatten()
            .take_while(|other| **other != id);
        for other in earlier {
            let other = impl_info(db, project, *other);
            let mut args = other.args_of(*of).iter().zip(info.args_of(*of));
            if overlaps(&other.target, &info.target) && args.all(|(a, b)| overlaps(a, b)) {
                out.push(Finding::new(
                    head,
                    format!(
                        "`{}` implements {} twice",
                        shown(&info.target),
                        of_trait.name
                    ),
                ));
                break;
            }
        }
    }
    for (name, _, span) in &item.methods {
        let extra_of_builtin = |of: &TraitId| {
            let known = known(db, project);
            *of == known.ord && matches!(&**name, "<" | "<=" | ">" | ">=")
                || *of == known.eq && &**name == "!="
        };
        if !info.traits.is_empty()
            && !info.traits.iter().any(|of| {
                trait_info(db, project, *of)
                    .methods
                    .iter()
                    .any(|m| m.name == *name)
                    || extra_of_builtin(of)
            })
        {
            let traits: Vec<String> = info
                .traits
                .iter()
                .map(|of| trait_info(db, project, *of).name.to_string())
                .collect();
            out.push(Finding::new(
                *span,
                format!("no method `{name}` in the trait {}", traits.join(", ")),
            ));
        }
    }
    Arc::new(out)
}

/// Whether the target implements a trait, given the impl's own conditions.
fn conditionally(db: &dyn Db, project: Project, info: &ImplInfo, of: TraitId) -> bool {
    fn holds(
        db: &dyn Db,
        project: Project,
        info: &ImplInfo,
        ty: &Ty,
        of: TraitId,
        depth: u32,
    ) -> bool {
        if depth > 50 {
            return true;
        }
        if let Ty::Param(_) = ty {
            return info
                .conditions
                .iter()
                .any(|(t, bound)| t == ty && extends(db, project, *bound, of, 0));
        }
        match implementation(db, project, ty, of) {
            None => false,
            Some(Implementation::Base) => true,
            // A part that is the type itself is taken to hold.
            Some(Implementation::Derived(parts)) => parts.iter().all(|part| {
                part == ty || *part == info.target || holds(db, project, info, part, of, depth + 1)
            }),
            Some(Implementation::Impl(other, args)) => other
                .conditions
                .iter()
                .all(|(t, of)| holds(db, project, info, &t.substitute(&args), *of, depth + 1)),
        }
    }
    holds(db, project, info, &info.target, of, 0)
}

fn extends(db: &dyn Db, project: Project, this: TraitId, of: TraitId, depth: u32) -> bool {
    this == of
        || depth < 32
            && trait_info(db, project, this)
                .supertraits
                .iter()
                .any(|above| extends(db, project, *above, of, depth + 1))
}

/// Whether some type is an instance of both.
fn overlaps(a: &Ty, b: &Ty) -> bool {
    match (a, b) {
        (Ty::Param(_), _) | (_, Ty::Param(_)) => true,
        (Ty::Tuple(xs), Ty::Tuple(ys)) => {
            xs.len() == ys.len() && xs.iter().zip(ys.iter()).all(|(x, y)| overlaps(x, y))
        }
        (Ty::Adt(x, xs), Ty::Adt(y, ys)) => {
            x == y && xs.iter().zip(ys.iter()).all(|(x, y)| overlaps(x, y))
        }
        (Ty::Fn(xs, x), Ty::Fn(ys, y)) => {
            xs.len() == ys.len()
                && xs.iter().zip(ys.iter()).all(|(x, y)| overlaps(x, y))
                && overlaps(x, y)
        }
        (Ty::Array(x), Ty::Array(y)) => overlaps(x, y),
        (a, b) => a == b,
    }
}
