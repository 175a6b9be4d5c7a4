//! Type variables, unification, levels.

use crate::ty::{IntTy, Ty};
use std::cell::Cell;
use std::sync::Arc;

/// How many parts of a type are looked at. Functions that double a type, one calling the other, can make types that have no end in practice.
const LARGEST: u32 = 100_000;

/// A variable.
#[derive(Clone, Debug)]
struct Var {
    binding: Option<Ty>,
    /// How many local functions deep it was made; those deeper than the one being generalised belong to it.
    level: u32,
    /// The type of an integer literal: only integers may be bound.
    literal: bool,
}

/// All variables of one inference. Unions leave no trace that could be undone: ask [`fits`](super::call) before.
#[derive(Default, Debug)]
pub struct Table {
    vars: Vec<Var>,
    /// The level of new variables.
    pub level: u32,
    /// Added to the level of new variables, once all have been raised.
    raised: u32,
    /// A type had more parts than are looked at.
    too_large: Cell<bool>,
}

/// Two types that cannot be one.
#[derive(Debug)]
pub struct Mismatch;

impl Table {
    /// A new variable.
    pub fn fresh(&mut self) -> Ty {
        self.make(false)
    }

    /// A new variable for an integer literal.
    pub fn fresh_literal(&mut self) -> Ty {
        self.make(true)
    }

    fn make(&mut self, literal: bool) -> Ty {
        self.vars.push(Var {
            binding: None,
            level: self.level + self.raised,
            literal,
        });
        Ty::Infer(self.vars.len() as u32 - 1)
    }

    /// Lifts all variables by one level, so that those of the outermost one are above it.
    pub fn raise(&mut self) {
        self.raised += 1;
        self.vars.iter_mut().for_each(|var| var.level += 1);
    }

    /// The number of variables made so far.
    pub fn len(&self) -> u32 {
        self.vars.len() as u32
    }

    /// The type with the outermost variables replaced by what they are bound to.
    pub fn shallow(&self, ty: &Ty) -> Ty {
        let mut ty = ty;
        while let Ty::Infer(var) = ty {
            match &self.vars[*var as usize].binding {
                Some(bound) => ty = bound,
                None => break,
            }
        }
        ty.clone()
    }

    /// Whether a type had more parts than are looked at: such parts were taken for errors, and this is one.
    pub fn too_large(&self) -> bool {
        self.too_large.get()
    }

    /// Counts one part of a type; false when there were too many.
    fn part(&self, left: &mut u32) -> bool {
        if *left == 0 {
            self.too_large.set(true);
            return false;
        }
        *left -= 1;
        true
    }

    /// The type with all bound variables replaced.
    pub fn deep(&self, ty: &Ty) -> Ty {
        self.deep_within(ty, &mut { LARGEST })
            .unwrap_or_else(|| ty.clone())
    }

    /// Nothing when nothing is replaced, so that what stays the same is shared.
    fn deep_within(&self, ty: &Ty, left: &mut u32) -> Option<Ty> {
        if !self.part(left) {
            return Some(Ty::Error);
        }
        match ty {
            Ty::Infer(_) => match self.shallow(ty) {
                Ty::Infer(var) => Some(Ty::Infer(var)),
                bound => Some(self.deep_within(&bound, left).unwrap_or(bound)),
            },
            Ty::Tuple(items) => Some(Ty::Tuple(self.all_deep(items, left)?)),
            Ty::Fn(params, result) => {
                let new_params = self.all_deep(params, left);
                let new_result = self.deep_within(result, left);
                if new_params.is_none() && new_result.is_none() {
                    return None;
                }
                Some(Ty::Fn(
                    new_params.unwrap_or_else(|| params.clone()),
                    new_result.map_or_else(|| result.clone(), Arc::new),
                ))
            }
            Ty::Adt(id, args) => Some(Ty::Adt(*id, self.all_deep(args, left)?)),
            Ty::Array(item) => Some(Ty::Array(Arc::new(self.deep_within(item, left)?))),
            _ => None,
        }
    }

    fn all_deep(&self, types: &[Ty], left: &mut u32) -> Option<Arc<[Ty]>> {
        let mut out: Option<Vec<Ty>> = None;
        for (at, ty) in types.iter().enumerate() {
            match (self.deep_within(ty, left), &mut out) {
                (Some(new), Some(out)) => out.push(new),
                (None, Some(out)) => out.push(ty.clone()),
                (Some(new), None) => {
                    let mut first = Vec::with_capacity(types.len());
                    first.extend_from_slice(&types[..at]);
                    first.push(new);
                    out = Some(first);
                }
                (None, None) => {}
            }
        }
        out.map(Into::into)
    }

    /// Whether the variable is the type of a literal.
    pub fn is_literal(&self, var: u32) -> bool {
        self.vars[var as usize].literal
    }

    /// The level of an unbound variable.
    pub fn level_of(&self, var: u32) -> u32 {
        self.vars[var as usize].level
    }

    /// Takes the variables in a type down to a level.
    pub fn lower(&mut self, ty: &Ty, level: u32) {
        let mut free = Vec::new();
        self.free(ty, &mut free);
        for var in free {
            let entry = &mut self.vars[var as usize];
            entry.level = entry.level.min(level);
        }
    }

    /// Binds an unbound variable.
    pub fn bind(&mut self, var: u32, ty: Ty) {
        debug_assert!(self.vars[var as usize].binding.is_none());
        self.vars[var as usize].binding = Some(ty);
    }

    /// Variables that are still free in `ty`, in order of first occurrence.
    pub fn free(&self, ty: &Ty, out: &mut Vec<u32>) {
        self.free_within(ty, out, &mut { LARGEST });
    }

    fn free_within(&self, ty: &Ty, out: &mut Vec<u32>, left: &mut u32) {
        if !self.part(left) {
            return;
        }
        match self.shallow(ty) {
            Ty::Infer(var) if out.contains(&var) => {}
            Ty::Infer(var) => out.push(var),
            Ty::Tuple(items) | Ty::Adt(_, items) => {
                items.iter().for_each(|t| self.free_within(t, out, left))
            }
            Ty::Fn(params, result) => {
                params.iter().for_each(|t| self.free_within(t, out, left));
                self.free_within(&result, out, left);
            }
            Ty::Array(item) => self.free_within(&item, out, left),
            _ => {}
        }
    }

    /// Makes two types one.
    pub fn unify(&mut self, a: &Ty, b: &Ty) -> Result<(), Mismatch> {
        self.unify_within(a, b, &mut { LARGEST })
    }

    fn unify_within(&mut self, a: &Ty, b: &Ty, left: &mut u32) -> Result<(), Mismatch> {
        if !self.part(left) {
            return Err(Mismatch);
        }
        let (a, b) = (self.shallow(a), self.shallow(b));
        match (&a, &b) {
            // What an error touches becomes one, so that nothing is said twice.
            (Ty::Error, Ty::Infer(var)) | (Ty::Infer(var), Ty::Error) => {
                self.vars[*var as usize].binding = Some(Ty::Error);
                Ok(())
            }
            (Ty::Error, _) | (_, Ty::Error) => Ok(()),
            (Ty::Infer(x), Ty::Infer(y)) => {
                if x == y {
                    return Ok(());
                }
                let level = self.level_of(*x).min(self.level_of(*y));
                let literal = self.is_literal(*x) || self.is_literal(*y);
                // The older one stays, so that parameters are numbered by first occurrence.
                let (keep, go) = if x < y { (*x, *y) } else { (*y, *x) };
                self.vars[keep as usize].level = level;
                self.vars[keep as usize].literal = literal;
                self.vars[go as usize].binding = Some(Ty::Infer(keep));
                Ok(())
            }
            (Ty::Infer(var), other) | (other, Ty::Infer(var)) => {
                if self.is_literal(*var) && !matches!(other, Ty::Int(_)) {
                    return Err(Mismatch);
                }
                let level = self.level_of(*var);
                if self.occurs(*var, level, other, &mut { LARGEST }) {
                    return Err(Mismatch);
                }
                self.vars[*var as usize].binding = Some(other.clone());
                Ok(())
            }
            (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => self.all(xs, ys, left),
            (Ty::Adt(x, xs), Ty::Adt(y, ys)) if x == y && xs.len() == ys.len() => {
                self.all(xs, ys, left)
            }
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) if xs.len() == ys.len() => {
                self.all(xs, ys, left)?;
                self.unify_within(x, y, left)
            }
            (Ty::Array(x), Ty::Array(y)) => self.unify_within(x, y, left),
            _ if a == b => Ok(()),
            _ => Err(Mismatch),
        }
    }

    fn all(&mut self, xs: &[Ty], ys: &[Ty], left: &mut u32) -> Result<(), Mismatch> {
        xs.iter()
            .zip(ys)
            .try_for_each(|(x, y)| self.unify_within(x, y, left))
    }

    /// Whether `var` is in `ty`; lowers the levels of the variables met to `level` on the way.
    fn occurs(&mut self, var: u32, level: u32, ty: &Ty, left: &mut u32) -> bool {
        if !self.part(left) {
            return true;
        }
        match self.shallow(ty) {
            Ty::Infer(other) => {
                let entry = &mut self.vars[other as usize];
                entry.level = entry.level.min(level);
                other == var
            }
            Ty::Tuple(items) | Ty::Adt(_, items) => {
                items.iter().any(|t| self.occurs(var, level, t, left))
            }
            Ty::Fn(params, result) => {
                params.iter().any(|t| self.occurs(var, level, t, left))
                    || self.occurs(var, level, &result, left)
            }
            Ty::Array(item) => self.occurs(var, level, &item, left),
            _ => false,
        }
    }
}

/// Whether a value lies in the range of an integer type.
pub fn in_range(value: i128, ty: IntTy) -> bool {
    let (low, high) = match ty {
        IntTy::I8 => (i8::MIN as i128, i8::MAX as i128),
        IntTy::I16 => (i16::MIN as i128, i16::MAX as i128),
        IntTy::I32 => (i32::MIN as i128, i32::MAX as i128),
        IntTy::I64 => (i64::MIN as i128, i64::MAX as i128),
        IntTy::U8 => (0, u8::MAX as i128),
        IntTy::U16 => (0, u16::MAX as i128),
        IntTy::U32 => (0, u32::MAX as i128),
        IntTy::U64 => (0, u64::MAX as i128),
    };
    (low..=high).contains(&value)
}

/// Replaces parameters `first ..` by `args`.
pub fn instantiate(ty: &Ty, first: u32, args: &[Ty]) -> Ty {
    ty.replaced(&mut |leaf| match leaf {
        Ty::Param(i) => i
            .checked_sub(first)
            .and_then(|i| args.get(i as usize))
            .cloned(),
        _ => None,
    })
    .unwrap_or_else(|| ty.clone())
}
