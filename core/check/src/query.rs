//! What the rooms below and beside the checker ask it. Comes in: a [`Database`] with files. Goes out: diagnostics, definitions, typed bodies,
//! the selection of methods at concrete types. Deep programs need a deep stack: call these with 16 MB or more where nesting is not bounded.

use crate::db::FnNode;
pub use crate::db::{Database, Origin};
use crate::db::{
    Db, Project, file_items, file_scope, fn_module, fn_place, function, main_part, project_scope,
    source_of,
};
use crate::diagnostic::{Diagnostic, Severity};
use crate::edits;
use crate::hir::{Body, FnDef, FnKind, MethodRef, Selected, Span, TypeDef};
use crate::ids::{Container, FnKey, ModuleId, Part};
use crate::infer::{self, infer_group, select};
use crate::items::Place;
use crate::lower::Lower;
use crate::raw::{FunctionKind, Name, UseWhat};
use crate::resolve::{self, Target};
use crate::scc::group_of;
use crate::signature::{header, impl_info, impl_table, trait_info};
use crate::ty::{FileId, FnId, TraitId, Ty, TypeId};
use crate::types::{Finding, qualified, type_info};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// All findings of the project and the library, in the order of files and places.
pub fn diagnostics(db: &Database) -> Vec<Diagnostic> {
    some_diagnostics(db, |_| true)
}

/// The findings of the project's own files. The library's are nobody's business at a start: its tests keep it clean, and to infer all of it
/// would be most of what starting a small program costs.
pub fn project_diagnostics(db: &Database) -> Vec<Diagnostic> {
    some_diagnostics(db, |origin| origin == Origin::Project)
}

fn some_diagnostics(db: &Database, wanted: impl Fn(Origin) -> bool) -> Vec<Diagnostic> {
    edits::check(db);
    let mut out = Vec::new();
    for (id, source) in db.project().files(db).iter() {
        if wanted(source.origin(db)) {
            let found = edits::findings(db, *id, || findings(db, *id, *source));
            out.extend(found.iter().cloned());
        }
    }
    out
}

/// The findings of one file.
pub fn file_diagnostics(db: &Database, file: FileId) -> Vec<Diagnostic> {
    let Some(source) = source_of(db, db.project(), file) else {
        return Vec::new();
    };
    edits::check(db);
    edits::findings(db, file, || findings(db, file, source)).to_vec()
}

/// Checks the whole project, or what was edited since. To be called before single definitions are asked about, so that all of them are seen in one order.
pub fn check(db: &Database) {
    edits::check(db);
}

/// The version of the bodies that the last check of the project looked at; for [`changed_since`].
pub fn version(db: &Database) -> u64 {
    edits::version(db)
}

/// The functions whose bodies may be others than at a version; `None`: any of them.
pub fn changed_since(db: &Database, version: u64) -> Option<FxHashSet<FnId>> {
    edits::changed_since(db, version)
}

/// The findings of one file, computed.
fn findings(db: &Database, file: FileId, source: crate::db::SourceFile) -> Vec<Diagnostic> {
    let project = db.project();
    let mut out: Vec<Diagnostic> = Vec::new();
    let mut push =
        |severity, range: std::ops::Range<u32>, message: String, hint: Option<String>| {
            out.push(Diagnostic {
                severity,
                file,
                range,
                message: crate::expand::clean(&message),
                hint,
                related: Vec::new(),
            });
        };
    let items = file_items(db, source);
    for error in &items.syntax_errors {
        push(
            Severity::Error,
            error.range.start..error.range.end,
            error.message.clone(),
            error.hint.clone(),
        );
    }
    for error in &items.errors {
        push(
            Severity::Error,
            error.range.clone(),
            error.message.clone(),
            None,
        );
    }
    for module in &items.modules {
        for item in &module.uses {
            for finding in use_findings(db, project, module.id, item) {
                push(
                    Severity::Error,
                    finding.span.start..finding.span.end,
                    finding.message,
                    finding.hint,
                );
            }
        }
    }
    let mut at = |severity, place: &Place, finding: Finding| {
        let start = place.start + finding.span.start;
        let end = place.start + finding.span.end;
        push(
            severity,
            start..end.max(start),
            finding.message,
            finding.hint,
        );
    };
    for entry in &items.types {
        for finding in &type_info(db, project, entry.id).findings {
            at(Severity::Error, &entry.place, finding.clone());
        }
    }
    for entry in &items.traits {
        for finding in &crate::impls::trait_findings(db, project, entry.id) {
            at(Severity::Error, &entry.place, finding.clone());
        }
    }
    for entry in &items.impls {
        for finding in crate::impls::impl_findings(db, project, entry.id).iter() {
            at(Severity::Error, &entry.place, finding.clone());
        }
    }
    let main = main_fn(db);
    for entry in &items.fns {
        let (findings, warnings) = fn_findings(db, project, entry.id);
        for finding in findings.iter() {
            at(Severity::Error, &entry.place, finding.clone());
        }
        if main == Some(entry.id)
            && findings.is_empty()
            && let Err(findings) = infer::entry(db, project, entry.id)
        {
            for mut finding in findings {
                finding.span = entry.def.name_span;
                let takes = "`main` takes nothing, or a list of strings: the arguments";
                finding.hint = (entry.def.arity() > 0).then(|| takes.to_string());
                at(Severity::Error, &entry.place, finding);
            }
        }
        for finding in warnings.iter() {
            at(Severity::Warning, &entry.place, finding.clone());
        }
    }
    out.sort_by_key(|d| (d.range.start, d.range.end));
    out.dedup();
    out
}

/// Findings and warnings.
type Findings = (Vec<Finding>, Vec<Finding>);

/// What is wrong with a function, its defaults included. No query: what it is made of is remembered, and so are the findings of each file.
pub(crate) fn fn_findings(db: &dyn Db, project: Project, id: FnId) -> Findings {
    let (mut findings, mut warnings) = (Vec::new(), Vec::new());
    let defaults = header(db, project, id).map_or_else(Vec::new, |h| {
        h.params.iter().filter_map(|p| p.default).collect()
    });
    for part in [id].into_iter().chain(defaults) {
        let result = infer_group(db, project, group_of(db, project, part)[0]);
        if let Some(result) = result.fns.iter().find(|f| f.id == part) {
            findings.extend(result.findings.iter().cloned());
            warnings.extend(result.warnings.iter().cloned());
        }
    }
    let cycle = crate::cycles::value_cycle(db, project, id);
    if let (Some(first), Some(def)) = (cycle.first(), function(db, project, id)) {
        let path: Vec<String> = cycle.iter().map(|name| format!("`{name}`")).collect();
        findings.push(Finding {
            span: def.name_span,
            message: format!("the value `{first}` needs itself to be evaluated"),
            hint: Some(format!("{} → `{first}`", path.join(" → "))),
        });
    }
    findings.dedup();
    crate::expand::explain::explain(db, project, id, &mut findings, &mut warnings);
    (findings, warnings)
}

/// What is wrong with a `use`; spans are bytes of the file.
fn use_findings(
    db: &Database,
    project: Project,
    module: ModuleId,
    item: &crate::raw::Use,
) -> Vec<Finding> {
    let shown = item.path.join(".");
    let mut out = Vec::new();
    // `use shapes.{circle, square}`: modules of a folder, or inside of a module.
    let is_module = |name: &Name| {
        let path: Vec<Name> = item.path.iter().chain([name]).cloned().collect();
        resolve::find_module(db, project, module, &path).is_some()
    };
    let Some((target, of)) = resolve::use_target(db, project, module, item) else {
        if let UseWhat::Names(names) = &item.what
            && names.iter().all(|(there, _, _)| is_module(there))
        {
            return out;
        }
        let modules: Vec<Name> = project_scope(db, project)
            .modules
            .keys()
            .map(|m| db.ids().module_path(*m))
            .collect();
        let hint = resolve::did_you_mean(&shown, modules.iter().map(|m| &**m))
            .map(|m| format!("did you mean `{m}`?"));
        out.push(Finding {
            span: item.span,
            message: format!("unknown module `{shown}`"),
            hint,
        });
        return out;
    };
    if let Some(private) = crate::types::hidden_module(db, project, module, target) {
        out.push(Finding::new(item.span, private));
        return out;
    }
    let Target::Module(target) = target else {
        return out;
    };
    let mut look = |name: &Name, span: Span| match has_name(db, project, target, name) {
        Some(true) => {}
        Some(false) if resolve::can_see(db, module, target) => {}
        Some(false) => {
            let of = crate::types::module_name(db, project, target);
            let hint = Some("`pub` before its definition makes it visible".to_string());
            out.push(Finding {
                span,
                message: format!("`{name}` is private in module `{of}`"),
                hint,
            });
        }
        None if is_module(name) => {}
        None => {
            let of = crate::types::module_name(db, project, target);
            let scope = crate::db::module_scope(db, project, target);
            // What is private there would be no better.
            let values = scope
                .values
                .iter()
                .filter(|(_, h)| h.iter().any(|h| h.public));
            let types = scope.types.iter().filter(|(_, (_, public))| *public);
            let names = values.map(|(n, _)| n).chain(types.map(|(n, _)| n));
            let hint = resolve::did_you_mean(name, names.map(|n| &**n));
            out.push(Finding {
                span,
                message: format!("unknown name `{name}` in module `{of}`"),
                hint: hint.map(|n| format!("did you mean `{n}`?")),
            });
        }
    };
    match &item.what {
        UseWhat::All => {}
        UseWhat::Names(names) => names.iter().for_each(|(there, _, span)| look(there, *span)),
        UseWhat::Itself(_) => {
            if let Some(name) = of {
                look(&name, item.span);
            }
        }
    }
    out
}

/// Whether a module has the name at all, and whether it is public.
fn has_name(db: &Database, project: Project, of: ModuleId, name: &Name) -> Option<bool> {
    let mut found = None;
    let mut note = |public: bool| found = Some(found.unwrap_or(false) || public);
    resolve::module_values(db, project, of, name.clone())
        .iter()
        .for_each(|h| note(h.public));
    if let Some((_, public)) = resolve::module_type(db, project, Target::Module(of), name) {
        note(public);
    }
    if let Some((_, public)) = resolve::module_trait(db, project, Target::Module(of), name) {
        note(public);
    }
    let (ctors, public) = resolve::module_ctors(db, project, Target::Module(of), name);
    if !ctors.is_empty() {
        note(public);
    }
    if let Some((_, public)) = crate::db::module_scope(db, project, of).modules.get(name) {
        note(*public);
    }
    found
}

/// The `main` of `main.nos`, or of the one file.
pub fn main_fn(db: &Database) -> Option<FnId> {
    let project = db.project();
    let root = project_scope(db, project).root?;
    let scope = file_scope(db, source_of(db, project, root)?);
    let (_, module) = scope.modules.first()?;
    module
        .values
        .get("main")?
        .iter()
        .filter(|h| !h.value && h.required <= 1)
        .map(|h| h.id)
        .next()
}

/// The functions and values of the project, in the order of files and places.
pub fn functions(db: &Database) -> Vec<FnId> {
    let project = db.project();
    let mut out = Vec::new();
    for (id, file) in project.files(db).iter() {
        if file.origin(db) == Origin::Project {
            out.extend(functions_of_file(db, *id));
        }
    }
    out
}

/// The functions and values of a file, in the order of places.
pub fn functions_of_file(db: &Database, file: FileId) -> Vec<FnId> {
    let Some(source) = source_of(db, db.project(), file) else {
        return Vec::new();
    };
    file_scope(db, source).fns.clone()
}

/// When only its body says what type a function has: the functions it mentions of which that is so too.
pub fn inferred_from(db: &Database, id: FnId) -> Option<Arc<Vec<FnId>>> {
    let project = db.project();
    crate::scc::needs_inference(db, project, id).then(|| crate::scc::dependencies(db, project, id))
}

/// The types declared in a file.
pub fn types_of_file(db: &Database, file: FileId) -> Vec<TypeId> {
    let Some(source) = source_of(db, db.project(), file) else {
        return Vec::new();
    };
    file_scope(db, source).types.clone()
}

/// The `test` items of the project: titles and bodies without parameters.
pub fn tests(db: &Database) -> Vec<(Arc<str>, FnId)> {
    let project = db.project();
    functions(db)
        .into_iter()
        .filter_map(|id| match &function(db, project, id)?.kind {
            FunctionKind::Test(title) => Some((title.clone(), id)),
            _ => None,
        })
        .collect()
}

/// What a function is.
pub fn fn_def(db: &Database, id: FnId) -> Arc<FnDef> {
    let project = db.project();
    let signature = infer::signature(db, project, id);
    let place = fn_place(db, project, id);
    let head = fn_head(db, project, id);
    Arc::new(FnDef {
        id,
        name: head.0,
        kind: head.1,
        type_params: signature.type_params,
        params: signature.params.iter().map(|p| p.ty.clone()).collect(),
        result: signature.result.clone(),
        file: place.as_ref().map_or(FileId(u32::MAX), |p| p.file),
        start: place.as_ref().map_or(0, |p| p.start),
        len: place.as_ref().map_or(0, |p| p.len),
    })
}

fn fn_head(db: &dyn Db, _: Project, id: FnId) -> (Arc<str>, FnKind) {
    fn_head_at(db, db.fn_node(id))
}

#[salsa::tracked(returns(clone))]
fn fn_head_at(db: &dyn Db, node: FnNode) -> (Arc<str>, FnKind) {
    let (project, id) = (db.project(), node.id(db));
    let key = db.ids().fn_key(id);
    let name = match &key.container {
        Container::Module(module) if key.part == Part::Intrinsic => {
            debug_assert!(db.ids().module_path(*module).is_empty());
            return (key.name.clone(), FnKind::Builtin(key.name));
        }
        Container::Module(module) => qualified_fn(db, project, *module, &key.name),
        Container::Trait(of) => {
            let info = trait_info(db, project, *of);
            qualified(
                db,
                project,
                info.module,
                &format!("{}.{}", info.name, key.name),
            )
        }
        Container::Impl(of) => {
            let info = impl_info(db, project, *of);
            format!(
                "{}.{}",
                print(db, project, &info.target, &info.params),
                key.name
            )
            .into()
        }
    };
    let name = match key.part {
        Part::Default(at) => format!("{name}'s default {at}").into(),
        Part::Main | Part::Intrinsic | Part::Entry => name,
    };
    let kind = match function(db, project, main_part(db, id)).map(|def| def.kind.clone()) {
        _ if matches!(key.part, Part::Default(_)) => FnKind::Nostos,
        Some(FunctionKind::Value) => FnKind::Global,
        Some(FunctionKind::Extern(library)) if *library == *"nostos" => FnKind::Builtin(key.name),
        Some(FunctionKind::Extern(library)) => FnKind::Foreign {
            symbol: key.name,
            library,
        },
        Some(FunctionKind::Function | FunctionKind::Test(_) | FunctionKind::Mvar) | None => {
            FnKind::Nostos
        }
    };
    (name, kind)
}

/// Functions of the library are named with their module, unlike its types.
fn qualified_fn(db: &dyn Db, project: Project, module: ModuleId, name: &str) -> Name {
    let path = db.ids().module_path(module);
    if path.starts_with("std.") {
        format!("{path}.{name}").into()
    } else {
        qualified(db, project, module, name)
    }
}

/// Whether the function is only declared: a method of a trait without a default body.
pub fn is_declaration(db: &Database, id: FnId) -> bool {
    function(db, db.project(), main_part(db, id))
        .is_some_and(|def| def.clauses.iter().all(|c| c.body.is_none()))
}

/// The typed body of a function; `None` when it has none or errors.
pub fn body(db: &Database, id: FnId) -> Option<Arc<Body>> {
    fn_body(db, db.project(), id)
}

pub(crate) fn fn_body(db: &dyn Db, project: Project, id: FnId) -> Option<Arc<Body>> {
    let result = infer_group(db, project, group_of(db, project, id)[0]);
    result.fns.iter().find(|f| f.id == id)?.body.clone()
}

/// A name that no program has. An editor that completes a name checks the text with this in its place: see [`probe`].
pub const PROBE: &str = "nostosProbe__";

/// What is known where [`PROBE`] stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    /// Behind a dot: the type of what is before it.
    pub receiver: Option<Ty>,
    /// The locals in scope, innermost first, with their types where these are known.
    pub locals: Vec<(Name, Option<Ty>)>,
}

/// What is known at the mark in a function's text, if there is one.
pub fn probe(db: &Database, id: FnId) -> Option<Arc<Probe>> {
    let project = db.project();
    let result = infer_group(db, project, group_of(db, project, id)[0]);
    result.fns.iter().find(|f| f.id == id)?.probe.clone()
}

/// The typed body of a function, or what could be understood of one with errors: holes and [`Ty::Error`] may stand in that. For editors.
pub fn sketch(db: &Database, id: FnId) -> Option<Arc<Body>> {
    let project = db.project();
    let result = infer_group(db, project, group_of(db, project, id)[0]);
    let found = result.fns.iter().find(|f| f.id == id)?;
    found.body.clone().or_else(|| found.sketch.clone())
}

/// A declared type's definition.
pub fn type_def(db: &Database, id: TypeId) -> Arc<TypeDef> {
    type_info(db, db.project(), id).def.clone()
}

/// Whether something in a value of this type can be changed in place: arrays, `var` records, what closures share. The library's own types are
/// immutable to programs whatever they are made of; only what they hold counts.
pub fn holds_mutable(db: &Database, ty: &Ty) -> bool {
    let std = project_scope(db, db.project()).std.clone();
    let mut seen = Vec::new();
    mutable_inside(db, &std, ty, &mut seen)
}

fn mutable_inside(db: &Database, std: &[ModuleId], ty: &Ty, seen: &mut Vec<Ty>) -> bool {
    let mut any = |types: &[Ty]| types.iter().any(|ty| mutable_inside(db, std, ty, seen));
    match ty {
        Ty::Array(_) | Ty::Fn(..) => true,
        Ty::Tuple(items) => any(items),
        Ty::Adt(id, args) => {
            if any(args) {
                return true;
            }
            let info = type_info(db, db.project(), *id);
            // A type that contains ever larger instances of itself has no end; nobody makes one of many levels.
            if std.contains(&info.module) || seen.contains(ty) || seen.len() > 500 {
                return false;
            }
            seen.push(ty.clone());
            info.def.mutable
                || info
                    .def
                    .ctors
                    .iter()
                    .flat_map(|ctor| &ctor.fields)
                    .any(|(_, field)| mutable_inside(db, std, &field.substitute(args), seen))
        }
        _ => false,
    }
}

/// The method of a trait at a concrete type.
pub fn select_method(db: &Database, method: &MethodRef) -> Option<Selected> {
    select::method(db, db.project(), method)
}

/// What `name(args…)` means in the scope of `owner`; `args[0]` is the receiver. All types concrete.
pub fn select_dot(db: &Database, owner: FnId, name: &str, args: &[Ty]) -> Option<Selected> {
    select::dot(db, db.project(), owner, name, args)
}

/// The body that a program starts with: calls `main`, with its arguments if it takes them, and prints the result unless it is unit.
pub fn entry(db: &Database, main: FnId) -> Arc<Body> {
    Arc::new(infer::entry(db, db.project(), main).expect("a checked main has an entry"))
}

/// Checks a text against a file's names and some locals, which become the parameters of the body. The body gives the value itself.
pub fn expression(
    db: &Database,
    scope: FileId,
    locals: &[(Arc<str>, Ty)],
    text: &str,
) -> Result<Arc<Body>, Vec<Diagnostic>> {
    checked_text(db, scope, locals, text, false)
}

/// The same, giving the value as text (unit for unit).
pub fn shown_expression(
    db: &Database,
    scope: FileId,
    locals: &[(Arc<str>, Ty)],
    text: &str,
) -> Result<Arc<Body>, Vec<Diagnostic>> {
    checked_text(db, scope, locals, text, true)
}

fn checked_text(
    db: &Database,
    scope: FileId,
    locals: &[(Arc<str>, Ty)],
    text: &str,
    shown: bool,
) -> Result<Arc<Body>, Vec<Diagnostic>> {
    let project = db.project();
    let diagnostic =
        |range: std::ops::Range<u32>, message: String, hint: Option<String>| Diagnostic {
            severity: Severity::Error,
            file: scope,
            range,
            message,
            hint,
            related: Vec::new(),
        };
    let parse = nostos_syntax::parse_as(text, nostos_syntax::Entry::Statements);
    if !parse.errors().is_empty() {
        return Err(parse
            .errors()
            .iter()
            .map(|e| {
                diagnostic(
                    e.range.start..e.range.end,
                    e.message.clone(),
                    e.hint.clone(),
                )
            })
            .collect());
    }
    let module = source_of(db, project, scope)
        .and_then(|file| file_scope(db, file).modules.first().map(|m| m.0))
        .unwrap_or_else(|| db.ids().module(""));
    let owner = db.ids().function(FnKey {
        file: scope,
        container: Container::Module(module),
        name: "<text>".into(),
        arity: locals.len() as u32,
        overload: "".into(),
        part: Part::Entry,
    });
    let block = parse.statements().expect("statements parse to a block");
    let span = Span {
        start: 0,
        end: text.len() as u32,
    };
    let value = Lower { base: 0 }.repl(&block.stmts().collect::<Vec<_>>(), span);
    infer::expression(db, project, module, owner, locals, &value, shown)
        .map(Arc::new)
        .map_err(|findings| {
            findings
                .into_iter()
                .map(|f| diagnostic(f.span.start..f.span.end, f.message, f.hint))
                .collect()
        })
}

/// A type as written in source.
pub fn render_ty(db: &Database, ty: &Ty) -> String {
    print(db, db.project(), ty, &[])
}

fn print(db: &dyn Db, project: Project, ty: &Ty, params: &[Name]) -> String {
    crate::print::Printer {
        db,
        project,
        params,
        literal: &|_| false,
    }
    .ty(ty)
}

/// A function's signature as text: `f(x: Int) -> Int`.
pub fn render_signature(db: &Database, id: FnId) -> String {
    crate::print::signature(db, db.project(), id)
}

/// The module a function is in, and whether it is `pub`.
pub fn module_of(db: &Database, id: FnId) -> Option<(Arc<str>, bool)> {
    fn_module(db, db.project(), id).map(|(module, public)| (db.ids().module_path(module), public))
}

/// Whether a concrete type implements a trait.
pub fn implements(db: &Database, ty: &Ty, of: TraitId) -> bool {
    select::holds(db, db.project(), ty, of)
}

/// The traits and impls of the program, for tools.
pub fn impl_count(db: &Database) -> usize {
    impl_table(db, db.project())
        .by_trait
        .values()
        .map(Vec::len)
        .sum()
}

/// Types and traits of the library that rooms below refer to.
pub mod names {
    use super::{Database, FnId, TraitId, TypeId};
    use crate::types::known;

    /// The library's public type of this name.
    pub fn library_type(db: &Database, name: &str) -> Option<TypeId> {
        let scope = crate::db::project_scope(db, db.project());
        scope.prelude.types.get(name).filter(|t| t.1).map(|t| t.0)
    }

    /// The library's public function of this name; the first, when there are several.
    pub fn library_fn(db: &Database, name: &str) -> Option<FnId> {
        let found = crate::resolve::prelude_values(db, db.project(), name.into());
        found.first().map(|head| head.id)
    }

    /// `List`: constructor 0 is `Nil`, 1 is `Cons(head, tail)`.
    pub fn list(db: &Database) -> TypeId {
        known(db, db.project()).list
    }

    /// `Option`: 0 is `Some(value)`, 1 is `None`.
    pub fn option(db: &Database) -> TypeId {
        known(db, db.project()).option
    }

    /// `Result`: 0 is `Ok(value)`, 1 is `Err(error)`.
    pub fn result(db: &Database) -> TypeId {
        known(db, db.project()).result
    }

    /// `Map`
    pub fn map(db: &Database) -> TypeId {
        known(db, db.project()).map
    }

    /// `Set`
    pub fn set(db: &Database) -> TypeId {
        known(db, db.project()).set
    }

    /// `Show`
    pub fn show(db: &Database) -> TraitId {
        known(db, db.project()).show
    }

    /// `Eq`
    pub fn eq(db: &Database) -> TraitId {
        known(db, db.project()).eq
    }

    /// `Ord`
    pub fn ord(db: &Database) -> TraitId {
        known(db, db.project()).ord
    }

    /// `Hash`
    pub fn hash(db: &Database) -> TraitId {
        known(db, db.project()).hash
    }

    /// `Copy`
    pub fn copy(db: &Database) -> TraitId {
        known(db, db.project()).copy
    }

    /// `Opaque`: what the library holds of the runtime's, one reference without a type.
    pub fn opaque(db: &Database) -> Option<TypeId> {
        known(db, db.project()).opaque
    }

    /// `Down`, `Exit` and `ExitReason`: what the runtime tells of processes that end. A program without the library has none.
    pub fn signals(db: &Database) -> Option<[TypeId; 3]> {
        known(db, db.project()).signals
    }
}
