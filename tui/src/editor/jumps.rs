//! The places the cursor jumped from, back and forth. They move along with what is edited.

use super::change::{Moves, Side};
use std::path::{Path, PathBuf};

/// Most places that are kept.
const MOST: usize = 100;

/// A list of places with a position in it; at the end stands nothing until one goes back.
#[derive(Default, Debug)]
pub struct Jumps {
    places: Vec<(PathBuf, usize)>,
    at: usize,
}

impl Jumps {
    /// Remembers a place; what was ahead is forgotten.
    pub fn mark(&mut self, path: PathBuf, at: usize) {
        self.places.truncate(self.at);
        let here = (path, at);
        self.places.retain(|p| *p != here);
        self.places.push(here);
        if self.places.len() > MOST {
            self.places.remove(0);
        }
        self.at = self.places.len();
    }

    /// The place before; `here` is where one is, to come back to.
    pub fn back(&mut self, here: (PathBuf, usize)) -> Option<(PathBuf, usize)> {
        if self.at == self.places.len() {
            let before = self.places.iter().rposition(|p| *p != here)?;
            self.places.truncate(before + 1);
            self.places.push(here);
            self.at = before;
        } else {
            self.at = self.at.checked_sub(1)?;
        }
        self.places.get(self.at).cloned()
    }

    /// The place after.
    pub fn forward(&mut self) -> Option<(PathBuf, usize)> {
        let next = self.places.get(self.at + 1).cloned()?;
        self.at += 1;
        Some(next)
    }

    /// All places, the newest first.
    pub fn list(&self) -> impl Iterator<Item = &(PathBuf, usize)> {
        self.places.iter().rev()
    }

    /// Moves the places of a file along with an edit.
    pub fn follow(&mut self, path: &Path, moves: &Moves) {
        for (_, at) in self.places.iter_mut().filter(|(p, _)| p == path) {
            *at = moves.moved(*at, Side::Before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth() {
        let place = |n: usize| (PathBuf::from("a"), n);
        let mut jumps = Jumps::default();
        jumps.mark("a".into(), 1);
        jumps.mark("a".into(), 2);
        assert_eq!(jumps.back(place(3)), Some(place(2)));
        assert_eq!(jumps.back(place(2)), Some(place(1)));
        assert_eq!(jumps.back(place(1)), None);
        assert_eq!(jumps.forward(), Some(place(2)));
        assert_eq!(jumps.forward(), Some(place(3)));
        assert_eq!(jumps.forward(), None);
    }
}
