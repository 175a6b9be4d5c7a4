//! Scripts of live change (`tests/live/*.live`): a program runs, its files are edited, and what it prints next is compared.
//!
//! A script is a sequence of sections, each opened by a line `--- WORD …`; what stands before the first is prose.
//!
//! ```text
//! --- file NAME            a file of the project; after `run`: saved now, as a whole
//! --- run [ARGS]           starts `nostos run --inspect=…` on the project; its first argument is the path of the words (see below)
//! --- say WORD …           gives the program a word: `said(path, n)` of words.nos waits for the n-th, from 0, and returns it
//! --- out                  the next lines of standard output are exactly these
//! --- until TEXT           passes lines of standard output over until one has the text in it
//! --- edit NAME            lines with `- ` are replaced by those with `+ ` that follow them; saved to disk
//! --- delete NAME          takes a file away
//! --- load NAME            like `edit`, but handed to the image over its socket instead of the disk (an editor does so)
//! --- swapped [NAME …]     the image reports that new code runs, and names these functions as changed, no others
//! --- refused              the image reports that it refused the edit, with diagnostics that contain these lines, in order
//! --- err                  lines of standard error contain these texts, in order
//! --- end STATUS           the program ends by itself, with nothing more on standard output
//! ```
//!
//! `BLESS=1` rewrites `out`.

use crate::dap::Client;
use crate::running::Running;
use crate::{blessing, nostos};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Every project has this module: how a script talks to its program.
const WORDS: &str = "\
## The `n`-th word the script has said, from 0; waits until it has.
pub said(path: String, n: Int) -> String = {
  words = File.readLines(path)
  if words.length() > n then words[n]
  else {
    sleep(1)
    said(path, n)
  }
}
";

struct Section {
    /// The line that opens it, without the dashes.
    head: String,
    /// Where that line is, from 1.
    line: usize,
    body: Vec<String>,
}

/// Runs a script. The error says what differs and where; what took how long is printed.
pub fn run(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (prose, mut sections) = parse(&text);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut stage = Stage::new(&name);
    for section in &mut sections {
        if let Err(why) = stage.play(section) {
            let errors: Vec<String> = match &mut stage.program {
                Some(program) => program.errors().to_vec(),
                None => Vec::new(),
            };
            return Err(format!(
                "{}:{}: `{}`: {why}\nstandard error:\n  {}",
                path.display(),
                section.line,
                section.head,
                errors.join("\n  ")
            ));
        }
    }
    if let Some(error) = stage
        .program
        .iter_mut()
        .flat_map(|p| p.errors().to_vec())
        .find(|e| e.contains("panicked at"))
    {
        return Err(format!("{}: a panic of ours: {error}", path.display()));
    }
    for figure in &stage.figures {
        println!("{name}: {figure}");
    }
    if blessing() {
        let new = unparse(&prose, &sections);
        std::fs::write(path, new).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn parse(text: &str) -> (String, Vec<Section>) {
    let mut prose = String::new();
    let mut sections: Vec<Section> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if let Some(head) = line.strip_prefix("--- ") {
            sections.push(Section {
                head: head.trim().to_owned(),
                line: i + 1,
                body: Vec::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.body.push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    // Empty lines before the next section are for the eye.
    for section in &mut sections {
        while section
            .body
            .last()
            .is_some_and(|line| line.trim().is_empty())
        {
            section.body.pop();
        }
    }
    (prose, sections)
}

fn unparse(prose: &str, sections: &[Section]) -> String {
    let mut text = prose.to_owned();
    for (i, section) in sections.iter().enumerate() {
        let previous = i.checked_sub(1).map(|i| &sections[i]);
        if previous.is_some_and(|s| s.head.starts_with("file") || s.head == "out") {
            text.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "--- {}", section.head);
        for line in &section.body {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// A project on disk, and the program that runs it.
struct Stage {
    dir: PathBuf,
    words: String,
    program: Option<Running>,
    client: Option<Client>,
    saved: Instant,
    figures: Vec<String>,
}

impl Stage {
    fn new(name: &str) -> Stage {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("nostos-live-{}-{number}", std::process::id()));
        std::fs::create_dir_all(dir.join(name)).expect("a temporary folder");
        let stage = Stage {
            dir: dir.join(name),
            words: String::new(),
            program: None,
            client: None,
            saved: Instant::now(),
            figures: Vec::new(),
        };
        std::fs::write(stage.dir.join("words.nos"), WORDS).expect("written");
        std::fs::write(stage.words_path(), "").expect("written");
        stage
    }

    /// Beside the project, so that nobody takes it for a part of it.
    fn words_path(&self) -> PathBuf {
        self.dir.with_extension("words")
    }

    fn play(&mut self, section: &mut Section) -> Result<(), String> {
        let head = section.head.clone();
        let (word, rest) = head.split_once(' ').unwrap_or((&head, ""));
        match word {
            "file" => self.save(rest, &joined(&section.body)),
            "run" => self.start(rest),
            "say" => {
                for word in rest.split_whitespace() {
                    self.words.push_str(word);
                    self.words.push('\n');
                }
                // Renamed into place, so that the program never reads half of it.
                let new = self.dir.with_extension("new");
                std::fs::write(&new, &self.words)
                    .and_then(|()| std::fs::rename(&new, self.words_path()))
                    .map_err(|e| e.to_string())
            }
            "out" => self.out(&mut section.body),
            "until" => {
                let program = self.program()?;
                let mut passed = 0;
                while let Some(line) = program.line() {
                    if line.contains(rest) {
                        let millis = self.saved.elapsed().as_secs_f64() * 1e3;
                        self.figures.push(format!(
                            "`{rest}` came {millis:.1} ms after the last save, {passed} lines passed"
                        ));
                        return Ok(());
                    }
                    passed += 1;
                }
                Err(format!("did not come; {passed} lines passed"))
            }
            "edit" => {
                let new = edited(&self.text_of(rest)?, &section.body)?;
                self.save(rest, &new)
            }
            "delete" => std::fs::remove_file(self.dir.join(rest)).map_err(|e| e.to_string()),
            "load" => {
                let new = edited(&self.text_of(rest)?, &section.body)?;
                let path = self.dir.join(rest).display().to_string();
                self.saved = Instant::now();
                let arguments = json!({ "files": [{ "path": path, "text": new }] });
                // What came of it is what the event says, and `swapped` or `refused` read that.
                self.client()?.request("nostos/reload", arguments).map(drop)
            }
            "swapped" => self.swapped(rest),
            "refused" => self.refused(&section.body),
            "err" => {
                let program = self.program()?;
                section
                    .body
                    .iter()
                    .try_for_each(|text| program.error_with(text))
            }
            "end" => self.end(rest),
            _ => Err("no section is called so".into()),
        }
    }

    fn program(&mut self) -> Result<&mut Running, String> {
        self.program
            .as_mut()
            .ok_or_else(|| "the program does not run yet".into())
    }

    fn client(&mut self) -> Result<&mut Client, String> {
        self.client
            .as_mut()
            .ok_or_else(|| "the program does not run yet".into())
    }

    fn text_of(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.dir.join(name)).map_err(|e| format!("{name}: {e}"))
    }

    fn save(&mut self, name: &str, text: &str) -> Result<(), String> {
        let path = self.dir.join(name);
        let dir = path.parent().ok_or("a file has a folder")?;
        std::fs::create_dir_all(dir).map_err(|e| format!("{name}: {e}"))?;
        self.saved = Instant::now();
        std::fs::write(path, text).map_err(|e| format!("{name}: {e}"))
    }

    fn start(&mut self, args: &str) -> Result<(), String> {
        let socket = self.dir.with_extension("sock");
        let mut command = Command::new(nostos());
        command
            .arg("run")
            .arg(format!("--inspect={}", socket.display()));
        command.args(["--workers", "2"]).arg(&self.dir);
        command.arg(self.words_path()).args(args.split_whitespace());
        // Old code goes as soon as it can, so that whatever still needed it would show.
        command.env("NOSTOS_CODE", "stress");
        self.program = Some(Running::start(command));
        self.client = Some(Client::attach(&socket)?);
        Ok(())
    }

    fn out(&mut self, expected: &mut Vec<String>) -> Result<(), String> {
        let program = self.program()?;
        let mut found = Vec::new();
        if blessing() {
            found.extend(program.line());
            while let Some(line) = program.line_within(Duration::from_millis(500)) {
                found.push(line);
            }
            *expected = found;
            return Ok(());
        }
        for line in expected.iter() {
            match program.line() {
                Some(other) if other == *line => found.push(other),
                other => {
                    return Err(format!(
                        "after {} equal lines\n- {line}\n+ {}",
                        found.len(),
                        other.unwrap_or_else(|| "(nothing more)".into())
                    ));
                }
            }
        }
        Ok(())
    }

    fn reloaded(&mut self) -> Result<serde_json::Value, String> {
        self.client()?
            .event("nostos/reloaded")
            .ok_or_else(|| "the image has reported nothing".into())
    }

    fn swapped(&mut self, names: &str) -> Result<(), String> {
        let report = self.reloaded()?;
        let millis = self.saved.elapsed().as_secs_f64() * 1e3;
        if report["ok"] != true {
            return Err(format!("the image refused it: {}", messages(&report)));
        }
        let inside = report["micros"].as_u64().unwrap_or_default() as f64 / 1e3;
        self.figures.push(format!(
            "from save to report {millis:.1} ms, of which checking, compiling and swapping took {inside:.2} ms"
        ));
        let mut changed: Vec<&str> = report["changed"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str())
            .collect();
        changed.sort_unstable();
        changed.dedup();
        let mut expected: Vec<&str> = names.split_whitespace().collect();
        expected.sort_unstable();
        if changed != expected {
            return Err(format!("changed are {changed:?}, expected {expected:?}"));
        }
        Ok(())
    }

    fn refused(&mut self, expected: &[String]) -> Result<(), String> {
        let report = self.reloaded()?;
        if report["ok"] != false {
            return Err(format!("the image took it: {report}"));
        }
        let said = messages(&report);
        let mut rest = said.as_str();
        for text in expected {
            match rest.split_once(text.as_str()) {
                Some((_, after)) => rest = after,
                None => return Err(format!("`{text}` is missing from\n{said}")),
            }
        }
        Ok(())
    }

    fn end(&mut self, status: &str) -> Result<(), String> {
        let program = self.program()?;
        let ended = program.end().map_or("none".to_owned(), |n| n.to_string());
        if ended != status {
            return Err(format!("the exit status is {ended}"));
        }
        match program.line() {
            None => Ok(()),
            Some(line) => Err(format!("before that, it has written\n+ {line}")),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.program = None;
        // Left behind when it cannot be removed; the system clears its temporary folder.
        if let Some(dir) = self.dir.parent() {
            let _ = std::fs::remove_dir_all(dir);
        }
    }
}

fn joined(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The diagnostics of a report, a line each, as `file:line: message (hint)`.
fn messages(report: &serde_json::Value) -> String {
    let mut text = String::new();
    for found in report["diagnostics"].as_array().into_iter().flatten() {
        let path = found["path"].as_str().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        let line = found["range"]["start"]["line"].as_u64().unwrap_or_default() + 1;
        let message = found["message"].as_str().unwrap_or_default();
        let hint = found["hint"].as_str().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{file}:{line}: {message} ({hint})");
    }
    text
}

/// Applies `- ` and `+ ` lines to a text. Each group of `- ` lines must be there, once.
fn edited(text: &str, change: &[String]) -> Result<String, String> {
    let mut text = format!("\n{text}");
    let mut change = change.iter().peekable();
    while change.peek().is_some() {
        let mut group = |sign: char| -> String {
            let mut lines = String::from("\n");
            while let Some(line) = change.next_if(|line| line.starts_with(sign)) {
                lines.push_str(line[1..].strip_prefix(' ').unwrap_or(&line[1..]));
                lines.push('\n');
            }
            lines
        };
        let (old, new) = (group('-'), group('+'));
        if old == "\n" && new == "\n" {
            return Err("lines of an edit begin with `- ` or `+ `".into());
        }
        if old == "\n" {
            // Nothing to replace: the lines go to the end.
            text.push_str(&new[1..]);
            continue;
        }
        match text.matches(&old).count() {
            1 => text = text.replacen(&old, &new, 1),
            n => return Err(format!("these lines are there {n} times:{old}")),
        }
    }
    Ok(text[1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn edits_replace_lines() {
        let text = "a\nb\nc\n";
        assert_eq!(
            edited(text, &lines("- b\n+ x\n+ y")),
            Ok("a\nx\ny\nc\n".into())
        );
        assert_eq!(
            edited(text, &lines("- a\n+ x\n- c\n+ z")),
            Ok("x\nb\nz\n".into())
        );
        assert_eq!(edited(text, &lines("- b\n- c")), Ok("a\n".into()));
        assert_eq!(edited(text, &lines("+ d")), Ok("a\nb\nc\nd\n".into()));
        assert!(edited(text, &lines("- q\n+ x")).is_err());
        assert!(edited("a\nb\na\n", &lines("- a\n+ x")).is_err());
        assert!(edited(text, &lines("b")).is_err());
    }

    #[test]
    fn a_script_is_written_as_it_was_read() {
        let text =
            "Prose.\n\n--- file main.nos\nmain() = 1\n\n--- run\n--- out\none\n\n--- end 0\n";
        let (prose, sections) = parse(text);
        assert_eq!(unparse(&prose, &sections), text);
    }
}
