//! Measures Nostos against other languages, by whole programs: `cargo run --release -p nostos-bench`.
//!
//! In: `workloads.toml` and the sources in `nos/`, `c/`, `erl/`, `go/`. Out: a table of medians and ratios.
//! Absent: thresholds. Figures are for people; nothing fails because a machine is slow.
#![forbid(unsafe_code)]

mod frontend;
mod generate;
mod load;
mod machine;
mod measure;
mod peer;
mod sites;
mod table;
mod tui;
mod workload;

use clap::Parser;
use load::Load;
use measure::{Cell, measure};
use peer::{Peer, Program};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workload::Workload;

/// Checking makes and frees small things by the million: a third of its time was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the workloads in Nostos, C, Erlang and Go, in turns, and prints medians and ratios.
#[derive(Parser)]
#[command(name = "nostos-bench")]
struct Options {
    /// Only workloads whose name contains one of these; also those that are left out by default.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// All workloads, also those that are left out by default.
    #[arg(long)]
    all: bool,
    /// How often everything is run.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Small sizes and one round: shows that everything works, measures nothing.
    #[arg(long)]
    quick: bool,
    /// `--workers` of `nostos run` [default: what it takes itself].
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Also writes the table to a file.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Measures the compiler instead: parsing, checking, machine code, memory, on a generated project.
    #[arg(long)]
    frontend: bool,
    /// Measures instead what it costs that code can be stopped: without places to stop at, with them, with breakpoints that nothing comes to.
    #[arg(long)]
    sites: bool,
    /// Measures instead the terminal IDE in a pseudo-terminal: from key to frame, at rest, from start to frame, memory.
    #[arg(long)]
    tui: bool,
    /// With `--tui`: the program, instead of the one beside this one.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// With `--tui`: only these parts (key, full, rest, start, memory, million).
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    parts: Vec<String>,
    /// Lines of the generated project.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    lines: usize,
    /// With `--frontend`: a generated project in a folder instead.
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Writes the generated project to a folder, and does nothing else.
    #[arg(long, value_name = "DIR")]
    generate: Option<PathBuf>,
    /// A `nostos` program built elsewhere, instead of building it in release.
    #[arg(long, value_name = "PROGRAM")]
    nostos: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("nostos-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

/// `false` when a program failed or two of them disagree.
fn run(options: &Options) -> Result<bool, String> {
    if let Some(folder) = &options.generate {
        return frontend::write(folder, options.lines).map(|()| true);
    }
    if options.frontend {
        return frontend::report(options.lines, options.project.as_ref()).map(|()| true);
    }
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = bench.parent().ok_or("bench/ has no parent folder")?;
    if options.tui {
        let beside = workspace_target(workspace).join("release/nostos-tui");
        let program = options.program.as_ref().unwrap_or(&beside);
        return tui::report(program, bench, &options.parts).map(|()| true);
    }
    if options.sites {
        let nostos = nostos(options, workspace)?;
        // Ratios of a hundredth want many rounds, and rounds are short.
        let rounds = options.rounds as usize * 10;
        return sites::report(&nostos, bench, rounds, options.quick).map(|()| true);
    }
    let all = workload::load(&bench.join("workloads.toml"))?;
    let chosen: Vec<&Workload> = all.iter().filter(|w| wanted(options, w)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|w| w.name.as_str()).collect();
        return Err(format!(
            "no workload is called so; there are {}",
            names.join(", ")
        ));
    }
    let built = Build {
        bench,
        workspace,
        out: workspace_target(workspace).join("bench"),
        options,
    };
    std::fs::create_dir_all(&built.out).map_err(|e| format!("{}: {e}", built.out.display()))?;
    let (peers, missing) = built.peers()?;
    for note in &missing {
        eprintln!("{note}");
    }

    let rounds = if options.quick { 1 } else { options.rounds };
    let mut rows = Vec::new();
    let start_up = built.row(&peers, &workload::empty(), (&[], None))?;
    rows.push((
        workload::empty(),
        measure("start-up", &start_up, rounds, &[]).0,
    ));
    let headings: Vec<&str> = peers.iter().map(Peer::heading).collect();
    let mut figures = Vec::new();
    let base: Vec<Option<f64>> = rows[0].1.iter().map(Cell::median).collect();
    for workload in chosen {
        let args = if options.quick {
            (workload.quick.as_slice(), workload.quick_served)
        } else {
            (workload.args.as_slice(), workload.served)
        };
        let mut programs = built.row(&peers, workload, args)?;
        let mut base = base.clone();
        if workload.alone {
            programs.extend(built.row(&[peers[0].alone()], workload, args)?);
            base.push(base[0]);
        }
        let (mut cells, own) = measure(&workload.name, &programs, rounds, &base);
        let alone = cells.drain(peers.len()..).next();
        if let Some(alone) = alone {
            let cores = alone.median().zip(cells[0].median());
            let cores = cores.map(|(alone, all)| {
                let name = &workload.name;
                format!("{name}, one worker / all: {:.2}", alone / all)
            });
            figures.extend(cores);
        }
        rows.push((workload.clone(), cells));
        figures.extend(own.lines(&workload.name, &headings));
    }

    let table = table::render(&headings, &rows, figures, options.quick);
    println!("\n{}", table.text());
    for note in table.notes() {
        println!("{note}");
    }
    if let Some(file) = &options.markdown {
        let text = table.markdown(&machine::describe(&peers), &missing, rounds);
        std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(table.sound())
}

fn wanted(options: &Options, workload: &Workload) -> bool {
    if options.only.is_empty() {
        return options.all || !workload.more;
    }
    options.only.iter().any(|name| workload.name.contains(name))
}

/// The folder of cargo's output: where this program itself lies, two levels up.
fn workspace_target(workspace: &Path) -> PathBuf {
    let own = std::env::current_exe().ok();
    let target = own
        .as_deref()
        .and_then(|p| p.ancestors().nth(2))
        .map(Path::to_path_buf);
    target.unwrap_or_else(|| workspace.join("target"))
}

/// The `nostos` to measure.
fn nostos(options: &Options, workspace: &Path) -> Result<PathBuf, String> {
    match &options.nostos {
        Some(path) => path
            .canonicalize()
            .map_err(|e| format!("{}: {e}", path.display())),
        None => peer::build_nostos(workspace, &workspace_target(workspace)),
    }
}

/// Everything that turns sources into programs.
struct Build<'a> {
    bench: &'a Path,
    workspace: &'a Path,
    out: PathBuf,
    options: &'a Options,
}

impl Build<'_> {
    /// Nostos first, then those peers whose compiler is there; and a sentence for each that is not.
    fn peers(&self) -> Result<(Vec<Peer>, Vec<String>), String> {
        let mut peers = vec![Peer::Nostos {
            program: nostos(self.options, self.workspace)?,
            workers: self.options.workers,
        }];
        let mut missing = Vec::new();
        for peer in [Peer::C, Peer::Erlang, Peer::Go] {
            match peer.version() {
                Ok(_) => peers.push(peer),
                Err(why) => missing.push(format!("{} is left out: {why}", peer.heading())),
            }
        }
        Ok((peers, missing))
    }

    /// The programs of one workload, by peer; `None` where a peer has no source of it.
    fn row(
        &self,
        peers: &[Peer],
        workload: &Workload,
        args: (&[String], Option<Load>),
    ) -> Result<Vec<Option<Program>>, String> {
        peers
            .iter()
            .map(|peer| peer.prepare(self.bench, self.workspace, &self.out, workload, args))
            .collect()
    }
}
