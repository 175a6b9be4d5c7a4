//! The rules: a tree without mistakes to a document.
//!
//! Lines that end in the source where they may, end in the text; to them come those that keep to the width. So a list that was broken stays
//! broken, one element or one row to a line, and one that is too long is broken with one element to a line.

use nostos_syntax::ast::BinaryOp;
use nostos_syntax::{Kind, Node, Tree};

use crate::doc::{Comment, Doc, Place};
use crate::gaps::Gaps;

mod chains;
mod groups;

/// The whole file.
pub(crate) fn document(tree: &Tree) -> Doc<'_> {
    let rules = Rules {
        gaps: Gaps::new(tree),
    };
    let mut parts = Vec::new();
    for (at, kid) in kids(tree.root()).into_iter().enumerate() {
        if kid.kind() == Kind::Semicolon {
            parts.push(rules.comments_before(kid));
            continue;
        }
        if at > 0 {
            parts.push(Doc::Hard { keep_blank: true });
        }
        parts.push(rules.node(kid));
    }
    parts.push(comments(&rules.gaps.at_end().comments));
    Doc::Concat(parts)
}

struct Rules<'t> {
    gaps: Gaps<'t>,
}

/// The children without trivia.
fn kids(node: Node<'_>) -> Vec<Node<'_>> {
    node.children()
        .filter(|child| !child.kind().is_trivia())
        .collect()
}

fn comments<'t>(all: &[Comment<'t>]) -> Doc<'t> {
    Doc::Concat(all.iter().map(|comment| Doc::Comment(*comment)).collect())
}

fn place_of(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Eq | Kind::PlusEq | Kind::MinusEq | Kind::StarEq | Kind::SlashEq
    )
}

impl<'t> Rules<'t> {
    fn comments_before(&self, node: Node<'t>) -> Doc<'t> {
        comments(&self.gaps.before(node).comments)
    }

    /// A token, or a piece of the source that stays as it is, with the comments before it.
    fn text(&self, node: Node<'t>) -> Doc<'t> {
        let gap = self.gaps.before(node);
        if gap.comments.is_empty() && !gap.blank {
            return Doc::Text(node.text());
        }
        let mut parts: Vec<_> = gap.comments.iter().map(|c| Doc::Comment(*c)).collect();
        if gap.blank {
            parts.push(Doc::Blank);
        }
        parts.push(Doc::Text(node.text()));
        Doc::Concat(parts)
    }

    fn nodes(&self, nodes: &[Node<'t>]) -> Vec<Doc<'t>> {
        nodes.iter().map(|node| self.node(*node)).collect()
    }

    fn node(&self, node: Node<'t>) -> Doc<'t> {
        let kind = node.kind();
        if kind.is_token() || kind == Kind::StringExpr {
            return self.text(node);
        }
        match kind {
            Kind::FnDef
            | Kind::TypeDef
            | Kind::ValueDef
            | Kind::ConstDef
            | Kind::MvarDef
            | Kind::TestDef
            | Kind::MacroDef
            | Kind::Signature
            | Kind::UseDecl
            | Kind::ExternDef
            | Kind::ItemExpr
            | Kind::BindExpr
            | Kind::AssignExpr => self.definition(node),
            Kind::TraitDef | Kind::ImplDef | Kind::ModuleDef => self.members(node),
            Kind::VariantList => self.variants(node),
            Kind::ArgList
            | Kind::ParamList
            | Kind::TypeParamList
            | Kind::TypeArgList
            | Kind::FieldList
            | Kind::UseList
            | Kind::ListType
            | Kind::TupleType
            | Kind::ParenType
            | Kind::TuplePat
            | Kind::ParenPat
            | Kind::ListPat
            | Kind::CtorPat
            | Kind::RecordPat
            | Kind::MapPat
            | Kind::SetPat
            | Kind::ParenExpr
            | Kind::TupleExpr
            | Kind::ListExpr
            | Kind::MapExpr
            | Kind::SetExpr => self.bracketed(node),
            Kind::Block => self.block(node),
            Kind::IfExpr => self.if_chain(node),
            Kind::MatchExpr | Kind::ReceiveExpr | Kind::CatchClause => self.match_like(node),
            Kind::Arm | Kind::AfterClause | Kind::LambdaExpr => self.arrow(node),
            Kind::TryExpr => self.try_expr(node),
            Kind::BinaryExpr => self.binary(node, Chain::Indented),
            Kind::CallExpr
            | Kind::MethodCallExpr
            | Kind::FieldExpr
            | Kind::TupleFieldExpr
            | Kind::IndexExpr
            | Kind::TypeAppExpr
            | Kind::QuestionExpr => self.postfix(node),
            Kind::OrPat => self.alternatives(node),
            _ => self.seq(node, &kids(node)),
        }
    }

    /// Pieces in a row, with the spaces that belong between them; lines end where they do in the source.
    fn seq(&self, parent: Node<'t>, nodes: &[Node<'t>]) -> Doc<'t> {
        let mut parts = Vec::new();
        let mut indented = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let doc = if node.kind() == Kind::BinaryExpr && is_head(parent.kind()) {
                self.binary(*node, Chain::Twice)
            } else {
                self.node(*node)
            };
            if at > 0 && self.gaps.is_broken(*node) && may_break(*node) {
                indented.push(Doc::Hard { keep_blank: false });
            } else if at > 0 && self.spaced(parent, nodes[at - 1], *node) {
                let into = if indented.is_empty() {
                    &mut parts
                } else {
                    &mut indented
                };
                into.push(Doc::Space);
            }
            let into = if indented.is_empty() {
                &mut parts
            } else {
                &mut indented
            };
            into.push(doc);
        }
        if !indented.is_empty() {
            parts.push(Doc::Concat(indented).indent());
        }
        Doc::Concat(parts)
    }

    /// Whether a space belongs between two neighbours.
    fn spaced(&self, parent: Node<'t>, left: Node<'t>, right: Node<'t>) -> bool {
        let (before, after) = (left.kind(), right.kind());
        let parent = parent.kind();
        match (before, after) {
            (_, Kind::Comma | Kind::Semicolon | Kind::Question | Kind::Dot) => false,
            (Kind::Dot | Kind::DotDot | Kind::DotDotEq, _) => false,
            (_, Kind::DotDot | Kind::DotDotEq) => false,
            (Kind::Tilde | Kind::Bang | Kind::Caret, _) => false,
            (Kind::Minus, _) => false,
            (Kind::Colon, _) => !matches!(parent, Kind::AtomExpr | Kind::AtomPat),
            (_, Kind::Colon) => parent == Kind::Signature && self.gaps.before(right).space,
            (_, Kind::RetType) => right.token(Kind::Colon).is_none(),
            (Kind::At, _) => parent != Kind::Decorator,
            (Kind::WhenKw | Kind::Eq, _) => true,
            (_, Kind::FieldList) if is_padded(right) => true,
            (
                _,
                Kind::ArgList
                | Kind::ParamList
                | Kind::TypeParamList
                | Kind::TypeArgList
                | Kind::FieldList,
            ) => false,
            (Kind::QuoteKw, Kind::ParenExpr | Kind::TupleExpr) => false,
            _ => true,
        }
    }

    /// What has its body behind `=`, and what looks like it.
    fn definition(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let decorators = all
            .iter()
            .take_while(|kid| kid.kind() == Kind::Decorator)
            .count();
        let mut parts = Vec::new();
        for (at, decorator) in all[..decorators].iter().enumerate() {
            parts.push(self.node(*decorator));
            match all.get(at + 1) {
                Some(next) if self.gaps.is_broken(*next) => {
                    parts.push(Doc::Hard { keep_blank: false });
                }
                Some(_) => parts.push(Doc::Space),
                None => {}
            }
        }
        let all = &all[decorators..];
        let equals = all.iter().position(|kid| place_of(kid.kind()));
        match equals {
            Some(equals) => {
                parts.push(self.seq(node, &all[..=equals]));
                match &all[equals + 1..] {
                    [] => {}
                    [variants] if variants.kind() == Kind::VariantList => {
                        parts.push(self.node(*variants));
                    }
                    [body] if node.kind() == Kind::TypeDef && body.kind() != Kind::FieldList => {
                        let broken = self.gaps.is_broken(*body);
                        let line = if broken {
                            Doc::Hard { keep_blank: false }
                        } else {
                            Doc::Space
                        };
                        parts.push(Doc::Concat(vec![line, self.node(*body)]).indent());
                    }
                    [body] => parts.push(self.after(*body)),
                    more => parts.push(Doc::Concat(vec![Doc::Space, self.seq(node, more)])),
                }
            }
            None => parts.push(self.seq(node, all)),
        }
        Doc::Concat(parts)
    }

    /// `pattern when guard -> body`, `(x) => body`.
    fn arrow(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        match all.split_last() {
            Some((body, head))
                if head
                    .last()
                    .is_some_and(|last| matches!(last.kind(), Kind::Arrow | Kind::FatArrow)) =>
            {
                Doc::Concat(vec![self.seq(node, head), self.after(*body)])
            }
            _ => self.seq(node, &all),
        }
    }

    /// What stands behind `=`, an arrow, `then` or `else`.
    fn after(&self, body: Node<'t>) -> Doc<'t> {
        let doc = if body.kind() == Kind::BinaryExpr {
            self.binary(body, Chain::Flush)
        } else {
            self.node(body)
        };
        Doc::After(Box::new(doc), self.place(body))
    }

    fn place(&self, body: Node<'t>) -> Place {
        let gap = self.gaps.before(body);
        let below = gap.newline || !gap.comments.is_empty();
        match body.kind() {
            Kind::Block if gap.comments.iter().all(|c| !c.ends_line) => Place::Hug,
            _ if below => Place::Below,
            Kind::MatchExpr => Place::Head,
            Kind::ReceiveExpr
            | Kind::TryExpr
            | Kind::WhileExpr
            | Kind::ForExpr
            | Kind::SpawnExpr
            | Kind::UnsafeExpr
            | Kind::QuoteExpr
            | Kind::ListExpr
            | Kind::MapExpr
            | Kind::SetExpr
            | Kind::LambdaExpr
            | Kind::FieldList => Place::Hug,
            Kind::IfExpr if self.has_lines(body) => Place::Below,
            Kind::IfExpr if body.token(Kind::ThenKw).is_none() => Place::Hug,
            Kind::BinaryExpr if chains::is_pipe(body) => Place::Prefer,
            Kind::BinaryExpr if self.chain_has_lines(body) => Place::Below,
            Kind::CallExpr
            | Kind::MethodCallExpr
            | Kind::IndexExpr
            | Kind::QuestionExpr
            | Kind::TupleExpr
            | Kind::ParenExpr
            | Kind::StringExpr => Place::Prefer,
            _ => Place::Next,
        }
    }

    /// Alternatives of a pattern.
    fn alternatives(&self, node: Node<'t>) -> Doc<'t> {
        let mut parts = Vec::new();
        let mut space = false;
        for kid in kids(node) {
            if kid.kind() == Kind::Pipe {
                parts.extend([Doc::Space, self.text(kid)]);
                space = true;
                continue;
            }
            if space && self.gaps.is_broken(kid) {
                parts.push(Doc::Hard { keep_blank: false });
            } else if space {
                parts.push(Doc::Line.group());
            }
            space = false;
            parts.push(self.node(kid));
        }
        Doc::Concat(parts)
    }

    /// `A | B`, or each with a `|` on a line of its own.
    fn variants(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let broken = all.iter().any(|kid| self.gaps.is_broken(*kid));
        let is_one = all.iter().filter(|kid| kid.kind() == Kind::Variant).count() == 1;
        let mut parts = Vec::new();
        let mut pipe = None;
        let mut first = true;
        for kid in all {
            if kid.kind() == Kind::Pipe {
                pipe = Some(kid);
                continue;
            }
            parts.push(Doc::Line);
            let written = pipe.take();
            if let Some(pipe) = written {
                parts.push(self.comments_before(pipe));
            }
            if !first || (is_one && written.is_some()) {
                parts.push(Doc::Text("| "));
            } else {
                parts.push(Doc::IfBroken("| "));
            }
            first = false;
            parts.push(self.node(kid));
        }
        Doc::Concat(parts).indent().group_if(broken)
    }
}

/// How the lines of a chain of operators are indented.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    /// As the first, which begins its line.
    Flush,
    Indented,
    /// In the head of something whose body follows.
    Twice,
}

fn is_head(parent: Kind) -> bool {
    matches!(
        parent,
        Kind::WhileExpr | Kind::ForExpr | Kind::IfExpr | Kind::MatchExpr | Kind::Guard
    )
}

/// A line may end before anything but these, which are joined to what is before them.
fn may_break(node: Node<'_>) -> bool {
    !matches!(
        node.kind(),
        Kind::Block | Kind::ThenKw | Kind::Comma | Kind::Eq | Kind::Arrow | Kind::FatArrow
    )
}

/// `type Point = { x: Int }`, `type Point = Point { x: Int }`, but `type Shape = Sq{side: Int} | Dot`.
fn is_padded(fields: Node<'_>) -> bool {
    let Some(parent) = fields.parent() else {
        return false;
    };
    let is_only = |list: Node<'_>| {
        let variants = list.child_nodes().filter(|kid| kid.kind() == Kind::Variant);
        variants.count() == 1
    };
    fields.kind() == Kind::FieldList
        && fields.token(Kind::LBrace).is_some()
        && (parent.kind() == Kind::TypeDef || parent.parent().is_some_and(is_only))
}

fn precedence(node: Node<'_>) -> Option<BinaryOp> {
    node.tokens()
        .find_map(|token| BinaryOp::from_kind(token.kind()))
}
