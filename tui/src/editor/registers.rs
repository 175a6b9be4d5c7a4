//! Registers: what was copied, searched, typed and recorded, each under a character.
//!
//! `"` is the usual one, `_` swallows, `+` and `*` are the clipboard, `/` the last search, `:` the last command, `@` the usual macro.
//! The computed ones (`#` numbers of the selections, `.` their text, `%` the file) are the editor's, because they need a document.

use std::collections::BTreeMap;

/// All registers, and the one chosen for the next command.
#[derive(Default, Debug)]
pub struct Registers {
    named: BTreeMap<char, Vec<String>>,
    /// Chosen by `"x` for the next command.
    pub chosen: Option<char>,
    /// What is to be put into the clipboard of the system.
    pub clipboard: Option<String>,
}

impl Registers {
    /// The register of the next command; it holds for one command.
    pub fn take_name(&mut self) -> char {
        self.chosen.take().unwrap_or('"')
    }

    /// Puts pieces into a register, one per range.
    pub fn write(&mut self, name: char, pieces: Vec<String>) {
        match name {
            '_' | '#' | '.' | '%' => return,
            '+' | '*' => self.clipboard = Some(pieces.join("\n")),
            _ => {}
        }
        self.named.insert(name, pieces);
    }

    /// What is in a register.
    pub fn read(&self, name: char) -> &[String] {
        self.named.get(&name).map_or(&[], Vec::as_slice)
    }

    /// All registers that hold something.
    pub fn list(&self) -> impl Iterator<Item = (char, &[String])> {
        self.named.iter().map(|(c, p)| (*c, p.as_slice()))
    }
}
