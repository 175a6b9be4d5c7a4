//! Functions without their bodies. A body is most of a program and is read twice: its names when groups are found, and all of it when it is
//! inferred. So what is kept of a function is its head and its text, and the body is lowered again from the text when somebody asks.

use super::{Lower, exact, fn_name, fn_name_token};
use crate::ids::Container;
use crate::raw::{Clause, Expr, ExprKind, Function, FunctionKind, LeftOut, Param, Place};
use crate::scc::Mentions;
use nostos_syntax::ast::{self, Item};
use std::sync::{Arc, LazyLock};

impl Place {
    /// What stands before and behind the text of a function, so that it is parsed as it was.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Place::Module => ("", ""),
            Place::Trait => ("trait T\n", "\nend\n"),
            Place::Impl => ("T: T\n", "\nend\n"),
        }
    }

    fn of(container: &Container) -> Place {
        match container {
            Container::Module(_) => Place::Module,
            Container::Trait(_) => Place::Trait,
            Container::Impl(_) => Place::Impl,
        }
    }
}

/// What stands where a guard, a body or a default was left out.
static LEFT_OUT: LazyLock<Arc<Expr>> = LazyLock::new(|| {
    Arc::new(Expr {
        kind: ExprKind::Error,
        span: crate::hir::Span::default(),
    })
});

impl Lower {
    /// The clauses of one item as [`Lower::function`] lowers them, but guards, bodies and defaults are only known to be there. The mentions are
    /// those of `whole`, if somebody has it.
    pub fn outline(
        self,
        clauses: &[ast::FnDef<'_>],
        signature: Option<ast::Signature<'_>>,
        container: &Container,
        mentions: Option<Mentions>,
    ) -> Function {
        let (first, last) = (clauses[0].node(), clauses[clauses.len() - 1].node());
        let text = first.tree().text();
        let text = &text[first.range().start as usize..last.range().end as usize];
        let params = clauses.iter().map(|clause| {
            let params = clause.type_params().map(|p| self.type_param(p));
            exact(params)
        });
        Function {
            name: fn_name(clauses[0]),
            name_span: fn_name_token(clauses[0]).map_or(self.span(first), |token| self.span(token)),
            type_params: params
                .into_iter()
                .find(|params| !params.is_empty())
                .unwrap_or_default(),
            signature: signature.and_then(|s| s.ty()).map(|ty| self.ty(ty)),
            clauses: clauses
                .iter()
                .map(|clause| self.outline_of_clause(*clause))
                .collect(),
            kind: FunctionKind::Function,
            span: crate::hir::Span {
                start: self.span(first).start,
                end: self.span(last).end,
            },
            left_out: Some(Arc::new(LeftOut {
                text: text.into(),
                place: Place::of(container),
                mentions,
            })),
        }
    }

    fn outline_of_clause(self, def: ast::FnDef<'_>) -> Clause {
        let there = |is: bool| is.then(|| LEFT_OUT.clone());
        Clause {
            params: exact(def.params().map(|p| self.outline_of_param(p))),
            guard: there(def.guard().and_then(|g| g.expr()).is_some()),
            result: def.return_type().map(|ty| self.ty(ty)),
            body: there(def.body().is_some()),
            span: self.span(def.node()),
        }
    }

    fn outline_of_param(self, param: ast::Param<'_>) -> Param {
        let (pattern, ty) = self.param_head(param);
        Param {
            pattern,
            ty,
            default: param.default().map(|_| LEFT_OUT.clone()),
        }
    }
}

/// The function with everything in it.
pub fn whole(def: &Arc<Function>) -> Arc<Function> {
    let Some(left) = &def.left_out else {
        return def.clone();
    };
    let (before, behind) = left.place.around();
    let parse = match left.place {
        Place::Module => nostos_syntax::parse(&left.text),
        Place::Trait | Place::Impl => {
            nostos_syntax::parse(&format!("{before}{}{behind}", left.text))
        }
    };
    let mut clauses = Vec::new();
    for item in parse.file().items() {
        match item {
            Item::Fn(clause) => clauses.push(clause),
            Item::Trait(def) => clauses.extend(fns(def.members())),
            Item::Impl(def) => clauses.extend(fns(def.members())),
            _ => {}
        }
    }
    let base = before.len() as u32;
    let mut whole = Lower { base }.function(&clauses, None);
    whole.signature = def.signature.clone();
    Arc::new(whole)
}

fn fns<'t>(items: impl Iterator<Item = Item<'t>>) -> impl Iterator<Item = ast::FnDef<'t>> {
    items.filter_map(|item| match item {
        Item::Fn(clause) => Some(clause),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::whole;
    use crate::ids::Container;
    use crate::lower::Lower;
    use crate::raw::Function;
    use crate::ty::TraitId;
    use nostos_syntax::ast::{self, Item};
    use std::path::Path;
    use std::sync::Arc;

    fn compare(items: Vec<Item<'_>>, of: &Container, count: &mut usize) {
        for item in items {
            match item {
                // Clauses one by one: how many of them are a function makes no difference here.
                Item::Fn(def) if !crate::lower::fn_name(def).is_empty() => one(def, of, count),
                Item::Trait(def) => {
                    let of = Container::Trait(TraitId(0));
                    compare(def.members().collect(), &of, count);
                }
                Item::Impl(def) => {
                    let of = Container::Impl(crate::ids::ImplId(0));
                    compare(def.members().collect(), &of, count);
                }
                Item::Module(def) => compare(def.items().collect(), of, count),
                _ => {}
            }
        }
    }

    fn one(def: ast::FnDef<'_>, of: &Container, count: &mut usize) {
        let lower = Lower::at(def.node());
        let outline = Arc::new(lower.outline(&[def], None, of, None));
        let expected: Function = lower.function(&[def], None);
        assert_eq!(*whole(&outline), expected, "{}", def.node().text());
        *count += 1;
    }

    fn walk(folder: &Path, count: &mut usize) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                walk(&path, count);
            } else if path.extension().is_some_and(|e| e == "nos") {
                let text = std::fs::read_to_string(&path).expect("programs are texts");
                let parse = nostos_syntax::parse(&text);
                if parse.errors().is_empty() {
                    let module = Container::Module(crate::ids::ModuleId(0));
                    compare(parse.file().items().collect(), &module, count);
                }
            }
        }
    }

    #[test]
    fn what_was_left_out_comes_back() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut count = 0;
        for folder in ["std", "tests/lang", "examples"] {
            crate::deep::deep(|| walk(&root.join(folder), &mut count));
        }
        assert!(count > 4000, "only {count} functions");
    }
}
