//! The command line. Translates words into calls of the session and of the other faces; decides nothing.
#![forbid(unsafe_code)]

mod fmt;
mod highlight;

use clap::{Parser, Subcommand};
use nostos_dap::image;
use nostos_session::test::{Said, Wanted};
use nostos_session::{Style, WhenFull};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Checking makes and frees small things by the million: a third of its time was the system's allocator.
#[cfg(not(nostos_asan))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A live, statically typed language with processes.
#[derive(Parser)]
#[command(name = "nostos", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a program: a source file, or a directory with main.nos.
    Run {
        /// Operating-system threads that run processes [default: one per core].
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
        workers: Option<u16>,
        /// Messages a process may have waiting: N, or N:end, N:drop, N:wait. With more it is ended, the message is lost, or its sender waits.
        #[arg(long, value_name = "N[:POLICY]", value_parser = nostos_session::mailbox_limit)]
        mailbox_limit: Option<(usize, WhenFull)>,
        /// What heaps and waiting messages of all processes may take, such as 512M: the process that holds most is ended.
        #[arg(long, value_name = "SIZE", value_parser = memory)]
        memory_limit: Option<usize>,
        /// Schedule by this number, with one worker and a clock of the program's own, so that it does the same each time.
        #[arg(long, value_name = "N", conflicts_with = "interpret")]
        seed: Option<u64>,
        /// Open a debug socket; without a path, at the usual place.
        #[arg(long, value_name = "SOCKET", num_args = 0..=1, require_equals = true)]
        inspect: Option<Option<PathBuf>>,
        /// Start main when the first client of the debug socket says so.
        #[arg(long, requires = "inspect")]
        wait: bool,
        /// Evaluate the program step by step instead of compiling it: slow, one process at a time, in virtual time.
        #[arg(long, conflicts_with_all = ["workers", "inspect", "mailbox_limit", "memory_limit"])]
        interpret: bool,
        /// The program, and its arguments: everything behind FILE is the program's.
        #[arg(
            value_names = ["FILE|DIR", "ARGS"],
            required = true,
            num_args = 1..,
            trailing_var_arg = true
        )]
        program: Vec<String>,
    },
    /// Run the `test` items of a program.
    Test {
        /// Lines for people, or one JSON object a line for tools.
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
        format: String,
        /// TEXT is a whole title, or FILE:TITLE.
        #[arg(long)]
        exact: bool,
        /// Run none, only say which there are.
        #[arg(long)]
        list: bool,
        /// Seconds a test may take; one that takes longer is ended and has failed.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
        /// The program; it needs no main.
        #[arg(value_name = "FILE|DIR")]
        program: PathBuf,
        /// Only tests with one of these texts in their titles.
        #[arg(value_name = "TEXT")]
        titles: Vec<String>,
    },
    /// Print a program with its macros expanded.
    Expand {
        /// The program.
        #[arg(value_name = "FILE|DIR")]
        program: PathBuf,
    },
    /// Check a program without running it.
    Check {
        /// The program.
        #[arg(value_name = "FILE|DIR")]
        program: PathBuf,
    },
    /// Print a source file in colours.
    Highlight {
        /// The file, or - for standard input.
        #[arg(value_name = "FILE|-")]
        file: PathBuf,
        /// As a page, with colours for light and dark.
        #[arg(long)]
        html: bool,
        /// When there are colours.
        #[arg(long, value_name = "WHEN", default_value = "auto")]
        color: highlight::Colours,
    },
    /// Write source files in the one style.
    Fmt {
        /// Files, directories with all their .nos files, or - for standard input to standard output [default: the current directory].
        #[arg(value_name = "FILE|DIR|-")]
        paths: Vec<PathBuf>,
        /// Change nothing; name the files that are not in the style, with exit status 1 if there are any.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if let Err(problem) = nostos_session::check_environment() {
        return status_of(fail(&problem));
    }
    let status = match command {
        Command::Run {
            workers,
            mailbox_limit,
            memory_limit,
            seed,
            inspect,
            wait,
            interpret,
            mut program,
        } => {
            let args = program.split_off(1);
            if interpret {
                let program = PathBuf::from(program.remove(0));
                return status_of(interpreted(&program, args));
            }
            if seed.is_some() && workers.is_some_and(|workers| workers > 1) {
                return status_of(fail(&"`--seed` is for one worker: `--workers 1`"));
            }
            image::run(image::Command {
                mailbox_limit,
                memory_limit,
                seed,
                inspect,
                wait,
                with_parent: None,
                with_launcher: false,
                test: None,
                workers: workers.map(usize::from),
                program: PathBuf::from(program.remove(0)),
                args,
            })
        }
        Command::Test {
            format,
            exact,
            list,
            limit,
            program,
            titles,
        } => {
            let wanted = Wanted {
                titles,
                exact,
                only_list: list,
                limit: limit.map(Duration::from_secs),
            };
            match format.as_str() {
                "json" => nostos_dap::tested::json(&program, &wanted),
                _ => test(&program, &wanted),
            }
        }
        Command::Check { program } => check(&program),
        Command::Expand { program } => expand(&program),
        Command::Highlight { file, html, color } => highlight::run(&file, html, color),
        Command::Fmt { paths, check } => fmt::run(&paths, check),
    };
    status_of(status)
}

fn memory(text: &str) -> Result<usize, String> {
    let size = nostos_session::size(text).filter(|size| *size > 0);
    size.ok_or_else(|| "a number of bytes, or of K, M or G".into())
}

fn status_of(status: i32) -> ExitCode {
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

fn interpreted(program: &Path, args: Vec<String>) -> i32 {
    match nostos_session::project::Project::open(program) {
        Ok(project) => nostos_session::interpret::interpret(&project, args, style()),
        Err(error) => fail(&error),
    }
}

fn check(program: &Path) -> i32 {
    match nostos_session::check(program, style()) {
        Ok(found) => {
            eprint!("{}", found.text);
            i32::from(found.errors > 0)
        }
        Err(error) => fail(&error),
    }
}

fn test(program: &Path, wanted: &Wanted) -> i32 {
    let project = match nostos_session::project::Project::open(program) {
        Ok(project) => project,
        Err(error) => return fail(&error),
    };
    let config = nostos_session::Config::from_env();
    let tell = |said: Said<'_>| match said {
        Said::Found(test) if wanted.only_list => {
            println!("{}:{}  {}", test.file, test.line, test.title);
        }
        Said::Found(_) | Said::Began(_) | Said::Skipped(_) => {}
        Said::Passed(test, _) => println!("ok      {}", test.title),
        Said::Failed(test, _, why) => {
            println!("FAILED  {}", test.title);
            let lines = why.message.lines();
            for line in lines.chain(why.lines.iter().map(String::as_str)) {
                println!("        {line}");
            }
        }
        Said::Done(..) if wanted.only_list => {}
        Said::Done(summary, _) => println!("{summary}"),
    };
    match nostos_session::test::run(project, config, style(), wanted, tell) {
        Ok(summary) => i32::from(summary.failed > 0),
        Err(unfit) => {
            eprint!("{}", unfit.text);
            1
        }
    }
}

fn expand(program: &Path) -> i32 {
    match nostos_session::expand(program, style()) {
        Ok((text, found)) => {
            print!("{text}");
            eprint!("{}", found.text);
            i32::from(found.errors > 0)
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> i32 {
    eprintln!("Error: {error}");
    1
}

/// Colours when a person reads.
fn style() -> Style {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stderr().is_terminal() && !plain {
        Style::Ansi
    } else {
        Style::Plain
    }
}
