//! Themes as TOML, in the names Helix has for scopes: `"ui.selection" = { bg = "#45475a" }`, with a `[palette]`.
//!
//! Of the scopes only those are asked for that this program shows; `a.b.c` falls back to `a.b`, then `a`. `plain = true` is for
//! themes whose grounds cannot be told apart: rows and selections are marked in other ways.

use super::Theme;
use ratatui::style::Color;
use std::path::Path;
use std::sync::OnceLock;
use toml::{Table, Value};

const BUILT_IN: &[(&str, &str)] = &[
    ("mocha", include_str!("../../themes/mocha.toml")),
    ("latte", include_str!("../../themes/latte.toml")),
    ("dusk", include_str!("../../themes/dusk.toml")),
    ("fjord", include_str!("../../themes/fjord.toml")),
    ("paper", include_str!("../../themes/paper.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

static USERS: OnceLock<Vec<Theme>> = OnceLock::new();

/// The built-in themes.
pub(super) fn built_in() -> &'static [Theme] {
    static READ: OnceLock<Vec<Theme>> = OnceLock::new();
    READ.get_or_init(|| {
        let read = |(name, text): &(&'static str, &str)| {
            read(name, text).unwrap_or_else(|e| panic!("the theme {name} is written right: {e}"))
        };
        BUILT_IN.iter().map(read).collect()
    })
}

/// The user's own themes.
pub(super) fn users() -> &'static [Theme] {
    USERS.get().map_or(&[], Vec::as_slice)
}

/// Reads the themes of a folder, once, before the first is asked for; what is wrong with them is given back.
pub fn load(folder: &Path) -> Vec<String> {
    let (mut themes, mut wrong) = (Vec::new(), Vec::new());
    for path in std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
    {
        let Some(name) = path
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_suffix(".toml"))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&path).map_err(|e| e.to_string());
        // Names of themes live as long as the program; there are few.
        match text.and_then(|t| read(Box::leak(name.to_owned().into_boxed_str()), &t)) {
            Ok(theme) => themes.push(theme),
            Err(why) => wrong.push(format!("{}: {why}", path.display())),
        }
    }
    let _ = USERS.set(themes);
    wrong
}

/// Reads one theme.
pub fn read(name: &'static str, text: &str) -> Result<Theme, String> {
    let table: Table = text
        .parse()
        .map_err(|e: toml::de::Error| e.message().to_owned())?;
    if table.contains_key("inherits") {
        return Err("`inherits` is not understood here: copy what is inherited".to_owned());
    }
    let empty = Table::new();
    let palette = table
        .get("palette")
        .and_then(Value::as_table)
        .unwrap_or(&empty);
    let find = |scope: &str, part: &str| -> Result<Option<Color>, String> {
        let mut scope = scope;
        loop {
            let value = match table.get(scope) {
                Some(Value::String(s)) if part == "fg" => Some(s.as_str()),
                Some(Value::Table(t)) => t.get(part).and_then(Value::as_str),
                _ => None,
            };
            if let Some(value) = value {
                return color(palette.get(value).and_then(Value::as_str).unwrap_or(value))
                    .map(Some);
            }
            match scope.rsplit_once('.') {
                Some((shorter, _)) => scope = shorter,
                None => return Ok(None),
            }
        }
    };
    let fg = |scope: &str| find(scope, "fg").map(|c| c.unwrap_or(Color::Reset));
    let bg = |scope: &str| find(scope, "bg").map(|c| c.unwrap_or(Color::Reset));
    let plain = table.get("plain").and_then(Value::as_bool).unwrap_or(false);
    Ok(Theme {
        name,
        bg: bg("ui.background")?,
        bar: bg("ui.statusline")?,
        row: bg("ui.cursorline.primary")?,
        select: bg("ui.selection")?,
        text: fg("ui.text")?,
        dim: fg("comment")?,
        accent: fg("function")?,
        good: fg("string")?,
        warn: fg("warning")?,
        bad: fg("error")?,
        number: fg("constant.numeric")?,
        keyword: fg("keyword")?,
        types: fg("type")?,
        data: fg("variable.other.member")?,
        popup: bg("ui.popup")?,
        plain,
    })
}

fn color(text: &str) -> Result<Color, String> {
    if let Some(hex) = text.strip_prefix('#') {
        let n = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6);
        let n = n.ok_or_else(|| format!("`{text}` is no colour; one is written #rrggbb"))?;
        return Ok(Color::Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8));
    }
    Ok(match text {
        "default" => Color::Reset,
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "gray" => Color::Gray,
        "light-black" | "light-gray" => Color::DarkGray,
        "light-red" => Color::LightRed,
        "light-green" => Color::LightGreen,
        "light-yellow" => Color::LightYellow,
        "light-blue" => Color::LightBlue,
        "light-magenta" => Color::LightMagenta,
        "light-cyan" => Color::LightCyan,
        "white" => Color::White,
        other => return Err(format!("`{other}` is no colour and not in the palette")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(c: Color) -> f64 {
        let Color::Rgb(r, g, b) = c else {
            panic!("{c:?} has parts")
        };
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (lightness(a), lightness(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Text can be read on every ground it stands on (WCAG's measure); high contrast means 7 and more.
    #[test]
    fn text_can_be_read() {
        for t in built_in().iter().filter(|t| !t.plain) {
            let (most, least) = if t.name == "contrast" {
                (12.0, 7.0)
            } else {
                (5.5, 3.0)
            };
            for ground in [t.bg, t.row, t.popup] {
                assert!(
                    contrast(t.text, ground) >= most,
                    "{}: text, {}",
                    t.name,
                    contrast(t.text, ground)
                );
            }
            for c in [
                t.accent, t.good, t.warn, t.bad, t.number, t.keyword, t.types, t.data,
            ] {
                assert!(
                    contrast(c, t.bg) >= least,
                    "{}: {c:?}, {}",
                    t.name,
                    contrast(c, t.bg)
                );
            }
        }
    }

    #[test]
    fn themes_of_others_are_read_or_refused_with_words() {
        let text = "\"ui\" = { bg = \"night\", fg = \"#ffffff\" }\nfunction = \"light-blue\"\n[palette]\nnight = \"#000010\"\n";
        let theme = read("mine", text).unwrap();
        assert_eq!(
            (theme.bg, theme.text, theme.accent),
            (
                Color::Rgb(0, 0, 16),
                Color::Rgb(255, 255, 255),
                Color::LightBlue
            )
        );
        assert_eq!(
            read("x", "type = \"#12\"").unwrap_err(),
            "`#12` is no colour; one is written #rrggbb"
        );
        assert!(read("x", "inherits = \"y\"").is_err());
    }
}
