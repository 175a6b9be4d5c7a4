//! The lossless syntax tree: tokens and nodes in one flat array, in the order of the text.
//! It keeps every byte and knows no grammar; the parser makes it, [`crate::ast`] reads it.

use std::fmt;
use std::ops::Range;

use crate::kind::Kind;

/// The place of a node or token in its tree.
///
/// Ids grow in pre-order. The ids inside an item minus the item's own id depend on nothing but the item's text, so that
/// difference (and the same difference of offsets) survives edits elsewhere in the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u32);

/// A range of bytes in the text of one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct TextRange {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range from `start` to `end`, excluded.
    pub fn new(start: u32, end: u32) -> TextRange {
        debug_assert!(start <= end);
        TextRange { start, end }
    }

    /// The number of bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// No bytes at all: a place between two characters.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `offset` lies inside or at either end.
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// Whether all of `other` lies inside.
    pub fn covers(self, other: TextRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that covers both.
    pub fn to(self, other: TextRange) -> TextRange {
        TextRange::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// As indices into the text.
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One token or node.
/// Invariant: elements stand in pre-order and their leaves cover the text without gaps, so that an element ends where
/// the one at `skip` starts. Only [`Builder`] makes them.
#[derive(Clone, Copy, Debug)]
struct Element {
    start: u32,
    /// The id after the last descendant.
    skip: u32,
    parent: u32,
    kind: Kind,
}

/// A parsed file: its text and the tree over it.
pub struct Tree {
    text: Box<str>,
    /// Ends with a sentinel that starts at the end of the text.
    elements: Vec<Element>,
}

impl Tree {
    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The `SourceFile`.
    pub fn root(&self) -> Node<'_> {
        self.node(NodeId(0))
    }

    /// The element with this id. Panics when the id is from a larger tree.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        assert!(
            id.0 + 1 < self.elements.len() as u32,
            "{id:?} is not of this tree"
        );
        Node {
            tree: self,
            id: id.0,
        }
    }

    /// The number of tokens and nodes.
    pub fn len(&self) -> usize {
        self.elements.len() - 1
    }

    /// Never: a tree has at least its root.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All tokens in the order of the text, trivia included.
    pub fn tokens(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.len() as u32)
            .map(|id| Node { tree: self, id })
            .filter(|node| node.kind().is_token())
    }

    /// The token that contains the byte at `offset`; at the end of the text the last one, in an empty text none.
    pub fn token_at(&self, offset: u32) -> Option<Node<'_>> {
        let mut index =
            self.elements[..self.len()].partition_point(|element| element.start <= offset);
        // Nodes without tokens may stand behind the token that starts at the same place.
        while index > 0 {
            index -= 1;
            if self.elements[index].kind.is_token() {
                return Some(Node {
                    tree: self,
                    id: index as u32,
                });
            }
        }
        None
    }

    /// The smallest node that covers `range` (a token only when nothing larger has exactly its range).
    pub fn covering(&self, range: TextRange) -> Node<'_> {
        let mut node = self.root();
        while let Some(inner) = node
            .children()
            .find(|child| child.range().covers(range) && !child.kind().is_token())
        {
            node = inner;
        }
        node
    }
}

impl fmt::Debug for Tree {
    /// An indented outline with ranges, without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root().dump())
    }
}

/// A node or token of a tree. Cheap to copy; compares by identity within one tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: u32,
}

impl<'t> Node<'t> {
    /// The tree it is in.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// Its place in the tree.
    pub fn id(self) -> NodeId {
        NodeId(self.id)
    }

    fn element(self) -> &'t Element {
        &self.tree.elements[self.id as usize]
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.element().kind
    }

    /// From its first token to its last; the trivia around it is outside.
    pub fn range(self) -> TextRange {
        let element = self.element();
        TextRange {
            start: element.start,
            end: self.tree.elements[element.skip as usize].start,
        }
    }

    /// Its text.
    pub fn text(self) -> &'t str {
        &self.tree.text[self.range().span()]
    }

    /// The node around it; none for the root.
    pub fn parent(self) -> Option<Node<'t>> {
        let parent = self.element().parent;
        (parent != self.id).then_some(Node {
            tree: self.tree,
            id: parent,
        })
    }

    /// Itself, its parent, and so on to the root.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'t>> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    /// Its direct children, tokens and trivia included.
    pub fn children(self) -> Children<'t> {
        Children {
            tree: self.tree,
            next: self.id + 1,
            end: self.element().skip,
        }
    }

    /// Its direct children that are nodes.
    pub fn child_nodes(self) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(|child| !child.kind().is_token())
    }

    /// Its direct children that are tokens, without trivia.
    pub fn tokens(self) -> impl Iterator<Item = Node<'t>> {
        self.children()
            .filter(|child| child.kind().is_token() && !child.kind().is_trivia())
    }

    /// Its first direct token of this kind.
    pub fn token(self, kind: Kind) -> Option<Node<'t>> {
        self.children().find(|child| child.kind() == kind)
    }

    /// Its first direct child node of this kind.
    pub fn child(self, kind: Kind) -> Option<Node<'t>> {
        self.token(kind)
    }

    /// Itself and everything below it, in the order of the text.
    pub fn descendants(self) -> impl Iterator<Item = Node<'t>> {
        (self.id..self.element().skip).map(move |id| Node {
            tree: self.tree,
            id,
        })
    }

    /// The element right before it in the array: the last leaf before it in the text, or the parent when it is the first child.
    pub(crate) fn previous(self) -> Option<Node<'t>> {
        (self.id > 0).then(|| Node {
            tree: self.tree,
            id: self.id - 1,
        })
    }

    /// An indented outline of kinds, ranges and token texts; white space left out.
    pub fn dump(self) -> String {
        use fmt::Write;
        let mut out = String::new();
        // Depth by counting open ends, so that a dump of a deep tree needs no stack.
        let mut ends: Vec<u32> = Vec::new();
        for node in self.descendants() {
            while ends.last().is_some_and(|&end| end <= node.id) {
                ends.pop();
            }
            let kind = node.kind();
            if !matches!(kind, Kind::Whitespace | Kind::Newline) {
                let range = node.range();
                let indent = "  ".repeat(ends.len());
                let _ = write!(out, "{indent}{kind:?} {}..{}", range.start, range.end);
                if kind.is_token() {
                    let _ = write!(out, " {:?}", node.text());
                }
                out.push('\n');
            }
            if !kind.is_token() {
                ends.push(node.element().skip);
            }
        }
        out
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = self.range();
        write!(f, "{:?}@{}..{}", self.kind(), range.start, range.end)
    }
}

/// The direct children of a node.
#[derive(Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node {
            tree: self.tree,
            id: self.next,
        };
        self.next = node.element().skip;
        Some(node)
    }
}

/// Makes a [`Tree`] from opens, tokens and closes in the order of the text.
pub(crate) struct Builder {
    elements: Vec<Element>,
    open: Vec<u32>,
}

impl Builder {
    pub(crate) fn with_capacity(elements: usize) -> Builder {
        Builder {
            elements: Vec::with_capacity(elements),
            open: Vec::new(),
        }
    }

    pub(crate) fn open(&mut self, kind: Kind, start: u32) {
        let id = self.elements.len() as u32;
        let parent = self.open.last().copied().unwrap_or(id);
        self.elements.push(Element {
            start,
            skip: id + 1,
            parent,
            kind,
        });
        self.open.push(id);
    }

    pub(crate) fn token(&mut self, kind: Kind, start: u32) {
        let id = self.elements.len() as u32;
        let parent = *self.open.last().expect("tokens stand inside the root");
        self.elements.push(Element {
            start,
            skip: id + 1,
            parent,
            kind,
        });
    }

    pub(crate) fn close(&mut self) {
        let id = self.open.pop().expect("every close has its open");
        self.elements[id as usize].skip = self.elements.len() as u32;
    }

    /// How many nodes are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Makes the innermost open node an error.
    pub(crate) fn spoil(&mut self) {
        let id = *self.open.last().expect("a node is open");
        self.elements[id as usize].kind = Kind::Error;
    }

    pub(crate) fn finish(mut self, text: &str) -> Tree {
        assert!(self.open.is_empty(), "a node was left open");
        let id = self.elements.len() as u32;
        self.elements.push(Element {
            start: text.len() as u32,
            skip: id + 1,
            parent: id,
            kind: Kind::Eof,
        });
        Tree {
            text: text.into(),
            elements: self.elements,
        }
    }
}
