//! `nostos-tui [DIR|FILE] [ARGS…]`: the terminal IDE. With the hidden first argument `__image` this program is an image instead.
#![forbid(unsafe_code)]

use clap::Parser;
use nostos_tui::launch::{IMAGE, Source, TEST};
use nostos_tui::shell::{self, Exit, Options};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checking makes and frees small things by the million: a third of its time was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The terminal IDE of Nostos: opens a project, starts its image, shows both.
#[derive(Parser)]
#[command(name = "nostos-tui", version)]
struct Arguments {
    /// The project's directory, or a file of it.
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Arguments of the program that is run.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Attach to an image that runs already: the number of its process (it was started with --inspect), or its socket.
    #[arg(long, value_name = "PID|SOCKET")]
    attach: Option<PathBuf>,
    /// Start this program as the image.
    #[arg(long, value_name = "PROGRAM", hide = true)]
    image: Option<PathBuf>,
    /// Colours: mocha, latte, dusk, fjord, paper, contrast, ansi, mono, or one of your own.
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Keys: helix or standard.
    #[arg(long, value_name = "PRESET", default_value = "helix")]
    keys: String,
    /// Use no marks beyond ASCII.
    #[arg(long)]
    ascii: bool,
    /// Do not open what was open last time, and ask nothing.
    #[arg(long)]
    fresh: bool,
    /// Take the tutorial, in a project of its own.
    #[arg(long)]
    tutor: bool,
    /// What to go back to after the tutorial: arguments of this program, as JSON.
    #[arg(long, hide = true, value_name = "ARGUMENTS")]
    afterwards: Option<String>,
}

fn main() -> ExitCode {
    let all: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    if all.first().is_some_and(|a| a == IMAGE) {
        let status = nostos_dap::image_main(all.into_iter().skip(1).collect());
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    if all.first().is_some_and(|a| a == TEST) {
        let status = nostos_dap::test_main(all.into_iter().skip(1).collect());
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    let mut arguments = Arguments::parse();
    let mut copy = None;
    let result = if arguments.tutor {
        nostos_tui::swap::tutor_project()
            .map_err(|e| format!("no folder for the tutorial's project: {e}"))
            .map(|project| {
                copy = project.parent().map(Path::to_owned);
                arguments.project = project;
            })
    } else {
        Ok(())
    };
    let afterwards = arguments.afterwards.clone();
    let result = result
        .and_then(|()| options(arguments))
        .and_then(|o| shell::run(o).map_err(|e| e.to_string()));
    if let Some(copy) = copy {
        // What cannot be removed is left to the system, which clears its place for such things.
        let _ = std::fs::remove_dir_all(copy);
    }
    let next = match (&result, afterwards) {
        (Ok(Exit::Tutor), _) => {
            let back = serde_json::to_string(&all).unwrap_or_default();
            Some(vec!["--tutor".to_owned(), "--afterwards".to_owned(), back])
        }
        (Ok(Exit::Left), Some(back)) => serde_json::from_str(&back).ok(),
        _ => None,
    };
    let result = result.map_err(|why| why.to_string());
    match result.and_then(|_| next.map_or(Ok(()), |next| Err(give_way(&next)))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("nostos-tui: {why}");
            ExitCode::from(2)
        }
    }
}

/// Becomes this program with other arguments; comes back only with the reason why not.
fn give_way(arguments: &[String]) -> String {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return format!("cannot find this program again: {e}"),
    };
    let why = std::process::Command::new(program).args(arguments).exec();
    format!("cannot start again: {why}")
}

fn options(arguments: Arguments) -> Result<Options, String> {
    let given = &arguments.project;
    let project = std::fs::canonicalize(given).map_err(|e| format!("{}: {e}", given.display()))?;
    let (root, file) = if project.is_dir() {
        let file = first_file(&project);
        (project.clone(), file)
    } else {
        let root = project
            .parent()
            .map_or_else(|| PathBuf::from("/"), Path::to_owned);
        (root, Some(project.clone()))
    };
    let themes = nostos_tui::swap::configs(&root)
        .into_iter()
        .next()
        .and_then(|c| Some(c.parent()?.join("themes")));
    let wrong = themes
        .map(|folder| nostos_tui::theme::load(&folder))
        .unwrap_or_default();
    let named = !project.is_dir();
    if let Err(e) = std::fs::read_dir(&root) {
        return Err(format!("{}: {e}", root.display()));
    }
    if let Some(name) = arguments
        .theme
        .as_deref()
        .filter(|n| nostos_tui::theme::Theme::named(n).is_none())
    {
        return Err(format!(
            "no theme is called `{name}`; there are {}",
            nostos_tui::theme::names().join(", ")
        ));
    }
    let standard = match arguments.keys.as_str() {
        "helix" => false,
        "standard" => true,
        other => {
            return Err(format!(
                "no keys are called `{other}`; there are helix and standard"
            ));
        }
    };
    let tested = project.clone();
    let source = match (arguments.attach, arguments.image) {
        (Some(image), _) => Source::Attach(nostos_tui::launch::socket_of(image)),
        (None, Some(program)) => Source::Start {
            program,
            first: Vec::new(),
            project,
            args: arguments.args,
        },
        (None, None) => {
            let program = std::env::current_exe()
                .map_err(|e| format!("cannot find this program again: {e}"))?;
            Source::Start {
                program,
                first: vec![IMAGE.to_owned()],
                project,
                args: arguments.args,
            }
        }
    };
    Ok(Options {
        root,
        file,
        project: tested,
        source,
        theme: arguments.theme,
        ascii: arguments.ascii,
        standard,
        named,
        wrong,
        restore: !arguments.fresh && !arguments.tutor,
        fresh: arguments.fresh || arguments.tutor,
        tutor: arguments.tutor.then(nostos_tui::swap::lesson),
    })
}

/// The file a project begins with.
fn first_file(root: &Path) -> Option<PathBuf> {
    let main = ["main.nos", "src/main.nos"]
        .iter()
        .map(|f| root.join(f))
        .find(|f| f.is_file());
    main.or_else(|| {
        nostos_tui::disk::list(root)
            .into_iter()
            .find(|f| f.ends_with(".nos"))
            .map(|f| root.join(f))
    })
}
