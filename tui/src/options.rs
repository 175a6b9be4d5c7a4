//! Settings: name, what is allowed, what it does; read from TOML, changed by `:set`, listed in the documentation.
//!
//! This table is all there is to know about a setting. Files are read in the shell; here is only text.

use crate::editor::Preset;
use crate::state::State;
use crate::theme::{self, Glyphs};

/// What is not kept elsewhere in the model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Lines kept above and below the cursor.
    pub margin: usize,
    /// Numbers count from the cursor's line.
    pub relative: bool,
    /// Blanks at the ends of lines go when saving.
    pub trim: bool,
    /// Files are written in the one style when saving.
    pub format: bool,
    /// Unsaved text is written beside, for the day the program is killed.
    pub swap: bool,
    /// Files, windows, places and history come back at the next start.
    pub session: bool,
    /// What could be typed is shown by itself.
    pub complete: bool,
    /// The call that is being written is shown.
    pub signature: bool,
    /// Uses of the name under the cursor are marked.
    pub uses: bool,
    /// Types and names that are left out are shown.
    pub hints: bool,
    /// The tests run whenever a file is saved.
    pub test_on_save: bool,
    /// Seconds a test may take.
    pub test_limit: u64,
    /// Milliseconds between questions to the image.
    pub poll: u64,
    /// Megabytes of heap that a snapshot copies at most.
    pub snapshot: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            margin: 4,
            relative: false,
            trim: false,
            format: false,
            swap: true,
            session: true,
            complete: true,
            signature: true,
            uses: true,
            hints: false,
            test_on_save: false,
            test_limit: 60,
            poll: 1000,
            snapshot: 1024,
        }
    }
}

/// What a setting can be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `on` or `off`.
    Switch,
    /// One of some words.
    Choice(fn() -> Vec<String>),
    /// A number between two.
    Number(u64, u64),
}

/// One setting.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it can be.
    pub kind: Kind,
    /// What it does.
    pub about: &'static str,
    /// What it is.
    pub get: fn(&State) -> String,
    set: fn(&mut State, &str),
}

fn switch(on: bool) -> String {
    (if on { "on" } else { "off" }).to_owned()
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|w| (*w).to_owned()).collect()
}

/// All settings.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "theme",
        kind: Kind::Choice(|| {
            std::iter::once("auto".to_owned())
                .chain(theme::names())
                .collect()
        }),
        about: "colours; auto: light or dark as the terminal's background is",
        get: |s| (if s.guide.follow { "auto" } else { s.theme.name }).to_owned(),
        set: |s, v| {
            s.guide.follow = v == "auto";
            s.theme = theme::Theme::named(v).unwrap_or(s.guide.suited());
        },
    },
    Setting {
        name: "keys",
        kind: Kind::Choice(|| words(&["helix", "standard"])),
        about: "keys of the editor: with modes, or without",
        get: |s| {
            (if s.editor.preset == Preset::Helix {
                "helix"
            } else {
                "standard"
            })
            .to_owned()
        },
        set: |s, v| {
            crate::update::preset(
                s,
                if v == "helix" {
                    Preset::Helix
                } else {
                    Preset::Standard
                },
            )
        },
    },
    Setting {
        name: "glyphs",
        kind: Kind::Choice(|| words(&["unicode", "ascii"])),
        about: "marks on the screen",
        get: |s| (if s.glyphs.ascii { "ascii" } else { "unicode" }).to_owned(),
        set: |s, v| {
            s.glyphs = if v == "ascii" {
                Glyphs::ascii()
            } else {
                Glyphs::unicode()
            }
        },
    },
    Setting {
        name: "wrap",
        kind: Kind::Switch,
        about: "long lines go on in the next row",
        get: |s| switch(s.editor.wrap),
        set: |s, v| s.editor.wrap = v == "on",
    },
    Setting {
        name: "file-tree",
        kind: Kind::Choice(|| words(&["auto", "on", "off"])),
        about: "files of the project beside the text; auto: where there is room",
        get: |s| s.tree.shown.map_or("auto".to_owned(), switch),
        set: |s, v| s.tree.shown = if v == "auto" { None } else { Some(v == "on") },
    },
    Setting {
        name: "panels",
        kind: Kind::Switch,
        about: "outline, processes, mailboxes, workers and findings beside the code, from 160 columns on",
        get: |s| switch(s.guide.panels.on),
        set: |s, v| s.guide.panels.on = v == "on",
    },
    Setting {
        name: "live-notes",
        kind: Kind::Switch,
        about: "behind definitions: how many processes are in them, and what share of the work they do",
        get: |s| switch(s.guide.panels.notes),
        set: |s, v| s.guide.panels.notes = v == "on",
    },
    Setting {
        name: "line-numbers",
        kind: Kind::Choice(|| words(&["absolute", "relative"])),
        about: "numbers from the first line, or from the cursor's",
        get: |s| {
            (if s.settings.relative {
                "relative"
            } else {
                "absolute"
            })
            .to_owned()
        },
        set: |s, v| s.settings.relative = v == "relative",
    },
    Setting {
        name: "scroll-margin",
        kind: Kind::Number(0, 20),
        about: "rows kept above and below the cursor",
        get: |s| s.settings.margin.to_string(),
        set: |s, v| s.settings.margin = v.parse().unwrap_or(4),
    },
    Setting {
        name: "completion",
        kind: Kind::Choice(|| words(&["auto", "asked"])),
        about: "what could be typed is shown by itself, or when asked for",
        get: |s| (if s.settings.complete { "auto" } else { "asked" }).to_owned(),
        set: |s, v| s.settings.complete = v == "auto",
    },
    Setting {
        name: "signature",
        kind: Kind::Switch,
        about: "the parameters of the call that is being written",
        get: |s| switch(s.settings.signature),
        set: |s, v| s.settings.signature = v == "on",
    },
    Setting {
        name: "inlay-hints",
        kind: Kind::Switch,
        about: "types and names of parameters that are left out",
        get: |s| switch(s.settings.hints),
        set: |s, v| crate::update::hints(s, v == "on"),
    },
    Setting {
        name: "mark-uses",
        kind: Kind::Switch,
        about: "uses of the name under the cursor are marked",
        get: |s| switch(s.settings.uses),
        set: |s, v| s.settings.uses = v == "on",
    },
    Setting {
        name: "trim-on-save",
        kind: Kind::Switch,
        about: "blanks at the ends of lines go when saving",
        get: |s| switch(s.settings.trim),
        set: |s, v| s.settings.trim = v == "on",
    },
    Setting {
        name: "format-on-save",
        kind: Kind::Switch,
        about: "files of the language are saved in the one style, unless they have mistakes",
        get: |s| switch(s.settings.format),
        set: |s, v| s.settings.format = v == "on",
    },
    Setting {
        name: "swap",
        kind: Kind::Switch,
        about: "unsaved text is kept beside, at most half a second old, in case this program is killed",
        get: |s| switch(s.settings.swap),
        set: |s, v| s.settings.swap = v == "on",
    },
    Setting {
        name: "session",
        kind: Kind::Switch,
        about: "files, windows, cursors, undo, breakpoints and histories come back at the next start",
        get: |s| switch(s.settings.session),
        set: |s, v| s.settings.session = v == "on",
    },
    Setting {
        name: "snapshot-limit",
        kind: Kind::Number(1, 1_000_000),
        about: "megabytes of heap that a snapshot copies at most",
        get: |s| s.settings.snapshot.to_string(),
        set: |s, v| s.settings.snapshot = v.parse().unwrap_or(s.settings.snapshot),
    },
    Setting {
        name: "test-on-save",
        kind: Kind::Switch,
        about: "the tests run whenever a file is saved",
        get: |s| switch(s.settings.test_on_save),
        set: |s, v| s.settings.test_on_save = v == "on",
    },
    Setting {
        name: "test-limit",
        kind: Kind::Number(1, 86_400),
        about: "seconds a test may take; then it is ended, and has failed",
        get: |s| s.settings.test_limit.to_string(),
        set: |s, v| s.settings.test_limit = v.parse().unwrap_or(60),
    },
    Setting {
        name: "poll",
        kind: Kind::Number(100, 60_000),
        about: "milliseconds between two looks at the running image",
        get: |s| s.settings.poll.to_string(),
        set: |s, v| s.settings.poll = v.parse().unwrap_or(1000),
    },
];

impl Setting {
    /// What may be set, in words.
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Switch => "on, off".to_owned(),
            Kind::Choice(all) => all().join(", "),
            Kind::Number(from, to) => format!("{from} to {to}"),
        }
    }

    /// The values completion offers.
    pub fn values(&self) -> Vec<String> {
        match self.kind {
            Kind::Switch => words(&["on", "off"]),
            Kind::Choice(all) => all(),
            Kind::Number(..) => Vec::new(),
        }
    }
}

/// What a setting is; empty if there is none of this name.
pub fn value(state: &State, name: &str) -> String {
    let setting = SETTINGS.iter().find(|s| s.name == name);
    setting.map(|s| (s.get)(state)).unwrap_or_default()
}

/// The text of a settings file with some of them changed; everything else in it stays.
pub fn merge(old: &str, values: &[(&str, String)]) -> String {
    let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
    for (name, value) in values {
        let line = format!("{name} = \"{value}\"");
        // Only what comes before the first table is a setting.
        let top = lines
            .iter()
            .position(|l| l.trim_start().starts_with('['))
            .unwrap_or(lines.len());
        let is = |l: &String| {
            let rest = l.trim_start().strip_prefix(name);
            rest.is_some_and(|r| r.trim_start().starts_with('='))
        };
        match lines[..top].iter().position(is) {
            Some(at) => lines[at] = line,
            None => lines.insert(top, line),
        }
    }
    lines.join("\n") + "\n"
}

/// Sets by name; an error says what is allowed.
pub fn set(state: &mut State, name: &str, value: &str) -> Result<(), String> {
    let Some(setting) = SETTINGS.iter().find(|s| s.name == name) else {
        let all: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
        return Err(format!(
            "no setting is called `{name}`; there are {}",
            all.join(", ")
        ));
    };
    let value = match (setting.kind, value) {
        (Kind::Switch, "true") => "on",
        (Kind::Switch, "false") => "off",
        (_, v) => v,
    };
    let fits = match setting.kind {
        Kind::Switch => matches!(value, "on" | "off"),
        Kind::Choice(all) => all().iter().any(|v| v == value),
        Kind::Number(from, to) => value.parse::<u64>().is_ok_and(|n| (from..=to).contains(&n)),
    };
    if !fits {
        return Err(format!(
            "{name} cannot be `{value}`; it can be {}",
            setting.allowed()
        ));
    }
    (setting.set)(state, value);
    state.editor.follow = true;
    Ok(())
}

/// What a configuration file says.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Config {
    /// Settings and their values.
    pub settings: Vec<(String, String)>,
    /// Bindings: context, keys, command.
    pub keys: Vec<(String, String, String)>,
}

/// Reads TOML: settings at the top, keys in `[keys.normal]` and so on.
pub fn parse(text: &str) -> Result<Config, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(1, |s| {
            text[..s.start.min(text.len())].matches('\n').count() + 1
        });
        format!(
            "line {line}: {}",
            e.message().lines().next().unwrap_or_default()
        )
    })?;
    let mut out = Config::default();
    for (name, value) in table {
        match value {
            toml::Value::Table(contexts) if name == "keys" => {
                for (context, binds) in contexts {
                    let toml::Value::Table(binds) = binds else {
                        return Err(format!("keys.{context} is a table of keys and commands"));
                    };
                    for (keys, command) in binds {
                        let toml::Value::String(command) = command else {
                            return Err(format!(
                                "keys.{context}.\"{keys}\" is the name of a command"
                            ));
                        };
                        out.keys.push((context.clone(), keys, command));
                    }
                }
            }
            toml::Value::String(s) => out.settings.push((name, s)),
            toml::Value::Integer(n) => out.settings.push((name, n.to_string())),
            toml::Value::Boolean(b) => out.settings.push((name, switch(b))),
            other => return Err(format!("{name} cannot be a {}", other.type_str())),
        }
    }
    Ok(out)
}

/// Applies the settings; what is wrong is said, the rest holds.
pub fn apply(state: &mut State, config: &Config) -> Vec<String> {
    let all = config.settings.iter();
    all.filter_map(|(name, value)| set(state, name, value).err())
        .collect()
}

/// The reference of settings, commands and keys, for the documentation.
pub fn reference() -> String {
    use crate::commands::{COMMANDS, TYPED, table};
    let state = State::new("/".into(), (80, 24));
    let mut out = String::from(
        "# nostos-tui: settings, commands, keys\n\nMade from the program's own tables (`BLESS=1 cargo test -p nostos-tui --test tui reference`).\n\n\
         Settings are read from `~/.config/nostos/tui.toml`, then from `.nostos/tui.toml` in the project, and changed while it runs by `:set NAME VALUE`.\n\
         Keys are bound in tables named after where they hold:\n\n```toml\ntheme = \"latte\"\nscroll-margin = 2\n\n[keys.normal]\n\"<c-j>\" = \"line-join\"\n```\n\n## Settings\n\n| name | can be | at first | what it does |\n|---|---|---|---|\n",
    )
    .replace("line-join", "join");
    for s in SETTINGS {
        out.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            s.name,
            s.allowed(),
            (s.get)(&state),
            s.about
        ));
    }
    out.push_str("\n## Commands\n\nBy name in `:` and in the list of `^p`.\n\n| name | what it does | keys |\n|---|---|---|\n");
    let code = |k: &str| {
        if k.contains('`') {
            format!("`` {k} ``")
        } else {
            format!("`{}`", k.replace('|', "\\|"))
        }
    };
    for (cmd, name, title) in COMMANDS {
        let mut keys: Vec<String> = Vec::new();
        for bind in table().iter().filter(|b| b.cmd == *cmd) {
            let shown = code(&crate::keys::show(&bind.keys));
            if !keys.contains(&shown) {
                keys.push(shown);
            }
        }
        out.push_str(&format!("| `{name}` | {title} | {} |\n", keys.join(" ")));
    }
    out.push_str("\n## Commands with an argument\n\n| typed | what it does |\n|---|---|\n");
    for (name, argument, title) in TYPED {
        let typed = format!(":{name} {argument}").replace('|', "\\|");
        out.push_str(&format!("| `{}` | {title} |\n", typed.trim_end()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_between_what_is_there() {
        let values = [("keys", "helix".to_owned()), ("theme", "auto".to_owned())];
        assert_eq!(merge("", &values), "keys = \"helix\"\ntheme = \"auto\"\n");
        let old = "# mine\ntheme=\"latte\"\npoll = 500\n\n[keys.normal]\nkeys = \"join\"\n";
        assert_eq!(
            merge(old, &values),
            "# mine\ntheme = \"auto\"\npoll = 500\n\nkeys = \"helix\"\n[keys.normal]\nkeys = \"join\"\n"
        );
    }

    #[test]
    fn toml_becomes_settings_and_keys() {
        let config = parse(
            "theme = \"latte\"\nwrap = true\npoll = 500\n[keys.normal]\n\"<c-j>\" = \"join\"\n",
        )
        .unwrap();
        let mut state = State::new("/".into(), (80, 24));
        assert!(apply(&mut state, &config).is_empty());
        assert_eq!(
            (state.theme.name, state.editor.wrap, state.settings.poll),
            ("latte", true, 500)
        );
        assert_eq!(
            config.keys,
            [("normal".to_owned(), "<c-j>".to_owned(), "join".to_owned())]
        );
        assert!(parse("a =").unwrap_err().starts_with("line 1"));
        let wrong = apply(
            &mut state,
            &parse("poll = 5\nthem = \"x\"\ntheme = \"x\"\n").unwrap(),
        );
        assert_eq!(wrong.len(), 3);
    }
}
