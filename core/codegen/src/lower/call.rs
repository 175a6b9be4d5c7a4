//! Calls: whom they call once the types are concrete.

use super::{Ctx, expr::joined};
use crate::ir::{Arg, Expr, Kind};
use crate::layout::TyId;
use crate::mono::CellOwner;
use nostos_abi::code::CellId;
use nostos_check::hir::{self, Callee, FnInst, FnKind, LocalFnId, MethodRef, Selected};
use nostos_check::ty::Ty;
use std::sync::Arc;

impl Ctx<'_> {
    pub(super) fn call(&mut self, callee: &Callee, args: &[hir::Expr], ty: TyId, at: u32) -> Expr {
        if let Callee::Value(function) = callee {
            let function = self.expr(function);
            let args = args.iter().map(|a| self.expr(a)).collect();
            return Expr::new(Kind::CallValue(Box::new(function), args), ty, at);
        }
        let types: Vec<Ty> = args.iter().map(|a| self.concrete(&a.ty)).collect();
        let args: Vec<Expr> = args.iter().map(|a| self.expr(a)).collect();
        match callee {
            Callee::Local(id, type_args) => {
                let cell = self.local_fn_cell(*id, type_args);
                let mut all: Vec<Arg> = args.into_iter().map(Arg::Value).collect();
                let captures = self.body().local_fns[id.0 as usize].captures.clone();
                all.extend(self.capture_args(&captures));
                Expr::new(Kind::Call(cell, all), ty, at)
            }
            Callee::Fn(_) | Callee::Method(_) | Callee::Dot(_) | Callee::Value(_) => {
                match self.select(callee, &types) {
                    Ok(selected) => self.call_selected(&selected, args, ty, at),
                    Err(message) => self.fail(message, ty, at),
                }
            }
        }
    }

    /// What a callee means here. Local functions and function values are not selected.
    fn select(&mut self, callee: &Callee, args: &[Ty]) -> Result<Selected, String> {
        match callee {
            Callee::Fn(inst) => Ok(Selected::Fn(FnInst {
                id: inst.id,
                args: inst.args.iter().map(|t| self.concrete(t)).collect(),
            })),
            Callee::Method(method) => {
                let method = MethodRef {
                    of: method.of,
                    name: method.name.clone(),
                    self_ty: self.concrete(&method.self_ty),
                    args: method.args.iter().map(|t| self.concrete(t)).collect(),
                };
                let selected = self.world.meaning.select_method(&method);
                selected.ok_or_else(|| {
                    let name = self
                        .world
                        .layouts
                        .type_name(self.world.meaning, &method.self_ty);
                    format!("no method {} for {name}", method.name)
                })
            }
            Callee::Dot(name) => {
                let selected = self.world.meaning.select_dot(self.owner(), name, args);
                selected.ok_or_else(|| format!("no method {name}"))
            }
            Callee::Local(..) | Callee::Value(_) => panic!("selected by itself"),
        }
    }

    pub(super) fn call_selected(
        &mut self,
        selected: &Selected,
        mut args: Vec<Expr>,
        ty: TyId,
        at: u32,
    ) -> Expr {
        match selected {
            Selected::Fn(inst) => {
                let def = self.world.meaning.fn_def(inst.id);
                match &def.kind {
                    FnKind::Nostos | FnKind::Global => {
                        let args = match self.inlined(inst, &def, args, at) {
                            Ok(value) => return value,
                            Err(args) => args,
                        };
                        let cell = self.world.cells.of(CellOwner::Fn(inst.clone()));
                        self.keep_frame(cell, inst, &def);
                        let args = args.into_iter().map(Arg::Value).collect();
                        Expr::new(Kind::Call(cell, args), ty, at)
                    }
                    FnKind::Builtin(name) => self.builtin(name, args, ty, at),
                    FnKind::Foreign { symbol, library } => {
                        self.foreign(symbol, library, args, ty, at)
                    }
                }
            }
            Selected::Derived(derived, of) => self.call_derived(*derived, of, args, at),
            Selected::Prim(op) => self.prim(*op, args, ty, at),
            Selected::WithDefaults(inner, defaults) => {
                for default in defaults {
                    let def = self.world.meaning.fn_def(default.id);
                    let of = def.result.substitute(&default.args);
                    let of = self.world.layouts.of(self.world.meaning, &of);
                    args.push(self.call_selected(&Selected::Fn(default.clone()), vec![], of, at));
                }
                self.call_selected(inner, args, ty, at)
            }
            Selected::Splat(inner, splats) => {
                for (number, through) in splats {
                    let number = *number as usize;
                    let def = self.world.meaning.fn_def(through.id);
                    let of = def.result.substitute(&through.args);
                    let of = self.world.layouts.of(self.world.meaning, &of);
                    let arg = std::mem::replace(&mut args[number], Expr::unit(at));
                    let through = Selected::Fn(through.clone());
                    args[number] = self.call_selected(&through, vec![arg], of, at);
                }
                self.call_selected(inner, args, ty, at)
            }
            Selected::FieldCall(field) => {
                let record = args.remove(0);
                let function_ty = match &self.world.layouts.get(record.ty).form {
                    crate::layout::Form::Data(data) => data.ctors[0].fields[*field as usize].1,
                    _ => return self.fail("no such field".into(), ty, at),
                };
                let function = Expr::new(Kind::Get(Box::new(record), 0, *field), function_ty, at);
                Expr::new(Kind::CallValue(Box::new(function), args), ty, at)
            }
        }
    }

    /// A function as a value.
    pub(super) fn fn_value(&mut self, callee: &Callee, ty: &Ty, at: u32) -> Expr {
        let concrete = self.concrete(ty);
        let ty = self.ty(ty);
        let Ty::Fn(params, _) = &concrete else {
            panic!("a function value of type {concrete:?}");
        };
        match callee {
            Callee::Value(function) => self.expr(function),
            Callee::Local(id, type_args) => self.local_fn_value(*id, type_args, ty, at),
            Callee::Fn(_) | Callee::Method(_) | Callee::Dot(_) => match self.select(callee, params)
            {
                Ok(selected) => {
                    let name = self.selected_name(&selected);
                    let cell = self
                        .world
                        .cells
                        .of(CellOwner::Thunk(selected, concrete.clone()));
                    Expr::new(Kind::Function(cell, name.into()), ty, at)
                }
                Err(message) => self.fail(message, ty, at),
            },
        }
    }

    /// A local function at concrete types; lowered at the first request.
    fn local_fn_cell(&mut self, id: LocalFnId, type_args: &[Ty]) -> CellId {
        let body = self.body();
        let local = &body.local_fns[id.0 as usize];
        let subst = self.local_subst(local, type_args);
        let key = (id, subst.clone());
        if let Some(cell) = self.local_fns.get(&key) {
            return *cell;
        }
        let cell = self.world.cells.inner(self.cell);
        self.local_fns.insert(key, cell);
        let outer = std::mem::replace(&mut self.subst, subst);
        let name = joined(&self.name, &local.name);
        self.inner(
            cell,
            name,
            &local.params,
            &local.captures,
            false,
            &local.result,
            &local.value,
        );
        self.subst = outer;
        cell
    }

    fn local_subst(&self, local: &hir::LocalFn, type_args: &[Ty]) -> Vec<Ty> {
        let mut subst = self.subst[..local.first_param as usize].to_vec();
        subst.extend(type_args.iter().map(|t| self.concrete(t)));
        subst
    }

    /// A closure that passes its arguments and captures on to the local function.
    fn local_fn_value(&mut self, id: LocalFnId, type_args: &[Ty], ty: TyId, at: u32) -> Expr {
        let target = self.local_fn_cell(id, type_args);
        let body = self.body();
        let local = &body.local_fns[id.0 as usize];
        let wrapper = self.world.cells.inner(self.cell);
        let subst = self.local_subst(local, type_args);
        let outer_subst = std::mem::replace(&mut self.subst, subst);
        let outer = std::mem::take(&mut self.fun);
        let params: Vec<_> = local.params.iter().map(|p| self.var(*p)).collect();
        let captures: Vec<_> = local.captures.iter().map(|c| self.var(*c)).collect();
        let mut args: Vec<Arg> = params.iter().map(|p| Arg::Capture(*p)).collect();
        args.extend(captures.iter().map(|c| Arg::Capture(*c)));
        // A parameter that the function's own closures share gets its cell there; here it is a plain value.
        for param in &params {
            self.fun.vars[param.0 as usize].shared = false;
            self.fun.vars[param.0 as usize].name = Arc::from("");
        }
        let result = self.ty(&local.result);
        let call = Expr::new(Kind::Call(target, args), result, at);
        let name = joined(&self.name, &local.name);
        let shown = Arc::from(name.as_str());
        let arity = params.len() as u32;
        self.finish(wrapper, name, arity, params, Some(captures), result, call);
        self.fun = outer;
        self.subst = outer_subst;
        let captures: Vec<_> = local.captures.iter().map(|c| self.var(*c)).collect();
        let kind = if captures.is_empty() {
            Kind::Function(wrapper, shown)
        } else {
            Kind::Closure(wrapper, shown, captures)
        };
        Expr::new(kind, ty, at)
    }
}
