//! `value.field` and `tuple.0`, once the type of what stands before the dot is known; and what to say when there is no such field.

use super::{Goal, Hole, Infer};
use crate::hir::{Expr, ExprKind, Span};
use crate::raw::{self, Name};
use crate::ty::Ty;
use crate::types::type_info;

impl<'db> Infer<'db> {
    pub(super) fn field(
        &mut self,
        base: &raw::Expr,
        name: &Name,
        name_span: Span,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        if let Some(path) = self.module_path(base) {
            return self.qualified_name(&path, name, name_span, expected, span);
        }
        let base = self.infer(base, None);
        self.field_of(base, name, name_span, span)
    }

    /// A field of a value.
    pub(super) fn field_of(
        &mut self,
        base: Expr,
        name: &Name,
        name_span: Span,
        span: Span,
    ) -> Expr {
        if **name == *crate::query::PROBE {
            self.note_probe(Some(base.ty));
            self.report(name_span, "no field here");
            return self.error_expr(span);
        }
        match self.known_form(&base.ty) {
            Ty::Infer(_) => {
                let ty = self.fresh();
                let owner = self.owner();
                let (hole, out) = self.hole(
                    Hole::Field {
                        base: base.clone(),
                        name: name.clone(),
                        ty: ty.clone(),
                        span,
                    },
                    ty.clone(),
                    span,
                );
                self.later(
                    Goal::Field {
                        base: base.ty,
                        name: name.clone(),
                        result: ty,
                        owner,
                    },
                    name_span,
                    Some(hole),
                );
                out
            }
            Ty::Error => self.error_expr(span),
            form => match self.find_field(&form, name) {
                Some((index, ty)) => {
                    self.check_private_field(&form, index, name, name_span);
                    Expr {
                        kind: ExprKind::Field(Box::new(base), index),
                        ty,
                        span,
                    }
                }
                None => {
                    self.no_field(&form, name, name_span);
                    self.error_expr(span)
                }
            },
        }
    }

    /// The field of a record type by name, or of a tuple or single constructor by number.
    pub(super) fn find_field(&self, form: &Ty, name: &str) -> Option<(u32, Ty)> {
        let number = name.parse::<usize>().ok();
        match form {
            Ty::Tuple(items) => Some((number? as u32, items.get(number?)?.clone())),
            Ty::Adt(id, args) => {
                let info = type_info(self.db, self.project, *id);
                let [ctor] = info.def.ctors.as_slice() else {
                    return None;
                };
                let index = match number {
                    Some(index) => index,
                    None => ctor.fields.iter().position(|(field, _)| **field == *name)?,
                };
                Some((index as u32, ctor.fields.get(index)?.1.substitute(args)))
            }
            _ => None,
        }
    }

    pub(super) fn check_private_field(&mut self, form: &Ty, index: u32, name: &str, span: Span) {
        let Ty::Adt(id, _) = form else { return };
        let info = type_info(self.db, self.project, *id);
        if info
            .private
            .first()
            .is_some_and(|fields| fields.get(index as usize) == Some(&true))
            && !crate::resolve::can_see(self.db, self.module, info.module)
        {
            let module = self.module_name(info.module);
            self.report(
                span,
                format!("the field `{name}` is private in module `{module}`"),
            );
        }
    }

    pub(super) fn no_field(&mut self, form: &Ty, name: &str, span: Span) {
        if name.is_empty() {
            // The parser has said that a name is missing.
            return;
        }
        let hint = match form {
            Ty::Adt(id, _) => {
                let info = type_info(self.db, self.project, *id);
                match info.def.ctors.as_slice() {
                    [ctor] => crate::resolve::did_you_mean(
                        name,
                        ctor.fields.iter().map(|(field, _)| &**field),
                    )
                    .map(|field| format!("did you mean `{field}`?")),
                    _ => None,
                }
            }
            _ => None,
        };
        let message = format!("no field `{name}` on type `{}`", self.show(form));
        self.report_hint(span, message, hint);
    }

    pub(super) fn element(&mut self, base: &raw::Expr, index: u32, span: Span) -> Expr {
        let base = self.infer(base, None);
        let form = self.known_form(&base.ty);
        if let Ty::Infer(_) = form {
            return self.field_of(base, &index.to_string().into(), span, span);
        }
        match self.find_field(&form, &index.to_string()) {
            _ if form == Ty::Error => self.error_expr(span),
            Some((index, ty)) => {
                let base = Box::new(base);
                let kind = if let Ty::Tuple(_) = form {
                    ExprKind::Element(base, index)
                } else {
                    ExprKind::Field(base, index)
                };
                Expr { kind, ty, span }
            }
            None => {
                let message = format!("no field `{index}` on type `{}`", self.show(&form));
                self.report(span, message);
                self.error_expr(span)
            }
        }
    }
}
