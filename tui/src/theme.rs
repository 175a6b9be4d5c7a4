//! Colours and marks. A theme names roles, not places; `ansi` has sixteen colours, `mono` none.

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
    data: Color,
    popup: Color,
    plain: bool,
}

const fn rgb(hex: u32) -> Color {
    Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Whether the user wants no colours at all (`NO_COLOR`, a terminal without them).
pub fn without_colours() -> bool {
    let var = |name| std::env::var(name).unwrap_or_default();
    !var("NO_COLOR").is_empty() || matches!(var("TERM").as_str(), "" | "dumb")
}

/// The names of all themes.
pub fn names() -> Vec<String> {
    ["mocha", "latte", "ansi", "mono"].map(str::to_owned).into()
}

impl Theme {
    /// The dark theme.
    pub fn mocha() -> Theme {
        Theme {
            name: "mocha",
            bg: rgb(0x1e1e2e),
            bar: rgb(0x11111b),
            row: rgb(0x313244),
            select: rgb(0x45475a),
            text: rgb(0xcdd6f4),
            dim: rgb(0x6c7086),
            accent: rgb(0x89b4fa),
            good: rgb(0xa6e3a1),
            warn: rgb(0xf9e2af),
            bad: rgb(0xf38ba8),
            number: rgb(0xfab387),
            keyword: rgb(0xcba6f7),
            data: rgb(0x94e2d5),
            popup: rgb(0x181825),
            plain: false,
        }
    }

    /// The light theme.
    pub fn latte() -> Theme {
        Theme {
            name: "latte",
            bg: rgb(0xeff1f5),
            bar: rgb(0xdce0e8),
            row: rgb(0xdce0e8),
            select: rgb(0xbcc0cc),
            text: rgb(0x4c4f69),
            dim: rgb(0x7c7f93),
            accent: rgb(0x1e66f5),
            good: rgb(0x2f7d1e),
            warn: rgb(0x9a6200),
            bad: rgb(0xd20f39),
            number: rgb(0xc04a00),
            keyword: rgb(0x8839ef),
            data: rgb(0x11757a),
            popup: rgb(0xe6e9ef),
            plain: false,
        }
    }

    /// The sixteen colours of the terminal.
    pub fn ansi() -> Theme {
        Theme {
            name: "ansi",
            bg: Color::Reset,
            bar: Color::Reset,
            row: Color::Reset,
            select: Color::Reset,
            text: Color::Reset,
            dim: Color::DarkGray,
            accent: Color::Blue,
            good: Color::Green,
            warn: Color::Yellow,
            bad: Color::Red,
            number: Color::Yellow,
            keyword: Color::Magenta,
            data: Color::Cyan,
            popup: Color::Reset,
            plain: true,
        }
    }

    /// No colours at all.
    pub fn mono() -> Theme {
        let c = Color::Reset;
        Theme {
            name: "mono",
            bg: c,
            bar: c,
            row: c,
            select: c,
            text: c,
            dim: c,
            accent: c,
            good: c,
            warn: c,
            bad: c,
            number: c,
            keyword: c,
            data: c,
            popup: c,
            plain: true,
        }
    }

    /// The theme of a name.
    pub fn named(name: &str) -> Option<Theme> {
        [Theme::mocha(), Theme::latte(), Theme::ansi(), Theme::mono()]
            .into_iter()
            .find(|t| t.name == name)
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
            Role::Type | Role::Constructor => style.fg(self.warn),
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
            spark: ['_', '_', '.', '.', '-', '-', '=', '#'],
            corners: ['+', '+', '+', '+', '|'],
            name: "nostos",
            ascii: true,
        }
    }
}
