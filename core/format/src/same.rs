//! Whether two trees are the same program with the same comments.

use nostos_syntax::{Kind, Node, Tree};

/// Separators may come and go, and so may a `|` that leads a list of variants.
pub(crate) fn is_separator(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Comma | Kind::Semicolon => true,
        Kind::Pipe => node.parent().is_some_and(|parent| {
            matches!(
                parent.kind(),
                Kind::MatchExpr
                    | Kind::ReceiveExpr
                    | Kind::CatchClause
                    | Kind::VariantList
                    | Kind::Block
            )
        }),
        _ => false,
    }
}

fn is_comment(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LineComment | Kind::DocComment | Kind::BlockComment
    )
}

/// Equal trees but for positions, white space and separators, and equal comments in the same order.
pub(crate) fn same(before: &Tree, after: &Tree) -> bool {
    let code = |node: &Node<'_>| !node.kind().is_trivia() && !is_separator(*node);
    let comment = |node: &Node<'_>| is_comment(node.kind());
    let mut left = before.root().descendants().filter(code);
    let mut right = after.root().descendants().filter(code);
    loop {
        match (left.next(), right.next()) {
            (None, None) => break,
            (Some(a), Some(b)) => {
                let same_parent = a.parent().map(Node::kind) == b.parent().map(Node::kind);
                let same_size = code_children(a) == code_children(b);
                if a.kind() != b.kind()
                    || !same_parent
                    || !same_size
                    || (a.kind().is_token() && a.text() != b.text())
                {
                    return false;
                }
            }
            _ => return false,
        }
    }
    let left = before.tokens().filter(comment).map(|c| c.text().trim_end());
    let right = after.tokens().filter(comment).map(|c| c.text().trim_end());
    left.eq(right)
}

/// With the number of children of every element, the order fixes the shape.
fn code_children(node: Node<'_>) -> usize {
    node.children()
        .filter(|child| !child.kind().is_trivia() && !is_separator(*child))
        .count()
}
