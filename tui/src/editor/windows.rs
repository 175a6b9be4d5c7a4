//! Splits: which windows there are, how they share the screen, and what those without the focus show.
//!
//! The focused window's text, selection and scroll are the document's own; the others' are parked here and follow its edits.
//! Sizes come in as cells; nothing is drawn.

use super::change::{Moves, Side};
use super::selection::Selection;
use super::{Editor, edit};
use crate::commands::Cmd;
use std::collections::BTreeMap;

/// A rectangle of cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cells {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// How windows share a rectangle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// One window.
    Leaf(usize),
    /// Parts below one another (`stacked`) or side by side, each with its share.
    Split {
        /// Below one another.
        stacked: bool,
        /// The parts and their weights.
        parts: Vec<(Node, u16)>,
    },
}

/// What a window without the focus shows.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The document's number.
    pub doc: usize,
    /// What is selected there.
    pub selection: Selection,
    /// Its scroll.
    pub scroll: (usize, usize),
}

/// All windows. Invariant: every leaf but the focused one has an entry in `parked`.
pub struct Windows {
    tree: Node,
    /// The windows without the focus.
    pub parked: BTreeMap<usize, Parked>,
    /// The window with the focus.
    pub focus: usize,
    next: usize,
}

impl Default for Windows {
    fn default() -> Windows {
        Windows {
            tree: Node::Leaf(0),
            parked: BTreeMap::new(),
            focus: 0,
            next: 1,
        }
    }
}

/// A way to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Left.
    Left,
    /// Down.
    Down,
    /// Up.
    Up,
    /// Right.
    Right,
}

impl Windows {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.parked.len() + 1
    }

    /// How they share the screen.
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// Takes over a tree with its windows, as it was saved.
    pub fn restore(&mut self, tree: Node, parked: BTreeMap<usize, Parked>, focus: usize) {
        let mut all = Vec::new();
        ids(&tree, &mut all);
        if all.contains(&focus) && all.iter().all(|id| *id == focus || parked.contains_key(id)) {
            self.next = all.iter().max().map_or(1, |m| m + 1);
            self.parked = parked
                .into_iter()
                .filter(|(id, _)| all.contains(id) && *id != focus)
                .collect();
            (self.tree, self.focus) = (tree, focus);
        }
    }

    /// The rectangle of each window; one column is left between those side by side, and each has a row for its name on top when
    /// there are several.
    pub fn cut(&self, area: Cells) -> Vec<(usize, Cells)> {
        let mut out = Vec::new();
        cut(&self.tree, area, &mut out);
        out
    }

    /// All windows, from left to right and top to bottom.
    pub fn order(&self) -> Vec<usize> {
        let mut out = Vec::new();
        ids(&self.tree, &mut out);
        out
    }

    /// The window beside the focused one.
    pub fn beside(&self, way: Way) -> Option<usize> {
        let all = self.cut(Cells {
            x: 0,
            y: 0,
            width: 1200,
            height: 1200,
        });
        let here = all.iter().find(|(id, _)| *id == self.focus)?.1;
        let (cx, cy) = (i32::from(here.x) + 8, i32::from(here.y) + 8);
        let middle = |c: &Cells| (i32::from(c.x) + 8, i32::from(c.y) + 8);
        let ahead = |c: &Cells| match way {
            Way::Left => c.x + c.width <= here.x,
            Way::Right => c.x >= here.x + here.width,
            Way::Up => c.y + c.height <= here.y,
            Way::Down => c.y >= here.y + here.height,
        };
        let far = |c: &Cells| {
            let (x, y) = middle(c);
            let edge = match way {
                Way::Left => i32::from(here.x) - i32::from(c.x + c.width),
                Way::Right => i32::from(c.x) - i32::from(here.x + here.width),
                Way::Up => i32::from(here.y) - i32::from(c.y + c.height),
                Way::Down => i32::from(c.y) - i32::from(here.y + here.height),
            };
            let aside = if matches!(way, Way::Left | Way::Right) {
                (y - cy).abs()
            } else {
                (x - cx).abs()
            };
            (edge, aside)
        };
        all.iter()
            .filter(|(_, c)| ahead(c))
            .min_by_key(|(_, c)| far(c))
            .map(|(id, _)| *id)
    }

    /// Gives the focused window more or less of the rows (`stacked`) or columns.
    pub fn resize(&mut self, stacked: bool, by: i16) {
        resize(&mut self.tree, self.focus, stacked, by);
    }

    /// Lines came or went from a line on: parked windows below it go on showing what they show.
    pub fn shift(&mut self, doc: usize, first: usize, removed: usize, inserted: usize) {
        for parked in self
            .parked
            .values_mut()
            .filter(|p| p.doc == doc && p.scroll.0 > first)
        {
            parked.scroll.0 = parked.scroll.0.saturating_sub(removed).max(first) + inserted;
        }
    }

    /// Moves parked selections along with an edit of a document.
    pub fn follow(&mut self, doc: usize, moves: &Moves) {
        for parked in self.parked.values_mut().filter(|p| p.doc == doc) {
            parked.selection = moves.selection(&parked.selection, Side::Before);
        }
    }
}

fn ids(node: &Node, out: &mut Vec<usize>) {
    match node {
        Node::Leaf(id) => out.push(*id),
        Node::Split { parts, .. } => parts.iter().for_each(|(n, _)| ids(n, out)),
    }
}

fn cut(node: &Node, area: Cells, out: &mut Vec<(usize, Cells)>) {
    match node {
        Node::Leaf(id) => out.push((*id, area)),
        Node::Split { stacked, parts } => {
            let gaps = if *stacked { 0 } else { parts.len() as u16 - 1 };
            let whole = if *stacked { area.height } else { area.width }.saturating_sub(gaps);
            let sum: u32 = parts.iter().map(|(_, w)| u32::from(*w)).sum::<u32>().max(1);
            let (mut used, mut weights) = (0u16, 0u32);
            let mut at = if *stacked { area.y } else { area.x };
            for (part, weight) in parts {
                weights += u32::from(*weight);
                // Rounded from the sum, so that the last part ends where the area does.
                let end = (u32::from(whole) * weights / sum) as u16;
                let size = end - used;
                used = end;
                let cells = if *stacked {
                    Cells {
                        y: at,
                        height: size,
                        ..area
                    }
                } else {
                    Cells {
                        x: at,
                        width: size,
                        ..area
                    }
                };
                cut(part, cells, out);
                at += size + u16::from(!*stacked);
            }
        }
    }
}

fn split(node: &mut Node, at: usize, new: usize, way: bool) -> bool {
    match node {
        Node::Leaf(id) if *id == at => {
            *node = Node::Split {
                stacked: way,
                parts: vec![(Node::Leaf(at), 100), (Node::Leaf(new), 100)],
            };
            true
        }
        Node::Leaf(_) => false,
        Node::Split { stacked, parts } => {
            let here = parts.iter().position(|(n, _)| *n == Node::Leaf(at));
            if let (Some(i), true) = (here, *stacked == way) {
                let half = (parts[i].1 / 2).max(1);
                parts[i].1 = half;
                parts.insert(i + 1, (Node::Leaf(new), half));
                return true;
            }
            parts.iter_mut().any(|(n, _)| split(n, at, new, way))
        }
    }
}

/// Takes a leaf out; a split of one part becomes that part.
fn remove(node: &mut Node, at: usize) {
    if let Node::Split { parts, .. } = node {
        parts.retain(|(n, _)| *n != Node::Leaf(at));
        for (n, _) in parts.iter_mut() {
            remove(n, at);
        }
        if parts.len() == 1 {
            *node = parts.remove(0).0;
        }
    }
}

fn resize(node: &mut Node, at: usize, way: bool, by: i16) -> bool {
    let Node::Split { stacked, parts } = node else {
        return false;
    };
    for (part, weight) in parts {
        let mut inside = Vec::new();
        ids(part, &mut inside);
        if inside.contains(&at) {
            let deeper = resize(part, at, way, by);
            if !deeper && *stacked == way {
                *weight = weight.saturating_add_signed(by).clamp(20, 1000);
                return true;
            }
            return deeper;
        }
    }
    false
}

impl Editor {
    fn park(&mut self) {
        if let Some(doc) = self.doc() {
            let parked = Parked {
                doc: doc.id,
                selection: doc.selection.clone(),
                scroll: doc.scroll,
            };
            self.windows.parked.insert(self.windows.focus, parked);
        }
    }

    fn unpark(&mut self, id: usize) {
        self.windows.focus = id;
        let Some(parked) = self.windows.parked.remove(&id) else {
            return;
        };
        if let Some(i) = self.docs.iter().position(|d| d.id == parked.doc) {
            self.current = i;
            let doc = &mut self.docs[i];
            let (text, len) = (doc.text().clone(), doc.text().len_chars());
            let block = self.mode != super::Mode::Insert;
            doc.selection = parked.selection.map(|r| {
                let r = super::selection::Range::new(r.anchor.min(len), r.head.min(len));
                if block { r.wide(&text) } else { r }
            });
            doc.scroll = parked.scroll;
        }
    }

    /// One more window with the same text, below or beside this one; it gets the focus.
    pub fn split(&mut self, stacked: bool) {
        if self.doc().is_none() {
            return;
        }
        edit::run(self, Cmd::NormalMode, None);
        self.park();
        let new = self.windows.next;
        self.windows.next += 1;
        let at = self.windows.focus;
        split(&mut self.windows.tree, at, new, stacked);
        self.windows.focus = new;
        self.follow = true;
    }

    /// Gives a window the focus.
    pub fn focus_window(&mut self, id: usize) {
        if id != self.windows.focus && self.windows.parked.contains_key(&id) {
            edit::run(self, Cmd::NormalMode, None);
            self.park();
            self.unpark(id);
        }
    }

    /// Closes the focused window. `false`: it is the only one.
    pub fn close_window(&mut self) -> bool {
        if self.windows.parked.is_empty() {
            return false;
        }
        edit::run(self, Cmd::NormalMode, None);
        let order = self.windows.order();
        let at = order
            .iter()
            .position(|id| *id == self.windows.focus)
            .unwrap_or(0);
        let next = if at == 0 { order[1] } else { order[at - 1] };
        let gone = self.windows.focus;
        remove(&mut self.windows.tree, gone);
        self.unpark(next);
        true
    }

    /// Closes all windows but the focused one.
    pub fn only_window(&mut self) {
        self.windows.parked.clear();
        self.windows.tree = Node::Leaf(self.windows.focus);
    }

    /// A document is gone: windows that showed it show the current one.
    pub fn forget_in_windows(&mut self, doc: usize) {
        let Some(here) = self.doc().map(|d| (d.id, d.selection.clone(), d.scroll)) else {
            return self.only_window();
        };
        for parked in self.windows.parked.values_mut().filter(|p| p.doc == doc) {
            *parked = Parked {
                doc: here.0,
                selection: here.1.clone(),
                scroll: here.2,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_fill_the_screen_and_are_beside_one_another() {
        let mut windows = Windows::default();
        split(&mut windows.tree, 0, 1, false);
        split(&mut windows.tree, 1, 2, true);
        windows.focus = 0;
        let area = Cells {
            x: 0,
            y: 2,
            width: 81,
            height: 21,
        };
        let cells = windows.cut(area);
        assert_eq!(
            cells[0].1,
            Cells {
                x: 0,
                y: 2,
                width: 40,
                height: 21
            }
        );
        assert_eq!(
            cells[1].1,
            Cells {
                x: 41,
                y: 2,
                width: 40,
                height: 10
            }
        );
        assert_eq!(
            cells[2].1,
            Cells {
                x: 41,
                y: 12,
                width: 40,
                height: 11
            }
        );
        assert_eq!(windows.beside(Way::Right), Some(1));
        assert_eq!(windows.beside(Way::Left), None);
        windows.focus = 2;
        assert_eq!(
            (windows.beside(Way::Up), windows.beside(Way::Left)),
            (Some(1), Some(0))
        );
        windows.resize(true, 100);
        assert_eq!(windows.cut(area)[2].1.height, 14);
        remove(&mut windows.tree, 1);
        assert_eq!(windows.order(), [0, 2]);
    }
}
