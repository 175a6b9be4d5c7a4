//! The files of the project as a tree with folders to open and close.

use super::{Cursor, Files};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Which folders are open, and the selected row.
#[derive(Default, Debug)]
pub struct Tree {
    /// Shown or hidden by the user; `None`: as the screen has room.
    pub shown: Option<bool>,
    /// Open folders, relative.
    pub open: BTreeSet<String>,
    /// The selected row.
    pub cursor: Cursor,
    /// The rows as last made, and of what.
    made: RefCell<Made>,
}

#[derive(Default, Debug)]
struct Made {
    files: u64,
    open: BTreeSet<String>,
    rows: Rc<Vec<TreeRow>>,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeRow {
    /// How deep.
    pub depth: usize,
    /// The last part of its path.
    pub name: String,
    /// The path, relative.
    pub path: String,
    /// Whether it is a folder, and whether that is open.
    pub folder: Option<bool>,
}

impl Tree {
    /// The rows of a list of files: folders first, then by name. They are made anew only when something else is open.
    pub fn rows(&self, files: &Files) -> Rc<Vec<TreeRow>> {
        let mut made = self.made.borrow_mut();
        if made.files != files.stamp() || made.open != self.open {
            *made = Made {
                files: files.stamp(),
                open: self.open.clone(),
                rows: Rc::new(self.make(files)),
            };
        }
        Rc::clone(&made.rows)
    }

    fn make(&self, files: &Files) -> Vec<TreeRow> {
        let mut out: Vec<TreeRow> = Vec::new();
        // The folders above the last row.
        let mut above: Vec<&str> = Vec::new();
        let mut at = 0;
        'files: while let Some(file) = files.in_tree(at) {
            let (mut depth, mut from) = (0, 0);
            while let Some(slash) = file[from..].find('/') {
                let (path, name) = (&file[..from + slash], &file[from..from + slash]);
                if above.get(depth) != Some(&path) {
                    above.truncate(depth);
                    above.push(path);
                    let open = self.open.contains(path);
                    out.push(TreeRow {
                        depth,
                        name: name.to_owned(),
                        path: path.to_owned(),
                        folder: Some(open),
                    });
                    if !open {
                        at = files.behind(at, path);
                        continue 'files;
                    }
                }
                (depth, from) = (depth + 1, from + slash + 1);
            }
            out.push(TreeRow {
                depth,
                name: file[from..].to_owned(),
                path: file.to_owned(),
                folder: None,
            });
            at += 1;
        }
        out
    }

    /// Opens the folders a file is in and selects it.
    pub fn reveal(&mut self, files: &Files, file: &str) {
        let mut at = 0;
        while let Some(slash) = file[at..].find('/') {
            self.open.insert(file[..at + slash].to_owned());
            at += slash + 1;
        }
        if let Some(row) = self.rows(files).iter().position(|r| r.path == file) {
            self.cursor.row = row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_hide_what_is_in_them() {
        let files = Files::from(
            ["main.nos", "a/x.nos", "a/b/y.nos", "a/b/z", "a.b", "c/d/e"]
                .map(str::to_owned)
                .to_vec(),
        );
        let mut tree = Tree::default();
        let shown = |t: &Tree| {
            t.rows(&files)
                .iter()
                .map(|r| format!("{}{}", " ".repeat(r.depth), r.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&tree), ["a", "c", "a.b", "main.nos"]);
        tree.reveal(&files, "a/b/y.nos");
        assert_eq!(
            shown(&tree),
            [
                "a", " b", "  y.nos", "  z", " x.nos", "c", "a.b", "main.nos"
            ]
        );
        assert_eq!(tree.cursor.row, 2);
    }
}
