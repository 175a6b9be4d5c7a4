//! What stands between the tokens of a file: comments, ends of lines, empty lines. Comes in: a tree. Goes out: one [`Gap`] for each token and one for
//! the end of the file.

use nostos_syntax::{Kind, Node, Tree};

use crate::doc::Comment;

/// What stands before a token.
#[derive(Default)]
pub(crate) struct Gap<'t> {
    pub comments: Vec<Comment<'t>>,
    pub newline: bool,
    /// An empty line directly before the token.
    pub blank: bool,
    pub space: bool,
}

pub(crate) struct Gaps<'t> {
    gaps: Vec<Gap<'t>>,
    /// By id: the number of the token, or of the first one at or behind the node.
    number: Vec<u32>,
}

impl<'t> Gaps<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Gaps<'t> {
        let mut gaps = vec![Gap::default()];
        let mut number = Vec::with_capacity(tree.len());
        let mut newline = true;
        let mut blank = false;
        let (mut line, mut line_start) = (0, 0);
        for node in tree.root().descendants() {
            number.push(gaps.len() as u32 - 1);
            let kind = node.kind();
            if !kind.is_token() {
                continue;
            }
            let gap = gaps.last_mut().expect("there is always one more gap");
            let text = node.text();
            match kind {
                Kind::Whitespace => {
                    gap.space = true;
                    if let Some(last) = gap.comments.last_mut() {
                        last.space_after = true;
                    }
                }
                Kind::Newline => {
                    gap.newline = true;
                    gap.space = true;
                    newline = true;
                    blank = text.matches('\n').count() > 1;
                    if let Some(last) = gap.comments.last_mut() {
                        last.ends_line = true;
                    }
                }
                Kind::LineComment | Kind::DocComment | Kind::BlockComment => {
                    gap.comments.push(Comment {
                        text: text.trim_end(),
                        own_line: newline,
                        ends_line: kind != Kind::BlockComment,
                        blank_before: blank,
                        space_after: false,
                        line,
                        column: node.range().start as usize - line_start,
                    });
                    (newline, blank) = (false, false);
                }
                _ => {
                    gap.blank = blank;
                    (newline, blank) = (false, false);
                    gaps.push(Gap::default());
                }
            }
            if let Some((before, _)) = text.rsplit_once('\n') {
                line += text.matches('\n').count();
                line_start = node.range().start as usize + before.len() + 1;
            }
        }
        Gaps { gaps, number }
    }

    /// What stands before the first token of this node.
    pub(crate) fn before(&self, node: Node<'t>) -> &Gap<'t> {
        &self.gaps[self.number[node.id().0 as usize] as usize]
    }

    /// Whether a line ends before this node, or a comment stands there.
    pub(crate) fn is_broken(&self, node: Node<'t>) -> bool {
        let gap = self.before(node);
        gap.newline || gap.comments.iter().any(|comment| comment.ends_line)
    }

    /// What stands behind the last token of the file.
    pub(crate) fn at_end(&self) -> &Gap<'t> {
        self.gaps.last().expect("there is always one more gap")
    }
}
