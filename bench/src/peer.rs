//! The languages: how a source becomes a program, and how that is started.

use crate::load::Load;
use crate::workload::Workload;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A column of the table.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Ours.
    Nostos {
        /// The `nostos` program.
        program: PathBuf,
        /// `--workers`, when asked for.
        workers: Option<u32>,
    },
    /// gcc -O2. Processes are fibres on one thread: a limit rather than a peer.
    C,
    /// erlc and erl, as they come.
    Erlang,
    /// go build, as it comes.
    Go,
}

/// Something to run: a program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// For messages.
    pub heading: &'static str,
    program: PathBuf,
    args: Vec<String>,
    dir: PathBuf,
    /// It is a server, to be asked this.
    pub served: Option<Load>,
}

impl Program {
    /// A command that has not been started yet; it reads nothing.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .current_dir(&self.dir)
            // A crashing Erlang leaves no file behind.
            .env("ERL_CRASH_DUMP_SECONDS", "0")
            // And has as many processes as a workload needs.
            .env("ERL_FLAGS", erlang_flags())
            .stdin(Stdio::null());
        command
    }
}

/// What the environment says, and room for two million processes: 262,144 is what it has otherwise.
fn erlang_flags() -> String {
    let own = std::env::var("ERL_FLAGS").unwrap_or_default();
    format!("+P 2000000 {own}")
}

impl Peer {
    /// Name of the column.
    pub fn heading(&self) -> &'static str {
        match self {
            Peer::Nostos { .. } => "Nostos",
            Peer::C => "C",
            Peer::Erlang => "Erlang",
            Peer::Go => "Go",
        }
    }

    /// The same on one worker, if it is ours.
    pub fn alone(&self) -> Peer {
        let mut peer = self.clone();
        if let Peer::Nostos { workers, .. } = &mut peer {
            *workers = Some(1);
        }
        peer
    }

    /// What is measured, in a line; the error says what is missing.
    pub fn version(&self) -> Result<String, String> {
        match self {
            Peer::Nostos { program, .. } => first_line(Command::new(program).arg("--version")),
            Peer::C => {
                first_line(Command::new("gcc").arg("--version")).map(|v| format!("{v}, -O2"))
            }
            Peer::Erlang => {
                let asked = "io:format(\"Erlang/OTP ~s, ~s, ~w schedulers~n\", [erlang:system_info(otp_release), \
                             erlang:system_info(emu_flavor), erlang:system_info(schedulers)]), halt().";
                first_line(Command::new("erlc").arg("-help"))?;
                first_line(Command::new("erl").args(["-noshell", "-eval", asked]))
            }
            Peer::Go => first_line(Command::new("go").arg("version")),
        }
    }

    /// Compiles the peer's source of a workload; `None` when there is none.
    pub fn prepare(
        &self,
        bench: &Path,
        workspace: &Path,
        out: &Path,
        workload: &Workload,
        (args, served): (&[String], Option<Load>),
    ) -> Result<Option<Program>, String> {
        let name = &workload.name;
        let source = match self {
            Peer::Nostos { .. } => workspace.join(&workload.nostos),
            Peer::C => bench.join("c").join(format!("{name}.c")),
            Peer::Erlang => bench.join("erl").join(format!("{name}.erl")),
            Peer::Go => bench.join("go").join(format!("{name}.go")),
        };
        if !source.exists() {
            return Ok(None);
        }
        let mut words: Vec<String> = Vec::new();
        let program = match self {
            Peer::Nostos { program, workers } => {
                words.push("run".into());
                if let Some(workers) = workers {
                    words.extend(["--workers".into(), workers.to_string()]);
                }
                words.push(source.display().to_string());
                program.clone()
            }
            Peer::C => {
                let binary = out.join(format!("{name}-c"));
                let mut gcc = Command::new("gcc");
                // Without fused operations, so that floats agree to the last digit.
                gcc.args(["-O2", "-ffp-contract=off", "-o"])
                    .arg(&binary)
                    .arg(&source)
                    .arg("-lm");
                compile(&mut gcc, &source)?;
                binary
            }
            Peer::Erlang => {
                compile(
                    Command::new("erlc").arg("-o").arg(out).arg(&source),
                    &source,
                )?;
                words.extend(["-noshell", "-noinput", "-pa"].map(str::to_owned));
                words.push(out.display().to_string());
                words.extend(["-run".into(), name.clone(), "main".into()]);
                // Without an argument, `-run` would call a function without parameters.
                if args.is_empty() {
                    words.push("nothing".into());
                }
                PathBuf::from("erl")
            }
            Peer::Go => {
                let binary = out.join(format!("{name}-go"));
                let mut go = Command::new("go");
                go.env("GOCACHE", out.join("go-cache"))
                    .arg("build")
                    .arg("-o")
                    .arg(&binary)
                    .arg(&source);
                compile(&mut go, &source)?;
                binary
            }
        };
        words.extend(args.iter().cloned());
        Ok(Some(Program {
            heading: self.heading(),
            program,
            args: words,
            dir: workspace.to_path_buf(),
            served,
        }))
    }
}

/// `nostos`, in release, in the same folder of cargo's output as this program.
pub fn build_nostos(workspace: &Path, target: &Path) -> Result<PathBuf, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(workspace)
        .args(["build", "--release", "-p", "nostos-cli", "--target-dir"])
        .arg(target);
    let status = cargo
        .status()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    if !status.success() {
        return Err("nostos does not build".into());
    }
    Ok(target.join("release/nostos"))
}

fn compile(command: &mut Command, source: &Path) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", source.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let err = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    Err(format!(
        "{} does not compile:\n{err}{out}",
        source.display()
    ))
}

fn first_line(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("`{name}` is not installed"),
        _ => format!("`{name}` does not start: {e}"),
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
