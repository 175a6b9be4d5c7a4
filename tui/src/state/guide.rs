//! What leads a newcomer: the choice at the first start, the tutorial, and the ground the colours follow.

use super::Tutor;
use crate::editor::Preset;
use crate::proto::{Pid, Shape};
use crate::theme::Theme;
use std::collections::HashMap;

/// What is kept of it.
#[derive(Debug)]
pub struct Guide {
    /// The tutorial, while it is taken.
    pub tutor: Option<Tutor>,
    /// The colours follow the terminal's background.
    pub follow: bool,
    /// The theme that suits the terminal as far as its environment tells.
    pub usual: Theme,
    /// Whether the terminal's background is light, once it has said so.
    pub light: Option<bool>,
    /// Messages by shape of processes that findings are about.
    pub shapes: HashMap<Pid, Vec<Shape>>,
    /// The standing panels beside the code.
    pub panels: Standing,
}

/// Which standing panels are shown, and where their cursors are.
#[derive(Debug)]
pub struct Standing {
    /// They are shown where there is room.
    pub on: bool,
    /// Selected row in the outline.
    pub outline: super::Cursor,
    /// Selected row at the right.
    pub side: super::Cursor,
    /// Selected finding.
    pub findings: super::Cursor,
    /// Dim notes at definitions: who runs them.
    pub notes: bool,
    /// Past sums of the heaps, the newest last.
    pub heaps: std::collections::VecDeque<u64>,
}

impl Default for Guide {
    fn default() -> Guide {
        Guide {
            tutor: None,
            follow: true,
            usual: Theme::mocha(),
            light: None,
            shapes: HashMap::new(),
            panels: Standing {
                on: true,
                outline: super::Cursor::default(),
                side: super::Cursor::default(),
                findings: super::Cursor::default(),
                notes: true,
                heaps: Default::default(),
            },
        }
    }
}

impl Guide {
    /// The theme for the terminal's background; a terminal without true colours keeps its own.
    pub fn suited(&self) -> Theme {
        match (self.usual.name, self.light) {
            ("mocha" | "latte", Some(true)) => Theme::latte(),
            ("mocha" | "latte", Some(false)) => Theme::mocha(),
            _ => self.usual,
        }
    }
}

/// The choice at the first start.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The row of [`CHOICES`] that is looked at.
    pub row: usize,
    /// Keys and colours before, to go back to.
    pub before: (Preset, Theme, bool),
}

/// What there is to choose: the setting and its value, its letter, its name and words. Without a setting it is a way on.
pub const CHOICES: &[(&str, &str, char, &str, &str)] = &[
    (
        "keys",
        "helix",
        'h',
        "helix",
        "modes: select first, then act    w b  x d c y p  g d",
    ),
    (
        "keys",
        "standard",
        's',
        "standard",
        "no modes, as in most editors     ^s ^z ^c ^v ^f  F12",
    ),
    (
        "theme",
        "auto",
        'f',
        "follow the terminal",
        "light or dark as its background is",
    ),
    ("theme", "mocha", 'd', "dark", "mocha"),
    ("theme", "latte", 'l', "light", "latte"),
    (
        "theme",
        "contrast",
        'c',
        "high contrast",
        "nothing faint, nothing in colour alone",
    ),
    (
        "",
        "tutor",
        't',
        "begin with the tutorial",
        "ten minutes, in a project of its own",
    ),
    ("", "", 'b', "begin", "the tutorial waits as :tutor"),
];

/// Rows of the choice on a screen of this size: row of the screen, index into [`CHOICES`].
pub fn welcome_rows(size: (u16, u16)) -> Vec<(u16, usize)> {
    let roomy = size.1 >= 20;
    let mut y = if roomy { size.1 / 8 + 2 } else { 1 };
    let mut out = Vec::new();
    let mut group = "";
    for (i, (setting, ..)) in CHOICES.iter().enumerate() {
        if *setting != group || i == 0 {
            // A heading, with air above it where there is room.
            y += match (setting.is_empty(), roomy) {
                (false, true) => 2,
                (true, false) => 0,
                _ => 1,
            };
            group = setting;
        }
        out.push((y, i));
        y += 1;
    }
    out
}
