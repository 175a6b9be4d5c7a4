//! The program in a real pseudo-terminal: it starts, resizes, quits, gives the terminal back, survives its image.

use crate::driver::project;
use crate::fake::{World, serve};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long anything may take on a loaded machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("screens are not empty")
}

/// Where these programs keep their state.
fn home() -> PathBuf {
    let home = std::env::temp_dir().join(format!("nostos-tui-home-{}", std::process::id()));
    // Who has a file of settings is not asked for keys and colours.
    let settings = home.join("nostos/tui.toml");
    if !settings.exists() {
        std::fs::create_dir_all(home.join("nostos")).expect("it is writable");
        std::fs::write(settings, "").expect("it is writable");
    }
    home
}

pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub parser: vt100::Parser,
    /// All it has written.
    pub raw: Vec<u8>,
}

impl Terminal {
    pub fn start(arguments: &[&str], size: (u16, u16)) -> Terminal {
        Terminal::with(arguments, size, |_| {})
    }

    pub fn with(
        arguments: &[&str],
        size: (u16, u16),
        change: impl Fn(&mut CommandBuilder),
    ) -> Terminal {
        let size = PtySize {
            rows: size.1,
            cols: size.0,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("the system gives pseudo-terminals");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_nostos-tui"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        let home = home();
        command.env("XDG_STATE_HOME", &home);
        command.env("XDG_CONFIG_HOME", &home);
        // A long backtrace would push the message off the screen.
        command.env("RUST_BACKTRACE", "0");
        change(&mut command);
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("it can be read");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(n) = reader.read(&mut bytes) {
                if n == 0 || send.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().expect("it can be written");
        let parser = vt100::Parser::new(cells(size.rows), cells(size.cols), 0);
        Terminal {
            master: pair.master,
            child,
            writer,
            output,
            parser,
            raw: Vec::new(),
        }
    }

    pub fn send(&mut self, keys: &str) {
        self.writer
            .write_all(keys.as_bytes())
            .expect("it reads keys");
        self.writer.flush().expect("it reads keys");
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("it can be resized");
        self.parser.screen_mut().set_size(cells(rows), cells(cols));
    }

    pub fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until the screen is as wanted; shows it if it never is.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !wanted(self.parser.screen()) {
            match self
                .output
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => {
                    self.parser.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    assert!(
                        wanted(self.parser.screen()),
                        "never: {what}\n{}",
                        self.contents()
                    );
                }
            }
        }
    }

    pub fn shows(&mut self, text: &str) {
        self.until(text, |s| s.contents().contains(text));
    }

    /// Waits until it has written these bytes.
    pub fn writes(&mut self, wanted: &[u8]) {
        let end = Instant::now() + DEADLINE;
        while !self.raw.windows(wanted.len()).any(|w| w == wanted) {
            let wait = end.saturating_duration_since(Instant::now());
            let bytes = self.output.recv_timeout(wait).expect("it writes them");
            self.parser.process(&bytes);
            self.raw.extend(bytes);
        }
    }

    /// Waits for the end and for the last of the output.
    pub fn exit(mut self) -> (u32, vt100::Parser) {
        let status = self.child.wait().expect("it ends");
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_secs(2)) {
            self.parser.process(&bytes);
        }
        (status.exit_code(), self.parser)
    }
}

/// The scripted image behind a socket; what is sent to the channel hangs up the current connection.
pub fn image(root: &Path) -> (PathBuf, Sender<()>) {
    let socket = root.join("image.sock");
    let listener = UnixListener::bind(&socket).expect("the temporary directory takes sockets");
    let (kill, killed) = channel();
    let (connected, connections) = channel::<UnixStream>();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Ok(copy) = stream.try_clone() {
                let _ = connected.send(copy);
            }
            std::thread::spawn(move || serve(stream, &mut World::new()));
        }
    });
    std::thread::spawn(move || {
        while killed.recv().is_ok() {
            for stream in connections.try_iter() {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    });
    (socket, kill)
}

fn start(name: &str, size: (u16, u16)) -> (Terminal, Sender<()>, PathBuf) {
    let root = project(name);
    let (socket, kill) = image(&root);
    let terminal = Terminal::start(
        &["--attach", socket.to_str().unwrap(), root.to_str().unwrap()],
        size,
    );
    (terminal, kill, root)
}

#[test]
fn it_starts_edits_saves_and_gives_the_terminal_back() {
    let (mut t, _kill, root) = start("tty-start", (80, 24));
    t.shows("use bank.*");
    t.shows("5 proc");
    assert!(t.parser.screen().alternate_screen());
    assert_ne!(
        t.parser.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
    t.send("i# hello\r");
    t.shows("# hello");
    t.send("\x13");
    t.shows("loaded v2");
    assert!(
        std::fs::read_to_string(root.join("main.nos"))
            .unwrap()
            .starts_with("# hello\nuse")
    );
    t.send("\x1b");
    t.shows("NOR");
    t.send(":q\r");
    let (status, parser) = t.exit();
    assert_eq!(status, 0);
    assert!(!parser.screen().alternate_screen());
    assert!(!parser.screen().hide_cursor());
    assert!(!parser.screen().bracketed_paste());
    assert_eq!(
        parser.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
}

#[test]
fn it_survives_its_image_and_starts_it_again() {
    let (mut t, kill, _root) = start("tty-kill", (100, 30));
    t.shows("5 proc");
    t.send("\x1b2");
    t.shows("alice");
    kill.send(()).unwrap();
    t.shows("image ended");
    t.shows("alice");
    t.send("\x12");
    t.until("the image lives again", |s| {
        !s.contents().contains("image ended") && s.contents().contains("5 procs")
    });
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn a_storm_of_sizes_ends_in_the_last_one() {
    let (mut t, _kill, _root) = start("tty-resize", (80, 24));
    t.shows("use bank.*");
    for i in 0..40u16 {
        t.resize(1 + i * 5 % 90, 1 + i * 3 % 30);
    }
    t.resize(20, 5);
    t.resize(120, 40);
    t.until("the long names of the views", |s| {
        s.contents().contains("2Processes") && s.contents().contains("5Schedulers")
    });
    t.shows("helix keys");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn pasted_keys_are_text() {
    let (mut t, _kill, _root) = start("tty-paste", (80, 24));
    t.shows("use bank.*");
    t.send("\x1b[200~:q!\rddd\x1b[201~");
    t.shows("ddd");
    t.shows(":q!");
    t.send("\x11");
    t.shows("unsaved changes");
    t.send("q");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn an_image_that_cannot_be_reached_is_said() {
    let root = project("tty-none");
    let mut t = Terminal::start(
        &["--attach", "/nonexistent/socket", root.to_str().unwrap()],
        (100, 24),
    );
    t.shows("use bank.*");
    t.shows("no image at /nonexistent/socket");
    t.send(":q\r");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn an_image_is_attached_to_by_the_number_of_its_process() {
    let root = project("tty-pid");
    std::fs::create_dir(root.join("nostos")).expect("it is writable");
    let (socket, _kill) = image(&root);
    std::fs::rename(socket, root.join("nostos/4711.sock")).expect("it is there");
    let arguments = ["--attach", "4711", root.to_str().unwrap()];
    let mut t = Terminal::with(&arguments, (100, 24), |c| c.env("XDG_RUNTIME_DIR", &root));
    t.shows("5 proc");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn a_project_that_is_not_there_is_said() {
    let t = Terminal::start(&["/nonexistent/project"], (100, 24));
    let (status, parser) = t.exit();
    assert_eq!(status, 2);
    assert!(
        parser
            .screen()
            .contents()
            .contains("/nonexistent/project: No such file"),
        "{}",
        parser.screen().contents()
    );
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_what_it_was() {
    let (mut t, _kill, _root) = start("tty-panic", (100, 24));
    t.shows("use bank.*");
    t.send(":panic!\r");
    let (status, parser) = t.exit();
    assert_ne!(status, 0);
    assert!(!parser.screen().alternate_screen());
    assert_eq!(
        parser.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
    assert!(
        parser.screen().contents().contains("asked for by :panic!"),
        "{}",
        parser.screen().contents()
    );
}

/// The whole way: this program starts itself as the image, which runs a real program.
#[test]
fn a_real_image_runs_is_stopped_and_is_changed() {
    let root = project("tty-real");
    std::fs::remove_file(root.join("bank.nos")).unwrap();
    let source = "tick(n: Int) -> () = {\n  sleep(20)\n  if n % 1000 == 999 then println(\"old\")\n  tick(n + 1)\n}\n\nmain() = {\n  register(\"ticker\", self())\n  tick(0)\n}\n";
    std::fs::write(root.join("main.nos"), source).unwrap();
    let mut t = Terminal::start(&[root.to_str().unwrap()], (120, 40));
    t.shows("1 proc");
    t.send("\x1b8");
    t.shows("evaluated in the running image");
    t.send("20 + 22\r");
    t.shows("42");
    t.send("\x1b");
    // Keys that follow an escape at once would be read as one key with Alt.
    t.shows("NOR main.nos");
    t.send("4G\x1b[20~");
    t.shows("breakpoint in <1>");
    t.until("the value of n", |s| {
        s.contents()
            .lines()
            .any(|l| l.contains(" n ") && l.contains("Int"))
    });
    // Another line may not be reached while it is stopped; stepping goes on.
    t.send("\x1b[21~");
    t.shows("step in <1>");
    t.send("\x1b1");
    t.shows("helix keys");
    t.send("4Gx\x1b[20~");
    t.send("\x1b[15~");
    t.shows("1 proc");
    t.send("3G/old\r");
    t.send("cnew\x1b");
    t.shows("NOR main.nos");
    t.shows("this is ahead");
    t.send("\x13");
    t.shows("loaded v2");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

/// The unsaved texts that are kept of a project.
fn kept(project: &str) -> Vec<String> {
    let folders = std::fs::read_dir(home().join("nostos/tui"))
        .into_iter()
        .flatten()
        .flatten();
    let ours = folders.filter(|f| f.file_name().to_string_lossy().contains(project));
    let files = ours.flat_map(|f| std::fs::read_dir(f.path()).into_iter().flatten().flatten());
    let unsaved = files.filter(|f| f.path().extension().is_some_and(|e| e == "unsaved"));
    unsaved
        .filter_map(|f| std::fs::read_to_string(f.path()).ok())
        .collect()
}

#[test]
fn what_was_typed_survives_a_kill() {
    let (mut t, _kill, root) = start("tty-sigkill", (80, 24));
    t.shows("use bank.*");
    t.send("i# typed before the kill\r");
    t.shows("# typed before the kill");
    let end = Instant::now() + DEADLINE;
    while !kept("tty-sigkill")
        .iter()
        .any(|text| text.contains("before the kill"))
    {
        assert!(Instant::now() < end, "unsaved text is never kept");
        std::thread::sleep(Duration::from_millis(10));
    }
    t.child.kill().expect("it can be killed");
    let _ = t.child.wait();
    let root = root.to_str().unwrap();
    let arguments = ["--attach", "/nonexistent/socket", root];
    let mut again = Terminal::start(&arguments, (80, 24));
    again.shows("recover the unsaved text");
    again.send("r");
    again.shows("# typed before the kill");
    again.send("\x13");
    again.until("it is saved", |_| {
        std::fs::read_to_string(Path::new(root).join("main.nos"))
            .is_ok_and(|t| t.starts_with("# typed"))
    });
    again.send("\x11");
    assert_eq!(again.exit().0, 0);
    assert!(kept("tty-sigkill").is_empty());
}

#[test]
fn a_session_comes_back_in_a_terminal() {
    let (mut t, _kill, root) = start("tty-session", (80, 24));
    t.shows("use bank.*");
    t.send(":open bank.nos\r");
    t.shows("# One account");
    t.send("12G");
    t.shows("bank.nos 12:1");
    t.send(":q\r");
    assert_eq!(t.exit().0, 0);
    let root = root.to_str().unwrap();
    let mut t = Terminal::start(&["--attach", "/nonexistent/socket", root], (80, 24));
    t.shows("bank.nos 12:1");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
    let mut t = Terminal::start(
        &["--fresh", "--attach", "/nonexistent/socket", root],
        (80, 24),
    );
    t.shows("main.nos 1:1");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn without_a_term_it_is_plain_and_ascii() {
    let root = project("tty-dumb");
    let arguments = ["--attach", "/nonexistent/socket", root.to_str().unwrap()];
    let mut t = Terminal::with(&arguments, (80, 24), |c| {
        c.env_remove("TERM");
        c.env_remove("COLORTERM");
    });
    t.shows("use bank.*");
    t.shows("----");
    let screen = t.parser.screen();
    let coloured = (0..24)
        .flat_map(|y| (0..80).map(move |x| (y, x)))
        .any(|(y, x)| {
            screen.cell(y, x).is_some_and(|c| {
                c.fgcolor() != vt100::Color::Default || c.bgcolor() != vt100::Color::Default
            })
        });
    assert!(!coloured && t.contents().is_ascii(), "{}", t.contents());
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn a_click_places_the_cursor() {
    let (mut t, _kill, _root) = start("tty-mouse", (80, 24));
    t.shows("use bank.*");
    t.shows("main.nos 1:1");
    // Row 6, column 12, from 1, as the terminal says it (SGR).
    t.send("\x1b[<0;12;6M\x1b[<0;12;6m");
    t.shows("main.nos 3:4");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn settings_are_read_and_mistakes_in_them_said() {
    let root = project("tty-config");
    std::fs::create_dir(root.join(".nostos")).unwrap();
    let config =
        "line-numbers = \"relative\"\nnonsense = 1\n[keys.normal]\n\"<c-j>\" = \"insert\"\n";
    std::fs::write(root.join(".nostos/tui.toml"), config).unwrap();
    let arguments = ["--attach", "/nonexistent/socket", root.to_str().unwrap()];
    let mut t = Terminal::start(&arguments, (100, 24));
    t.shows("use bank.*");
    t.shows("no setting is called `nonsense`");
    // Any key closes it.
    t.send("h");
    t.until("the note is gone", |s| !s.contents().contains("nonsense"));
    t.send("\x0a");
    t.shows("INS");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}

#[test]
fn a_folder_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let root = project("tty-closed");
    let closed = root.join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Who may read everything sees no difference.
    if std::fs::read_dir(&closed).is_err() {
        let t = Terminal::start(&[closed.to_str().unwrap()], (100, 24));
        let (status, parser) = t.exit();
        assert_eq!(status, 2);
        assert!(parser.screen().contents().contains("ermission denied"));
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
}
