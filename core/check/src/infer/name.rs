//! Names as values: locals, functions, module-level values; paths through modules.

use super::call::is_upper;
use super::method::{Choice, Shape};
use super::{Binding, Goal, Hole, Infer};
use crate::hir::{Callee, Expr, ExprKind, Span};
use crate::query::{PROBE, Probe};
use crate::raw::{self, ExprKind as Raw, Name};
use crate::resolve::{self, Levels, Target};
use crate::scope::FnHead;
use crate::ty::Ty;
use std::sync::Arc;

impl<'db> Infer<'db> {
    /// A name as a value.
    pub(super) fn name(&mut self, name: &Name, expected: Option<&Ty>, span: Span) -> Expr {
        if let Some((binding, _)) = self.lookup(name) {
            return self.bound_value(binding, span);
        }
        if is_upper(name) {
            let ctors = resolve::ctors(self.db, self.project, self.module, name.clone());
            if !ctors.is_empty() {
                return self.ctor_value(&ctors, expected, span);
            }
        }
        let levels = resolve::values(self.db, self.project, self.module, name.clone());
        if levels.is_empty() {
            if let Some(method) = self.method_value(name, expected, span) {
                return method;
            }
            return self.unknown_name(name, span, false);
        }
        self.function_value(name, &levels, expected, span)
    }

    /// A trait's method as a function: chosen by what it is called on.
    fn method_value(&mut self, name: &Name, expected: Option<&Ty>, span: Span) -> Option<Expr> {
        let table = crate::signature::impl_table(self.db, self.project);
        let of = *table.methods.get(name)?.first()?;
        let (params, result) = match expected.map(|ty| self.known_form(ty)) {
            Some(Ty::Fn(params, result)) => (params.to_vec(), (*result).clone()),
            _ => {
                let info = crate::signature::trait_info(self.db, self.project, of);
                let method = info.methods.iter().find(|m| m.name == *name)?;
                let params = (0..method.arity).map(|_| self.fresh()).collect();
                (params, self.fresh())
            }
        };
        Some(self.later_function(name, params, result, true, span))
    }

    pub(super) fn unknown_name(&mut self, name: &Name, span: Span, called: bool) -> Expr {
        if **name == *PROBE {
            self.note_probe(None);
        }
        let mut names: Vec<Name> = self.members[self.at]
            .names
            .iter()
            .map(|(name, _, _)| name.clone())
            .collect();
        names.extend(resolve::visible_values(self.db, self.project, self.module));
        if is_upper(name) {
            names.extend(resolve::visible_ctors(self.db, self.project, self.module));
        }
        let hint = resolve::did_you_mean(name, names.iter().map(|n| &**n))
            .map(|n| format!("did you mean `{n}`?"));
        let what = match (is_upper(name), called) {
            (true, _) => "unknown constructor",
            (false, true) => "unknown function",
            (false, false) => "unknown variable",
        };
        self.report_hint(span, format!("{what} `{name}`"), hint);
        self.error_expr(span)
    }

    /// Notes the names in scope, for who completes a name here, or one behind a dot on a receiver of this type.
    pub(super) fn note_probe(&mut self, receiver: Option<Ty>) {
        let member = &self.members[self.at];
        let locals = member.names.iter().rev().map(|(name, binding, _)| {
            let ty = match binding {
                Binding::Local(id) => Some(member.locals[id.0 as usize].ty.clone()),
                Binding::LocalFn(id) | Binding::LocalValue(id) => {
                    let scheme = member.local_schemes.get(id.0 as usize);
                    scheme.map(|scheme| match (binding, scheme.params.as_slice()) {
                        (Binding::LocalValue(_), []) => scheme.result.clone(),
                        (_, params) => Ty::Fn(
                            params.iter().map(|p| p.ty.clone()).collect(),
                            Arc::new(scheme.result.clone()),
                        ),
                    })
                }
            };
            (name.clone(), ty)
        });
        let locals = locals.collect();
        self.members[self.at].probe = Some(Probe { receiver, locals });
    }

    /// A function (or module-level value) as a value.
    pub(super) fn function_value(
        &mut self,
        name: &Name,
        levels: &Levels<FnHead>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let form = expected.map(|ty| self.known_form(ty));
        let nearest = &levels[0];
        if nearest.len() > 1 && nearest.iter().all(|h| h.value) {
            self.ambiguous(name, nearest, span);
            return self.error_expr(span);
        }
        let is_method = crate::signature::impl_table(self.db, self.project)
            .methods
            .contains_key(name);
        let head = match (nearest.as_slice(), form) {
            ([only], _) if only.value || (levels.len() == 1 && !is_method) => Some(only.clone()),
            (_, Some(Ty::Fn(params, _))) => {
                let shapes: Vec<Shape> = params.iter().cloned().map(Shape::Ty).collect();
                match self.choose(levels, &shapes, &[], true) {
                    Choice::One(head) => Some(head),
                    Choice::Later => {
                        let result = self.fresh();
                        return self.later_value(name, params.to_vec(), result, span);
                    }
                    Choice::Arity | Choice::None => {
                        let receiver = params.first().map(|ty| self.known_form(ty));
                        let method = receiver
                            .is_some_and(|form| !self.traits_with_method(&form, name).is_empty());
                        if let (true, Some(out)) = (method, self.method_value(name, expected, span))
                        {
                            return out;
                        }
                        Some(nearest[0].clone())
                    }
                    Choice::Ambiguous => Some(nearest[0].clone()),
                }
            }
            ([only], _) => Some(only.clone()),
            (several, _) => {
                let arity = several[0].arity;
                if several.iter().all(|h| h.arity == arity) {
                    let params = (0..arity).map(|_| self.fresh()).collect();
                    let result = self.fresh();
                    return self.later_value(name, params, result, span);
                }
                None
            }
        };
        let Some(head) = head else {
            self.report(
                span,
                format!("Type annotation required: several functions are called `{name}`"),
            );
            return self.error_expr(span);
        };
        if head.value {
            return self.global(&head, span);
        }
        let (db, project) = (self.db, self.project);
        if crate::expand::table::is_macro(db, project, head.id)
            && !crate::expand::table::is_macro(db, project, self.owner())
        {
            let hint = format!("a function calls it: `x => {name}(x)`");
            let message = format!("`{name}` is a macro: it can be called, and is no value");
            self.report_hint(span, message, Some(hint));
            return self.error_expr(span);
        }
        let (inst, params, result) = self.instantiate_fn(&head, name, span);
        let ty = Ty::Fn(params.into_iter().map(|p| p.ty).collect(), Arc::new(result));
        Expr {
            kind: ExprKind::FnValue(Callee::Fn(inst)),
            ty,
            span,
        }
    }

    pub(super) fn later_value(
        &mut self,
        name: &Name,
        params: Vec<Ty>,
        result: Ty,
        span: Span,
    ) -> Expr {
        self.later_function(name, params, result, false, span)
    }

    fn later_function(
        &mut self,
        name: &Name,
        params: Vec<Ty>,
        result: Ty,
        dot: bool,
        span: Span,
    ) -> Expr {
        let ty = Ty::Fn(params.clone().into(), Arc::new(result.clone()));
        let (hole, out) = self.hole(
            Hole::Value {
                ty: ty.clone(),
                span,
            },
            ty,
            span,
        );
        let owner = self.owner();
        self.later(
            Goal::Dot {
                name: name.clone(),
                args: params,
                result,
                owner,
                dot,
            },
            span,
            Some(hole),
        );
        out
    }

    pub(super) fn global(&mut self, head: &FnHead, span: Span) -> Expr {
        if head.mvar {
            return self.mvar_read(head, span);
        }
        let (inst, _, result) = self.instantiate_fn(head, "", span);
        // A value of several types is evaluated once for each.
        let kind = if inst.args.is_empty() {
            ExprKind::Global(inst.id)
        } else {
            ExprKind::Call(Callee::Fn(inst), Vec::new())
        };
        Expr {
            kind,
            ty: result,
            span,
        }
    }

    /// Reports that a name has several meanings which nothing tells apart.
    pub(super) fn ambiguous(&mut self, name: &str, heads: &[FnHead], span: Span) {
        let mut modules: Vec<Name> = heads.iter().map(|h| self.module_name(h.module)).collect();
        modules.sort();
        modules.dedup();
        if modules.len() > 1 {
            let list: Vec<String> = modules.iter().map(|m| format!("`{m}`")).collect();
            let hint = Some(format!("say which: `{}.{name}`", modules[0]));
            self.report_hint(
                span,
                format!(
                    "`{name}` is ambiguous: modules {} have it",
                    list.join(" and ")
                ),
                hint,
            );
        } else {
            self.report(
                span,
                format!("Type annotation required: several `{name}` take these arguments"),
            );
        }
    }

    /// The module that an expression before a dot names.
    pub(super) fn module_path(&mut self, e: &raw::Expr) -> Option<Vec<Name>> {
        let mut path = Vec::new();
        let mut at = e;
        loop {
            match &at.kind {
                Raw::Name(name) => {
                    if self.lookup(name).is_some() {
                        return None;
                    }
                    path.push(name.clone());
                    break;
                }
                Raw::Field(base, name, _) => {
                    path.push(name.clone());
                    at = base;
                }
                Raw::TypeApp(base, _) => at = base,
                _ => return None,
            }
        }
        path.reverse();
        let found = resolve::find_module(self.db, self.project, self.module, &path).is_some();
        if path.len() == 1 && !found && self.library_type(&path[0]).is_some() {
            return Some(path);
        }
        let is_type = path.len() == 1
            && is_upper(&path[0])
            && resolve::type_named(self.db, self.project, self.module, path[0].clone()).is_some()
            && resolve::ctors(self.db, self.project, self.module, path[0].clone()).is_empty();
        (found || is_type).then_some(path)
    }

    /// The type of the library, or base type, that a name before a dot means; names of the program come first.
    fn library_type(&mut self, name: &Name) -> Option<Ty> {
        if !is_upper(name) {
            return None;
        }
        let prelude = crate::db::project_scope(self.db, self.project)
            .prelude
            .clone();
        let own = resolve::ctors(self.db, self.project, self.module, name.clone());
        let from_prelude = |id: &crate::ty::TypeId| prelude.types.values().any(|t| t.0 == *id);
        if own
            .first()
            .is_some_and(|level| level.iter().any(|(ty, _)| !from_prelude(ty)))
        {
            return None;
        }
        if let Some(base) = resolve::builtin_type(name) {
            return Some(base);
        }
        let item = match &**name {
            "Array" => Some(self.fresh()),
            "Int64Array" => Some(Ty::INT),
            "Float64Array" => Some(Ty::Float),
            "Float32Array" => Some(Ty::Float32),
            _ => None,
        };
        if let Some(item) = item {
            return Some(Ty::Array(Arc::new(item)));
        }
        let id = resolve::type_named(self.db, self.project, self.module, name.clone())?;
        if prelude.types.get(name).map(|t| t.0) != Some(id) {
            return None;
        }
        let info = crate::types::type_info(self.db, self.project, id);
        let args: Vec<Ty> = (0..info.def.params).map(|_| self.fresh()).collect();
        Some(Ty::Adt(id, args.into()))
    }

    /// Whether a module may be named here; reports if not.
    pub(super) fn see_module(&mut self, target: Target, span: Span) -> bool {
        match crate::types::hidden_module(self.db, self.project, self.module, target) {
            Some(private) => {
                let hint = Some("`pub` before `module` makes it visible".to_string());
                self.report_hint(span, private, hint);
                false
            }
            None => true,
        }
    }

    /// Functions of a module under a name, as one level; reports private and unknown ones.
    pub(super) fn module_functions(
        &mut self,
        path: &[Name],
        name: &Name,
        span: Span,
    ) -> Option<Levels<FnHead>> {
        let shown = path.join(".");
        let target = resolve::find_module(self.db, self.project, self.module, path);
        if target.is_some_and(|target| !self.see_module(target, span)) {
            return None;
        }
        let heads = match target {
            Some(Target::Module(of)) => {
                let all = resolve::module_values(self.db, self.project, of, name.clone());
                let visible: Vec<FnHead> = all
                    .iter()
                    .filter(|h| h.public || resolve::can_see(self.db, self.module, of))
                    .cloned()
                    .collect();
                if visible.is_empty() && !all.is_empty() {
                    let module = self.module_name(of);
                    let hint = Some("`pub` before its definition makes it visible".to_string());
                    self.report_hint(
                        span,
                        format!("`{name}` is private in module `{module}`"),
                        hint,
                    );
                    return None;
                }
                visible
            }
            Some(Target::Prelude) => {
                resolve::prelude_values(self.db, self.project, name.clone()).to_vec()
            }
            None => Vec::new(),
        };
        let mut levels: Levels<FnHead> = Vec::new();
        if let [of] = path
            && !heads.first().is_some_and(|h| h.value)
            && let Some(form) = self.library_type(of)
        {
            // `List.map`, `String.length`, `Int.abs`: the functions whose first parameter takes that type.
            let all = vec![resolve::prelude_values(self.db, self.project, name.clone()).to_vec()];
            levels = self.receivers(&all, &form);
            if heads.is_empty() && !levels.is_empty() {
                return Some(levels);
            }
        }
        if heads.is_empty() {
            let hint = match target {
                Some(Target::Module(of)) => {
                    let scope = crate::db::module_scope(self.db, self.project, of);
                    resolve::did_you_mean(name, scope.values.keys().map(|n| &**n))
                        .map(|n| format!("did you mean `{n}`?"))
                }
                _ => None,
            };
            self.report_hint(
                span,
                format!("unknown function `{name}` in module `{shown}`"),
                hint,
            );
            return None;
        }
        levels.insert(0, heads);
        Some(levels)
    }

    /// `M.name` as a value.
    pub(super) fn qualified_name(
        &mut self,
        path: &[Name],
        name: &Name,
        name_span: Span,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        if name.is_empty() {
            // The parser has said that a name is missing.
            return self.error_expr(span);
        }
        if is_upper(name)
            && let Some(ctors) = self.qualified_ctors(path, name, name_span)
        {
            return self.ctor_value(&ctors, expected, span);
        }
        match self.module_functions(path, name, name_span) {
            Some(levels) => self.function_value(name, &levels, expected, span),
            None => self.error_expr(span),
        }
    }
}
