//! Runs a program without generating code: the interpreter, with the standard streams.

use crate::build::Build;
use crate::live::{no_main, unfit};
use crate::project::Project;
use nostos_check::deep::deep;
use nostos_check::query;
use nostos_check::render::Style;
use nostos_codegen::Options;
use nostos_interp::{Code, Config, Stream};

/// Checks a program and interprets it to its end; the status for the shell.
pub fn interpret(project: &Project, args: Vec<String>, style: Style) -> i32 {
    deep(|| {
        let options = Options {
            debug_sites: false,
            ..Options::default()
        };
        let mut build = Build::new(project, options);
        let wrong = build.errors();
        if !wrong.is_empty() {
            eprint!("{}", unfit(&build, project, &wrong, style).text);
            return 1;
        }
        let Some(main) = query::main_fn(&build.db) else {
            eprint!("{}", no_main(project));
            return 1;
        };
        let entry = query::entry(&build.db, main);
        let entry = build.codegen.entry_cell(entry);
        let code = Code::new();
        let mut output = write;
        let mut config = Config::new(&mut output);
        config.args = args;
        let ended = nostos_interp::run(&build.db, &mut build.codegen, &code, entry, config);
        match ended {
            Ok(reason) => reason.status(),
            Err(why) => {
                eprintln!("Error: {why}");
                1
            }
        }
    })
}

fn write(stream: Stream, text: &str) {
    let stream = match stream {
        Stream::Out => nostos_runtime::Stream::Out,
        Stream::Err => nostos_runtime::Stream::Err,
    };
    if !nostos_runtime::print(stream, text) {
        std::process::exit(nostos_runtime::NOT_READ);
    }
}
