//! Keys: one notation for the key table, the configuration, the tests and what the screen shows.
//!
//! Text such as `<c-s>`, `gd`, `<s-f11>` goes in, [`Key`]s come out; [`Key`]'s `Display` gives the short form people read
//! (`^s`, `⇧F11`). Terminal events are translated in the shell, so nothing here knows a terminal.

use std::fmt;

/// What was pressed, without its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Code {
    /// A printable character; `Shift` is already in it.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete forward.
    Delete,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Function key.
    F(u8),
}

/// One key press. Invariant: `shift` is set only with codes that are not characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Control held.
    pub ctrl: bool,
    /// Alt held.
    pub alt: bool,
    /// Shift held (named keys only).
    pub shift: bool,
}

const NAMES: &[(&str, Code)] = &[
    ("ret", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("bs", Code::Backspace),
    ("del", Code::Delete),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("space", Code::Char(' ')),
    ("lt", Code::Char('<')),
    ("gt", Code::Char('>')),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// The character this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// Reads a sequence in the notation `gd`, `<c-s>`, `<s-tab>`, `<f5>`.
pub fn parse(text: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '<' && rest.len() > 1 {
            let end = rest
                .find('>')
                .ok_or_else(|| format!("`<` without `>` in `{text}`"))?;
            keys.push(named(&rest[1..end])?);
            rest = &rest[end + 1..];
        } else {
            keys.push(Key::plain(Code::Char(c)));
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(keys)
}

/// A sequence in the notation [`parse`] reads.
pub fn write(keys: &[Key]) -> String {
    let mut out = String::new();
    for key in keys {
        let name = NAMES
            .iter()
            .find(|(_, code)| *code == key.code)
            .map(|(n, _)| (*n).to_owned());
        let plain = !key.ctrl && !key.alt && !key.shift;
        let base = match (key.code, name) {
            (Code::Char(c), _) if plain && c != '<' => {
                out.push(c);
                continue;
            }
            (_, Some(name)) => name,
            (Code::Char(c), None) => c.to_string(),
            (Code::F(n), _) => format!("f{n}"),
            (code, None) => unreachable!("{code:?} has a name"),
        };
        let held = [(key.ctrl, "c-"), (key.alt, "a-"), (key.shift, "s-")];
        let held: String = held.iter().filter(|(on, _)| *on).map(|(_, n)| *n).collect();
        out.push_str(&format!("<{held}{base}>"));
    }
    out
}

fn named(name: &str) -> Result<Key, String> {
    let mut key = Key::plain(Code::Esc);
    let mut rest = name;
    loop {
        let (prefix, tail) = match rest.split_at_checked(2) {
            Some((p, t)) if !t.is_empty() => (p, t),
            _ => ("", rest),
        };
        match prefix {
            "c-" => key.ctrl = true,
            "a-" => key.alt = true,
            "s-" => key.shift = true,
            _ => break,
        }
        rest = tail;
    }
    key.code = if let Some((_, code)) = NAMES.iter().find(|(n, _)| *n == rest) {
        *code
    } else if let Some(n) = rest.strip_prefix('f').and_then(|n| n.parse().ok()) {
        Code::F(n)
    } else {
        let mut chars = rest.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Code::Char(c),
            _ => return Err(format!("unknown key <{name}>")),
        }
    };
    Ok(key)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("⇧")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::Enter => f.write_str("enter"),
            Code::Esc => f.write_str("esc"),
            Code::Tab => f.write_str("tab"),
            Code::Backspace => f.write_str("bksp"),
            Code::Delete => f.write_str("del"),
            Code::Up => f.write_str("↑"),
            Code::Down => f.write_str("↓"),
            Code::Left => f.write_str("←"),
            Code::Right => f.write_str("→"),
            Code::Home => f.write_str("home"),
            Code::End => f.write_str("end"),
            Code::PageUp => f.write_str("pgup"),
            Code::PageDown => f.write_str("pgdn"),
            Code::F(n) => write!(f, "F{n}"),
        }
    }
}

/// How a sequence is shown: `space r`, `g d`, `^s`.
pub fn show(keys: &[Key]) -> String {
    let mut out = String::new();
    for key in keys {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&key.to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_read_and_shown() {
        let shown = |t| show(&parse(t).unwrap());
        assert_eq!(shown("gd"), "g d");
        assert_eq!(shown("<c-s>"), "^s");
        assert_eq!(shown("<s-f11>"), "⇧F11");
        assert_eq!(shown("<space>r"), "space r");
        assert_eq!(shown("<a-1>"), "alt-1");
        assert_eq!(shown("<"), "<");
        for text in ["gd<c-s><s-f11><space>x<lt><a-->é<s-tab>", "<c-lt>"] {
            let keys = parse(text).unwrap();
            assert_eq!(parse(&write(&keys)).unwrap(), keys);
        }
        assert!(parse("<nope>").is_err());
        assert!(parse("<c-").is_err());
    }
}
