//! What a macro needs: the definitions it mentions, those they mention, and so on, with everything else of their files left out.
//!
//! By names alone, so rather too much than too little. An edit elsewhere leaves the texts equal, so answers stay.

use super::table::{Layer, collect, macro_table};
use crate::db::{Db, Origin, Project, SourceFile, file_items, module_path, parsed};
use crate::items::Place;
use crate::raw::{Name, TypeBody};
use crate::ty::FileId;
use nostos_syntax::ast::Item;
use nostos_syntax::{Kind, Node};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// A definition and the names it has to do with.
struct Mention {
    range: std::ops::Range<usize>,
    defines: Vec<Name>,
    /// For an implementation: it is needed when what it is about is.
    about: Vec<Name>,
    mentions: FxHashSet<Name>,
}

/// The definitions of a file.
#[salsa::tracked(returns(clone), no_eq)]
fn file_mentions(db: &dyn Db, file: SourceFile) -> Arc<Vec<Mention>> {
    let parsed = parsed(db, file);
    let module = module_path(&db.ids().file_path(file.id(db)));
    let mut out = Vec::new();
    let items: Vec<Item<'_>> = parsed.parse.file().items().collect();
    collect(&items, &module, &mut |_, item| {
        let node = item.node();
        let mut mention = Mention {
            range: node.range().span(),
            defines: Vec::new(),
            about: Vec::new(),
            mentions: FxHashSet::default(),
        };
        match item {
            Item::Use(_) | Item::Module(_) => return,
            Item::Type(def) => {
                let words = def.node().descendants();
                mention.defines.extend(
                    words
                        .filter(|n| n.kind() == Kind::UpperIdent)
                        .filter(|n| {
                            n.parent()
                                .is_some_and(|p| matches!(p.kind(), Kind::TypeDef | Kind::Variant))
                        })
                        .map(|n| Name::from(n.text())),
                );
            }
            Item::Trait(def) => {
                mention.defines.extend(def.name().map(|n| n.text().into()));
                let members = def.members().filter_map(|member| member.name());
                mention
                    .defines
                    .extend(members.map(|n| Name::from(n.text())));
            }
            Item::Impl(def) => {
                let target = def.target();
                mention.about = target
                    .iter()
                    .flat_map(|t| t.node().descendants())
                    .filter(|n| matches!(n.kind(), Kind::Ident | Kind::UpperIdent))
                    .map(|n| n.text().into())
                    .collect();
                mention.about.extend(
                    def.traits()
                        .flat_map(|t| t.segments())
                        .map(|s| Name::from(s.text())),
                );
            }
            Item::Value(def) => {
                let words = def.pattern().map(|p| p.node());
                mention.defines.extend(
                    words
                        .iter()
                        .flat_map(|n| n.descendants())
                        .filter(|n| n.kind() == Kind::Ident)
                        .map(|n| Name::from(n.text())),
                );
            }
            Item::Test(_) => {}
            other => mention
                .defines
                .extend(other.name().map(|n| n.text().into())),
        }
        mentions(node, false, &mut mention.mentions);
        out.push(mention);
    });
    Arc::new(out)
}

/// The words of a definition that are run at compile time: not what quotes hold, but their splices.
fn mentions(node: Node<'_>, quoted: bool, out: &mut FxHashSet<Name>) {
    for child in node.children() {
        match child.kind() {
            Kind::Ident | Kind::UpperIdent if !quoted => {
                out.insert(child.text().into());
            }
            kind if kind.is_token() => {}
            Kind::QuoteExpr => mentions(child, true, out),
            Kind::SpliceExpr | Kind::SplicePat | Kind::SpliceType => mentions(child, false, out),
            _ => mentions(child, quoted, out),
        }
    }
}

/// What of the program code at compile time may use.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Seen {
    /// What may be looked at.
    pub layer: Layer,
    /// While the items of a file are expanded: what those before have made, and where each of them starts.
    pub earlier: Option<(FileId, Vec<(Name, u32)>)>,
}

impl Seen {
    /// Everything there is.
    pub const ALL: Seen = Seen {
        layer: Layer::Bodies,
        earlier: None,
    };
}

/// The names that a text mentions.
pub fn names_of(node: Node<'_>) -> Vec<Name> {
    let mut out = FxHashSet::default();
    mentions(node, false, &mut out);
    let mut out: Vec<Name> = out.iter().map(|name| super::plain(name).into()).collect();
    out.sort();
    out.dedup();
    out
}

/// The texts that are needed to run what mentions `names` in `file`.
#[salsa::tracked(returns(clone))]
pub fn sources(
    db: &dyn Db,
    project: Project,
    file: FileId,
    names: Vec<Name>,
    seen: Seen,
) -> Arc<Vec<(Name, Name)>> {
    let files: Vec<(FileId, SourceFile)> = project
        .files(db)
        .iter()
        .filter(|(_, file)| file.origin(db) == Origin::Project)
        .copied()
        .collect();
    let all: Vec<Arc<Vec<Mention>>> = files
        .iter()
        .map(|(_, file)| file_mentions(db, *file))
        .collect();
    let made: Vec<Made> = files
        .iter()
        .map(|(id, file)| made(db, project, *id, *file, &seen))
        .collect();
    let mut wanted: FxHashSet<Name> = names.into_iter().collect();
    let mut taken: Vec<Vec<bool>> = all.iter().map(|list| vec![false; list.len()]).collect();
    loop {
        let mut changed = false;
        for ((list, made), taken) in all.iter().zip(&made).zip(&mut taken) {
            for (mention, taken) in list.iter().zip(taken) {
                let makes = || {
                    made.iter().any(|(name, range)| {
                        range.contains(&(mention.range.start as u32)) && wanted.contains(name)
                    })
                };
                let needed = mention.defines.iter().any(|name| wanted.contains(name))
                    || mention.about.iter().any(|name| wanted.contains(name))
                    || makes();
                if !*taken && needed {
                    *taken = true;
                    changed = true;
                    wanted.extend(mention.mentions.iter().cloned());
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut out = Vec::new();
    for (((id, source), list), taken) in files.iter().zip(&all).zip(&taken) {
        if *id != file && !taken.contains(&true) {
            continue;
        }
        let text = source.text(db);
        let mut kept = String::new();
        let mut at = 0;
        for (mention, taken) in list.iter().zip(taken) {
            between(&text[at..mention.range.start], &mut kept);
            if *taken {
                kept.push_str(&text[mention.range.clone()]);
                kept.push('\n');
            }
            at = mention.range.end;
        }
        between(&text[at..], &mut kept);
        let text = kept;
        out.push((db.ids().file_path(*id), Name::from(text)));
    }
    Arc::new(out)
}

/// What macros made of items: names, and the items.
type Made = Vec<(Name, std::ops::Range<u32>)>;

fn made(db: &dyn Db, project: Project, id: FileId, file: SourceFile, seen: &Seen) -> Made {
    let earlier = seen.earlier.iter().filter(|(file, _)| *file == id);
    let earlier = earlier.flat_map(|(_, made)| made);
    let earlier = earlier.map(|(name, start)| (name.clone(), *start..*start + 1));
    match seen.layer {
        Layer::Written => earlier.collect(),
        Layer::Items => macro_table(db, project)
            .values()
            .flatten()
            .filter(|head| head.file == id)
            .filter_map(|head| Some((head.name.clone(), head.maker?..head.maker? + 1)))
            .chain(earlier)
            .collect(),
        Layer::Bodies => {
            let items = file_items(db, file);
            let mut out = Vec::new();
            for made in &items.expansions {
                let here = |place: &Place| place.start == made.range.start;
                let fns = items.fns.iter().filter(|entry| here(&entry.place));
                out.extend(fns.map(|entry| (entry.def.name.clone(), made.range.clone())));
                for entry in items.types.iter().filter(|entry| here(&entry.place)) {
                    out.push((entry.def.name.clone(), made.range.clone()));
                    if let TypeBody::Variants(variants) = &entry.def.body {
                        let names = variants.iter().map(|variant| variant.name.clone());
                        out.extend(names.map(|name| (name, made.range.clone())));
                    }
                }
                let traits = items.traits.iter().filter(|entry| here(&entry.place));
                out.extend(traits.map(|entry| (entry.def.name.clone(), made.range.clone())));
            }
            out
        }
    }
}

/// What stands between definitions: `use` lines and the heads and ends of modules matter, layout and comments do not.
fn between(text: &str, out: &mut String) {
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
}
