//! The undo tree of one text.
//!
//! A revision holds the transactions of one user action (a whole insertion is one). Undo and redo give back the transactions to
//! apply; branches are kept: after undo and a new edit the old branch still hangs on its parent.

use super::change::Transaction;
use super::selection::Selection;

struct Revision {
    parent: usize,
    last_child: Option<usize>,
    steps: Vec<Transaction>,
    before: Selection,
    after: Selection,
}

/// All revisions of a text. Revision 0 is the text as it was opened.
pub struct History {
    revisions: Vec<Revision>,
    current: usize,
    open: Option<(Vec<Transaction>, Selection)>,
}

impl Default for History {
    fn default() -> History {
        let nowhere = Selection::single(super::selection::Range::point(0));
        let root = Revision {
            parent: 0,
            last_child: None,
            steps: Vec::new(),
            before: nowhere.clone(),
            after: nowhere,
        };
        History {
            revisions: vec![root],
            current: 0,
            open: None,
        }
    }
}

impl History {
    /// Notes a transaction that was applied; it joins the open revision or opens one.
    pub fn record(&mut self, transaction: Transaction, before: &Selection) {
        self.open
            .get_or_insert_with(|| (Vec::new(), before.clone()))
            .0
            .push(transaction);
    }

    /// Ends the open revision, if there is one.
    pub fn commit(&mut self, after: &Selection) {
        if let Some((steps, before)) = self.open.take() {
            let new = self.revisions.len();
            self.revisions.push(Revision {
                parent: self.current,
                last_child: None,
                steps,
                before,
                after: after.clone(),
            });
            self.revisions[self.current].last_child = Some(new);
            self.current = new;
        }
    }

    /// The current revision; equal numbers mean equal text.
    pub fn revision(&self) -> usize {
        if self.open.is_some() {
            usize::MAX
        } else {
            self.current
        }
    }

    /// What to apply to go back one revision, and the selection then.
    pub fn undo(&mut self) -> Option<(Vec<Transaction>, Selection)> {
        if self.current == 0 {
            return None;
        }
        let revision = &self.revisions[self.current];
        let steps = revision
            .steps
            .iter()
            .rev()
            .map(Transaction::inverse)
            .collect();
        let selection = revision.before.clone();
        self.current = revision.parent;
        Some((steps, selection))
    }

    /// What to apply to go forward along the newest branch.
    pub fn redo(&mut self) -> Option<(Vec<Transaction>, Selection)> {
        let child = self.revisions[self.current].last_child?;
        self.current = child;
        let revision = &self.revisions[child];
        Some((revision.steps.clone(), revision.after.clone()))
    }
}
