//! The definitions of one file: each lowered by itself, numbered, and placed.
//!
//! [`file_items`] reads the tree; what other definitions may depend on is made of its answer in [`crate::scope`].

mod expanded;
mod local;

pub(crate) use local::is_item as is_local;

use crate::expand::calls::Source;
use crate::expand::items::Items;
use crate::hir::Span;
use crate::ids::{Container, FnKey, Ids, ImplId, ItemKey, ModuleId, Part};
use crate::lower::{self, Lower};
use crate::raw::{self, Function, FunctionKind, Name};
use crate::scc::Mentions;
use crate::ty::{FileId, FnId, TraitId, TypeId};
use nostos_syntax::Node;
use nostos_syntax::ast::{self, Item};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Where a definition stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// First byte in the file.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
    /// The `##` lines above it.
    pub doc: Option<Name>,
}

/// A numbered, placed definition.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry<Id, Def> {
    /// Its number.
    pub id: Id,
    /// Where.
    pub place: Place,
    /// The module it is in.
    pub module: ModuleId,
    /// `pub`
    pub public: bool,
    /// The definition.
    pub def: Arc<Def>,
}

/// A function or value.
pub type FnEntry = Entry<FnId, Function>;

/// A mistake seen while collecting, in bytes of the file.
#[derive(Clone, PartialEq, Debug)]
pub struct ItemError {
    /// The marked place.
    pub range: std::ops::Range<u32>,
    /// The sentence.
    pub message: String,
}

/// A module of the file.
#[derive(Clone, PartialEq, Debug)]
pub struct ModuleItems {
    /// Its number.
    pub id: ModuleId,
    /// Its last name.
    pub name: Name,
    /// The module around it.
    pub parent: Option<ModuleId>,
    /// `pub`
    pub public: bool,
    /// Its `use` lines; spans are bytes of the file.
    pub uses: Vec<raw::Use>,
}

/// All definitions of a file.
#[derive(Default)]
pub struct FileItems {
    /// The file's module first.
    pub modules: Vec<ModuleItems>,
    /// Functions, values, externs, tests, methods.
    pub fns: Vec<FnEntry>,
    /// Where a function stands in `fns`.
    pub fn_index: FxHashMap<FnId, usize>,
    /// What each function stands in.
    pub containers: Vec<Container>,
    /// Declared types.
    pub types: Vec<Entry<TypeId, raw::TypeItem>>,
    /// Declared traits.
    pub traits: Vec<Entry<TraitId, raw::TraitItem>>,
    /// Implementations.
    pub impls: Vec<Entry<ImplId, raw::ImplItem>>,
    /// What the parser found wrong.
    pub syntax_errors: Vec<nostos_syntax::SyntaxError>,
    /// What is wrong with the items themselves.
    pub errors: Vec<ItemError>,
    /// The text that functions stand in which a macro made.
    pub sources: FxHashMap<FnId, Arc<Source>>,
    /// What items became that a macro expanded.
    pub expansions: Vec<Made>,
}

/// What an item became that a macro expanded.
#[derive(Clone, PartialEq, Debug)]
pub struct Made {
    /// The item's bytes in the text around it.
    pub range: std::ops::Range<u32>,
    /// The new text.
    pub text: Name,
    /// What items in it became.
    pub inner: Vec<Made>,
}

/// Collects the items of a file.
pub fn file_items(
    ids: &Ids,
    file: FileId,
    module_path: &str,
    source: ast::SourceFile<'_>,
    expand: Option<&Items<'_>>,
    bodies: Bodies,
) -> FileItems {
    let mut collect = Collect {
        bodies,
        expand,
        depth: 0,
        ids,
        file,
        out: FileItems::default(),
        counts: FxHashMap::default(),
        impls: FxHashMap::default(),
    };
    let id = ids.module(module_path);
    let name: Name = module_path.rsplit('.').next().unwrap_or_default().into();
    collect.out.modules.push(ModuleItems {
        id,
        name,
        parent: None,
        public: true,
        uses: Vec::new(),
    });
    collect.module(0, &source.items().collect::<Vec<_>>());
    collect.out
}

/// What is kept of the bodies of functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bodies {
    /// All.
    Kept,
    /// The names in them.
    Read,
    /// Nothing: most of them will never be asked for.
    Unread,
}

struct Collect<'a> {
    bodies: Bodies,
    /// Makes of items with macros what they stand for.
    expand: Option<&'a Items<'a>>,
    depth: u32,
    ids: &'a Ids,
    file: FileId,
    out: FileItems,
    /// The overloads of this container, name and arity that there are already.
    counts: FxHashMap<(Container, Name, u32), Vec<String>>,
    impls: FxHashMap<ItemKey, u32>,
}

impl Collect<'_> {
    fn error(&mut self, node: Node<'_>, message: impl Into<String>) {
        let range = node.range();
        self.out.errors.push(ItemError {
            range: range.start..range.end,
            message: message.into(),
        });
    }

    fn place(&self, node: Node<'_>, doc: Option<String>) -> Place {
        let range = node.range();
        Place {
            file: self.file,
            start: range.start,
            len: range.len(),
            doc: doc.map(Into::into),
        }
    }

    fn module(&mut self, index: usize, items: &[Item<'_>]) {
        let module = self.out.modules[index].id;
        let container = Container::Module(module);
        let mut signature: Option<ast::Signature<'_>> = None;
        let mut at = 0;
        while at < items.len() {
            let item = items[at];
            if let Some(count) = self.decorated(index, &items[at..]) {
                at += count;
                continue;
            }
            match item {
                Item::Fn(_) => at = self.functions(items, at, &container, module, &mut signature),
                Item::Signature(item) => {
                    let next = items.get(at + 1).and_then(|next| next.name());
                    if next.map(|name| name.text()) != item.name().map(|name| name.text()) {
                        self.error(
                            item.node(),
                            "a signature stands right before the definition of its name",
                        );
                    }
                    signature = Some(item);
                }
                Item::Type(def) => {
                    self.type_params_once(def.type_params());
                    let lowered = Lower::at(def.node()).type_item(def);
                    let key = ItemKey {
                        file: self.file,
                        module,
                        name: lowered.name.clone(),
                    };
                    let id = self.ids.ty(key);
                    if self.out.types.iter().any(|other| other.id == id) {
                        self.error(
                            def.node(),
                            format!("the type `{}` is defined twice", lowered.name),
                        );
                    } else {
                        let place = self.place(def.node(), def.doc());
                        self.out.types.push(Entry {
                            id,
                            place,
                            module,
                            public: def.is_pub(),
                            def: Arc::new(lowered),
                        });
                        for default in Lower::at(def.node()).field_defaults(def) {
                            let node = def.node();
                            self.push_fn(&container, module, node, None, true, default, None);
                        }
                    }
                }
                Item::Trait(def) => self.of_trait(def, module),
                Item::Impl(def) => self.of_impl(def, module),
                Item::Module(def) => {
                    let segments: Vec<&str> = def
                        .path()
                        .map_or_else(Vec::new, |path| path.segments().map(|s| s.text()).collect());
                    let mut inner = index;
                    for (depth, segment) in segments.iter().enumerate() {
                        let path = format!(
                            "{}.{segment}",
                            self.ids.module_path(self.out.modules[inner].id)
                        );
                        let id = self.ids.module(&path);
                        inner = match self.out.modules.iter().position(|m| m.id == id) {
                            Some(known) => known,
                            None => {
                                let parent = Some(self.out.modules[inner].id);
                                self.out.modules.push(ModuleItems {
                                    id,
                                    name: (*segment).into(),
                                    parent,
                                    // `module A.B` is as visible as its `A`.
                                    public: def.is_pub() || depth > 0,
                                    uses: Vec::new(),
                                });
                                self.out.modules.len() - 1
                            }
                        };
                    }
                    self.module(inner, &def.items().collect::<Vec<_>>());
                }
                Item::Use(def) => {
                    if let Some(lowered) = (Lower { base: 0 }).use_item(def) {
                        self.out.modules[index].uses.push(lowered);
                    }
                }
                Item::Value(def) => {
                    if def.is_var() {
                        self.error(def.node(), "a module-level value cannot be `var`; `mvar` is shared by all processes");
                    }
                    let name = match def.pattern() {
                        Some(ast::Pat::Name(pattern)) => pattern.name(),
                        // A capitalised value looks like a constructor.
                        Some(ast::Pat::Ctor(pattern))
                            if !pattern.has_parens() && !pattern.has_braces() =>
                        {
                            pattern.name()
                        }
                        Some(_) => {
                            self.pattern_values(def, &container, module);
                            None
                        }
                        None => None,
                    };
                    if let Some(name) = name {
                        let mut lowered = Lower::at(def.node()).value(
                            def.node(),
                            Some(name),
                            def.ty(),
                            def.value(),
                        );
                        if let Some(signature) =
                            signature.take_if(|s| s.name().map(|n| n.text()) == Some(name.text()))
                        {
                            lowered.signature = signature.ty().map(|ty| {
                                let base = def.node().range().start;
                                (Lower { base }).ty(ty)
                            });
                        }
                        let lowered = Lower::at(def.node()).lambda_as_function(lowered);
                        self.value(
                            &container,
                            module,
                            def.node(),
                            def.doc(),
                            def.is_pub(),
                            lowered,
                        );
                    }
                }
                Item::Const(def) => {
                    let lowered =
                        Lower::at(def.node()).value(def.node(), def.name(), def.ty(), def.value());
                    self.value(
                        &container,
                        module,
                        def.node(),
                        def.doc(),
                        def.is_pub(),
                        lowered,
                    );
                }
                Item::Extern(def) => {
                    let lowered = Lower::at(def.node()).foreign(def);
                    self.push_fn(
                        &container,
                        module,
                        def.node(),
                        def.doc(),
                        def.is_pub(),
                        lowered,
                        Some(overload_text(def.params())),
                    );
                }
                Item::Test(def) => {
                    let lowered = Lower::at(def.node()).test(def);
                    if self.push_fn(&container, module, def.node(), None, false, lowered, None) {
                        let at = self.out.fns.len() - 1;
                        self.local_items(at, std::iter::once(def.node()));
                    }
                }
                Item::Mvar(def) => {
                    let mut lowered =
                        Lower::at(def.node()).value(def.node(), def.name(), def.ty(), def.value());
                    lowered.kind = FunctionKind::Mvar;
                    self.value(
                        &container,
                        module,
                        def.node(),
                        def.doc(),
                        def.is_pub(),
                        lowered,
                    );
                }
                Item::Macro(def) => {
                    let lowered = Lower::at(def.node()).macro_item(def);
                    let name = lowered.name.clone();
                    let is_new = self.push_fn(
                        &container,
                        module,
                        def.node(),
                        def.doc(),
                        def.is_pub(),
                        lowered,
                        None,
                    );
                    if !is_new {
                        self.error(def.node(), format!("`{name}` is defined twice"));
                    }
                }
                Item::Expr(def) => {
                    if !self.item_call(index, def) {
                        self.error(
                            def.node(),
                            "an expression cannot stand here: only definitions and calls of macros",
                        );
                    }
                }
            }
            at += 1;
        }
    }

    fn value(
        &mut self,
        container: &Container,
        module: ModuleId,
        node: Node<'_>,
        doc: Option<String>,
        public: bool,
        def: Function,
    ) {
        let name = def.name.clone();
        let at = self.out.fns.len();
        if !self.push_fn(container, module, node, doc, public, def, None) {
            self.error(node, format!("`{name}` is defined twice"));
        } else if at < self.out.fns.len() {
            self.local_items(at, std::iter::once(node));
        }
    }

    /// `(a, b) = e`: a value without a name that can be written, and one for each name, which takes it apart.
    fn pattern_values(&mut self, def: ast::ValueDef<'_>, container: &Container, module: ModuleId) {
        let lower = Lower::at(def.node());
        let Some(pattern) = def.pattern() else {
            return;
        };
        let (whole, parts) = lower.pattern_values(def.node(), pattern, def.ty(), def.value());
        for function in [whole].into_iter().chain(parts) {
            let name = function.name.clone();
            let (doc, public) = (def.doc(), def.is_pub());
            if !self.push_fn(container, module, def.node(), doc, public, function, None) {
                self.error(def.node(), format!("`{name}` is defined twice"));
            }
        }
    }

    /// Takes the clauses that start at `at`; answers the index of the last one.
    fn functions(
        &mut self,
        items: &[Item<'_>],
        at: usize,
        container: &Container,
        module: ModuleId,
        signature: &mut Option<ast::Signature<'_>>,
    ) -> usize {
        let Item::Fn(first) = items[at] else {
            return at;
        };
        let mut clauses = vec![first];
        let mut last = at;
        while let Some(Item::Fn(next)) = items.get(last + 1) {
            if lower::fn_name(*next) != lower::fn_name(first)
                || next.params().count() != first.params().count()
                || lower::are_overloads(first, *next)
            {
                break;
            }
            clauses.push(*next);
            last += 1;
        }
        if let (Container::Trait(_), Some(again)) = (
            container,
            clauses
                .iter()
                .skip(1)
                .find(|clause| clause.body().is_none() || clauses[0].body().is_none()),
        ) {
            let name = lower::fn_name(first);
            self.error(
                again.node(),
                format!("the method `{name}` is declared twice"),
            );
        }
        if lower::fn_name_token(first).is_none() {
            if first.name_splice().is_some() {
                self.error(first.node(), "a spliced name is not supported yet");
            }
            return last;
        }
        let signature =
            signature.take_if(|s| s.name().map(|n| n.text()) == first.name().map(|n| n.text()));
        for clause in &clauses {
            self.type_params_once(clause.type_params());
        }
        let mut lowered = self.lowered(&clauses, signature, container);
        if let Some(signature) = &mut lowered.signature {
            // It stands before the definition; its places are of no use relative to it.
            signature.span = Span { start: 0, end: 0 };
        }
        let end = clauses[clauses.len() - 1].node().range().end;
        let public = clauses.iter().any(|clause| clause.is_pub());
        let overload = Some(overload_text(first.params()));
        let name = lowered.name.clone();
        let arity = lowered.arity();
        if self.push_fn(
            container,
            module,
            first.node(),
            first.doc(),
            public,
            lowered,
            overload,
        ) {
            let at = self.out.fns.len() - 1;
            let entry = &mut self.out.fns[at];
            entry.place.len = end - entry.place.start;
            self.local_items(at, clauses.iter().map(|clause| clause.node()));
        } else {
            self.error(
                first.node(),
                format!("`{name}` with {arity} parameters is defined twice; clauses of one function stand together"),
            );
        }
        last
    }

    /// The clauses of one function, their bodies left out where they can be had again.
    fn lowered(
        &self,
        clauses: &[ast::FnDef<'_>],
        signature: Option<ast::Signature<'_>>,
        container: &Container,
    ) -> Function {
        let lower = Lower::at(clauses[0].node());
        match self.bodies {
            Bodies::Kept => lower.function(clauses, signature),
            Bodies::Unread => lower.outline(clauses, signature, container, None),
            Bodies::Read => {
                let mentions = Mentions::of(&lower.function(clauses, None)).interned(self.ids);
                lower.outline(clauses, signature, container, Some(mentions))
            }
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one call for each kind of item, all of it different"
    )]
    fn push_fn(
        &mut self,
        container: &Container,
        module: ModuleId,
        node: Node<'_>,
        doc: Option<String>,
        public: bool,
        def: Function,
        overload: Option<String>,
    ) -> bool {
        if def.name.is_empty() {
            return true;
        }
        let arity = def.arity() as u32;
        let known = self
            .counts
            .entry((container.clone(), def.name.clone(), arity))
            .or_default();
        let is_test = matches!(def.kind, FunctionKind::Test(_));
        let text = overload.unwrap_or_default();
        let overload: Name = match known.len() {
            0 => self.ids.name(""),
            n if is_test => format!("{}", n + 1).into(),
            _ if known.contains(&text) || arity == 0 => return false,
            _ if text.is_empty() => "_".into(),
            _ => text.as_str().into(),
        };
        known.push(text);
        let key = FnKey {
            file: self.file,
            container: container.clone(),
            name: self.ids.name(&def.name),
            arity,
            overload,
            part: Part::Main,
        };
        let id = self.ids.function(key);
        if self.out.fn_index.contains_key(&id) {
            return false;
        }
        self.out.fn_index.insert(id, self.out.fns.len());
        let place = self.place(node, doc);
        self.out.fns.push(Entry {
            id,
            place,
            module,
            public,
            def: Arc::new(def),
        });
        self.out.containers.push(container.clone());
        true
    }

    /// A type parameter is named once.
    fn type_params_once<'t>(&mut self, params: impl Iterator<Item = ast::TypeParam<'t>>) {
        let mut seen = Vec::new();
        for param in params {
            let Some(name) = param.name() else { continue };
            if seen.contains(&name.text()) {
                let name = name.text();
                self.error(
                    param.node(),
                    format!("the type parameter `{name}` is declared twice"),
                );
            }
            seen.push(name.text());
        }
    }

    fn of_trait(&mut self, def: ast::TraitDef<'_>, module: ModuleId) {
        self.type_params_once(def.type_params());
        let lowered = Lower::at(def.node()).trait_item(def);
        let key = ItemKey {
            file: self.file,
            module,
            name: lowered.name.clone(),
        };
        let id = self.ids.of_trait(key);
        if self.out.traits.iter().any(|other| other.id == id) {
            self.error(
                def.node(),
                format!("the trait `{}` is defined twice", lowered.name),
            );
            return;
        }
        let place = self.place(def.node(), def.doc());
        self.out.traits.push(Entry {
            id,
            place,
            module,
            public: def.is_pub(),
            def: Arc::new(lowered),
        });
        self.members(
            &Container::Trait(id),
            module,
            &def.members().collect::<Vec<_>>(),
        );
    }

    fn of_impl(&mut self, def: ast::ImplDef<'_>, module: ModuleId) {
        let lowered = Lower::at(def.node()).impl_item(def);
        let header: String = def
            .node()
            .children()
            .take_while(|child| ast::FnDef::cast(*child).is_none())
            .filter(|child| !child.kind().is_trivia())
            .map(|child| child.text())
            .collect::<Vec<_>>()
            .join(" ");
        let key = ItemKey {
            file: self.file,
            module,
            name: header.into(),
        };
        let repeat = self.impls.entry(key.clone()).or_default();
        let id = self.ids.of_impl(key, *repeat);
        *repeat += 1;
        let place = self.place(def.node(), def.doc());
        self.out.impls.push(Entry {
            id,
            place,
            module,
            public: true,
            def: Arc::new(lowered),
        });
        self.members(
            &Container::Impl(id),
            module,
            &def.members().collect::<Vec<_>>(),
        );
    }

    fn members(&mut self, container: &Container, module: ModuleId, items: &[Item<'_>]) {
        let mut signature = None;
        let mut at = 0;
        while at < items.len() {
            if let Some(count) = self.decorated_method(container, module, &items[at..]) {
                at += count;
                continue;
            }
            match items[at] {
                Item::Fn(_) => at = self.functions(items, at, container, module, &mut signature),
                Item::Signature(item) => signature = Some(item),
                other => self.error(other.node(), "only methods may stand here"),
            }
            at += 1;
        }
    }
}

fn overload_text<'t>(params: impl Iterator<Item = ast::Param<'t>>) -> String {
    let texts: Vec<&str> = params
        .map(|p| lower::param_type(p).map_or("_", |ty| ty.text()))
        .collect();
    if texts.iter().all(|text| *text == "_") {
        String::new()
    } else {
        texts.join(",")
    }
}
