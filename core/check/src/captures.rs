//! Which outer locals each lambda and local function uses, itself or through local functions it calls.

use crate::hir::{Body, Callee, Expr, ExprKind, LocalFnId, LocalId, Pat, PatKind, Stmt};
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

    fn callee(&mut self, callee: &mut Callee) {
        match callee {
            Callee::Local(id, _) => {
                let current = self.current;
                self.frames[current].calls.insert(id.0 as usize);
            }
            Callee::Value(value) => self.expr(value),
            Callee::Fn(_) | Callee::Method(_) | Callee::Dot(_) => {}
        }
    }

    fn list(&mut self, items: &mut [Expr]) {
        items.iter_mut().for_each(|e| self.expr(e));
    }

    fn arms(&mut self, arms: &mut [crate::hir::Arm]) {
        for arm in arms {
            self.pat(&mut arm.pattern);
            arm.guard.iter_mut().for_each(|g| self.expr(g));
            self.expr(&mut arm.body);
        }
    }

    fn expr(&mut self, e: &mut Expr) {
        match &mut e.kind {
            ExprKind::Literal(_) | ExprKind::Global(_) | ExprKind::Continue | ExprKind::Hole(_) => {
            }
            ExprKind::Local(local) => self.uses(*local),
            ExprKind::FnValue(callee) => self.callee(callee),
            ExprKind::Call(callee, args) => {
                self.callee(callee);
                self.list(args);
            }
            ExprKind::Prim(_, items)
            | ExprKind::Concat(items)
            | ExprKind::Tuple(items)
            | ExprKind::Construct { fields: items, .. } => {
                self.list(items);
            }
            ExprKind::Field(base, _)
            | ExprKind::DotField(base, _)
            | ExprKind::Element(base, _)
            | ExprKind::Throw(base) => self.expr(base),
            ExprKind::Update(base, fields) => {
                self.expr(base);
                fields.iter_mut().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(scrutinee);
                self.arms(arms);
            }
            ExprKind::Block(stmts, value) => {
                for stmt in stmts {
                    match stmt {
                        Stmt::Expr(e) => self.expr(e),
                        Stmt::Let { pattern, value, .. } => {
                            self.expr(value);
                            self.pat(pattern);
                        }
                        Stmt::LocalFn(id) => self.local_fn(*id),
                    }
                }
                self.expr(value);
            }
            ExprKind::Assign(local, value) => {
                self.uses(*local);
                self.expr(value);
            }
            ExprKind::AssignField(base, _, value) => {
                self.expr(base);
                self.expr(value);
            }
            ExprKind::While { condition, body } => {
                self.expr(condition);
                self.expr(body);
            }
            ExprKind::ForRange {
                local,
                from,
                to,
                body,
            } => {
                self.expr(from);
                self.expr(to);
                self.declare(*local);
                self.expr(body);
            }
            ExprKind::ForList { local, list, body } => {
                self.expr(list);
                self.declare(*local);
                self.expr(body);
            }
            ExprKind::Break(value) | ExprKind::Return(value) => {
                value.iter_mut().for_each(|v| self.expr(v))
            }
            ExprKind::Lambda(lambda) => {
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
            }
            ExprKind::Try {
                body,
                arms,
                finally,
            } => {
                self.expr(body);
                self.arms(arms);
                finally.iter_mut().for_each(|e| self.expr(e));
            }
            ExprKind::Receive { arms, after } => {
                self.arms(arms);
                if let Some(after) = after {
                    self.expr(&mut after.0);
                    self.expr(&mut after.1);
                }
            }
        }
    }

    fn pat(&mut self, pat: &mut Pat) {
        match &mut pat.kind {
            PatKind::Wild | PatKind::Literal(_) | PatKind::Range(..) => {}
            PatKind::Bind(local, inner) => {
                self.declare(*local);
                inner.iter_mut().for_each(|p| self.pat(p));
            }
            PatKind::Tuple(items) | PatKind::Ctor(_, items) | PatKind::Or(items) => {
                items.iter_mut().for_each(|p| self.pat(p))
            }
            PatKind::Test(local, test) => {
                self.declare(*local);
                self.expr(test);
            }
            PatKind::View(local, value, inner) => {
                self.declare(*local);
                self.expr(value);
                self.pat(inner);
            }
        }
    }
}
