//! Patterns to decision trees: rows of patterns over columns of variables, tested column by column from the first row's first test.
//!
//! Neighbouring rows that test the same column by constructor or constant share one switch, so that thousands of arms cost one jump;
//! a row that asks something else starts a new alternative. The tree's size is linear in the patterns' (or-patterns multiply).

use super::Ctx;
use crate::ir::{Expr, Kind, Match, Tree, VarId};
use crate::layout::TyId;
use nostos_check::hir::{self, Arm, ExprKind, Literal, Pat, PatKind, PrimOp};
use nostos_check::ty::Ty;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A row: one pattern (or none) per column.
#[derive(Clone)]
struct Row<'p> {
    pats: Vec<Option<&'p Pat>>,
    /// Names for columns that have been looked at, bound before the guard.
    binds: Vec<(hir::LocalId, VarId)>,
    guard: Option<&'p hir::Expr>,
    arm: u32,
    /// Comes from an or-pattern: its names are bound in more than one place.
    split: bool,
}

/// How a pattern is tested.
#[derive(PartialEq)]
enum Class {
    /// Always fits; its parts are tested.
    Product,
    Ctor,
    Word,
    Text,
    /// By itself.
    Alone,
}

impl Ctx<'_> {
    pub(super) fn match_(
        &mut self,
        scrutinee: &hir::Expr,
        arms: &[Arm],
        ty: TyId,
        at: u32,
    ) -> Expr {
        let mut subjects = Vec::new();
        // A tuple that the patterns take apart at once need never be built.
        if let ExprKind::Tuple(items) = &scrutinee.kind
            && arms.iter().all(|arm| takes_tuple_apart(&arm.pattern))
        {
            for item in items {
                let value = self.expr(item);
                subjects.push((self.temp(value.ty), value));
            }
        } else {
            let value = self.expr(scrutinee);
            subjects.push((self.temp(value.ty), value));
        }
        let columns: Vec<VarId> = subjects.iter().map(|(var, _)| *var).collect();
        let numbered = arms.iter().enumerate().map(|(i, arm)| (i as u32, arm));
        let tree = if matches!(scrutinee.kind, ExprKind::Tuple(_)) && columns.len() > 1 {
            let mut rows = Vec::new();
            for (number, arm) in numbered {
                rows.extend(
                    apart(&arm.pattern, columns.len())
                        .into_iter()
                        .map(|pats| Row {
                            pats,
                            binds: vec![],
                            guard: arm.guard.as_deref(),
                            arm: number,
                            split: matches!(arm.pattern.kind, PatKind::Or(_)),
                        }),
                );
            }
            self.tree(columns, rows)
        } else {
            self.arms_tree(columns, numbered)
        };
        let bodies = arms.iter().map(|arm| self.body_expr(&arm.body)).collect();
        let made = Match {
            subjects,
            tree,
            arms: bodies,
        };
        Expr::new(Kind::Match(Box::new(made)), ty, at)
    }

    /// `pattern = value`: binds the pattern's names for what follows.
    pub(super) fn bind_match(&mut self, pattern: &Pat, value: &hir::Expr, at: u32) -> Expr {
        let row = |pats| Row {
            pats,
            binds: vec![],
            guard: None,
            arm: 0,
            split: false,
        };
        let mut subjects = Vec::new();
        let tree;
        if let (ExprKind::Tuple(items), PatKind::Tuple(pats)) = (&value.kind, &pattern.kind) {
            for item in items {
                let value = self.expr(item);
                subjects.push((self.temp(value.ty), value));
            }
            let columns = subjects.iter().map(|(var, _)| *var).collect();
            tree = self.tree(columns, vec![row(pats.iter().map(Some).collect())]);
        } else {
            let value = self.expr(value);
            let subject = self.temp(value.ty);
            subjects.push((subject, value));
            tree = self.tree(vec![subject], vec![row(vec![Some(pattern)])]);
        }
        let made = Match {
            subjects,
            tree,
            arms: vec![Expr::unit(at)],
        };
        Expr::new(Kind::Match(Box::new(made)), TyId::UNIT, at)
    }

    /// The tree of arms over one column.
    pub(super) fn arms_tree<'p>(
        &mut self,
        columns: Vec<VarId>,
        arms: impl Iterator<Item = (u32, &'p Arm)>,
    ) -> Tree {
        let rows = arms
            .map(|(number, arm)| Row {
                pats: vec![Some(&arm.pattern)],
                binds: vec![],
                guard: arm.guard.as_deref(),
                arm: number,
                split: false,
            })
            .collect();
        self.tree(columns, rows)
    }

    fn tree(&mut self, columns: Vec<VarId>, rows: Vec<Row<'_>>) -> Tree {
        let mut plain = Vec::with_capacity(rows.len());
        for row in rows {
            plain_rows(&columns, row, &mut plain);
        }
        let mut rows = plain.into_iter().peekable();
        let mut alternatives = Vec::new();
        while let Some(row) = rows.next() {
            let Some(column) = row.pats.iter().position(Option::is_some) else {
                let certain = row.guard.is_none();
                alternatives.push(self.leaf(row));
                if certain {
                    break;
                }
                continue;
            };
            let class = self.class(&row, column);
            let mut run = vec![row];
            loop {
                let same = |row: &Row<'_>| match row.pats[column] {
                    Some(pat) => self.class_of(pat) == class,
                    None => class == Class::Product,
                };
                if class == Class::Alone {
                    break;
                }
                let Some(row) = rows.next_if(same) else { break };
                run.push(row);
            }
            alternatives.push(match class {
                Class::Product => self.product(&columns, column, run),
                Class::Ctor => self.by_ctor(&columns, column, run),
                Class::Word => self.by_word(&columns, column, run),
                Class::Text => self.by_text(&columns, column, run),
                Class::Alone => self.alone(&columns, column, run.remove(0)),
            });
        }
        match alternatives.len() {
            0 => Tree::Fail,
            1 => alternatives.remove(0),
            _ => Tree::First(alternatives),
        }
    }

    fn leaf(&mut self, row: Row<'_>) -> Tree {
        let mut binds = Vec::new();
        for (local, column) in &row.binds {
            let var = self.var(*local);
            if row.split {
                self.fun.vars[var.0 as usize].multi = true;
            }
            binds.push((var, self.read(*column, 0)));
        }
        let mut tree = Tree::Arm(row.arm);
        if let Some(guard) = row.guard {
            let guard = self.expr(guard);
            tree = Tree::Test(Box::new(guard), Box::new(tree), Box::new(Tree::Fail));
        }
        for (var, value) in binds.into_iter().rev() {
            tree = Tree::Let(var, Box::new(value), Box::new(tree));
        }
        tree
    }

    fn class(&self, row: &Row<'_>, column: usize) -> Class {
        self.class_of(row.pats[column].expect("the column is tested"))
    }

    fn class_of(&self, pat: &Pat) -> Class {
        match &pat.kind {
            PatKind::Tuple(_) => Class::Product,
            PatKind::Ctor(..) => {
                let concrete = self.concrete(&pat.ty);
                match &concrete {
                    Ty::Adt(id, _) if self.world.meaning.type_def(*id).ctors.len() == 1 => {
                        Class::Product
                    }
                    _ => Class::Ctor,
                }
            }
            PatKind::Literal(Literal::Int(_)) => match self.concrete(&pat.ty) {
                Ty::Float | Ty::Float32 => Class::Alone,
                _ => Class::Word,
            },
            PatKind::Literal(Literal::Bool(_) | Literal::Char(_) | Literal::Atom(_)) => Class::Word,
            PatKind::Literal(Literal::String(_)) => Class::Text,
            PatKind::Literal(Literal::Float(_) | Literal::Unit) => Class::Alone,
            PatKind::Range(..) | PatKind::Test(..) | PatKind::View(..) => Class::Alone,
            PatKind::Wild | PatKind::Bind(..) | PatKind::Or(_) => panic!("not a plain row"),
        }
    }

    fn product(&mut self, columns: &[VarId], column: usize, rows: Vec<Row<'_>>) -> Tree {
        self.opened(columns, column, 0, rows)
    }

    /// The constructor is known: its fields become columns in the place of the value.
    fn opened(&mut self, columns: &[VarId], column: usize, ctor: u32, rows: Vec<Row<'_>>) -> Tree {
        let subject = columns[column];
        let ty = self.fun.vars[subject.0 as usize].ty;
        // Asking by the type itself finishes the layout of what lies very deep.
        let of = self.ty_of(ty);
        self.ty(&of);
        let data = self.world.layouts.data(ty);
        let fields = &data.ctors[ctor as usize].fields;
        let mut opened = Vec::with_capacity(rows.len());
        for mut row in rows {
            let parts: Vec<Option<&Pat>> = match row.pats[column].map(|p| &p.kind) {
                None => vec![None; fields.len()],
                Some(PatKind::Tuple(pats) | PatKind::Ctor(_, pats)) => {
                    pats.iter().map(Some).collect()
                }
                Some(_) => panic!("not a constructor's pattern"),
            };
            row.pats.splice(column..=column, parts);
            opened.push(row);
        }
        let mut inner = columns.to_vec();
        let mut loads = Vec::new();
        let mut vars = Vec::new();
        for (i, (_, field)) in fields.iter().enumerate() {
            let var = self.temp(*field);
            let used = opened.iter().any(|row| match row.pats[column + i] {
                Some(pat) => !matches!(pat.kind, PatKind::Wild),
                None => false,
            });
            if used {
                let subject = self.read(subject, 0);
                loads.push((
                    var,
                    Expr::new(Kind::Get(Box::new(subject), ctor, i as u32), *field, 0),
                ));
            }
            vars.push(var);
        }
        inner.splice(column..=column, vars);
        let mut tree = self.tree(inner, opened);
        for (var, load) in loads.into_iter().rev() {
            tree = Tree::Let(var, Box::new(load), Box::new(tree));
        }
        tree
    }

    fn by_ctor(&mut self, columns: &[VarId], column: usize, rows: Vec<Row<'_>>) -> Tree {
        let groups = grouped(rows, |row| match &row.pats[column].expect("tested").kind {
            PatKind::Ctor(ctor, _) => *ctor,
            _ => panic!("not a constructor's pattern"),
        });
        let mut cases = Vec::new();
        for (ctor, rows) in groups {
            cases.push((ctor, self.opened(columns, column, ctor, rows)));
        }
        Tree::Ctor(columns[column], cases, Box::new(Tree::Fail))
    }

    fn by_word(&mut self, columns: &[VarId], column: usize, rows: Vec<Row<'_>>) -> Tree {
        let subject = columns[column];
        let ty = self.fun.vars[subject.0 as usize].ty;
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows {
            let PatKind::Literal(literal) = &row.pats[column].expect("tested").kind else {
                panic!("not a literal");
            };
            let Kind::Word(bits) = self.literal(literal, ty, 0).kind else {
                panic!("not a word");
            };
            keyed.push((bits, row));
        }
        let groups = grouped(keyed, |(bits, _)| *bits);
        let mut cases = Vec::new();
        for (bits, rows) in groups {
            let rows = rows
                .into_iter()
                .map(|(_, row)| without(row, column))
                .collect();
            cases.push((bits, self.tree(rest(columns, column), rows)));
        }
        Tree::Word(subject, cases, Box::new(Tree::Fail))
    }

    fn by_text(&mut self, columns: &[VarId], column: usize, rows: Vec<Row<'_>>) -> Tree {
        let subject = columns[column];
        let groups = grouped(rows, |row| match &row.pats[column].expect("tested").kind {
            PatKind::Literal(Literal::String(text)) => text.clone(),
            _ => panic!("not a text"),
        });
        let mut alternatives = Vec::new();
        for (text, rows) in groups {
            let rows = rows.into_iter().map(|row| without(row, column)).collect();
            let then = self.tree(rest(columns, column), rows);
            let text: Arc<str> = text;
            let literal = Expr::new(Kind::String(text), TyId::STRING, 0);
            let test = self.prim(
                PrimOp::Eq,
                vec![self.read(subject, 0), literal],
                TyId::BOOL,
                0,
            );
            alternatives.push(Tree::Test(
                Box::new(test),
                Box::new(then),
                Box::new(Tree::Fail),
            ));
        }
        Tree::First(alternatives)
    }

    fn alone(&mut self, columns: &[VarId], column: usize, row: Row<'_>) -> Tree {
        let subject = columns[column];
        let pat = row.pats[column].expect("tested");
        let at = self.at(pat.span);
        let value = self.read(subject, at);
        let test = match &pat.kind {
            PatKind::Literal(Literal::Unit) => {
                return self.tree(rest(columns, column), vec![without(row, column)]);
            }
            PatKind::Literal(literal) => {
                let literal = self.literal(literal, value.ty, at);
                self.prim(PrimOp::Eq, vec![value, literal], TyId::BOOL, at)
            }
            PatKind::Range(low, high, inclusive) => {
                let ty = value.ty;
                let bound = |ctx: &mut Self, op: PrimOp, bits: i64| {
                    ctx.prim(
                        op,
                        vec![value.clone(), Expr::word(bits, ty, at)],
                        TyId::BOOL,
                        at,
                    )
                };
                let above = bound(self, PrimOp::Ge, *low);
                let below = bound(
                    self,
                    if *inclusive { PrimOp::Le } else { PrimOp::Lt },
                    *high,
                );
                let no = Expr::word(0, TyId::BOOL, at);
                Expr::new(Kind::If(Box::new([above, below, no])), TyId::BOOL, at)
            }
            PatKind::Test(local, test) => {
                let local = self.fresh(*local);
                let test = self.expr(test);
                let then = self.tree(rest(columns, column), vec![without(row, column)]);
                let test = Tree::Test(Box::new(test), Box::new(then), Box::new(Tree::Fail));
                return Tree::Let(local, Box::new(value), Box::new(test));
            }
            PatKind::View(local, view, inner) => {
                let local = self.fresh(*local);
                let view = self.expr(view);
                let seen = self.temp(view.ty);
                let mut columns = columns.to_vec();
                let mut row = row;
                columns[column] = seen;
                row.pats[column] = Some(inner);
                let then = self.tree(columns, vec![row]);
                let then = Tree::Let(seen, Box::new(view), Box::new(then));
                return Tree::Let(local, Box::new(value), Box::new(then));
            }
            PatKind::Wild
            | PatKind::Bind(..)
            | PatKind::Tuple(_)
            | PatKind::Ctor(..)
            | PatKind::Or(_) => {
                panic!("not tested alone")
            }
        };
        let then = self.tree(rest(columns, column), vec![without(row, column)]);
        Tree::Test(Box::new(test), Box::new(then), Box::new(Tree::Fail))
    }
}

/// Takes names and wildcards off a row and splits its or-patterns.
fn plain_rows<'p>(columns: &[VarId], mut row: Row<'p>, out: &mut Vec<Row<'p>>) {
    for i in 0..row.pats.len() {
        while let Some(pat) = row.pats[i] {
            match &pat.kind {
                PatKind::Wild => row.pats[i] = None,
                PatKind::Bind(local, inner) => {
                    row.binds.push((*local, columns[i]));
                    row.pats[i] = inner.as_deref();
                }
                PatKind::Or(choices) => {
                    for choice in choices {
                        let mut one = row.clone();
                        one.pats[i] = Some(choice);
                        one.split = true;
                        plain_rows(columns, one, out);
                    }
                    return;
                }
                PatKind::Literal(_)
                | PatKind::Range(..)
                | PatKind::Tuple(_)
                | PatKind::Ctor(..) => break,
                PatKind::Test(..) | PatKind::View(..) => break,
            }
        }
    }
    out.push(row);
}

/// Groups rows by key, in the order of each key's first row.
fn grouped<R, K: std::hash::Hash + Eq + Clone>(
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
) -> Vec<(K, Vec<R>)> {
    let mut groups: Vec<(K, Vec<R>)> = Vec::new();
    let mut places: FxHashMap<K, usize> = FxHashMap::default();
    for row in rows {
        let key = key(&row);
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(row);
    }
    groups
}

fn without(mut row: Row<'_>, column: usize) -> Row<'_> {
    row.pats.remove(column);
    row
}

fn rest(columns: &[VarId], column: usize) -> Vec<VarId> {
    let mut columns = columns.to_vec();
    columns.remove(column);
    columns
}

fn takes_tuple_apart(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Wild | PatKind::Tuple(_) => true,
        PatKind::Or(choices) => choices.iter().all(takes_tuple_apart),
        PatKind::Bind(..) | PatKind::Literal(_) | PatKind::Range(..) | PatKind::Ctor(..) => false,
        PatKind::Test(..) | PatKind::View(..) => false,
    }
}

/// The rows of a tuple's pattern.
fn apart(pat: &Pat, width: usize) -> Vec<Vec<Option<&Pat>>> {
    match &pat.kind {
        PatKind::Wild => vec![vec![None; width]],
        PatKind::Tuple(pats) => vec![pats.iter().map(Some).collect()],
        PatKind::Or(choices) => choices.iter().flat_map(|c| apart(c, width)).collect(),
        _ => panic!("looked at before"),
    }
}
