//! A small program of hand-made typed bodies, for tests that need no checker.
#![allow(dead_code, reason = "each test file uses its part")]

use nostos_check::hir::*;
use nostos_check::ty::*;
use nostos_codegen::meaning::Meaning;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Default)]
pub struct Program {
    pub fns: Vec<(Arc<FnDef>, Option<Arc<Body>>)>,
    pub types: Vec<Arc<TypeDef>>,
    pub methods: HashMap<(String, Ty), Selected>,
}

pub const LIST: TypeId = TypeId(0);
pub const OPTION: TypeId = TypeId(1);
/// A file of the library.
pub const STD: FileId = FileId(7);

impl Program {
    pub fn new() -> Program {
        let mut program = Program::default();
        let t = Ty::Param(0);
        let list = Ty::Adt(LIST, [t.clone()].into());
        program.data(
            "List",
            1,
            false,
            vec![("Nil", vec![]), ("Cons", vec![("", t.clone()), ("", list)])],
        );
        program.data(
            "Option",
            1,
            false,
            vec![("Some", vec![("", t)]), ("None", vec![])],
        );
        program
    }

    pub fn data(
        &mut self,
        name: &str,
        params: u32,
        record: bool,
        ctors: Vec<(&str, Vec<(&str, Ty)>)>,
    ) -> TypeId {
        let id = TypeId(self.types.len() as u32);
        self.types.push(Arc::new(TypeDef {
            id,
            name: name.into(),
            params,
            ctors: ctors
                .into_iter()
                .map(|(name, fields)| CtorDef {
                    name: name.into(),
                    fields: fields.into_iter().map(|(n, t)| (n.into(), t)).collect(),
                })
                .collect(),
            record,
            mutable: false,
        }));
        id
    }

    /// Declares a function, to be given its body later.
    pub fn declare(
        &mut self,
        name: &str,
        type_params: u32,
        params: Vec<Ty>,
        result: Ty,
        kind: FnKind,
    ) -> FnId {
        let id = FnId(self.fns.len() as u32);
        let def = FnDef {
            id,
            name: name.into(),
            kind,
            type_params,
            params,
            result,
            file: FileId(0),
            start: 1000 * id.0,
            len: 999,
        };
        self.fns.push((Arc::new(def), None));
        id
    }

    pub fn function(&mut self, name: &str, params: Vec<Ty>, result: Ty) -> FnId {
        self.declare(name, 0, params, result, FnKind::Nostos)
    }

    /// Makes a declared function one of the library.
    pub fn in_std(&mut self, id: FnId) {
        let def = &mut self.fns[id.0 as usize].0;
        Arc::make_mut(def).file = STD;
    }

    pub fn builtin(&mut self, name: &str, type_params: u32, params: Vec<Ty>, result: Ty) -> FnId {
        self.declare(
            name,
            type_params,
            params,
            result,
            FnKind::Builtin(name.into()),
        )
    }

    pub fn define(&mut self, id: FnId, make: impl FnOnce(&mut Maker) -> Expr) {
        let def = self.fns[id.0 as usize].0.clone();
        let mut maker = Maker {
            locals: vec![],
            local_fns: vec![],
            at: 0,
        };
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let params = def
            .params
            .iter()
            .enumerate()
            .map(|(i, t)| maker.local(names[i], t.clone()))
            .collect();
        let value = make(&mut maker);
        let body = Body {
            owner: id,
            type_params: def.type_params,
            locals: maker.locals,
            params,
            result: def.result.clone(),
            local_fns: maker.local_fns,
            value,
            expansions: Default::default(),
        };
        self.fns[id.0 as usize].1 = Some(Arc::new(body));
    }
}

pub struct Maker {
    pub locals: Vec<Local>,
    pub local_fns: Vec<LocalFn>,
    at: u32,
}

impl Maker {
    pub fn local(&mut self, name: &str, ty: Ty) -> LocalId {
        self.locals.push(Local {
            name: name.into(),
            ty,
            mutable: false,
            captured: false,
            span: Span { start: 1, end: 2 },
        });
        LocalId(self.locals.len() as u32 - 1)
    }

    pub fn var(&mut self, name: &str, ty: Ty) -> LocalId {
        let id = self.local(name, ty);
        self.locals[id.0 as usize].mutable = true;
        id
    }

    pub fn e(&mut self, kind: ExprKind, ty: Ty) -> Expr {
        self.at += 3;
        let span = Span {
            start: self.at,
            end: self.at + 2,
        };
        Expr { kind, ty, span }
    }

    pub fn get(&mut self, local: LocalId) -> Expr {
        let ty = self.locals[local.0 as usize].ty.clone();
        self.e(ExprKind::Local(local), ty)
    }

    pub fn int(&mut self, n: i64) -> Expr {
        self.e(ExprKind::Literal(Literal::Int(n)), Ty::INT)
    }

    pub fn float(&mut self, x: f64) -> Expr {
        self.e(ExprKind::Literal(Literal::Float(x.to_bits())), Ty::Float)
    }

    pub fn text(&mut self, s: &str) -> Expr {
        self.e(ExprKind::Literal(Literal::String(s.into())), Ty::String)
    }

    pub fn bool(&mut self, b: bool) -> Expr {
        self.e(ExprKind::Literal(Literal::Bool(b)), Ty::Bool)
    }

    pub fn unit(&mut self) -> Expr {
        self.e(ExprKind::Literal(Literal::Unit), Ty::Unit)
    }

    pub fn prim(&mut self, op: PrimOp, args: Vec<Expr>, ty: Ty) -> Expr {
        self.e(ExprKind::Prim(op, args), ty)
    }

    pub fn call(&mut self, id: FnId, args: Vec<Expr>, ty: Ty) -> Expr {
        self.call_at(id, vec![], args, ty)
    }

    pub fn call_at(&mut self, id: FnId, types: Vec<Ty>, args: Vec<Expr>, ty: Ty) -> Expr {
        let inst = FnInst {
            id,
            args: types.into(),
        };
        self.e(ExprKind::Call(Callee::Fn(inst), args), ty)
    }

    pub fn iff(&mut self, condition: Expr, then: Expr, otherwise: Expr) -> Expr {
        let ty = then.ty.clone();
        let kind = ExprKind::If {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        self.e(kind, ty)
    }

    pub fn block(&mut self, stmts: Vec<Stmt>, value: Expr) -> Expr {
        let ty = value.ty.clone();
        self.e(ExprKind::Block(stmts, Box::new(value)), ty)
    }

    pub fn let_(&mut self, local: LocalId, value: Expr) -> Stmt {
        let span = value.span;
        Stmt::Let {
            pattern: bind(local, value.ty.clone()),
            value,
            span,
        }
    }

    pub fn construct(&mut self, ctor: u32, fields: Vec<Expr>, ty: Ty) -> Expr {
        self.e(ExprKind::Construct { ctor, fields }, ty)
    }

    pub fn list(&mut self, items: Vec<Expr>, item: Ty) -> Expr {
        let ty = Ty::Adt(LIST, [item].into());
        let mut list = self.construct(0, vec![], ty.clone());
        for item in items.into_iter().rev() {
            list = self.construct(1, vec![item, list], ty.clone());
        }
        list
    }

    pub fn matching(&mut self, scrutinee: Expr, arms: Vec<Arm>, ty: Ty) -> Expr {
        let kind = ExprKind::Match {
            scrutinee: Box::new(scrutinee),
            arms,
        };
        self.e(kind, ty)
    }

    pub fn lambda(&mut self, params: Vec<LocalId>, captures: Vec<LocalId>, body: Expr) -> Expr {
        let types = params
            .iter()
            .map(|p| self.locals[p.0 as usize].ty.clone())
            .collect();
        let ty = Ty::Fn(types, Arc::new(body.ty.clone()));
        let lambda = Lambda {
            params,
            captures,
            body,
        };
        self.e(ExprKind::Lambda(Box::new(lambda)), ty)
    }

    pub fn apply(&mut self, function: Expr, args: Vec<Expr>, ty: Ty) -> Expr {
        self.e(ExprKind::Call(Callee::Value(Box::new(function)), args), ty)
    }
}

pub fn list_of(item: Ty) -> Ty {
    Ty::Adt(LIST, [item].into())
}

pub fn pat(kind: PatKind, ty: Ty) -> Pat {
    Pat {
        kind,
        ty,
        span: Span { start: 1, end: 2 },
    }
}

pub fn bind(local: LocalId, ty: Ty) -> Pat {
    pat(PatKind::Bind(local, None), ty)
}

pub fn wild(ty: Ty) -> Pat {
    pat(PatKind::Wild, ty)
}

pub fn int_pat(n: i64) -> Pat {
    pat(PatKind::Literal(Literal::Int(n)), Ty::INT)
}

pub fn arm(pattern: Pat, body: Expr) -> Arm {
    Arm {
        pattern,
        any: false,
        guard: None,
        body,
    }
}

impl Meaning for Program {
    fn fn_def(&self, id: FnId) -> Arc<FnDef> {
        self.fns[id.0 as usize].0.clone()
    }
    fn body(&self, id: FnId) -> Option<Arc<Body>> {
        self.fns[id.0 as usize].1.clone()
    }
    fn type_def(&self, id: TypeId) -> Arc<TypeDef> {
        self.types[id.0 as usize].clone()
    }
    fn select_method(&self, method: &MethodRef) -> Option<Selected> {
        self.methods
            .get(&(method.name.to_string(), method.self_ty.clone()))
            .cloned()
    }
    fn select_dot(&self, _: FnId, name: &str, args: &[Ty]) -> Option<Selected> {
        self.methods
            .get(&(name.to_string(), args[0].clone()))
            .cloned()
    }
    fn select_builtin(&self, method: Derived, ty: &Ty) -> Selected {
        Selected::Derived(method, ty.clone())
    }
    fn holds_mutable(&self, _: &Ty) -> bool {
        false
    }
    fn list(&self) -> TypeId {
        LIST
    }
    fn opaque(&self) -> Option<TypeId> {
        None
    }
    fn signals(&self) -> Option<[TypeId; 3]> {
        None
    }
    fn path(&self, file: FileId) -> Arc<str> {
        if file == STD {
            "std/test.nos".into()
        } else {
            "test.nos".into()
        }
    }
    fn position(&self, _: FileId, byte: u32) -> (u32, u32) {
        (byte / 10 + 1, byte % 10 + 1)
    }
}
