//! The editor: open texts, mode, registers, search.
//!
//! Keys and screens are absent; commands come from the key table and end in [`edit::run`].

pub mod change;
pub mod document;
pub mod edit;
pub mod folds;
pub mod history;
pub mod indent;
pub mod jumps;
pub mod known;
pub mod motion;
pub mod numbers;
pub mod objects;
pub mod registers;
pub mod replace;
pub mod rows;
pub mod select;
pub mod selection;
pub mod surround;
pub mod syntax;
pub mod unloaded;
pub mod windows;

use document::Document;
use regex::Regex;
use selection::{Range, Selection};
use std::sync::Arc;

/// What typing does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Keys are commands.
    #[default]
    Normal,
    /// Keys are text.
    Insert,
    /// Keys are commands and motions extend.
    Select,
}

/// Which keys the editor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preset {
    /// Modes, select first.
    #[default]
    Helix,
    /// No modes, control keys.
    Standard,
}

/// All open texts and what they share.
#[derive(Default)]
pub struct Editor {
    /// Open texts, in order of their tabs.
    pub docs: Vec<Document>,
    /// The one on the screen.
    pub current: usize,
    /// The mode.
    pub mode: Mode,
    /// The keys.
    pub preset: Preset,
    /// What was copied, searched and recorded.
    pub registers: registers::Registers,
    /// The last `f`, `t`, `F` or `T`.
    pub last_find: Option<(crate::commands::Cmd, char)>,
    /// The last search.
    pub search: Option<Regex>,
    /// Lines of text on the screen, as of the last event.
    pub rows: usize,
    /// Columns of text on the screen.
    pub cols: usize,
    /// Leaving insert mode steps back (after `a`).
    pub step_back: bool,
    /// Where the cursor jumped from.
    pub jumps: jumps::Jumps,
    /// The grammar, once loaded.
    pub language: Option<Arc<syntax::Language>>,
    /// The window has to go where the cursor is.
    pub follow: bool,
    /// The windows.
    pub windows: windows::Windows,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// The document shown before this one.
    pub before: Option<usize>,
    next_id: usize,
}

impl Editor {
    /// The mode to return to.
    pub fn base_mode(&self) -> Mode {
        match self.preset {
            Preset::Helix => Mode::Normal,
            Preset::Standard => Mode::Insert,
        }
    }

    /// The columns long lines are wrapped at, if they are.
    pub fn wrap_at(&self) -> Option<usize> {
        self.wrap.then_some(self.cols)
    }

    /// The text on the screen.
    pub fn doc(&self) -> Option<&Document> {
        self.docs.get(self.current)
    }

    /// The text on the screen, to change it.
    pub fn doc_mut(&mut self) -> Option<&mut Document> {
        self.docs.get_mut(self.current)
    }

    /// A number for the next document.
    pub fn fresh_id(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }

    /// Shows a document, leaving insert mode.
    pub fn show(&mut self, index: usize) {
        if index < self.docs.len() && index != self.current {
            edit::run(self, crate::commands::Cmd::NormalMode, None);
            self.before = self.doc().map(|d| d.id);
            self.current = index;
            self.follow = true;
        }
    }

    /// Puts the cursor somewhere in the current text.
    pub fn goto(&mut self, at: usize) {
        let block = self.mode != Mode::Insert;
        if let Some(doc) = self.docs.get_mut(self.current) {
            let at = at.min(doc.text().len_chars());
            let range = if block {
                Range::block(doc.text(), at)
            } else {
                Range::point(at)
            };
            doc.selection = Selection::single(range);
        }
        self.follow = true;
    }

    /// Remembers the place before a jump.
    pub fn mark_jump(&mut self) {
        if let Some(doc) = self.docs.get(self.current) {
            self.jumps.mark(doc.path.clone(), doc.cursor());
        }
    }

    /// The pieces of the chosen register.
    pub fn chosen(&mut self) -> Vec<String> {
        let name = self.registers.take_name();
        self.register(name)
    }

    /// The pieces of a register, the computed ones too.
    pub fn register(&self, name: char) -> Vec<String> {
        let ranges = || {
            self.doc()
                .into_iter()
                .flat_map(|d| d.selection.ranges().iter().map(move |r| (d, r)))
        };
        match name {
            '#' => (1..=ranges().count()).map(|n| n.to_string()).collect(),
            '.' => ranges()
                .map(|(d, r)| d.text().slice(r.from()..r.to()).to_string())
                .collect(),
            '%' => self.doc().map(|d| vec![d.name.clone()]).unwrap_or_default(),
            name => self.registers.read(name).to_vec(),
        }
    }

    /// Selects the next match after (or the last before) the cursor, around the end. `false`: there is none.
    pub fn search_from(&mut self, start: usize, back: bool) -> bool {
        let Some(regex) = self.search.clone() else {
            return false;
        };
        let extend = self.mode == Mode::Select;
        let Some(doc) = self.docs.get_mut(self.current) else {
            return false;
        };
        let text = doc.text().to_string();
        let byte = doc.text().char_to_byte(start.min(doc.text().len_chars()));
        let found = if back {
            let mut all = regex
                .find_iter(&text)
                .filter(|m| !m.is_empty())
                .collect::<Vec<_>>();
            let before = all.iter().rposition(|m| m.start() < byte);
            match before {
                Some(i) => Some(all.swap_remove(i)),
                None => all.pop(),
            }
        } else {
            let ahead = regex.find_at(&text, byte).filter(|m| !m.is_empty());
            ahead.or_else(|| regex.find(&text).filter(|m| !m.is_empty()))
        };
        let Some(found) = found else { return false };
        let range = Range::new(
            doc.text().byte_to_char(found.start()),
            doc.text().byte_to_char(found.end()),
        );
        doc.selection = if extend {
            doc.selection.with(range)
        } else {
            Selection::single(range)
        };
        self.follow = true;
        true
    }
}
