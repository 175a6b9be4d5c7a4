//! `nostos-dap`: the debug adapter on stdio or, with `--listen`, on a port of this machine; and, as `nostos-dap __image …`, the image it launches.
#![forbid(unsafe_code)]

use nostos_dap::listen::{self, Door};
use std::ffi::OsString;
use std::io::Write as _;

const HELP: &str = "nostos-dap: a debug adapter (DAP) on stdin and stdout; editors start it.

  --listen ADDRESS   serves clients that connect to an address of this machine (127.0.0.1:0: any free port) and say the token that is printed";

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    let image = match std::env::current_exe() {
        Ok(exe) => [exe.into_os_string(), OsString::from("__image")],
        Err(error) => end(1, &format!("cannot find itself: {error}")),
    };
    match first.as_deref() {
        Some("__image") => std::process::exit(nostos_dap::image_main(args.collect())),
        Some("--help" | "-h") => println!("{HELP}"),
        Some("--listen") => listen(args.collect(), &image),
        Some(other) => match other.strip_prefix("--listen=") {
            Some(address) => listen(vec![address.to_owned()], &image),
            None => end(2, &format!("`{other}` is not known; there is `--listen`")),
        },
        None => nostos_dap::adapter::run(&image, std::io::stdin().lock(), std::io::stdout()),
    }
}

fn listen(args: Vec<String>, image: &[OsString]) {
    let address = match args.as_slice() {
        [address] => listen::address(address).unwrap_or_else(|why| end(2, &why)),
        _ => end(2, "`--listen` takes one address: 127.0.0.1:0"),
    };
    let opened = Door::open(address, listen::Patience::default()).and_then(|door| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {}", door.address()?)?;
        writeln!(out, "token: {}", door.token())?;
        out.flush()?;
        Ok(door)
    });
    match opened {
        Ok(door) => door.serve(image),
        Err(error) => end(1, &format!("{address} cannot be listened on: {error}")),
    }
}

fn end(status: i32, why: &str) -> ! {
    eprintln!("nostos-dap: {why}");
    std::process::exit(status);
}
