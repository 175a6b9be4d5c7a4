//! Which types implement which traits: impls of the program and the library, base types, derived ones.

use crate::db::{Db, Project};
use crate::signature::{ImplInfo, impl_info, impl_table};
use crate::ty::{TraitId, Ty};
use crate::types::{known, type_info};
use std::sync::Arc;

/// Why a type of a known outermost form implements a trait.
pub enum Implementation {
    /// By an impl, at these arguments for its parameters.
    Impl(Arc<ImplInfo>, Vec<Ty>),
    /// A base type, by operations of the machine or the runtime.
    Base,
    /// By its parts: these types must implement it.
    Derived(Vec<Ty>),
}

/// How `ty`, whose outermost form is known, implements the trait. What its parts must implement is the caller's to see to.
pub fn implementation(
    db: &dyn Db,
    project: Project,
    ty: &Ty,
    of: TraitId,
) -> Option<Implementation> {
    implementation_at(db, project, ty, of, &[])
}

/// The impls of a trait for a type: several where the trait's own parameters differ. With what the parameters of each impl are.
pub fn impls_for(
    db: &dyn Db,
    project: Project,
    ty: &Ty,
    of: TraitId,
) -> Vec<(Arc<ImplInfo>, Vec<Ty>)> {
    let table = impl_table(db, project);
    let impls = table.by_trait.get(&of).into_iter().flatten();
    impls
        .filter_map(|id| {
            let info = impl_info(db, project, *id);
            let args = match_target(&info.target, ty, info.params.len())?;
            Some((info, args))
        })
        .collect()
}

/// The same where the trait's own parameters are these, as far as they are known.
pub fn implementation_at(
    db: &dyn Db,
    project: Project,
    ty: &Ty,
    of: TraitId,
    trait_args: &[Ty],
) -> Option<Implementation> {
    let found = impls_for(db, project, ty, of)
        .into_iter()
        .find(|(info, args)| {
            info.args_of(of)
                .iter()
                .zip(trait_args)
                .all(|(has, wanted)| may_be(&has.substitute(args), wanted))
        });
    if let Some((info, args)) = found {
        return Some(Implementation::Impl(info, args));
    }
    let known = known(db, project);
    let number = matches!(ty, Ty::Int(_) | Ty::Float | Ty::Float32);
    if of == known.num {
        return number.then_some(Implementation::Base);
    }
    if of == known.concat {
        return (*ty == Ty::String).then_some(Implementation::Base);
    }
    if !known.derivable(of) {
        return None;
    }
    match ty {
        Ty::Int(_)
        | Ty::Float
        | Ty::Float32
        | Ty::Bool
        | Ty::Char
        | Ty::String
        | Ty::Atom
        | Ty::Unit => Some(Implementation::Base),
        Ty::Pid | Ty::Ref => (of != known.ord).then_some(Implementation::Base),
        Ty::Never | Ty::Error => Some(Implementation::Base),
        Ty::Tuple(items) => Some(Implementation::Derived(items.to_vec())),
        Ty::Array(item) => Some(Implementation::Derived(vec![(**item).clone()])),
        // What the runtime owns has no parts to be shown or compared.
        Ty::Adt(id, _) if known.opaque == Some(*id) => {
            (of == known.copy).then_some(Implementation::Base)
        }
        Ty::Adt(id, args) => {
            let info = type_info(db, project, *id);
            let mut parts = Vec::new();
            for ctor in &info.def.ctors {
                for (_, field) in &ctor.fields {
                    let part = field.substitute(args);
                    if !parts.contains(&part) {
                        parts.push(part);
                    }
                }
            }
            Some(Implementation::Derived(parts))
        }
        Ty::Fn(..) if of == known.copy => Some(Implementation::Base),
        Ty::Fn(..) | Ty::Param(_) | Ty::Infer(_) => None,
    }
}

/// Whether some type of this outermost form may implement the trait.
pub fn head_implements(db: &dyn Db, project: Project, ty: &Ty, of: TraitId) -> bool {
    implementation(db, project, ty, of).is_some()
}

/// Whether one type may become the other: variables of inference go with anything.
fn may_be(has: &Ty, wanted: &Ty) -> bool {
    matches!(has, Ty::Infer(_)) || matches_type(has, wanted, &mut [])
}

/// Matches an impl's target; answers what its parameters stand for. Variables of inference in `ty` go with anything.
fn match_target(target: &Ty, ty: &Ty, params: usize) -> Option<Vec<Ty>> {
    let mut args = vec![None; params];
    matches_type(target, ty, &mut args).then(|| {
        args.into_iter()
            .map(|arg| arg.unwrap_or(Ty::Unit))
            .collect()
    })
}

fn matches_type(target: &Ty, ty: &Ty, args: &mut [Option<Ty>]) -> bool {
    match (target, ty) {
        (Ty::Param(i), _) => match &args[*i as usize] {
            Some(known) => {
                known == ty || matches!((known, ty), (Ty::Infer(_), _) | (_, Ty::Infer(_)))
            }
            None => {
                args[*i as usize] = Some(ty.clone());
                true
            }
        },
        (_, Ty::Infer(_)) => true,
        (Ty::Tuple(xs), Ty::Tuple(ys)) => {
            xs.len() == ys.len()
                && xs
                    .iter()
                    .zip(ys.iter())
                    .all(|(x, y)| matches_type(x, y, args))
        }
        (Ty::Adt(x, xs), Ty::Adt(y, ys)) => {
            x == y
                && xs.len() == ys.len()
                && xs
                    .iter()
                    .zip(ys.iter())
                    .all(|(x, y)| matches_type(x, y, args))
        }
        (Ty::Fn(xs, x), Ty::Fn(ys, y)) => {
            xs.len() == ys.len()
                && xs
                    .iter()
                    .zip(ys.iter())
                    .all(|(x, y)| matches_type(x, y, args))
                && matches_type(x, y, args)
        }
        (Ty::Array(x), Ty::Array(y)) => matches_type(x, y, args),
        (a, b) => a == b,
    }
}

/// Whether a concrete type implements a trait, parts included.
pub fn implements(db: &dyn Db, project: Project, ty: &Ty, of: TraitId) -> bool {
    let mut assumed = Vec::new();
    holds(db, project, ty, of, &mut assumed)
}

fn holds(
    db: &dyn Db,
    project: Project,
    ty: &Ty,
    of: TraitId,
    assumed: &mut Vec<(Ty, TraitId)>,
) -> bool {
    if assumed.iter().any(|(t, o)| t == ty && *o == of) {
        return true;
    }
    // A type whose parts grow without end is refused.
    if assumed.len() > 200 {
        return false;
    }
    assumed.push((ty.clone(), of));
    match implementation(db, project, ty, of) {
        None => false,
        Some(Implementation::Base) => true,
        Some(Implementation::Derived(parts)) => parts
            .iter()
            .all(|part| holds(db, project, part, of, assumed)),
        Some(Implementation::Impl(info, args)) => info
            .conditions
            .iter()
            .all(|(ty, of)| holds(db, project, &ty.substitute(&args), *of, assumed)),
    }
}
