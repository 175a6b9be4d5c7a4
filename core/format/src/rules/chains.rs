//! Chains: operators of one rank, and what follows a receiver.

use nostos_syntax::ast::BinaryOp;
use nostos_syntax::{Kind, Node};

use super::{Chain, Rules, kids, precedence};
use crate::doc::Doc;

/// The operands of a chain with the operators before them.
struct Operands<'t> {
    first: Node<'t>,
    rest: Vec<(Node<'t>, Node<'t>)>,
}

pub(super) fn is_pipe(node: Node<'_>) -> bool {
    precedence(node) == Some(BinaryOp::Pipe)
}

fn operands(node: Node<'_>) -> Option<Operands<'_>> {
    let op = precedence(node)?;
    let rank = op.precedence();
    let same = |node: Node<'_>| {
        node.kind() == Kind::BinaryExpr
            && precedence(node).is_some_and(|inner| inner.precedence() == rank)
    };
    let mut rest = Vec::new();
    let mut current = node;
    if op.is_right_associative() {
        let [first, ..] = kids(node)[..] else {
            return None;
        };
        loop {
            let [_, op, right] = kids(current)[..] else {
                return None;
            };
            if !same(right) {
                rest.push((op, right));
                return Some(Operands { first, rest });
            }
            rest.push((op, kids(right).first().copied()?));
            current = right;
        }
    }
    loop {
        let [left, op, right] = kids(current)[..] else {
            return None;
        };
        rest.push((op, right));
        if !same(left) {
            rest.reverse();
            return Some(Operands { first: left, rest });
        }
        current = left;
    }
}

impl<'t> Rules<'t> {
    /// Whether the source breaks the chain.
    pub(super) fn chain_has_lines(&self, node: Node<'t>) -> bool {
        operands(node).is_some_and(|all| {
            all.rest
                .iter()
                .any(|(op, right)| self.gaps.is_broken(*op) || self.gaps.is_broken(*right))
        })
    }

    pub(super) fn binary(&self, node: Node<'t>, chain: Chain) -> Doc<'t> {
        let Some(Operands { first, rest }) = operands(node) else {
            return self.seq(node, &kids(node));
        };
        // A line may begin with `|>`; other operators end theirs.
        let leads = is_pipe(node);
        let has_lines = self.chain_has_lines(node);
        let mut parts = vec![self.node(first)];
        let mut lines = Vec::new();
        for (op, right) in rest {
            let broken = self.gaps.is_broken(op) || self.gaps.is_broken(right);
            let line = match (broken, has_lines) {
                (true, _) => Doc::Hard { keep_blank: false },
                (false, true) if leads => Doc::Space,
                (false, true) => Doc::Line.group(),
                (false, false) => Doc::Line,
            };
            if precedence(node) == Some(BinaryOp::Send) {
                lines.extend([Doc::Space, self.text(op), self.after(right)]);
            } else if leads {
                lines.extend([line, self.text(op), Doc::Space, self.node(right)]);
            } else {
                lines.extend([Doc::Space, self.text(op), line, self.node(right)]);
            }
        }
        let lines = Doc::Concat(lines);
        parts.push(match (chain, has_lines) {
            _ if precedence(node) == Some(BinaryOp::Send) => lines,
            (Chain::Flush, _) if !leads => lines,
            (Chain::Twice, true) => lines.indent().indent(),
            (Chain::Twice, false) => {
                let inner = Doc::IndentBroken(Box::new(lines));
                Doc::IndentBroken(Box::new(inner))
            }
            (_, true) => lines.indent(),
            (_, false) => Doc::IndentBroken(Box::new(lines)),
        });
        Doc::Concat(parts).group()
    }

    /// A receiver with the calls, fields and indexes that follow it.
    pub(super) fn postfix(&self, node: Node<'t>) -> Doc<'t> {
        let mut links = Vec::new();
        let mut head = node;
        while is_postfix(head.kind()) {
            let all = kids(head);
            links.push((head.kind(), all[1..].to_vec()));
            head = all[0];
        }
        links.reverse();
        let is_dot = |link: &[Node<'t>]| link.first().is_some_and(|t| t.kind() == Kind::Dot);
        let has_lines = links
            .iter()
            .any(|(_, link)| is_dot(link) && self.gaps.is_broken(link[0]));
        let calls = links
            .iter()
            .filter(|(kind, _)| *kind == Kind::MethodCallExpr)
            .count();
        let names_module = head.kind() == Kind::NameExpr && head.token(Kind::UpperIdent).is_some();
        let mut parts = vec![self.node(head)];
        let mut lines = Vec::new();
        for (at, (kind, link)) in links.iter().enumerate() {
            if is_dot(link) {
                let is_call = *kind == Kind::MethodCallExpr;
                if self.gaps.is_broken(link[0]) {
                    lines.push(Doc::Hard { keep_blank: false });
                } else if !has_lines && calls > 1 && is_call && !(at == 0 && names_module) {
                    lines.push(Doc::Soft);
                }
            }
            let doc = Doc::Concat(self.nodes(link));
            if lines.is_empty() {
                parts.push(doc);
            } else {
                lines.push(doc);
            }
        }
        if !lines.is_empty() {
            let lines = Doc::Concat(lines);
            parts.push(if has_lines {
                lines.indent()
            } else {
                Doc::IndentBroken(Box::new(lines))
            });
        }
        Doc::Concat(parts).group()
    }
}

fn is_postfix(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CallExpr
            | Kind::MethodCallExpr
            | Kind::FieldExpr
            | Kind::TupleFieldExpr
            | Kind::IndexExpr
            | Kind::TypeAppExpr
            | Kind::QuestionExpr
    )
}
