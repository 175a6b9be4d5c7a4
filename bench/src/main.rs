//! Runs the same work in Nostos and in its peers, by turns, and says how the times compare.
//!
//! In: the sources of `bench/` and `examples/`, and whatever of `gcc`, `erl` and `go` is installed. Out: a table of medians and ratios.
//! Absent: any verdict. Times include starting the program; read ratios, and only those of one run.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// One piece of work and its size.
struct Workload {
    name: &'static str,
    /// The Nostos program, from the workspace's folder.
    nostos: &'static str,
    size: &'static str,
    about: &'static str,
}

const WORKLOADS: &[Workload] = &[
    Workload {
        name: "fib",
        nostos: "bench/nos/fib.nos",
        size: "38",
        about: "fib(38) by definition",
    },
    Workload {
        name: "nbody",
        nostos: "examples/nbody",
        size: "1000000",
        about: "1,000,000 steps of five bodies",
    },
    Workload {
        name: "trees",
        nostos: "examples/trees",
        size: "16",
        about: "binary trees up to depth 16",
    },
    Workload {
        name: "ring",
        nostos: "examples/ring",
        size: "1000000",
        about: "1,000,000 hops round 503 processes",
    },
];

/// A language that the work can be done in here.
struct Contender {
    name: &'static str,
    command: fn(&Workload, &Path) -> Command,
}

fn main() -> ExitCode {
    let rounds = match std::env::args().nth(1).map(|arg| arg.parse::<usize>()) {
        None => 5,
        Some(Ok(rounds)) if rounds > 0 => rounds,
        Some(_) => {
            eprintln!("usage: nostos-bench [ROUNDS]");
            return ExitCode::FAILURE;
        }
    };
    match compare(rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn compare(rounds: usize) -> Result<(), String> {
    let scratch = std::env::temp_dir().join(format!("nostos-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|e| e.to_string())?;
    let contenders = prepare(&scratch)?;
    println!(
        "Medians of {rounds} interleaved runs, in seconds, start-up included; in brackets Nostos' time divided by theirs.\n"
    );
    print!("{:8}", "");
    for contender in &contenders {
        print!("{:>18}", contender.name);
    }
    println!("   work");
    for workload in WORKLOADS {
        let mut times: Vec<Vec<Duration>> = contenders.iter().map(|_| Vec::new()).collect();
        let mut agreed: Option<(String, &str)> = None;
        for _ in 0..rounds {
            for (contender, times) in contenders.iter().zip(&mut times) {
                let (time, output) =
                    timed((contender.command)(workload, &scratch), contender.name)?;
                times.push(time);
                match &agreed {
                    None => agreed = Some((output, contender.name)),
                    Some((expected, whose)) if *expected != output => {
                        return Err(format!(
                            "{}: {} says\n{output}and {whose} says\n{expected}",
                            workload.name, contender.name
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        print!("{:8}", workload.name);
        for (i, median) in medians.iter().enumerate() {
            if i == 0 {
                print!("{median:>18.3}");
            } else {
                print!(
                    "{:>18}",
                    format!("{median:.3} [{:.2}]", medians[0] / median)
                );
            }
        }
        println!("   {}", workload.about);
    }
    std::fs::remove_dir_all(&scratch).map_err(|e| e.to_string())
}

/// Builds what can be built here. Nostos comes first.
fn prepare(scratch: &Path) -> Result<Vec<Contender>, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace()).args([
        "build",
        "--release",
        "--quiet",
        "-p",
        "nostos-cli",
        "--bins",
    ]);
    succeed(cargo, "building nostos")?;
    let mut contenders = vec![Contender {
        name: "nostos",
        command: nostos,
    }];
    if installed("gcc", "--version") {
        for workload in WORKLOADS {
            let mut gcc = Command::new("gcc");
            gcc.args(["-O2", "-o"])
                .arg(scratch.join(format!("{}-c", workload.name)));
            gcc.arg(workspace().join(format!("bench/c/{}.c", workload.name)))
                .arg("-lm");
            succeed(gcc, "gcc")?;
        }
        contenders.push(Contender {
            name: "C (gcc -O2)",
            command: |w, dir| sized(dir.join(format!("{}-c", w.name)), w),
        });
    }
    if installed("erlc", "-version") || installed("erlc", "--version") {
        for workload in WORKLOADS {
            let mut erlc = Command::new("erlc");
            erlc.arg("-o")
                .arg(scratch)
                .arg(workspace().join(format!("bench/erl/{}.erl", workload.name)));
            succeed(erlc, "erlc")?;
        }
        contenders.push(Contender {
            name: "Erlang",
            command: erlang,
        });
    }
    if installed("go", "version") {
        for workload in WORKLOADS {
            let mut go = Command::new("go");
            go.args(["build", "-o"])
                .arg(scratch.join(format!("{}-go", workload.name)));
            go.arg(workspace().join(format!("bench/go/{}.go", workload.name)));
            succeed(go, "go build")?;
        }
        contenders.push(Contender {
            name: "Go",
            command: |w, dir| sized(dir.join(format!("{}-go", w.name)), w),
        });
    }
    Ok(contenders)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("bench/ is in the workspace")
        .to_path_buf()
}

fn nostos(workload: &Workload, _: &Path) -> Command {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), PathBuf::from);
    let mut command = Command::new(target.join("release/nostos"));
    command
        .arg("run")
        .arg(workspace().join(workload.nostos))
        .arg(workload.size);
    command
}

fn erlang(workload: &Workload, dir: &Path) -> Command {
    let mut command = Command::new("erl");
    command.arg("-noshell").arg("-pa").arg(dir).args([
        "-run",
        workload.name,
        "main",
        workload.size,
    ]);
    command
}

fn sized(program: PathBuf, workload: &Workload) -> Command {
    let mut command = Command::new(program);
    command.arg(workload.size);
    command
}

fn installed(program: &str, question: &str) -> bool {
    Command::new(program)
        .arg(question)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn succeed(mut command: Command, what: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what}: {status}")),
        Err(e) => Err(format!("{what}: {e}")),
    }
}

fn timed(mut command: Command, name: &str) -> Result<(Duration, String), String> {
    let started = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{name}: {e}"))?;
    let time = started.elapsed();
    if !output.status.success() {
        return Err(format!("{name}: {}", output.status));
    }
    Ok((time, String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
