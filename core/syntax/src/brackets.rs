//! Pairs the brackets of a file before parsing, so that the parser can look past a group and never runs out of one.
//!
//! When they do not fit, a definition at the start of a line closes everything that is open: one forgotten bracket
//! costs one definition, not the rest of the file.

use crate::error::SyntaxError;
use crate::kind::Kind;
use crate::parser::Input;

/// Where the bracket opened at each token closes.
pub(crate) struct Brackets {
    /// For an opening token the index of its closing one, or of the token before which it is taken as closed.
    pub close_of: Vec<u32>,
    /// Closing tokens without an opening one.
    pub stray: Vec<u32>,
    pub errors: Vec<SyntaxError>,
}

pub(crate) fn pair(input: &Input<'_>) -> Brackets {
    let plain = Pairing::run(input, false);
    if plain.errors.is_empty() {
        plain
    } else {
        Pairing::run(input, true)
    }
}

/// The closing token that fits an opening one.
pub(crate) fn closer(open: Kind) -> Kind {
    match open {
        Kind::LParen => Kind::RParen,
        Kind::LBracket => Kind::RBracket,
        Kind::InterpOpen => Kind::InterpClose,
        _ => Kind::RBrace,
    }
}

struct Pairing<'a> {
    input: &'a Input<'a>,
    out: Brackets,
    open: Vec<u32>,
    /// How many brackets of each class are open in the innermost interpolation; outer counts are kept behind.
    counts: Vec<[u32; 3]>,
}

impl Pairing<'_> {
    fn run(input: &Input<'_>, recover: bool) -> Brackets {
        let out = Brackets {
            close_of: vec![0; input.kinds.len()],
            stray: Vec::new(),
            errors: Vec::new(),
        };
        let mut pairing = Pairing {
            input,
            out,
            open: Vec::new(),
            counts: vec![[0; 3]],
        };
        for at in 0..input.kinds.len() {
            if recover && !pairing.open.is_empty() && input.is_column_0(at) && input.starts_item(at)
            {
                pairing.close_all(at);
            }
            match input.kinds[at] {
                kind @ (Kind::LParen
                | Kind::LBracket
                | Kind::LBrace
                | Kind::MapOpen
                | Kind::SetOpen) => {
                    pairing.open.push(at as u32);
                    pairing.count(kind, 1);
                }
                Kind::InterpOpen => {
                    pairing.open.push(at as u32);
                    pairing.counts.push([0; 3]);
                }
                kind @ (Kind::RParen | Kind::RBracket | Kind::RBrace) => pairing.close(at, kind),
                Kind::InterpClose => pairing.close_interpolation(at),
                _ => {}
            }
        }
        let end = input.kinds.len() - 1;
        pairing.close_all(end);
        pairing.out
    }

    fn count(&mut self, kind: Kind, change: i32) {
        let class = match kind {
            Kind::LParen | Kind::RParen => 0,
            Kind::LBracket | Kind::RBracket => 1,
            _ => 2,
        };
        let counts = self.counts.last_mut().expect("the outermost counts stay");
        counts[class] = counts[class].wrapping_add_signed(change);
    }

    fn has_open(&self, kind: Kind) -> bool {
        let counts = self.counts.last().expect("the outermost counts stay");
        match kind {
            Kind::RParen => counts[0] > 0,
            Kind::RBracket => counts[1] > 0,
            _ => counts[2] > 0,
        }
    }

    fn close(&mut self, at: usize, kind: Kind) {
        if !self.has_open(kind) {
            self.out.stray.push(at as u32);
            let name = kind.describe();
            let hint = self.open.last().map(|open| {
                let wanted = self.input.kinds[*open as usize];
                format!(
                    "{} is open here; {} closes it",
                    wanted.describe(),
                    closer(wanted).describe()
                )
            });
            self.out.errors.push(SyntaxError {
                range: self.input.range(at),
                message: format!("this {name} closes nothing"),
                hint,
            });
            return;
        }
        let mut reported = false;
        while let Some(open) = self.open.pop() {
            self.out.close_of[open as usize] = at as u32;
            let open_kind = self.input.kinds[open as usize];
            self.count(open_kind, -1);
            if closer(open_kind) == kind {
                return;
            }
            if !reported {
                self.unclosed(open, Some(at));
                reported = true;
            }
        }
    }

    fn close_interpolation(&mut self, at: usize) {
        let mut reported = false;
        while let Some(open) = self.open.pop() {
            self.out.close_of[open as usize] = at as u32;
            if self.input.kinds[open as usize] == Kind::InterpOpen {
                self.counts.pop();
                return;
            }
            if !reported {
                self.unclosed(open, Some(at));
                reported = true;
            }
        }
    }

    /// Takes everything as closed before token `at`; one error, for the innermost.
    fn close_all(&mut self, at: usize) {
        if let Some(innermost) = self.open.last().copied() {
            self.unclosed(innermost, None);
        }
        for open in self.open.drain(..) {
            self.out.close_of[open as usize] = at as u32;
        }
        self.counts.truncate(1);
        self.counts[0] = [0; 3];
    }

    fn unclosed(&mut self, open: u32, found: Option<usize>) {
        let kind = self.input.kinds[open as usize];
        let wanted = closer(kind).describe();
        let hint = match found {
            Some(at) => format!(
                "{wanted} is missing before {} in line {}",
                self.input.kinds[at].describe(),
                self.input.line_of(at)
            ),
            None => format!("{wanted} closes it"),
        };
        self.out.errors.push(SyntaxError {
            range: self.input.range(open as usize),
            message: format!("this {} is never closed", kind.describe()),
            hint: Some(hint),
        });
    }
}
