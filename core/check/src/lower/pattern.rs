//! Lowers patterns and literals.

use super::{Lower, text};
use crate::raw::*;
use crate::ty::IntTy;
use nostos_syntax::ast;
use nostos_syntax::literal::{Literal, SizedInt};

impl Lower {
    pub(super) fn pat(self, pat: ast::Pat<'_>) -> Pat {
        let span = self.span(pat.node());
        let error = || Pat {
            kind: PatKind::Error,
            span,
        };
        let kind = match pat {
            ast::Pat::Wild(_) => PatKind::Wild,
            ast::Pat::Name(name) => PatKind::Name(text(name.name())),
            ast::Pat::Literal(literal) => literal.value().map_or(PatKind::Error, |value| {
                PatKind::Literal(lit(value, literal.is_negative()))
            }),
            ast::Pat::Atom(atom) => PatKind::Literal(Lit::Atom(text(atom.name()))),
            ast::Pat::Range(range) => match (
                range.start().and_then(pat_literal),
                range.end().and_then(pat_literal),
            ) {
                (Some(start), Some(end)) => PatKind::Range(start, end, range.is_inclusive()),
                _ => PatKind::Error,
            },
            ast::Pat::Tuple(tuple) => {
                let elements: Vec<Pat> = tuple.elements().map(|p| self.pat(p)).collect();
                match elements.len() {
                    0 => PatKind::Literal(Lit::Unit),
                    _ => PatKind::Tuple(elements),
                }
            }
            ast::Pat::Paren(paren) => {
                return paren.inner().map_or_else(error, |inner| self.pat(inner));
            }
            ast::Pat::List(list) => PatKind::List(
                list.elements().map(|p| self.pat(p)).collect(),
                list.tail().map(|p| Box::new(self.pat(p))),
            ),
            ast::Pat::Ctor(ctor) => {
                let path = ctor.path().map_or_else(Vec::new, |path| {
                    path.segments().map(|s| s.text().into()).collect()
                });
                let args = if ctor.has_braces() {
                    CtorArgs::Named(
                        ctor.fields().map(|f| self.field_pat(f)).collect(),
                        ctor.is_open(),
                    )
                } else if ctor.has_parens() {
                    self.ctor_args(ctor)
                } else {
                    CtorArgs::Bare
                };
                PatKind::Ctor(path, args)
            }
            ast::Pat::Record(record) => PatKind::Record(
                record.fields().map(|f| self.field_pat(f)).collect(),
                record.is_open(),
            ),
            ast::Pat::Map(map) => PatKind::Map(
                map.entries()
                    .map(|entry| {
                        (
                            entry.key().map_or_else(error, |key| self.pat(key)),
                            entry.value().map_or_else(error, |value| self.pat(value)),
                        )
                    })
                    .collect(),
            ),
            ast::Pat::Set(set) => PatKind::Set(set.elements().map(|p| self.pat(p)).collect()),
            ast::Pat::Or(or) => PatKind::Or(or.alternatives().map(|p| self.pat(p)).collect()),
            ast::Pat::Pin(pin) => PatKind::Pin(text(pin.name())),
            ast::Pat::As(alias) => PatKind::As(
                Box::new(alias.pattern().map_or_else(error, |p| self.pat(p))),
                text(alias.name()),
            ),
            ast::Pat::Typed(typed) => match typed.ty() {
                Some(ty) => PatKind::Typed(
                    Box::new(typed.pattern().map_or_else(error, |p| self.pat(p))),
                    self.ty(ty),
                ),
                None => PatKind::Error,
            },
            ast::Pat::Splice(_) | ast::Pat::Error(_) => PatKind::Error,
        };
        Pat { kind, span }
    }

    /// What stands in a constructor's parentheses: fields by name, or by position and perhaps with types.
    fn ctor_args(self, ctor: ast::CtorPat<'_>) -> CtorArgs {
        let fields: Vec<(Name, Pat)> = ctor.fields().map(|f| self.field_pat(f)).collect();
        let mut elements: Vec<Pat> = ctor.elements().map(|p| self.pat(p)).collect();
        if fields.is_empty() {
            return CtorArgs::Positional(elements);
        }
        if elements.is_empty() {
            return CtorArgs::Named(fields, ctor.is_open());
        }
        // `Move(dx: d, _)`: the other fields, whatever they are; `Call(_, n: Int)` has types behind its colons.
        let is_type = |pattern: &Pat| matches!(pattern.kind, PatKind::Ctor(..));
        if let [
            Pat {
                kind: PatKind::Wild,
                ..
            },
        ] = elements[..]
            && !fields.iter().any(|(_, pattern)| is_type(pattern))
        {
            return CtorArgs::Named(fields, true);
        }
        elements.extend(
            fields
                .into_iter()
                .map(|(name, pattern)| pattern.as_typed(name)),
        );
        elements.sort_by_key(|pattern| pattern.span.start);
        CtorArgs::Positional(elements)
    }

    fn field_pat(self, field: ast::FieldPat<'_>) -> (Name, Pat) {
        let name = text(field.name());
        let pattern = match field.pattern() {
            Some(pattern) => self.pat(pattern),
            None => Pat {
                kind: PatKind::Name(name.clone()),
                span: self.span(field.node()),
            },
        };
        (name, pattern)
    }
}

fn pat_literal(pat: ast::Pat<'_>) -> Option<Lit> {
    match pat {
        ast::Pat::Literal(literal) => Some(lit(literal.value()?, literal.is_negative())),
        ast::Pat::Paren(paren) => pat_literal(paren.inner()?),
        _ => None,
    }
}

/// A literal, with its sign.
pub(super) fn lit(value: Literal, negative: bool) -> Lit {
    let int = |value: u128| {
        let value = i128::try_from(value).unwrap_or(i128::MAX);
        Wide::from(if negative { -value } else { value })
    };
    let signed = |digits: String| {
        Name::from(if negative {
            format!("-{digits}")
        } else {
            digits
        })
    };
    let float = |value: f64| (if negative { -value } else { value }).to_bits();
    match value {
        Literal::Int(value) => Lit::Int(int(value)),
        Literal::Sized(value, ty) => Lit::Sized(int(value), sized(ty)),
        Literal::Float(value) => Lit::Float(float(value)),
        Literal::Float32(value) => Lit::Float32(float(f64::from(value))),
        Literal::Char(c) => Lit::Char(c),
        Literal::String(s) => Lit::String(s.into()),
        Literal::Bool(b) => Lit::Bool(b),
        Literal::BigInt { radix, digits } => Lit::BigInt(signed(decimal(&digits, radix))),
        Literal::Decimal(digits) => Lit::Decimal(signed(digits)),
    }
}

/// Digits of another base as decimal ones.
fn decimal(digits: &str, radix: u32) -> String {
    if radix == 10 {
        return digits.to_string();
    }
    // Nine decimal digits a limb, the lowest first.
    let mut limbs = vec![0u64];
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = *limb * u64::from(radix) + carry;
            (*limb, carry) = (value % 1_000_000_000, value / 1_000_000_000);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut out = limbs.pop().unwrap_or(0).to_string();
    for limb in limbs.iter().rev() {
        out.push_str(&format!("{limb:09}"));
    }
    out
}

fn sized(ty: SizedInt) -> IntTy {
    match ty {
        SizedInt::I8 => IntTy::I8,
        SizedInt::I16 => IntTy::I16,
        SizedInt::I32 => IntTy::I32,
        SizedInt::U8 => IntTy::U8,
        SizedInt::U16 => IntTy::U16,
        SizedInt::U32 => IntTy::U32,
        SizedInt::U64 => IntTy::U64,
    }
}
