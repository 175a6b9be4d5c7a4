//! The scripted image of the tests as a program: `nostos-tui --image target/debug/examples/fake_image DIR` shows every screen without
//! anything being run.
#![forbid(unsafe_code)]

#[path = "../tests/tui/fake.rs"]
mod fake;

use std::os::unix::net::UnixListener;

fn main() -> std::io::Result<()> {
    let socket = std::env::args().find_map(|a| a.strip_prefix("--inspect=").map(str::to_owned));
    let Some(socket) = socket else {
        eprintln!("usage: fake_image --inspect=SOCKET [--wait] DIR");
        std::process::exit(2);
    };
    let listener = UnixListener::bind(socket)?;
    let (stream, _) = listener.accept()?;
    let mut world = fake::World::new();
    world.crowd = std::env::var("CROWD")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    fake::serve(stream, &mut world)
}
