//! The files of the project as a tree with folders to open and close.

use super::Cursor;
use std::collections::BTreeSet;

/// Which folders are open, and the selected row.
#[derive(Default, Debug)]
pub struct Tree {
    /// Shown or hidden by the user; `None`: as the screen has room.
    pub shown: Option<bool>,
    /// Open folders, relative.
    pub open: BTreeSet<String>,
    /// The selected row.
    pub cursor: Cursor,
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
    /// The rows of a list of files: folders first, then by name.
    pub fn rows(&self, files: &[String]) -> Vec<TreeRow> {
        let mut sorted: Vec<Vec<(bool, &str)>> = files
            .iter()
            .map(|f| {
                let parts: Vec<&str> = f.split('/').collect();
                let last = parts.len() - 1;
                parts
                    .into_iter()
                    .enumerate()
                    .map(|(i, p)| (i == last, p))
                    .collect()
            })
            .collect();
        sorted.sort_unstable();
        let mut out: Vec<TreeRow> = Vec::new();
        let mut seen = BTreeSet::new();
        for parts in sorted {
            let mut path = String::new();
            for (depth, (leaf, name)) in parts.into_iter().enumerate() {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(name);
                let open = self.open.contains(&path);
                if leaf || seen.insert(path.clone()) {
                    let folder = (!leaf).then_some(open);
                    out.push(TreeRow {
                        depth,
                        name: name.to_owned(),
                        path: path.clone(),
                        folder,
                    });
                }
                if !leaf && !open {
                    break;
                }
            }
        }
        out
    }

    /// Opens the folders a file is in and selects it.
    pub fn reveal(&mut self, files: &[String], file: &str) {
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
        let files: Vec<String> = ["main.nos", "a/x.nos", "a/b/y.nos"]
            .map(str::to_owned)
            .into();
        let mut tree = Tree::default();
        let shown = |t: &Tree| {
            t.rows(&files)
                .iter()
                .map(|r| format!("{}{}", " ".repeat(r.depth), r.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&tree), ["a", "main.nos"]);
        tree.reveal(&files, "a/b/y.nos");
        assert_eq!(shown(&tree), ["a", " b", "  y.nos", " x.nos", "main.nos"]);
        assert_eq!(tree.cursor.row, 2);
    }
}
