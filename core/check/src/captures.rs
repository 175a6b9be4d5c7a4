//! Which outer locals each lambda and local function uses, itself or through local functions it calls.

use crate::hir::visit::{self, PartMut};
use crate::hir::{Body, Callee, Expr, ExprKind, LocalFnId, LocalId, Pat, PatKind};
use std::collections::BTreeSet;

/// Fills in the captures of all lambdas and local functions, and which locals are captured.
pub fn mark(body: &mut Body) {
    let mut walk = Walk {
        frames: vec![Frame::default()],
        declared: vec![0; body.locals.len()],
        of_fn: vec![usize::MAX; body.local_fns.len()],
        current: 0,
        bodies: body
            .local_fns
            .iter_mut()
            .map(|f| Some(std::mem::replace(&mut f.value, empty())))
            .collect(),
        params: body.local_fns.iter().map(|f| f.params.clone()).collect(),
        filled: None,
        next: 0,
    };
    for param in &body.params {
        walk.declared[param.0 as usize] = 0;
    }
    walk.expr(&mut body.value);
    // A local function that is declared nowhere (its statement was dropped after an error) has no frame.
    let captures = walk.captures();
    walk.filled = Some(captures.clone());
    walk.current = 0;
    walk.next = 1;
    walk.expr(&mut body.value);
    for (at, function) in body.local_fns.iter_mut().enumerate() {
        if let Some(value) = walk.bodies[at].take() {
            function.value = value;
        }
        if let Some(frame) = captures.get(walk.of_fn[at]) {
            function.captures = frame.clone();
        }
    }
    for captured in captures.iter().flatten() {
        body.locals[captured.0 as usize].captured = true;
    }
}

fn empty() -> Expr {
    Expr {
        kind: ExprKind::Literal(crate::hir::Literal::Unit),
        ty: crate::ty::Ty::Unit,
        span: crate::hir::Span::default(),
    }
}

/// The inside of the definition, a lambda or a local function.
#[derive(Default)]
struct Frame {
    parent: usize,
    uses: BTreeSet<LocalId>,
    calls: BTreeSet<usize>,
}

/// Walks a body twice in the same order: first it numbers frames and notes uses, then it fills in what each frame captures.
struct Walk {
    frames: Vec<Frame>,
    /// The frame that declares each local.
    declared: Vec<usize>,
    of_fn: Vec<usize>,
    current: usize,
    bodies: Vec<Option<Expr>>,
    params: Vec<Vec<LocalId>>,
    filled: Option<Vec<Vec<LocalId>>>,
    next: usize,
}

impl Walk {
    /// Per frame, the locals of frames around it that it needs. Grows until calls of local functions bring nothing more.
    fn captures(&self) -> Vec<Vec<LocalId>> {
        let inside = |mut frame: usize, of: usize| loop {
            if frame == of {
                return true;
            }
            if frame == 0 {
                return false;
            }
            frame = self.frames[frame].parent;
        };
        let mut out: Vec<BTreeSet<LocalId>> = vec![BTreeSet::new(); self.frames.len()];
        loop {
            let mut grown = false;
            // Inner frames have higher numbers.
            for at in (0..self.frames.len()).rev() {
                let frame = &self.frames[at];
                let mut needs = frame.uses.clone();
                for callee in &frame.calls {
                    if let Some(of) = self.of_fn.get(*callee).and_then(|of| out.get(*of)) {
                        needs.extend(of.iter().copied());
                    }
                }
                needs.extend(out[at].iter().copied());
                needs.retain(|local| !inside(self.declared[local.0 as usize], at));
                if needs != out[at] {
                    out[at] = needs.clone();
                    grown = true;
                }
                if at > 0 {
                    let parent = frame.parent;
                    let passes: Vec<LocalId> = needs
                        .into_iter()
                        .filter(|local| !inside(self.declared[local.0 as usize], parent))
                        .collect();
                    for local in passes {
                        grown |= out[parent].insert(local);
                    }
                }
            }
            if !grown {
                return out
                    .into_iter()
                    .map(|set| set.into_iter().collect())
                    .collect();
            }
        }
    }

    fn declare(&mut self, local: LocalId) {
        self.declared[local.0 as usize] = self.current;
    }

    fn uses(&mut self, local: LocalId) {
        let current = self.current;
        self.frames[current].uses.insert(local);
    }

    /// Enters the next frame in order; answers its number.
    fn enter(&mut self) -> usize {
        if self.filled.is_some() {
            let frame = self.next;
            self.next += 1;
            frame
        } else {
            self.frames.push(Frame {
                parent: self.current,
                ..Frame::default()
            });
            self.frames.len() - 1
        }
    }

    fn local_fn(&mut self, id: LocalFnId) {
        let at = id.0 as usize;
        let frame = self.enter();
        self.of_fn[at] = frame;
        let outer = std::mem::replace(&mut self.current, frame);
        for param in self.params[at].clone() {
            self.declare(param);
        }
        if let Some(mut value) = self.bodies[at].take() {
            self.expr(&mut value);
            self.bodies[at] = Some(value);
        }
        self.current = outer;
    }

    fn part(&mut self, part: PartMut<'_>) {
        match part {
            PartMut::Expr(e) => self.expr(e),
            PartMut::Pat(pat) => self.pat(pat),
            PartMut::LocalFn(id) => self.local_fn(id),
        }
    }

    fn expr(&mut self, e: &mut Expr) {
        if let ExprKind::Lambda(lambda) = &mut e.kind {
            let frame = self.enter();
            let outer = std::mem::replace(&mut self.current, frame);
            for param in &lambda.params {
                self.declare(*param);
            }
            self.expr(&mut lambda.body);
            self.current = outer;
            if let Some(filled) = &self.filled {
                lambda.captures = filled[frame].clone();
            }
            return;
        }
        if let ExprKind::Local(local) | ExprKind::Assign(local, _) = e.kind {
            self.uses(local);
        }
        if let ExprKind::ForRange { local, .. } | ExprKind::ForList { local, .. } = e.kind {
            self.declare(local);
        }
        if let ExprKind::FnValue(Callee::Local(id, _)) | ExprKind::Call(Callee::Local(id, _), _) =
            &e.kind
        {
            self.frames[self.current].calls.insert(id.0 as usize);
        }
        visit::parts_mut(e, &mut |part| self.part(part));
    }

    fn pat(&mut self, pat: &mut Pat) {
        if let PatKind::Bind(local, _) | PatKind::Test(local, _) | PatKind::View(local, _, _) =
            pat.kind
        {
            self.declare(local);
        }
        visit::pat_parts_mut(pat, &mut |part| self.part(part));
    }
}
