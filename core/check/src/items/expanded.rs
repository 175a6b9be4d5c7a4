//! Items that a macro made: collected like those of a file, then put in the place of what was expanded.

use super::Collect;
use crate::expand::calls::Source;
use crate::expand::items::{Expansion, MAX_DEPTH, through};
use crate::expand::render;
use crate::expand::walk::{self, Spans, Visitor};
use crate::hir::Span;
use crate::ids::{Container, ModuleId};
use crate::raw::{ImplItem, TraitItem, TypeBody, TypeItem};
use nostos_syntax::Entry;
use nostos_syntax::ast::Item;
use std::sync::Arc;

impl Collect<'_> {
    /// A decorated item and how many of `items` it consists of; nothing when nothing decorates it.
    pub(super) fn decorated(&mut self, index: usize, items: &[Item<'_>]) -> Option<usize> {
        let count = clauses(items)?;
        let module = self.out.modules[index].id;
        let path = self.ids.module_path(module);
        let expansion = self.expand?.decorated(&path, &items[..count])?;
        self.expansion(module, expansion, |collect, items| {
            collect.module(index, items);
        });
        Some(count)
    }

    /// A decorated method and how many of `items` it consists of; nothing when nothing decorates it.
    pub(super) fn decorated_method(
        &mut self,
        container: &Container,
        module: ModuleId,
        items: &[Item<'_>],
    ) -> Option<usize> {
        let count = clauses(items)?;
        let path = self.ids.module_path(module);
        let expansion = self.expand?.decorated(&path, &items[..count])?;
        self.expansion(module, expansion, |collect, items| {
            collect.members(container, module, items);
        });
        Some(count)
    }

    /// Whether a call where a definition may stand is one of a macro; then it is expanded.
    pub(super) fn item_call(
        &mut self,
        index: usize,
        item: nostos_syntax::ast::ItemExpr<'_>,
    ) -> bool {
        let id = self.out.modules[index].id;
        let module = self.ids.module_path(id);
        let Some(expand) = self.expand else {
            return false;
        };
        match expand.call(&module, item) {
            Some(expansion) => {
                self.expansion(id, expansion, |collect, items| collect.module(index, items));
                true
            }
            None => false,
        }
    }

    /// Collects what an item of `module` became.
    fn expansion(
        &mut self,
        module: ModuleId,
        expansion: Expansion,
        collect: impl FnOnce(&mut Self, &[Item<'_>]),
    ) {
        for (range, message) in expansion.errors {
            self.out.errors.push(super::ItemError { range, message });
        }
        if self.depth >= MAX_DEPTH {
            self.out.errors.push(super::ItemError {
                range: expansion.range,
                message: format!("`{}` expands without end", expansion.by),
            });
            return;
        }
        let parse = nostos_syntax::parse_expansion(&expansion.text, Entry::File);
        let (errors, fns, types, traits, impls) = (
            self.out.errors.len(),
            self.out.fns.len(),
            self.out.types.len(),
            self.out.traits.len(),
            self.out.impls.len(),
        );
        let made = self.out.expansions.len();
        let uses: Vec<usize> = self.out.modules.iter().map(|m| m.uses.len()).collect();
        self.depth += 1;
        // Names are marked in what a macro made, and places are not those of its text.
        let bodies = std::mem::replace(&mut self.bodies, super::Bodies::Kept);
        collect(self, &parse.file().items().collect::<Vec<_>>());
        self.bodies = bodies;
        self.depth -= 1;
        // From here on places are those of the item that was expanded.
        let own = self.ids.module_path(module);
        let range = expansion.range.clone();
        let len = range.end - range.start;
        let whole = expansion.whole;
        let segments = &expansion.segments;
        let to = |start: u32| {
            move |span: Span| {
                let there = Span {
                    start: span.start + start,
                    end: span.end + start,
                };
                render::map(segments, there, whole)
            }
        };
        for error in &mut self.out.errors[errors..] {
            let span = Span {
                start: error.range.start,
                end: error.range.end,
            };
            let there = render::map(segments, span, whole);
            error.range = there.start + range.start..there.end + range.start;
        }
        let text: Arc<str> = expansion.text.as_str().into();
        for entry in &mut self.out.fns[fns..] {
            let start = entry.place.start;
            let source = match self.out.sources.get(&entry.id) {
                None => Source {
                    text: text.clone(),
                    start,
                    segments: expansion.segments.clone(),
                    whole,
                    len,
                    by: expansion.by.clone(),
                },
                Some(inner) => Source {
                    segments: through(&inner.segments, start, segments),
                    whole,
                    len,
                    ..(**inner).clone()
                },
            };
            self.out.sources.insert(entry.id, Arc::new(source));
            (entry.place.start, entry.place.len) = (range.start, len);
        }
        macro_rules! settle {
            ($entries:expr, $walk:ident) => {
                for entry in $entries {
                    let start = entry.place.start;
                    let def = Arc::make_mut(&mut entry.def);
                    $walk(&mut crate::expand::hygiene::Own(&own), def);
                    $walk(&mut Spans(to(start)), def);
                    (entry.place.start, entry.place.len) = (range.start, len);
                }
            };
        }
        settle!(&mut self.out.types[types..], type_item);
        settle!(&mut self.out.traits[traits..], trait_item);
        settle!(&mut self.out.impls[impls..], impl_item);
        for (at, module) in self.out.modules.iter_mut().enumerate() {
            for item in &mut module.uses[uses.get(at).copied().unwrap_or(0)..] {
                item.span = Span {
                    start: range.start,
                    end: range.end,
                };
            }
        }
        if self.depth == 0
            && let Some(expand) = self.expand
        {
            let fns = self.out.fns[fns..].iter().map(|e| e.def.name.clone());
            let types = self.out.types[types..].iter().map(|e| e.def.name.clone());
            let made = fns.chain(types).map(|name| (name, range.start));
            expand.earlier.borrow_mut().extend(made);
        }
        let inner = self.out.expansions.split_off(made);
        self.out.expansions.push(super::Made { range, text, inner });
    }
}

/// How many of `items` the first one, which is decorated, consists of: the clauses of a function belong together.
pub(crate) fn clauses(items: &[Item<'_>]) -> Option<usize> {
    let first = *items.first()?;
    first.decorators().next()?;
    let mut count = 1;
    if let Item::Fn(def) = first {
        while let Some(Item::Fn(next)) = items.get(count) {
            if next.decorators().next().is_some()
                || crate::lower::fn_name(*next) != crate::lower::fn_name(def)
                || next.params().count() != def.params().count()
                || crate::lower::are_overloads(def, *next)
            {
                break;
            }
            count += 1;
        }
    }
    Some(count)
}

fn type_item<V: Visitor>(v: &mut V, def: &mut TypeItem) {
    walk::type_params(v, &mut def.params);
    v.span(&mut def.name_span);
    match &mut def.body {
        TypeBody::Record(fields) => fields.iter_mut().for_each(|f| walk::field(v, f)),
        TypeBody::Variants(variants) => {
            for variant in variants {
                variant.fields.iter_mut().for_each(|f| walk::field(v, f));
                v.span(&mut variant.span);
            }
        }
        TypeBody::Alias(ty) => walk::ty(v, ty),
        TypeBody::Empty => {}
    }
}

fn trait_item<V: Visitor>(v: &mut V, def: &mut TraitItem) {
    walk::type_params(v, &mut def.params);
    def.supertraits
        .iter_mut()
        .for_each(|of| walk::trait_ref(v, of));
    v.span(&mut def.name_span);
}

fn impl_item<V: Visitor>(v: &mut V, def: &mut ImplItem) {
    walk::ty(v, &mut def.target);
    def.of.iter_mut().for_each(|of| walk::trait_ref(v, of));
    walk::type_params(v, &mut def.conditions);
    def.methods.iter_mut().for_each(|(_, _, span)| v.span(span));
}
