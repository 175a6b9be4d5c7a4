//! The selection of methods at concrete types, for who makes instances of what was generic: which function a trait's method, or a call with a dot, is.

use super::{Infer, finish};
use crate::db::{Db, Project, fn_module};
use crate::hir::{Derived, MethodRef, PrimOp, Selected, Span};
use crate::raw::Name;
use crate::signature::trait_info;
use crate::traits::{Implementation, implementation_at, implements};
use crate::ty::{FnId, TraitId, Ty};

/// The method of a trait at a concrete type.
pub fn method(db: &dyn Db, project: Project, method: &MethodRef) -> Option<Selected> {
    let known = crate::types::known(db, project);
    let (of, ty) = (method.of, &method.self_ty);
    let by_order = match &*method.name {
        "<" => Some(Derived::Lt),
        "<=" => Some(Derived::Le),
        ">" => Some(Derived::Gt),
        ">=" => Some(Derived::Ge),
        _ => None,
    };
    let number = super::expr::is_number(ty);
    if of == known.num && number {
        return Some(Selected::Prim(match &*method.name {
            "+" => PrimOp::Add,
            "-" => PrimOp::Sub,
            "*" => PrimOp::Mul,
            "/" => PrimOp::Div,
            "%" => PrimOp::Rem,
            "**" => PrimOp::Pow,
            _ => return None,
        }));
    }
    let derived = || -> Option<Selected> {
        let derived = if of == known.eq {
            if &*method.name == "!=" {
                Derived::Ne
            } else {
                Derived::Eq
            }
        } else if of == known.ord {
            by_order.unwrap_or(Derived::Compare)
        } else if of == known.show {
            Derived::Show
        } else if of == known.hash {
            Derived::Hash
        } else if of == known.copy {
            Derived::Copy
        } else {
            return None;
        };
        Some(Selected::Derived(derived, ty.clone()))
    };
    let params = trait_info(db, project, of).params as usize;
    let (trait_args, own_args) = method.args.split_at(params.min(method.args.len()));
    match implementation_at(db, project, ty, of, trait_args)? {
        Implementation::Base => {
            let ordered = number || matches!(ty, Ty::Bool | Ty::Char | Ty::String);
            let equal = ordered || matches!(ty, Ty::Atom | Ty::Pid | Ty::Ref | Ty::Unit);
            match &*method.name {
                "==" if equal => Some(Selected::Prim(PrimOp::Eq)),
                "!=" if equal => Some(Selected::Prim(PrimOp::Ne)),
                "<" if ordered => Some(Selected::Prim(PrimOp::Lt)),
                "<=" if ordered => Some(Selected::Prim(PrimOp::Le)),
                ">" if ordered => Some(Selected::Prim(PrimOp::Gt)),
                ">=" if ordered => Some(Selected::Prim(PrimOp::Ge)),
                _ => derived(),
            }
        }
        Implementation::Derived(_) => derived(),
        Implementation::Impl(info, args) => {
            // `<` and its like go through `compare` unless the impl has them itself.
            let name = &*method.name;
            let own = |wanted: &str| info.methods.iter().find(|(name, _, _)| **name == *wanted);
            if by_order.is_some() && own(name).is_none() {
                return derived();
            }
            if let Some((_, _, id)) = own(name) {
                let mut all = args.clone();
                all.extend(own_args.iter().cloned());
                return Some(Selected::Fn(crate::hir::FnInst {
                    id: *id,
                    args: all.into(),
                }));
            }
            let trait_info = trait_info(db, project, of);
            let default = trait_info
                .methods
                .iter()
                .find(|m| m.name == method.name && m.has_body)?;
            let mut all = vec![ty.clone()];
            all.extend(info.args_of(of).iter().map(|arg| arg.substitute(&args)));
            all.extend(own_args.iter().cloned());
            Some(Selected::Fn(crate::hir::FnInst {
                id: default.id,
                args: all.into(),
            }))
        }
    }
}

/// What `name(args…)` means in the scope of `owner` at concrete types; `args[0]` is the receiver.
pub fn dot(
    db: &dyn Db,
    project: Project,
    owner: FnId,
    name: &str,
    args: &[Ty],
) -> Option<Selected> {
    let module = fn_module(db, project, owner).map_or(db.ids().module(""), |m| m.0);
    let mut cx = Infer::new(db, project, module);
    cx.members[0].owner = Some(owner);
    let mut name: Name = name.into();
    if let Some(receiver) = args.first() {
        if &*name == "[in]" && cx.has_own_list(receiver, owner) {
            name = "toList".into();
        }
        if &*name == "negate" && super::expr::is_number(receiver) {
            return Some(Selected::Prim(PrimOp::Neg));
        }
        if let Some((index, Ty::Fn(..))) = cx.find_field(receiver, &name) {
            return Some(Selected::FieldCall(index));
        }
        if let Some(of) = cx.traits_with_method(receiver, &name).first() {
            return dot_method(&mut cx, *of, &name, args);
        }
    }
    let found = cx.select_dot_fn(&name, args)?;
    cx.solve();
    let mut selected = Selected::Fn(closed_inst(&cx, found.inst));
    if !found.splats.is_empty() {
        let splats = found.splats.into_iter();
        let splats = splats.map(|(at, inst)| (at, closed_inst(&cx, inst)));
        selected = Selected::Splat(Box::new(selected), splats.collect());
    }
    Some(with_defaults(&cx, selected, found.defaults))
}

fn closed_inst(cx: &Infer<'_>, inst: crate::hir::FnInst) -> crate::hir::FnInst {
    crate::hir::FnInst {
        id: inst.id,
        args: inst.args.iter().map(|t| closed(cx, t)).collect(),
    }
}

fn with_defaults(
    cx: &Infer<'_>,
    selected: Selected,
    defaults: Vec<crate::hir::FnInst>,
) -> Selected {
    if defaults.is_empty() {
        return selected;
    }
    let defaults = defaults
        .into_iter()
        .map(|inst| closed_inst(cx, inst))
        .collect();
    Selected::WithDefaults(Box::new(selected), defaults)
}

fn dot_method(cx: &mut Infer<'_>, of: TraitId, name: &Name, args: &[Ty]) -> Option<Selected> {
    let info = trait_info(cx.db, cx.project, of);
    let found = info.methods.iter().find(|m| m.name == *name)?;
    let (inst, params, _) = cx.instantiate_id(
        found.id,
        name,
        Span::default(),
        std::slice::from_ref(&args[0]),
    );
    for (param, arg) in params.iter().zip(args) {
        cx.table.unify(&param.ty, arg).ok()?;
    }
    let defaults = cx.trailing_defaults(&params, args.len(), Span::default());
    cx.solve();
    let rest = inst.args.iter().skip(1).map(|t| closed(cx, t)).collect();
    let reference = MethodRef {
        of,
        name: name.clone(),
        self_ty: args[0].clone(),
        args: rest,
    };
    let selected = method(cx.db, cx.project, &reference)?;
    Some(with_defaults(cx, selected, defaults))
}

fn closed(cx: &Infer<'_>, ty: &Ty) -> Ty {
    let ty = cx.table.deep(ty);
    let mut free = Vec::new();
    cx.table.free(&ty, &mut free);
    finish::close(&ty, &|_| Ty::Unit)
}

/// Whether a concrete type implements a trait.
pub fn holds(db: &dyn Db, project: Project, ty: &Ty, of: TraitId) -> bool {
    implements(db, project, ty, of)
}
