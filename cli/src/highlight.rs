//! `nostos highlight`: a source file in colours, by the grammar of the editors, for the terminal or as a page. Text with mistakes is coloured as far
//! as it is understood.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use tree_sitter_highlight::{HighlightConfiguration, HighlightEvent, Highlighter};

/// What the grammar's query names, with how it looks: the colour of a terminal with sixteen, and the class of a page. A name stands for those that
/// go on behind a dot too, unless they are here.
const LOOKS: &[(&str, &str, &str)] = &[
    ("attribute", "33", "attribute"),
    ("character", "33", "number"),
    ("comment", "90", "comment"),
    ("comment.documentation", "90", "comment"),
    ("constant", "33", "number"),
    ("constructor", "36", "constructor"),
    ("function", "34", "function"),
    ("keyword", "35", "keyword"),
    ("module", "36", "module"),
    ("number", "33", "number"),
    // No colour of their own, but not that of the text around either: `"${x + 1}"`.
    ("operator", "", ""),
    ("property", "", ""),
    ("punctuation", "", ""),
    ("punctuation.special", "35", "escape"),
    ("string", "32", "string"),
    ("string.escape", "35", "escape"),
    ("string.special.symbol", "33", "number"),
    ("type", "36", "type"),
    ("variable", "", ""),
];

/// The colours of a page, in light and in dark.
const STYLE: &str = "\
:root { color-scheme: light dark; }
body { margin: 2em; background: light-dark(#ffffff, #1e1e2e); color: light-dark(#4c4f69, #cdd6f4); }
pre { font: 15px/1.5 ui-monospace, monospace; }
.attribute, .number { color: light-dark(#b4530b, #fab387); }
.comment { color: light-dark(#6c6f85, #9399b2); font-style: italic; }
.constructor { color: light-dark(#0f7b83, #94e2d5); }
.escape, .keyword { color: light-dark(#8839ef, #cba6f7); }
.function { color: light-dark(#1e66f5, #89b4fa); }
.module, .type { color: light-dark(#95600a, #f9e2af); }
.string { color: light-dark(#2e7d1e, #a6e3a1); }
";

/// A stretch of text with how it looks: the colour and the class.
type Piece<'t> = (&'t str, Option<(&'static str, &'static str)>);

/// When there are colours.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colours {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Into files and pipes too.
    Always,
    /// Nowhere.
    Never,
}

/// Writes a file, or standard input for `-`, in colours; the status for the shell.
pub(crate) fn run(path: &Path, html: bool, colours: Colours) -> i32 {
    let is_input = path.as_os_str() == "-";
    let read = if is_input {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => return fail(path, &error),
    };
    let pieces = match pieces(&text) {
        Ok(pieces) => pieces,
        Err(error) => return fail(path, &error),
    };
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let coloured = match colours {
        Colours::Auto => std::io::stdout().is_terminal() && !plain,
        Colours::Always => true,
        Colours::Never => false,
    };
    let out = if html {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        page(if is_input { "Nostos" } else { &name }, &pieces)
    } else if coloured {
        for_terminal(&pieces)
    } else {
        text.clone()
    };
    match std::io::stdout().write_all(out.as_bytes()) {
        // Who reads no further has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => fail(path, &error),
        _ => 0,
    }
}

fn fail(path: &Path, why: &dyn std::fmt::Display) -> i32 {
    eprintln!("Error: {}: {why}", path.display());
    1
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let language = tree_sitter_nostos::LANGUAGE.into();
    let query = tree_sitter_nostos::HIGHLIGHTS_QUERY;
    let mut config = HighlightConfiguration::new(language, "nostos", query, "", "")
        .map_err(|error| error.to_string())?;
    let names: Vec<&str> = LOOKS.iter().map(|(name, ..)| *name).collect();
    config.configure(&names);
    let mut highlighter = Highlighter::new();
    let events = highlighter
        .highlight(&config, text.as_bytes(), None, None, |_| None)
        .map_err(|error| error.to_string())?;
    let mut open = Vec::new();
    let mut found: Vec<(std::ops::Range<usize>, _)> = Vec::new();
    for event in events {
        match event.map_err(|error| error.to_string())? {
            HighlightEvent::HighlightStart(look) => {
                let (_, code, class) = LOOKS[look.0];
                open.push((!code.is_empty()).then_some((code, class)));
            }
            HighlightEvent::HighlightEnd => {
                open.pop();
            }
            HighlightEvent::Source { start, end } => {
                let look = open.last().copied().flatten();
                match found.last_mut() {
                    Some((range, same)) if *same == look && range.end == start => range.end = end,
                    _ => found.push((start..end, look)),
                }
            }
        }
    }
    let piece = |(range, look): (std::ops::Range<usize>, _)| (&text[range], look);
    Ok(found.into_iter().map(piece).collect())
}

/// Colours end with their line, so that pagers may begin anywhere.
fn for_terminal(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for (text, look) in pieces {
        let Some((code, _)) = look else {
            out.push_str(text);
            continue;
        };
        for line in text.split_inclusive('\n') {
            let (inside, end) = match line.strip_suffix('\n') {
                Some(inside) => (inside, "\n"),
                None => (line, ""),
            };
            if inside.is_empty() {
                out.push_str(end);
            } else {
                out.push_str(&format!("\x1b[{code}m{inside}\x1b[0m{end}"));
            }
        }
    }
    out
}

fn page(title: &str, pieces: &[Piece<'_>]) -> String {
    let mut code = String::new();
    for (text, look) in pieces {
        match look {
            Some((_, class)) => {
                code.push_str(&format!("<span class=\"{class}\">{}</span>", escaped(text)));
            }
            None => code.push_str(&escaped(text)),
        }
    }
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n<pre class=\"nostos\"><code>{code}</code></pre>\n",
        escaped(title)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# a < b\n## two\nadd(a: Int) = \"x ${a}\\n\" ++ 'y' :ok\nT: Show\nend\nf( = Some(1) if\n";

    #[test]
    fn nothing_is_lost_whatever_is_wrong() {
        for text in [TEXT, "", "\u{1F600} (((", "\"never closed ${", "a\r\nb\r\n"] {
            let found = pieces(text).expect("the query fits");
            let all: String = found.iter().map(|(text, _)| *text).collect();
            assert_eq!(all, text);
        }
    }

    #[test]
    fn words_have_their_looks() {
        let found = pieces(TEXT).expect("the query fits");
        let look = |word: &str| {
            let piece = found.iter().find(|(text, _)| text.trim() == word);
            let look = piece.unwrap_or_else(|| panic!("{word} in {found:?}")).1;
            look.map(|(_, class)| class)
        };
        assert_eq!(look("# a < b"), Some("comment"));
        assert_eq!(look("add"), Some("function"));
        assert_eq!(look("Int"), Some("type"));
        assert_eq!(look("\\n"), Some("escape"));
        assert_eq!(look("end"), Some("keyword"));
        assert_eq!(look("1"), Some("number"));
        assert_eq!(look("Some"), Some("constructor"));
        assert_eq!(look("${"), Some("escape"));
        assert_eq!(look("a}"), None, "what is put into a text is none");
    }

    #[test]
    fn terminal_and_page() {
        let found = pieces("#* a\nb *#\nx = \"<&>\"\n").expect("the query fits");
        assert_eq!(
            for_terminal(&found),
            "\x1b[90m#* a\x1b[0m\n\x1b[90mb *#\x1b[0m\nx = \x1b[32m\"<&>\"\x1b[0m\n"
        );
        let page = page("a<b", &found);
        assert!(page.contains("<title>a&lt;b</title>"), "{page}");
        assert!(
            page.contains("<span class=\"string\">&quot;&lt;&amp;&gt;&quot;</span>"),
            "{page}"
        );
    }
}
