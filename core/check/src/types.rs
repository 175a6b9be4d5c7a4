//! Type expressions to types; declared types to their definitions.

use crate::db::TypeNode;
use crate::db::{Db, Project, project_scope, type_item};
use crate::hir::{CtorDef, Span, TypeDef};
use crate::ids::{ItemKey, ModuleId};
use crate::raw::{self, Name, TypeBody, TypeExpr, TypeKind};
use crate::resolve::{self, Target};
use crate::ty::{TraitId, Ty, TypeId};
use std::sync::Arc;

/// A mistake in a definition; its span is relative to the definition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Finding {
    /// The marked place.
    pub span: Span,
    /// The sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// Without a hint.
    pub fn new(span: Span, message: impl Into<String>) -> Finding {
        Finding {
            span,
            message: message.into(),
            hint: None,
        }
    }
}

/// Library types and traits that the language itself refers to. Without a library they are numbers that nothing declares.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the library item of its name")]
pub struct Known {
    pub list: TypeId,
    pub option: TypeId,
    pub result: TypeId,
    pub map: TypeId,
    pub set: TypeId,
    pub big_int: TypeId,
    pub decimal: TypeId,
    pub show: TraitId,
    pub eq: TraitId,
    pub ord: TraitId,
    pub num: TraitId,
    pub hash: TraitId,
    pub copy: TraitId,
    pub concat: TraitId,
    /// `Opaque`, if the library has it: a reference to something of the runtime's.
    pub opaque: Option<TypeId>,
    /// `Down`, `Exit`, `ExitReason`, if the library has them.
    pub signals: Option<[TypeId; 3]>,
}

impl Known {
    /// Traits that every data type without functions implements by itself.
    pub fn derivable(&self, of: TraitId) -> bool {
        of == self.show || of == self.eq || of == self.ord || of == self.hash || of == self.copy
    }

    /// `List[item]`
    pub fn list_of(&self, item: Ty) -> Ty {
        Ty::Adt(self.list, [item].into())
    }

    /// `Option[item]`
    pub fn option_of(&self, item: Ty) -> Ty {
        Ty::Adt(self.option, [item].into())
    }
}

/// See [`Known`].
#[salsa::tracked(returns(clone))]
pub fn known(db: &dyn Db, project: Project) -> Arc<Known> {
    let prelude = project_scope(db, project).prelude.clone();
    let missing = |name: &str| ItemKey {
        file: db.ids().file("std/prelude.nos"),
        module: db.ids().module("std.prelude"),
        name: name.into(),
    };
    let ty = |name: &str| {
        prelude
            .types
            .get(name)
            .map_or_else(|| db.ids().ty(missing(name)), |t| t.0)
    };
    let of_trait = |name: &str| {
        prelude
            .traits
            .get(name)
            .map_or_else(|| db.ids().of_trait(missing(name)), |t| t.0)
    };
    Arc::new(Known {
        list: ty("List"),
        option: ty("Option"),
        result: ty("Result"),
        map: ty("Map"),
        set: ty("Set"),
        big_int: ty("BigInt"),
        decimal: ty("Decimal"),
        show: of_trait("Show"),
        eq: of_trait("Eq"),
        ord: of_trait("Ord"),
        num: of_trait("Num"),
        hash: of_trait("Hash"),
        copy: of_trait("Copy"),
        concat: of_trait("Concat"),
        opaque: prelude.types.get("Opaque").map(|t| t.0),
        signals: {
            let own = |name: &str| prelude.types.get(name).map(|t| t.0);
            match (own("Down"), own("Exit"), own("ExitReason")) {
                (Some(down), Some(exit), Some(reason)) => Some([down, exit, reason]),
                _ => None,
            }
        },
    })
}

/// How names that are no types are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variables {
    /// Lower-case names become further parameters.
    Lower,
    /// So do capitalised names that no type has: in the head of an impl.
    Any,
    /// None may occur: in declared types.
    Refused,
}

/// Lowers type expressions in one context.
pub struct TypeLower<'db> {
    db: &'db dyn Db,
    project: Project,
    module: ModuleId,
    /// Names that stand for types here: parameters.
    pub names: Vec<(Name, Ty)>,
    /// What `Self` is.
    pub self_ty: Option<Ty>,
    /// The number that the next new parameter gets.
    pub next: u32,
    variables: Variables,
    aliases: Vec<TypeId>,
    /// What was wrong.
    pub findings: Vec<Finding>,
}

impl<'db> TypeLower<'db> {
    /// A context without parameters.
    pub fn new(db: &'db dyn Db, project: Project, module: ModuleId, variables: Variables) -> Self {
        TypeLower {
            db,
            project,
            module,
            names: Vec::new(),
            self_ty: None,
            next: 0,
            variables,
            aliases: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Adds a parameter; answers its type.
    pub fn declare(&mut self, name: Name) -> Ty {
        let ty = Ty::Param(self.next);
        self.next += 1;
        self.names.push((name, ty.clone()));
        ty
    }

    fn report(&mut self, span: Span, message: String, hint: Option<String>) -> Ty {
        self.findings.push(Finding {
            span,
            message,
            hint,
        });
        Ty::Error
    }

    /// The type that `expr` means.
    pub fn lower(&mut self, expr: &TypeExpr) -> Ty {
        match &expr.kind {
            TypeKind::Error => Ty::Error,
            TypeKind::SelfType => match &self.self_ty {
                Some(ty) => ty.clone(),
                None => self.report(expr.span, "`Self` stands for the type that a trait is implemented for; there is none here".into(), None),
            },
            TypeKind::Variable(name) => {
                if let Some((_, ty)) = self.names.iter().find(|(other, _)| other == name) {
                    return ty.clone();
                }
                match self.variables {
                    Variables::Lower | Variables::Any => self.declare(name.clone()),
                    Variables::Refused => {
                        let hint = Some(format!("declare it: [{name}]"));
                        self.report(expr.span, format!("unknown type variable `{name}`"), hint)
                    }
                }
            }
            TypeKind::List(item) => {
                let item = self.lower(item);
                known(self.db, self.project).list_of(item)
            }
            TypeKind::Tuple(items) => match items.as_slice() {
                [] => Ty::Unit,
                items => Ty::Tuple(items.iter().map(|item| self.lower(item)).collect()),
            },
            TypeKind::Fn(params, result) => {
                let params = params.iter().map(|p| self.lower(p)).collect();
                Ty::Fn(params, Arc::new(self.lower(result)))
            }
            TypeKind::Path(path, args) => self.path(path, args, expr.span),
        }
    }

    fn path(&mut self, path: &[Name], args: &[TypeExpr], span: Span) -> Ty {
        let Some((name, modules)) = path.split_last() else {
            return Ty::Error;
        };
        if modules.is_empty() {
            if let Some((_, ty)) = self.names.iter().find(|(other, _)| other == name) {
                return ty.clone();
            }
            if let Some(id) = resolve::type_named(self.db, self.project, self.module, name.clone())
            {
                return self.apply(id, args, span);
            }
            if let Some(ty) = self.builtin(name, args, span) {
                return ty;
            }
            if self.variables == Variables::Any && args.is_empty() {
                return self.declare(name.clone());
            }
            let visible = resolve::visible_types(self.db, self.project, self.module);
            let hint = resolve::did_you_mean(name, visible.iter().map(|n| &**n))
                .map(|n| format!("did you mean `{n}`?"));
            let hint = match name.chars().count() {
                1 => Some(format!(
                    "a type parameter is declared behind the name: `f[{name}](…)`; lower-case ones need not be"
                )),
                _ => hint,
            };
            return self.report(span, format!("unknown type `{name}`"), hint);
        }
        let Some(target) = resolve::find_module(self.db, self.project, self.module, modules) else {
            return self.report(
                span,
                format!("unknown module `{}`", modules.join(".")),
                None,
            );
        };
        if let Some(private) = hidden_module(self.db, self.project, self.module, target) {
            return self.report(span, private, None);
        }
        match resolve::module_type(self.db, self.project, target, name) {
            Some((id, public)) => {
                if !public
                    && !matches!(target, Target::Module(of) if resolve::can_see(self.db, self.module, of))
                {
                    return self.report(
                        span,
                        format!("`{name}` is private in module `{}`", modules.join(".")),
                        None,
                    );
                }
                self.apply(id, args, span)
            }
            None => self.report(
                span,
                format!("unknown type `{name}` in module `{}`", modules.join(".")),
                None,
            ),
        }
    }

    fn builtin(&mut self, name: &str, args: &[TypeExpr], span: Span) -> Option<Ty> {
        if name == "Array" {
            let [item] = args else {
                return Some(self.report(
                    span,
                    "Wrong number of type arguments: `Array` takes 1".into(),
                    None,
                ));
            };
            return Some(Ty::Array(Arc::new(self.lower(item))));
        }
        let ty = resolve::builtin_type(name)?;
        if !args.is_empty() {
            return Some(self.report(
                span,
                format!("Wrong number of type arguments: `{name}` takes none"),
                None,
            ));
        }
        Some(ty)
    }

    fn apply(&mut self, id: TypeId, args: &[TypeExpr], span: Span) -> Ty {
        let args: Vec<Ty> = args.iter().map(|arg| self.lower(arg)).collect();
        let Some((item, module, _)) = type_item(self.db, self.project, id) else {
            return Ty::Error;
        };
        if args.len() != item.params.len() {
            let message = format!(
                "Wrong number of type arguments: `{}` takes {}, found {}",
                item.name,
                item.params.len(),
                args.len()
            );
            return self.report(span, message, None);
        }
        let alias = match (&item.body, resolve::alias_of(self.db, self.project, id)) {
            (TypeBody::Alias(alias), _) => Some(alias.clone()),
            (_, Some(name)) => Some(TypeExpr {
                kind: TypeKind::Path(vec![name], Vec::new()),
                span: Span::default(),
            }),
            (_, None) => None,
        };
        let Some(alias) = alias else {
            return Ty::Adt(id, args.into());
        };
        if self.aliases.contains(&id) {
            return self.report(
                span,
                format!("the alias `{}` refers to itself", item.name),
                None,
            );
        }
        let mut inner = TypeLower::new(self.db, self.project, module, Variables::Refused);
        inner.aliases = self.aliases.clone();
        inner.aliases.push(id);
        inner.names = item
            .params
            .iter()
            .map(|p| p.name.clone())
            .zip(args)
            .collect();
        let ty = inner.lower(&alias);
        if inner
            .findings
            .iter()
            .any(|f| f.message.contains("refers to itself"))
        {
            return self.report(
                span,
                format!("the alias `{}` refers to itself", item.name),
                None,
            );
        }
        ty
    }
}

/// A declared type with what only the checker needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeInfo {
    /// For everyone.
    pub def: Arc<TypeDef>,
    /// Module it is in.
    pub module: ModuleId,
    /// Which fields are `private`, per constructor.
    pub private: Vec<Vec<bool>>,
    /// Constructors written with braces: their fields have names that patterns and calls may use.
    pub findings: Vec<Finding>,
    /// An alias: no type of its own.
    pub alias: bool,
    /// Names of its parameters.
    pub params: Vec<Name>,
}

/// The definition of a declared type.
pub fn type_info(db: &dyn Db, _: Project, id: TypeId) -> Arc<TypeInfo> {
    type_info_at(db, db.type_node(id))
}

#[salsa::tracked(returns(clone))]
fn type_info_at(db: &dyn Db, node: TypeNode) -> Arc<TypeInfo> {
    let (project, id) = (db.project(), node.id(db));
    let key = db.ids().type_key(id);
    let Some((item, module, _)) = type_item(db, project, id) else {
        let def = TypeDef {
            id,
            name: key.name,
            params: 0,
            ctors: Vec::new(),
            record: false,
            mutable: false,
        };
        return Arc::new(TypeInfo {
            def: Arc::new(def),
            module: key.module,
            private: Vec::new(),
            findings: Vec::new(),
            alias: false,
            params: Vec::new(),
        });
    };
    let mut lower = TypeLower::new(db, project, module, Variables::Refused);
    for param in &item.params {
        lower.declare(param.name.clone());
    }
    let mut private = Vec::new();
    let mut alias = resolve::alias_of(db, project, id).is_some();
    let mut fields = |fields: &[raw::Field], lower: &mut TypeLower<'_>| {
        private.push(fields.iter().map(|f| f.private).collect());
        let mut out: Vec<(Name, Ty)> = Vec::new();
        for field in fields {
            if !field.name.is_empty() && out.iter().any(|(name, _)| *name == field.name) {
                lower.findings.push(Finding::new(
                    field.ty.span,
                    format!("the field `{}` is declared twice", field.name),
                ));
            }
            out.push((field.name.clone(), lower.lower(&field.ty)));
        }
        out
    };
    let (ctors, record) = match &item.body {
        TypeBody::Record(list) => (
            vec![CtorDef {
                name: item.name.clone(),
                fields: fields(list, &mut lower),
            }],
            true,
        ),
        TypeBody::Variants(variants) if !alias => {
            let ctors: Vec<CtorDef> = variants
                .iter()
                .map(|variant| CtorDef {
                    name: variant.name.clone(),
                    fields: fields(&variant.fields, &mut lower),
                })
                .collect();
            for (at, variant) in variants.iter().enumerate() {
                if variants[..at]
                    .iter()
                    .any(|other| other.name == variant.name)
                {
                    lower.findings.push(Finding::new(
                        variant.span,
                        format!("the constructor `{}` is declared twice", variant.name),
                    ));
                }
            }
            // `type Point = Point { … }` is a record.
            let record = variants.len() == 1 && variants[0].braces && variants[0].name == item.name;
            (ctors, record)
        }
        TypeBody::Alias(written) => {
            alias = true;
            lower.aliases.push(id);
            lower.lower(written);
            (Vec::new(), false)
        }
        TypeBody::Variants(variants) => {
            // The one bare name there is means another type.
            for variant in variants {
                lower.aliases.push(id);
                lower.lower(&TypeExpr {
                    kind: TypeKind::Path(vec![variant.name.clone()], Vec::new()),
                    span: variant.span,
                });
            }
            (Vec::new(), false)
        }
        TypeBody::Empty => (Vec::new(), false),
    };
    let def = TypeDef {
        id,
        name: qualified(db, project, module, &item.name),
        params: item.params.len() as u32,
        ctors,
        record,
        mutable: item.mutable,
    };
    Arc::new(TypeInfo {
        def: Arc::new(def),
        module,
        private,
        findings: lower.findings,
        alias,
        params: item.params.iter().map(|p| p.name.clone()).collect(),
    })
}

/// A name for people: with its module unless that is the library or the main file.
pub fn qualified(db: &dyn Db, project: Project, module: ModuleId, name: &str) -> Name {
    let path = without_numbers(&db.ids().module_path(module));
    let scope = project_scope(db, project);
    let root = scope
        .root
        .map(|root| crate::db::module_path(&db.ids().file_path(root)));
    if path.starts_with("std.") || root.as_deref() == Some(&*path) {
        return name.into();
    }
    match root.and_then(|root| path.strip_prefix(&format!("{root}.")).map(str::to_string)) {
        Some(inner) => format!("{inner}.{name}").into(),
        None => format!("{path}.{name}").into(),
    }
}

/// What is wrong with a path that leads through a private module.
pub fn hidden_module(
    db: &dyn Db,
    project: Project,
    from: ModuleId,
    of: resolve::Target,
) -> Option<String> {
    let (inner, around) = resolve::hidden_module(db, project, from, of)?;
    let name = db.ids().module_path(inner);
    let name = name.rsplit('.').next().unwrap_or_default();
    let around = module_name(db, project, around);
    Some(format!("`{name}` is private in module `{around}`"))
}

/// The module inside of a function has a number in its name.
fn without_numbers(path: &Name) -> Name {
    if !path.contains('(') {
        return path.clone();
    }
    let mut out = String::new();
    let mut rest = &**path;
    while let Some(open) = rest.find('(') {
        let close = rest[open..]
            .find(')')
            .map_or(rest.len(), |at| open + at + 1);
        out.push_str(&rest[..open]);
        rest = &rest[close..];
    }
    out.push_str(rest);
    out.into()
}

/// A module's path for people: inline modules of the main file by their own names.
pub fn module_name(db: &dyn Db, project: Project, module: ModuleId) -> Name {
    let path = db.ids().module_path(module);
    match path.rsplit_once('.') {
        Some((parent, name)) => qualified(db, project, db.ids().module(parent), name),
        None => path,
    }
}
