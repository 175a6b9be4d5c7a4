//! `nostos-dap`: the debug adapter on stdio, and, as `nostos-dap __image …`, the image it launches.
#![forbid(unsafe_code)]

use std::ffi::OsString;

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("__image") => std::process::exit(nostos_dap::image_main(args.collect())),
        Some("--help" | "-h") => {
            println!("nostos-dap: a debug adapter (DAP) on stdin and stdout; editors start it.");
        }
        Some(other) => {
            eprintln!("nostos-dap: `{other}` is not known; it takes no arguments");
            std::process::exit(2);
        }
        None => match std::env::current_exe() {
            Ok(exe) => {
                let image = [exe.into_os_string(), OsString::from("__image")];
                nostos_dap::adapter::run(&image, std::io::stdin().lock(), std::io::stdout());
            }
            Err(error) => {
                eprintln!("nostos-dap: cannot find itself: {error}");
                std::process::exit(1);
            }
        },
    }
}
