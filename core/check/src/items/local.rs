//! Types, traits, impls, modules and `use` lines inside of functions: items of a module that has no name and that the function's body is in.

use super::{Collect, ModuleItems};
use nostos_syntax::ast::Item;
use nostos_syntax::{Kind, Node};

impl Collect<'_> {
    /// Collects what stands inside of the function at `at`, whose text is that of `nodes`.
    pub(super) fn local_items<'t>(&mut self, at: usize, nodes: impl Iterator<Item = Node<'t>>) {
        let items: Vec<Item<'t>> = nodes.flat_map(inside).collect();
        if items.is_empty() {
            return;
        }
        let entry = &self.out.fns[at];
        let (outer, id) = (entry.module, entry.id);
        // Text cannot say this name; the number tells overloads apart.
        let name = format!("{}({})", entry.def.name, id.0);
        let inner = self
            .ids
            .module(&format!("{}.{name}", self.ids.module_path(outer)));
        self.out.fns[at].module = inner;
        self.out.modules.push(ModuleItems {
            id: inner,
            name: name.into(),
            parent: Some(outer),
            public: false,
            uses: Vec::new(),
        });
        self.module(self.out.modules.len() - 1, &items);
    }
}

/// The outermost items below a node. Those of a quote are not there yet.
fn inside(node: Node<'_>) -> Vec<Item<'_>> {
    let mut out: Vec<Item<'_>> = Vec::new();
    for found in node.descendants().filter(|found| is_item(found.kind())) {
        let covered = out
            .last()
            .is_some_and(|last| last.node().range().covers(found.range()));
        let quoted = || {
            let around = found
                .ancestors()
                .take_while(|above| above.id() != node.id());
            around
                .into_iter()
                .any(|above| above.kind() == Kind::QuoteExpr)
        };
        if !covered && found.id() != node.id() && !quoted() {
            out.extend(Item::cast(found));
        }
    }
    out
}

/// What may stand inside of functions besides values and functions.
pub(crate) fn is_item(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TypeDef
            | Kind::TraitDef
            | Kind::ImplDef
            | Kind::ModuleDef
            | Kind::UseDecl
            | Kind::ExternDef
    )
}
