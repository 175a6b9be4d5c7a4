//! Types as people write them.

use crate::db::{Db, Project};
use crate::raw::Name;
use crate::ty::{IntTy, Ty};
use crate::types::{known, type_info};

/// How to name what a type refers to.
pub struct Printer<'a> {
    /// The database.
    pub db: &'a dyn Db,
    /// The project.
    pub project: Project,
    /// Names of parameters; further ones are `a`, `b`, …
    pub params: &'a [Name],
    /// Whether a variable is a literal's.
    pub literal: &'a dyn Fn(u32) -> bool,
}

impl Printer<'_> {
    /// The type as text.
    pub fn ty(&self, ty: &Ty) -> String {
        match ty {
            Ty::Int(width) => int_name(*width).into(),
            Ty::Float => "Float".into(),
            Ty::Float32 => "Float32".into(),
            Ty::Bool => "Bool".into(),
            Ty::Char => "Char".into(),
            Ty::String => "String".into(),
            Ty::Atom => "Atom".into(),
            Ty::Unit => "()".into(),
            Ty::Pid => "Pid".into(),
            Ty::Ref => "Ref".into(),
            Ty::Never => "Never".into(),
            Ty::Tuple(items) => format!("({})", self.list(items)),
            Ty::Fn(params, result) => match &**params {
                [single] if !matches!(single, Ty::Fn(..) | Ty::Tuple(_) | Ty::Unit) => {
                    format!("{} -> {}", self.ty(single), self.ty(result))
                }
                params => format!("({}) -> {}", self.list(params), self.ty(result)),
            },
            Ty::Adt(id, args) if *id == known(self.db, self.project).list && args.len() == 1 => {
                format!("List[{}]", self.ty(&args[0]))
            }
            Ty::Adt(id, args) => {
                let name = type_info(self.db, self.project, *id).def.name.clone();
                if args.is_empty() {
                    name.to_string()
                } else {
                    format!("{name}[{}]", self.list(args))
                }
            }
            Ty::Array(item) => format!("Array[{}]", self.ty(item)),
            Ty::Param(i) => match self.params.get(*i as usize) {
                Some(name) => name.to_string(),
                None => letter(*i),
            },
            Ty::Infer(var) if (self.literal)(*var) => "Int".into(),
            Ty::Infer(_) => "_".into(),
            Ty::Error => "?".into(),
        }
    }

    fn list(&self, items: &[Ty]) -> String {
        items
            .iter()
            .map(|t| self.ty(t))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn letter(i: u32) -> String {
    let name = char::from(b'a' + (i % 26) as u8);
    if i < 26 {
        name.to_string()
    } else {
        format!("{name}{}", i / 26)
    }
}

/// The name of an integer type.
pub fn int_name(width: IntTy) -> &'static str {
    match width {
        IntTy::I8 => "Int8",
        IntTy::I16 => "Int16",
        IntTy::I32 => "Int32",
        IntTy::I64 => "Int",
        IntTy::U8 => "UInt8",
        IntTy::U16 => "UInt16",
        IntTy::U32 => "UInt32",
        IntTy::U64 => "UInt64",
    }
}

/// A function's signature as text.
pub fn signature(db: &dyn Db, project: Project, id: crate::ty::FnId) -> String {
    use crate::signature::Constraint;
    let signature = crate::infer::signature(db, project, id);
    let name = db.ids().fn_key(id).name;
    let printer = Printer {
        db,
        project,
        params: &signature.names,
        literal: &|_| false,
    };
    if signature.value {
        return format!("{name}: {}", printer.ty(&signature.result));
    }
    let params: Vec<String> = signature
        .params
        .iter()
        .map(|p| match &p.name {
            Some(name) => format!("{name}: {}", printer.ty(&p.ty)),
            None => printer.ty(&p.ty),
        })
        .collect();
    let mut out = format!(
        "{name}({}) -> {}",
        params.join(", "),
        printer.ty(&signature.result)
    );
    let constraints: Vec<String> = signature
        .constraints
        .iter()
        .map(|constraint| match constraint {
            Constraint::Trait(ty, of) => format!(
                "{}: {}",
                printer.ty(ty),
                crate::signature::trait_info(db, project, *of).name
            ),
            Constraint::Dot {
                name, args, result, ..
            } => {
                let args: Vec<String> = args.iter().map(|t| printer.ty(t)).collect();
                let name = if &**name == "[in]" { "toList" } else { name };
                format!("{name}({}) -> {}", args.join(", "), printer.ty(result))
            }
            Constraint::TraitArgs(ty, of, args) => {
                let args: Vec<String> = args.iter().map(|t| printer.ty(t)).collect();
                let of = crate::signature::trait_info(db, project, *of).name.clone();
                format!("{}: {of}[{}]", printer.ty(ty), args.join(", "))
            }
            Constraint::Field {
                base, name, result, ..
            } => format!("{}.{name}: {}", printer.ty(base), printer.ty(result)),
        })
        .collect();
    if !constraints.is_empty() {
        out.push_str(&format!(" when {}", constraints.join(", ")));
    }
    out
}
