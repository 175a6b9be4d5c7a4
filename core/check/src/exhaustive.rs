//! Do these arms take every value, and can each of them be reached? In: typed patterns. Out: a missing case as a pattern, and arms that
//! never run. The usefulness algorithm of Maranget, "Warnings for pattern matching" (JFP 2007).
//!
//! Only variants and Bool must be covered: integers, strings, lists and tests may leave values over, which throw when they come.

use crate::hir::{Literal, Pat, PatKind, TypeDef};
use crate::ty::{Ty, TypeId};
use std::sync::Arc;

/// One arm.
pub struct Row<'a> {
    /// Its pattern.
    pub pattern: &'a Pat,
    /// It has a guard, so it may refuse what its pattern takes.
    pub guarded: bool,
}

/// What a match leaves over and what it never reaches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// A value of a variant or Bool that no arm takes, as a pattern.
    pub missing: Option<String>,
    /// Arms that can never be taken.
    pub redundant: Vec<usize>,
}

/// Where type definitions come from, and which of them is the list.
pub struct Types<'a> {
    /// A declared type's definition.
    pub def: &'a dyn Fn(TypeId) -> Arc<TypeDef>,
    /// `List`: its constructors need not be covered.
    pub list: Option<TypeId>,
}

/// Looks at the arms of one match over a value of type `scrutinee`.
pub fn analyse(types: &Types<'_>, scrutinee: &Ty, rows: &[Row<'_>]) -> Report {
    let mut report = Report::default();
    let strict = Matching {
        types,
        generous: false,
    };
    let mut matrix: Vec<Vec<Case>> = Vec::new();
    let mut flat = FlatRows::default();
    for (index, row) in rows.iter().enumerate() {
        let alternatives = strict.cases(row.pattern);
        let reached = alternatives
            .iter()
            .any(|case| match flat.add(case, row.guarded) {
                Some(new) => new,
                None => strict
                    .useful(
                        &matrix,
                        std::slice::from_ref(case),
                        std::slice::from_ref(scrutinee),
                    )
                    .is_some(),
            });
        if !reached {
            report.redundant.push(index);
        }
        if !row.guarded {
            matrix.extend(alternatives.into_iter().map(|case| vec![case]));
        }
    }
    let generous = Matching {
        types,
        generous: true,
    };
    let covering = rows.iter().filter(|row| !row.guarded);
    let matrix: Vec<Vec<Case>> = covering
        .flat_map(|row| generous.cases(row.pattern))
        .map(|case| vec![case])
        .collect();
    // Many rows that take the same say it no better than one; generated matches have thousands.
    let matrix = if matrix.iter().any(|row| matches!(row[0], Case::Any)) {
        vec![vec![Case::Any]]
    } else {
        matrix
    };
    if let Some(witness) = generous.useful(&matrix, &[Case::Any], std::slice::from_ref(scrutinee)) {
        let witness = &witness[0];
        if must_cover(types, scrutinee) || names_variant(witness) {
            report.missing = Some(witness.text.clone());
        }
    }
    report
}

/// As long as every row is a bare literal or a constructor over wildcards, reachability is a look into a set.
#[derive(Default)]
struct FlatRows {
    seen: std::collections::HashSet<Head>,
    mixed: bool,
}

impl FlatRows {
    /// Is this row new? `None` when the rows are not flat.
    fn add(&mut self, case: &Case, guarded: bool) -> Option<bool> {
        match case {
            Case::Con(head @ (Head::Literal(_) | Head::Ctor(_)), parts)
                if !self.mixed && parts.iter().all(|part| matches!(part, Case::Any)) =>
            {
                let new = !self.seen.contains(head);
                if !guarded {
                    self.seen.insert(head.clone());
                }
                Some(new)
            }
            _ => {
                self.mixed = true;
                None
            }
        }
    }
}

/// A pattern without alternatives, reduced to what matters here.
#[derive(Clone, Debug)]
enum Case {
    Any,
    Con(Head, Vec<Case>),
    /// Takes some values, nobody knows which.
    Unknown,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Head {
    Ctor(u32),
    Tuple,
    Literal(Literal),
    Range(i64, i64, bool),
}

/// A value nobody takes, as text; `variant` when a constructor of a variant or Bool occurs in it.
#[derive(Clone)]
struct Witness {
    text: String,
    variant: bool,
}

fn names_variant(witness: &Witness) -> bool {
    witness.variant
}

fn must_cover(types: &Types<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Bool => true,
        Ty::Adt(id, _) => Some(*id) != types.list && !(types.def)(*id).ctors.is_empty(),
        _ => false,
    }
}

struct Matching<'a> {
    types: &'a Types<'a>,
    /// Patterns that need not cover their type count as if they took everything.
    generous: bool,
}

impl Matching<'_> {
    /// The pattern's alternatives.
    fn cases(&self, pattern: &Pat) -> Vec<Case> {
        match &pattern.kind {
            PatKind::Wild | PatKind::Bind(_, None) => vec![Case::Any],
            PatKind::Bind(_, Some(inner)) => self.cases(inner),
            PatKind::Literal(Literal::Unit) => vec![Case::Any],
            PatKind::Literal(literal @ Literal::Bool(_)) => {
                vec![Case::Con(Head::Literal(literal.clone()), vec![])]
            }
            PatKind::Literal(_) | PatKind::Range(..) if self.generous => vec![Case::Any],
            PatKind::Literal(literal) => vec![Case::Con(Head::Literal(literal.clone()), vec![])],
            PatKind::Range(low, high, inclusive) => {
                vec![Case::Con(Head::Range(*low, *high, *inclusive), vec![])]
            }
            PatKind::Tuple(parts) => self.product(Head::Tuple, parts),
            PatKind::Ctor(ctor, parts) => {
                if self.generous
                    && matches!(&pattern.ty, Ty::Adt(id, _) if Some(*id) == self.types.list)
                {
                    return vec![Case::Any];
                }
                self.product(Head::Ctor(*ctor), parts)
            }
            PatKind::Or(alternatives) => alternatives
                .iter()
                .flat_map(|pattern| self.cases(pattern))
                .collect(),
            PatKind::Test(..) | PatKind::View(..) => vec![if self.generous {
                Case::Any
            } else {
                Case::Unknown
            }],
        }
    }

    fn product(&self, head: Head, parts: &[Pat]) -> Vec<Case> {
        let mut rows = vec![Vec::new()];
        for part in parts {
            let cases = self.cases(part);
            // Alternatives inside alternatives multiply; beyond this they count as unknown, which only hides findings.
            if rows.len() * cases.len() > 4096 {
                return vec![if self.generous {
                    Case::Any
                } else {
                    Case::Unknown
                }];
            }
            rows = rows
                .iter()
                .flat_map(|row: &Vec<Case>| {
                    cases
                        .iter()
                        .map(|case| row.iter().cloned().chain([case.clone()]).collect())
                })
                .collect();
        }
        rows.into_iter()
            .map(|row| Case::Con(head.clone(), row))
            .collect()
    }

    /// A vector of values that `row` takes and no row of the matrix does.
    fn useful(&self, matrix: &[Vec<Case>], row: &[Case], types: &[Ty]) -> Option<Vec<Witness>> {
        let Some((first, rest)) = row.split_first() else {
            return matrix.is_empty().then(Vec::new);
        };
        let ty = &types[0];
        match first {
            Case::Unknown => self
                .useful(&default(matrix), rest, &types[1..])
                .map(|tail| prepend(wildcard(), tail)),
            Case::Con(head, parts) => {
                let fields = self.fields(ty, head, parts.len());
                let tail_types: Vec<Ty> = fields.iter().chain(&types[1..]).cloned().collect();
                let specialised = specialise(matrix, head, parts.len());
                let row: Vec<Case> = parts.iter().chain(rest).cloned().collect();
                let found = self.useful(&specialised, &row, &tail_types)?;
                Some(self.rebuild(ty, head, parts.len(), found))
            }
            Case::Any => {
                let Some(complete) = self.complete(ty, matrix) else {
                    let tail = self.useful(&default(matrix), rest, &types[1..])?;
                    return Some(prepend(wildcard(), tail));
                };
                let used: Vec<&Head> = matrix.iter().filter_map(|row| head_of(&row[0])).collect();
                if used.is_empty() {
                    let tail = self.useful(&default(matrix), rest, &types[1..])?;
                    return Some(prepend(wildcard(), tail));
                }
                for (head, arity) in complete {
                    let fields = self.fields(ty, &head, arity);
                    let tail_types: Vec<Ty> = fields.iter().chain(&types[1..]).cloned().collect();
                    let row: Vec<Case> = std::iter::repeat_n(Case::Any, arity)
                        .chain(rest.iter().cloned())
                        .collect();
                    if let Some(found) =
                        self.useful(&specialise(matrix, &head, arity), &row, &tail_types)
                    {
                        return Some(self.rebuild(ty, &head, arity, found));
                    }
                }
                None
            }
        }
    }

    /// All heads of a type, with their numbers of parts; `None` when they cannot be listed.
    fn complete(&self, ty: &Ty, matrix: &[Vec<Case>]) -> Option<Vec<(Head, usize)>> {
        match ty {
            Ty::Bool => Some(
                [false, true]
                    .map(|b| (Head::Literal(Literal::Bool(b)), 0))
                    .to_vec(),
            ),
            Ty::Tuple(items) => Some(vec![(Head::Tuple, items.len())]),
            Ty::Adt(id, _) => {
                let def = (self.types.def)(*id);
                let heads = def
                    .ctors
                    .iter()
                    .enumerate()
                    .map(|(i, ctor)| (Head::Ctor(i as u32), ctor.fields.len()));
                (!def.ctors.is_empty()).then(|| heads.collect())
            }
            _ => {
                // Types only known by use (a parameter): a tuple pattern still says its width.
                matrix.iter().find_map(|row| match &row[0] {
                    Case::Con(Head::Tuple, parts) => Some(vec![(Head::Tuple, parts.len())]),
                    _ => None,
                })
            }
        }
    }

    fn fields(&self, ty: &Ty, head: &Head, arity: usize) -> Vec<Ty> {
        match (ty, head) {
            (Ty::Tuple(items), Head::Tuple) => items.to_vec(),
            (Ty::Adt(id, args), Head::Ctor(ctor)) => {
                let def = (self.types.def)(*id);
                let fields = def
                    .ctors
                    .get(*ctor as usize)
                    .map(|ctor| &ctor.fields[..])
                    .unwrap_or_default();
                let mut types: Vec<Ty> = fields.iter().map(|(_, ty)| ty.substitute(args)).collect();
                types.resize(arity, Ty::Error);
                types
            }
            _ => vec![Ty::Error; arity],
        }
    }

    fn rebuild(&self, ty: &Ty, head: &Head, arity: usize, mut found: Vec<Witness>) -> Vec<Witness> {
        let tail = found.split_off(arity);
        let part_is_variant = found.iter().any(|part| part.variant);
        let texts: Vec<&str> = found.iter().map(|part| part.text.as_str()).collect();
        let (text, variant) = match (head, ty) {
            (Head::Tuple, _) => (format!("({})", texts.join(", ")), false),
            (Head::Ctor(ctor), Ty::Adt(id, _)) => {
                let def = (self.types.def)(*id);
                let is_list = Some(*id) == self.types.list;
                let name = def
                    .ctors
                    .get(*ctor as usize)
                    .map_or("_", |ctor| &*ctor.name);
                let text = match (is_list, texts.as_slice()) {
                    (true, []) => "[]".into(),
                    (true, [head, tail]) => format!("[{head} | {tail}]"),
                    (_, []) => name.to_string(),
                    (_, parts) => format!("{name}({})", parts.join(", ")),
                };
                // A record has one constructor: naming it says nothing is missing but inside it.
                (text, !is_list && def.ctors.len() > 1)
            }
            (Head::Literal(Literal::Bool(value)), _) => (value.to_string(), true),
            _ => ("_".into(), false),
        };
        prepend(
            Witness {
                text,
                variant: variant || part_is_variant,
            },
            tail,
        )
    }
}

fn wildcard() -> Witness {
    Witness {
        text: "_".into(),
        variant: false,
    }
}

fn prepend(first: Witness, mut rest: Vec<Witness>) -> Vec<Witness> {
    rest.insert(0, first);
    rest
}

fn head_of(case: &Case) -> Option<&Head> {
    match case {
        Case::Con(head, _) => Some(head),
        Case::Any | Case::Unknown => None,
    }
}

/// Rows that take a value with this head, and what they ask of its parts.
fn specialise(matrix: &[Vec<Case>], head: &Head, arity: usize) -> Vec<Vec<Case>> {
    let rows = matrix.iter().filter_map(|row| {
        let parts: Vec<Case> = match &row[0] {
            Case::Any => vec![Case::Any; arity],
            Case::Con(own, parts) if own == head => parts.clone(),
            Case::Con(..) | Case::Unknown => return None,
        };
        Some(parts.into_iter().chain(row[1..].iter().cloned()).collect())
    });
    rows.collect()
}

/// Rows that take whatever comes first.
fn default(matrix: &[Vec<Case>]) -> Vec<Vec<Case>> {
    let rows = matrix.iter().filter(|row| matches!(row[0], Case::Any));
    rows.map(|row| row[1..].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::{CtorDef, LocalId, Span};

    const OPTION: TypeId = TypeId(1);
    const LIST: TypeId = TypeId(2);

    fn def(id: TypeId) -> Arc<TypeDef> {
        let ctor = |name: &str, fields: &[Ty]| CtorDef {
            name: name.into(),
            fields: fields.iter().map(|ty| ("".into(), ty.clone())).collect(),
        };
        let ctors = match id {
            OPTION => vec![ctor("Some", &[Ty::Param(0)]), ctor("None", &[])],
            _ => vec![
                ctor("Nil", &[]),
                ctor(
                    "Cons",
                    &[Ty::Param(0), Ty::Adt(LIST, Arc::from([Ty::Param(0)]))],
                ),
            ],
        };
        Arc::new(TypeDef {
            id,
            name: "T".into(),
            params: 1,
            ctors,
            record: false,
            mutable: false,
        })
    }

    fn option(item: Ty) -> Ty {
        Ty::Adt(OPTION, Arc::from([item]))
    }
    fn list(item: Ty) -> Ty {
        Ty::Adt(LIST, Arc::from([item]))
    }
    fn pat(ty: &Ty, kind: PatKind) -> Pat {
        Pat {
            kind,
            ty: ty.clone(),
            span: Span::default(),
        }
    }
    fn wild() -> Pat {
        pat(&Ty::Error, PatKind::Wild)
    }
    fn ctor(ty: &Ty, index: u32, parts: Vec<Pat>) -> Pat {
        pat(ty, PatKind::Ctor(index, parts))
    }
    fn int(value: i64) -> Pat {
        pat(&Ty::INT, PatKind::Literal(Literal::Int(value)))
    }
    fn check(ty: &Ty, rows: &[(Pat, bool)]) -> (Option<String>, Vec<usize>) {
        let rows: Vec<Row<'_>> = rows
            .iter()
            .map(|(pattern, guarded)| Row {
                pattern,
                guarded: *guarded,
            })
            .collect();
        let report = analyse(
            &Types {
                def: &def,
                list: Some(LIST),
            },
            ty,
            &rows,
        );
        (report.missing, report.redundant)
    }
    fn missing(text: &str) -> (Option<String>, Vec<usize>) {
        (Some(text.into()), vec![])
    }

    #[test]
    fn a_missing_constructor_is_shown_as_a_pattern() {
        let ty = option(Ty::Bool);
        let truth = pat(&Ty::Bool, PatKind::Literal(Literal::Bool(true)));
        assert_eq!(
            check(&ty, &[(ctor(&ty, 0, vec![wild()]), false)]),
            missing("None")
        );
        assert_eq!(
            check(
                &ty,
                &[
                    (ctor(&ty, 0, vec![truth]), false),
                    (ctor(&ty, 1, vec![]), false)
                ]
            ),
            missing("Some(false)")
        );
        assert_eq!(
            check(
                &ty,
                &[
                    (ctor(&ty, 0, vec![wild()]), false),
                    (ctor(&ty, 1, vec![]), false)
                ]
            ),
            (None, vec![])
        );
    }

    #[test]
    fn guards_do_not_cover() {
        let ty = option(Ty::INT);
        assert_eq!(
            check(
                &ty,
                &[
                    (ctor(&ty, 0, vec![wild()]), true),
                    (ctor(&ty, 1, vec![]), false)
                ]
            ),
            missing("Some(_)")
        );
        assert_eq!(
            check(&Ty::INT, &[(wild(), true), (wild(), true)]),
            (None, vec![])
        );
    }

    #[test]
    fn integers_and_lists_may_leave_values_over_but_what_is_beside_them_may_not() {
        let ty = list(Ty::INT);
        assert_eq!(check(&Ty::INT, &[(int(1), false)]), (None, vec![]));
        assert_eq!(
            check(&ty, &[(ctor(&ty, 1, vec![wild(), wild()]), false)]),
            (None, vec![])
        );
        let pair = Ty::Tuple(Arc::from([Ty::INT, option(Ty::INT)]));
        let some = ctor(&option(Ty::INT), 0, vec![wild()]);
        let row = pat(&pair, PatKind::Tuple(vec![int(1), some]));
        assert_eq!(check(&pair, &[(row, false)]), missing("(_, None)"));
    }

    #[test]
    fn an_arm_behind_one_that_takes_all_is_redundant() {
        assert_eq!(
            check(
                &Ty::INT,
                &[
                    (int(1), false),
                    (int(1), false),
                    (wild(), false),
                    (int(2), false)
                ]
            )
            .1,
            [1, 3]
        );
        assert_eq!(
            check(&Ty::INT, &[(int(1), true), (int(1), false)]).1,
            Vec::<usize>::new()
        );
    }

    #[test]
    fn alternatives_bindings_and_tests() {
        let ty = option(Ty::INT);
        let both = pat(
            &ty,
            PatKind::Or(vec![ctor(&ty, 0, vec![wild()]), ctor(&ty, 1, vec![])]),
        );
        let named = pat(&ty, PatKind::Bind(LocalId(0), Some(Box::new(both))));
        assert_eq!(check(&ty, &[(named, false), (wild(), false)]).1, [1]);
    }

    #[test]
    fn five_thousand_arms() {
        let rows: Vec<(Pat, bool)> = (0..5000)
            .map(|i| (int(i), false))
            .chain([(wild(), false)])
            .collect();
        assert_eq!(check(&Ty::INT, &rows), (None, vec![]));
    }
}
