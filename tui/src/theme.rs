//! Colours and marks. A theme names roles, not places; they are read from TOML (`file`); `ansi` has sixteen colours, `mono` none.

mod file;

pub use file::load;

use crate::editor::syntax::Role;
use ratatui::style::{Color, Modifier, Style};

/// The colours of the roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Its name.
    pub name: &'static str,
    bg: Color,
    bar: Color,
    row: Color,
    select: Color,
    text: Color,
    dim: Color,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    number: Color,
    keyword: Color,
    types: Color,
    data: Color,
    popup: Color,
    plain: bool,
}

/// Whether the user wants no colours at all (`NO_COLOR`, a terminal without them).
pub fn without_colours() -> bool {
    let var = |name| std::env::var(name).unwrap_or_default();
    !var("NO_COLOR").is_empty() || matches!(var("TERM").as_str(), "" | "dumb")
}

/// The names of all themes.
pub fn names() -> Vec<String> {
    file::built_in()
        .iter()
        .chain(file::users())
        .map(|t| t.name.to_owned())
        .collect()
}

impl Theme {
    fn sure(name: &str) -> Theme {
        Theme::named(name).expect("it is built in")
    }

    /// The dark theme.
    pub fn mocha() -> Theme {
        Theme::sure("mocha")
    }

    /// The light theme.
    pub fn latte() -> Theme {
        Theme::sure("latte")
    }

    /// The sixteen colours of the terminal.
    pub fn ansi() -> Theme {
        Theme::sure("ansi")
    }

    /// No colours at all.
    pub fn mono() -> Theme {
        Theme::sure("mono")
    }

    /// The theme of a name; the user's come before the built-in ones.
    pub fn named(name: &str) -> Option<Theme> {
        file::users()
            .iter()
            .chain(file::built_in())
            .find(|t| t.name == name)
            .copied()
    }

    /// Whether rows and selections cannot be told by their ground.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Plain text on the ground.
    pub fn base(&self) -> Style {
        Style::new().fg(self.text).bg(self.bg)
    }

    /// First and last row.
    pub fn bar(&self) -> Style {
        Style::new().fg(self.text).bg(self.bar)
    }

    /// The ground of popups.
    pub fn popup(&self) -> Style {
        Style::new().fg(self.text).bg(self.popup)
    }

    /// Text.
    pub fn text(&self) -> Style {
        Style::new().fg(self.text)
    }

    /// What is there but not looked at.
    pub fn dim(&self) -> Style {
        let style = Style::new().fg(self.dim);
        if self.name == "mono" {
            style.add_modifier(Modifier::DIM)
        } else {
            style
        }
    }

    /// Strong text.
    pub fn strong(&self) -> Style {
        Style::new().fg(self.text).add_modifier(Modifier::BOLD)
    }

    /// Focus.
    pub fn accent(&self) -> Style {
        Style::new().fg(self.accent)
    }

    /// It goes well; keys in the last row.
    pub fn good(&self) -> Style {
        Style::new().fg(self.good)
    }

    /// Worth a look.
    pub fn warn(&self) -> Style {
        Style::new().fg(self.warn)
    }

    /// Wrong.
    pub fn bad(&self) -> Style {
        Style::new().fg(self.bad)
    }

    /// Numbers in values.
    pub fn number(&self) -> Style {
        Style::new().fg(self.number)
    }

    /// Prompts.
    pub fn keyword(&self) -> Style {
        Style::new().fg(self.keyword)
    }

    /// Bars, sparklines, names of variables.
    pub fn data(&self) -> Style {
        Style::new().fg(self.data)
    }

    /// The selected row, laid over what is drawn.
    pub fn row(&self) -> Style {
        if self.plain {
            Style::new().add_modifier(Modifier::BOLD)
        } else {
            Style::new().bg(self.row)
        }
    }

    /// Selected text, laid over what is drawn.
    pub fn select(&self) -> Style {
        if self.plain {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new().bg(self.select)
        }
    }

    /// Matches of the search, laid over what is drawn.
    pub fn found(&self) -> Style {
        if self.plain {
            Style::new().add_modifier(Modifier::UNDERLINED)
        } else {
            Style::new().bg(self.row).add_modifier(Modifier::UNDERLINED)
        }
    }

    /// Uses of the name under the cursor, laid over what is drawn.
    pub fn used(&self) -> Style {
        if self.plain {
            Style::new().add_modifier(Modifier::BOLD)
        } else {
            Style::new().bg(self.row)
        }
    }

    /// Secondary cursors, laid over what is drawn.
    pub fn cursor(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The view that is on, in the bar.
    pub fn tab(&self) -> Style {
        let style = Style::new().fg(self.text).add_modifier(Modifier::BOLD);
        if self.plain {
            style.add_modifier(Modifier::REVERSED)
        } else {
            style.bg(self.row)
        }
    }

    /// Source text.
    pub fn syntax(&self, role: Role) -> Style {
        let style = Style::new();
        match role {
            Role::Keyword => style.fg(self.keyword),
            Role::Function => style.fg(self.accent),
            Role::Type | Role::Constructor => style.fg(self.types),
            Role::Text => style.fg(self.good),
            Role::Escape | Role::Number => style.fg(self.number),
            Role::Comment => self.dim(),
            Role::Operator | Role::Punctuation | Role::Parameter | Role::Plain => {
                style.fg(self.text)
            }
            Role::Property => style.fg(self.data),
            Role::Module => style.fg(self.accent),
        }
    }
}

/// The marks on the screen; every one is one column wide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Rules.
    pub rule: char,
    /// Between columns.
    pub column: char,
    /// The selected row.
    pub mark: char,
    /// A breakpoint the image took.
    pub breakpoint: char,
    /// A breakpoint not taken.
    pub pending: char,
    /// A breakpoint with a condition.
    pub conditional: char,
    /// A breakpoint that logs and does not stop.
    pub log: char,
    /// Up to here: now.
    pub now: char,
    /// The line where a process is stopped.
    pub here: char,
    /// An error.
    pub error: char,
    /// A warning.
    pub warning: char,
    /// Something that went well.
    pub ok: char,
    /// A live image, an unsaved text.
    pub dot: char,
    /// A stopped process.
    pub stop: char,
    /// A closed node.
    pub closed: char,
    /// An open node.
    pub open: char,
    /// A result.
    pub gives: char,
    /// After a prompt's word.
    pub prompt: char,
    /// Loaded code.
    pub load: char,
    /// Paused, frozen.
    pub freeze: char,
    /// Descending order.
    pub down: char,
    /// Between pieces of a line.
    pub between: char,
    /// More than fits.
    pub more: char,
    /// To a note at the end of a line.
    pub elbow: char,
    /// The bar of bar charts, full and in eighths.
    pub bars: [char; 9],
    /// What of a bar is not filled.
    pub track: char,
    /// Sparklines.
    pub spark: [char; 8],
    /// Corners of a box: top left, top right, bottom left, bottom right; side.
    pub corners: [char; 5],
    /// The name in the corner.
    pub name: &'static str,
    /// Names of keys have no arrows.
    pub ascii: bool,
}

impl Glyphs {
    /// The name of a key as it can be shown.
    pub fn key(&self, name: &str) -> String {
        if !self.ascii {
            return name.to_owned();
        }
        [
            ("↑", "up"),
            ("↓", "down"),
            ("←", "left"),
            ("→", "right"),
            ("⇧", "shift-"),
        ]
        .iter()
        .fold(name.to_owned(), |n, (from, to)| n.replace(from, to))
    }

    /// For terminals with Unicode.
    pub fn unicode() -> Glyphs {
        Glyphs {
            rule: '─',
            column: '│',
            mark: '▎',
            breakpoint: '●',
            pending: '○',
            conditional: '◉',
            log: '◆',
            now: '◀',
            here: '▶',
            error: '✗',
            warning: '▲',
            ok: '✓',
            dot: '●',
            stop: '■',
            closed: '▸',
            open: '▾',
            gives: '→',
            prompt: '›',
            load: '↻',
            freeze: '‖',
            down: '▼',
            between: '·',
            more: '…',
            elbow: '└',
            bars: [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
            track: '░',
            spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            corners: ['╭', '╮', '╰', '╯', '│'],
            name: "νόστος",
            ascii: false,
        }
    }

    /// For terminals without.
    pub fn ascii() -> Glyphs {
        Glyphs {
            rule: '-',
            column: '|',
            mark: '>',
            breakpoint: '*',
            pending: 'o',
            conditional: '?',
            log: '%',
            now: '<',
            here: '>',
            error: 'x',
            warning: '!',
            ok: '+',
            dot: '*',
            stop: '#',
            closed: '+',
            open: '-',
            gives: '=',
            prompt: '>',
            load: '@',
            freeze: '"',
            down: 'v',
            between: '-',
            more: '~',
            elbow: '`',
            bars: [' ', ' ', ' ', ' ', '#', '#', '#', '#', '#'],
            track: '.',
            spark: ['_', '_', '.', '.', '-', '-', '=', '#'],
            corners: ['+', '+', '+', '+', '|'],
            name: "nostos",
            ascii: true,
        }
    }
}
