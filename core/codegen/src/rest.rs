//! What is left of functions from a statement on, as functions of the locals that are needed: what a debugger sends a frame to.
//!
//! Bodies have numbers, so that a frame's code can be told to be of the body that there is now.

use crate::Codegen;
use crate::meaning::Meaning;
use crate::mono::CellOwner;
use nostos_abi::code::{CellId, Made};
use nostos_check::hir::rest::rests;
use nostos_check::hir::{Body, Expr, FnInst, LocalId, told};
use nostos_check::ty::FnId;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What is left of a function.
pub struct Rest {
    /// Of which, at which types.
    pub inst: FnInst,
    /// What it is called.
    pub name: String,
    /// Its body; the parameters are the locals that are needed. None: the function has another text by now, so nobody asks for this again.
    pub body: Option<Arc<Body>>,
    /// The text it is made of.
    pub made: Made,
    /// Where it starts in the definition.
    start: u32,
    /// Locals that it is given to be seen.
    seen: Vec<Bound>,
}

/// A local: its name, and where it is bound, in bytes from the start of the definition.
pub type Bound = (Arc<str>, u32);

/// The numbers of the bodies that functions have had.
#[derive(Default)]
pub struct Versions {
    latest: FxHashMap<FnId, (Arc<Body>, u32)>,
    last: u32,
}

impl Versions {
    /// The number of a function's body; new or known.
    pub fn of(&mut self, id: FnId, body: &Arc<Body>) -> u32 {
        if let Some((known, number)) = self.latest.get(&id)
            && (Arc::ptr_eq(known, body) || known == body)
        {
            return *number;
        }
        self.last += 1;
        self.latest.insert(id, (body.clone(), self.last));
        self.last
    }
}

/// A statement that a frame may be sent to.
pub struct Goal {
    /// Where it starts in the definition, or in what a macro made of a call in it.
    pub start: u32,
    /// The first byte of the statement and the one behind it, from the start of the definition; of what a macro made, those of the call.
    pub span: (u32, u32),
    /// The locals that are needed.
    pub needs: Vec<Bound>,
}

impl Codegen {
    /// The function at concrete types that a cell's code is of, or is a part of.
    pub fn inst_of(&self, mut cell: CellId) -> Option<&FnInst> {
        loop {
            match self.cells.owner(cell)? {
                CellOwner::Fn(inst) => return Some(inst),
                CellOwner::Rest(number) => return Some(&self.rests[*number as usize].inst),
                CellOwner::Inner(of) => cell = *of,
                CellOwner::Thunk(..) | CellOwner::Synth(..) | CellOwner::Entry(_) => return None,
            }
        }
    }

    /// The statements that a frame of this code may be sent to, if they are in the code's own function and `wanted` by where they start and end.
    pub fn goals(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
        made: Made,
        wanted: impl Fn((u32, u32)) -> bool,
    ) -> Result<Vec<Goal>, &'static str> {
        let (_, body) = self.text_of(meaning, cell, made)?;
        let mut found: Vec<Goal> = Vec::new();
        rests(&body, &mut |rest| {
            let told = told(&body.expansions, rest.span);
            let span = (told.start, told.end);
            // Of what a macro made of a call, the first statement stands for it.
            if found.last().is_some_and(|last| last.span.0 == span.0) {
                return;
            }
            if rest.root == made.root && span.0 < span.1 && wanted(span) {
                let needs = rest.needs(&body).into_iter();
                let needs = needs.map(|local| bound(&body, local));
                found.push(Goal {
                    start: rest.span.start,
                    span,
                    needs: needs.collect(),
                });
            }
        });
        Ok(found)
    }

    /// Where the first statement starts of the function that this code is of.
    pub fn head(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
        made: Made,
    ) -> Result<u32, &'static str> {
        let (_, body) = self.text_of(meaning, cell, made)?;
        let mut first = None;
        rests(&body, &mut |rest| {
            if rest.root == made.root {
                first = first.or(Some(rest.span.start));
            }
        });
        first.ok_or("it has no statements")
    }

    /// The cell of what is left of the function of this code from the statement on that starts there, and its parameters: what it needs, and what of
    /// `seen` it does not bind itself.
    pub fn rest_cell(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
        made: Made,
        name: &str,
        start: u32,
        seen: &[Bound],
    ) -> Result<(CellId, Vec<Bound>), &'static str> {
        let (inst, body) = self.text_of(meaning, cell, made)?;
        let made = Made { rest: true, ..made };
        let known = self.rests.iter().position(|rest| {
            (&rest.inst, rest.made, rest.start, &*rest.name) == (&inst, made, start, name)
                && rest.seen == seen
        });
        if let Some(number) = known {
            return Ok(self.of_rest(number));
        }
        let mut more = Vec::new();
        for wanted in seen {
            let ids = (0..body.locals.len() as u32).map(LocalId);
            let mut same = ids.filter(|id| bound(&body, *id) == *wanted);
            // What a macro has made of one call is bound in one place.
            if let (Some(one), None) = (same.next(), same.next()) {
                more.push(one);
            }
        }
        let mut found = None;
        rests(&body, &mut |rest| {
            if found.is_none() && rest.root == made.root && rest.span.start == start {
                found = Some(rest.body(&body, &more));
            }
        });
        let found = found.ok_or("there is no such statement any more")?;
        for old in &mut self.rests {
            if old.inst.id == inst.id && old.made.version != made.version {
                (old.body, old.seen) = (None, Vec::new());
            }
        }
        self.rests.push(Rest {
            inst,
            name: name.to_owned(),
            body: Some(Arc::new(found)),
            made,
            start,
            seen: seen.to_vec(),
        });
        Ok(self.of_rest(self.rests.len() - 1))
    }

    fn of_rest(&mut self, number: usize) -> (CellId, Vec<Bound>) {
        let body = self.rests[number].body.iter();
        let params = body.flat_map(|body| body.params.iter().map(|local| bound(body, *local)));
        let params = params.collect();
        (self.cells.of(CellOwner::Rest(number as u32)), params)
    }

    /// The definition that a code was made of, if it is as it was then.
    fn text_of(
        &mut self,
        meaning: &dyn Meaning,
        cell: CellId,
        made: Made,
    ) -> Result<(FnInst, Arc<Body>), &'static str> {
        let inst = self.inst_of(cell).ok_or("this code is of no function")?;
        let inst = inst.clone();
        let body = meaning.body(inst.id).ok_or("its function is gone")?;
        if made.version == 0 || self.versions.of(inst.id, &body) != made.version {
            return Err("its function has been changed since it was called");
        }
        let mut of: Vec<&Expr> = Vec::new();
        rests(&body, &mut |rest| {
            if rest.root == made.root && !of.iter().any(|known| std::ptr::eq(*known, rest.of)) {
                of.push(rest.of);
            }
        });
        match of.len() {
            0 => Err("it is in a part of its function that has no statements"),
            1 => Ok((inst, body)),
            // What a macro has made of one call stands in one place.
            _ => Err("its text cannot be told from another lambda's"),
        }
    }
}

fn bound(body: &Body, local: LocalId) -> Bound {
    let local = &body.locals[local.0 as usize];
    (local.name.clone(), local.span.start)
}
