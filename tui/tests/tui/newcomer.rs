//! A newcomer in a real terminal: the first start, the tutorial, the terminal's background, suspending, closed folders.

use crate::driver::project;
use crate::tty::{Terminal, image};
use nostos_tui::keys::{self, Code, Key};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home without settings.
fn new_home(name: &str) -> PathBuf {
    let home = std::env::temp_dir().join(format!("nostos-tui-new-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(&home).expect("it is writable");
    home
}

fn at_home(arguments: &[&str], size: (u16, u16), home: &Path) -> Terminal {
    Terminal::with(arguments, size, |c| {
        c.env("XDG_STATE_HOME", home);
        c.env("XDG_CONFIG_HOME", home);
        c.env("TMPDIR", home);
    })
}

#[test]
fn the_first_start_asks_and_the_second_does_not() {
    let home = new_home("first");
    let root = project("new-first");
    let arguments = ["--attach", "/nonexistent/socket", root.to_str().unwrap()];
    let mut t = at_home(&arguments, (140, 30), &home);
    t.shows("begin with the tutorial");
    t.send("s");
    t.send("b");
    t.shows("use bank.*");
    t.shows("standard keys");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
    let text = std::fs::read_to_string(home.join("nostos/tui.toml")).unwrap();
    assert_eq!(text, "keys = \"standard\"\ntheme = \"auto\"\n");
    let mut t = at_home(&arguments, (140, 30), &home);
    t.shows("use bank.*");
    t.shows("standard keys");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
    // With the other one nothing is asked and nothing is written.
    let fresh = new_home("fresh");
    let mut t = at_home(
        &[
            "--fresh",
            "--attach",
            "/nonexistent/socket",
            root.to_str().unwrap(),
        ],
        (140, 30),
        &fresh,
    );
    t.shows("use bank.*");
    t.shows("helix keys");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
    assert!(!fresh.join("nostos/tui.toml").exists());
}

#[test]
fn the_tutorial_is_taken_from_the_first_start_left_and_gone_on_with() {
    let home = new_home("tutor");
    let root = project("new-tutor");
    let arguments = ["--attach", "/nonexistent/socket", root.to_str().unwrap()];
    let mut t = at_home(&arguments, (100, 30), &home);
    t.shows("begin with the tutorial");
    t.send("t");
    t.shows("Where things are");
    t.send("?");
    t.shows("1 of 4 done");
    t.send("q");
    t.shows("2 of 4 done");
    t.send("\x1b2");
    t.shows("3 of 4 done");
    t.send("\x1b1");
    t.shows("Moving");
    t.shows("A page to practise on");
    // Leaving goes back to what was open.
    t.send(":q\r");
    t.shows("use bank.*");
    let kept = std::fs::read_to_string(home.join("nostos/tui/tutor")).unwrap();
    assert_eq!(kept, "1\n");
    t.send(":tutor\r");
    t.shows("A page to practise on");
    t.send(":q\r");
    t.shows("use bank.*");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
    let left = std::fs::read_dir(&home).unwrap().flatten();
    let left = left.filter(|f| f.file_name().to_string_lossy().starts_with("nostos-tutor"));
    assert_eq!(left.count(), 0, "the tutorial's project stays behind");
}

#[test]
fn the_tutorial_can_be_all_there_is() {
    let home = new_home("only");
    let mut t = at_home(&["--tutor"], (100, 30), &home);
    t.shows("Where things are");
    t.shows("2 proc");
    t.send(":q\r");
    assert_eq!(t.exit().0, 0);
    assert!(!home.join("nostos/tui.toml").exists());
}

/// Whether most of the screen is light.
fn is_light(screen: &vt100::Screen) -> bool {
    screen.cell(10, 40).is_some_and(|c| match c.bgcolor() {
        vt100::Color::Rgb(r, ..) => r > 128,
        _ => false,
    })
}

#[test]
fn colours_follow_the_background_and_keys_are_not_lost_meanwhile() {
    let root = project("new-ground");
    let arguments = ["--attach", "/nonexistent/socket", root.to_str().unwrap()];
    let mut t = Terminal::start(&arguments, (80, 24));
    // The first frame waits for no answer.
    t.shows("use bank.*");
    t.writes(b"\x1b]11;?\x1b\\");
    assert!(!is_light(t.parser.screen()));
    t.send("ione \x1b]11;rgb:fafa/fafa/fafa\x1b\\two ");
    t.until("a light screen", is_light);
    t.shows("one two use bank.*");
    // It has become dark, and the window has the focus again.
    t.raw.clear();
    t.send("\x1b[I");
    t.writes(b"\x1b]11;?\x1b\\");
    t.send("\x1b]11;rgb:1010/1010/1010\x07three ");
    t.until("a dark screen", |s| !is_light(s));
    t.shows("one two three use bank.*");
    t.send("\x11");
    t.shows("unsaved changes");
    t.send("q");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn it_is_suspended_and_comes_back() {
    let root = project("new-suspend");
    let (socket, _kill) = image(&root);
    let mut t = Terminal::with(&[], (80, 24), |c| {
        *c.get_argv_mut() = ["sh", "-i"].map(Into::into).to_vec();
        c.env("PS1", "ready> ");
        c.env_remove("ENV");
    });
    t.shows("ready> ");
    let program = env!("CARGO_BIN_EXE_nostos-tui");
    t.send(&format!(
        "{program} --attach {} {}\r",
        socket.display(),
        root.display()
    ));
    t.shows("use bank.*");
    t.shows("5 proc");
    t.send("ihello \x1b");
    t.shows("NOR");
    t.shows("hello use bank.*");
    t.send("\x1a");
    t.until("the shell has the terminal", |s| {
        !s.alternate_screen()
            && s.mouse_protocol_mode() == vt100::MouseProtocolMode::None
            && s.contents().trim_end().ends_with("ready>")
    });
    t.send("fg\r");
    t.until("it is back", |s| {
        s.alternate_screen()
            && s.mouse_protocol_mode() != vt100::MouseProtocolMode::None
            && s.contents().contains("hello use bank.*")
    });
    // It still listens.
    t.send("G");
    t.shows("main.nos 11:1");
    t.send(":q!\r");
    t.until("the shell has the terminal", |s| {
        !s.alternate_screen() && s.contents().trim_end().ends_with("ready>")
    });
    t.send("exit\r");
    assert_eq!(t.exit().0, 0);
}

/// Somebody else than this user: the words that run a program as nobody. `None` with a note: not here.
fn as_nobody() -> Option<Vec<String>> {
    let words = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ];
    let program = env!("CARGO_BIN_EXE_nostos-tui");
    let works = Command::new(words[0])
        .args(&words[1..])
        .args([program, "--version"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !works {
        eprintln!("nobody cannot be played here: setpriv is missing or not allowed");
    }
    works.then(|| words.map(str::to_owned).to_vec())
}

#[test]
fn a_closed_folder_is_said_to_who_may_not_open_it() {
    use std::os::unix::fs::PermissionsExt;
    let Some(nobody) = as_nobody() else { return };
    let root = project("new-closed");
    let mode = |path: &Path, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, permissions).expect("it is ours");
    };
    let closed = root.join("closed");
    std::fs::create_dir(&closed).unwrap();
    mode(&root, 0o755);
    mode(&closed, 0o700);
    let run = |folder: &Path, arguments: &[&str]| {
        let (nobody, folder) = (nobody.clone(), folder.to_str().unwrap().to_owned());
        let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
        Terminal::with(&[], (120, 24), move |c| {
            let mut words = nobody.clone();
            words.push(env!("CARGO_BIN_EXE_nostos-tui").to_owned());
            words.extend(arguments.clone());
            words.push(folder.clone());
            *c.get_argv_mut() = words.into_iter().map(Into::into).collect();
        })
    };
    let (status, parser) = run(&closed, &[]).exit();
    assert_eq!(status, 2);
    let said = parser.screen().contents();
    assert!(said.contains("closed: Permission denied"), "{said}");
    // One whose files may be read but not written, with a home that is somebody else's: it opens, and what fails is said.
    let mut t = run(&root, &["--attach", "/nonexistent/socket"]);
    t.shows("use bank.*");
    t.send("ix\x13");
    t.shows("ermission denied");
    t.send("\x11");
    t.shows("unsaved changes");
    t.send("q");
    assert_eq!(t.exit().0, 0);
}

/// A key as a terminal sends it.
fn bytes(key: &Key) -> String {
    let alt = if key.alt { "\x1b" } else { "" };
    let sent = match key.code {
        Code::Char(c) if key.ctrl => char::from(c as u8 & 0x1f).to_string(),
        Code::Char(c) => c.to_string(),
        Code::Enter => "\r".to_owned(),
        Code::Esc => "\x1b".to_owned(),
        Code::Up => "\x1b[A".to_owned(),
        Code::Down => "\x1b[B".to_owned(),
        Code::F(5) => "\x1b[15~".to_owned(),
        Code::F(9) => "\x1b[20~".to_owned(),
        Code::F(10) => "\x1b[21~".to_owned(),
        other => panic!("the script has no bytes for {other:?}"),
    };
    format!("{alt}{sent}")
}

#[test]
fn a_newcomer_finds_their_way() {
    let home = new_home("session");
    let bank = home.join("bank");
    std::fs::create_dir(&bank).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bank");
    for file in std::fs::read_dir(examples).unwrap().flatten() {
        std::fs::copy(file.path(), bank.join(file.file_name())).unwrap();
    }
    let mut t = at_home(&[bank.to_str().unwrap(), "audited"], (120, 40), &home);
    for (n, line) in include_str!("newcomer.keys").lines().enumerate() {
        let what = format!("line {} of newcomer.keys: {line}", n + 1);
        match line.split_once(' ') {
            Some((">", keys)) => {
                let keys = keys::parse(keys).unwrap_or_else(|e| panic!("{what}: {e}"));
                t.send(&keys.iter().map(bytes).collect::<String>());
            }
            Some(("=", text)) => t.until(&what, |s| s.contents().contains(text)),
            Some(("!", text)) => t.until(&what, |s| !s.contents().contains(text)),
            _ => assert!(line.is_empty() || line.starts_with('#'), "{what}"),
        }
    }
    assert_eq!(t.exit().0, 0);
    let text = std::fs::read_to_string(bank.join("auditor.nos")).unwrap();
    assert!(
        text.contains("\n  Failed(_, _) -> serve(made, money)\n"),
        "{text}"
    );
}

#[test]
fn an_image_is_found_by_its_process_or_by_the_adapter_that_started_it() {
    let root = project("new-attach");
    std::fs::create_dir(root.join("nostos")).unwrap();
    let (socket, _kill) = image(&root);
    // A process whose command line names the socket.
    let mut named = Command::new("sh")
        .args(["-c", "read line", "sh"])
        .arg(format!("--inspect={}", socket.display()))
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let attach = |number: &str| {
        let arguments = ["--attach", number, root.to_str().unwrap()];
        let mut t = Terminal::with(&arguments, (100, 24), |c| c.env("XDG_RUNTIME_DIR", &root));
        t.shows("5 proc");
        t.send("\x11");
        assert_eq!(t.exit().0, 0);
    };
    attach(&named.id().to_string());
    named.kill().expect("it is ours");
    let _ = named.wait();
    // An adapter's: the number of the adapter is in the name.
    std::fs::rename(socket, root.join("nostos/dap-4711-0.sock")).unwrap();
    attach("4711");
}
