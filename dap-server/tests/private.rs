//! Nobody else can attach: where debug sockets lie and for whom, and what a port asks of those who connect to it.
//!
//! What concerns another user is tested where the tests are run by root, who can run a program as somebody else.
#![forbid(unsafe_code)]

use nostos_dap::listen::{self, Door, Patience};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ADAPTER: &str = env!("CARGO_BIN_EXE_nostos-dap");
/// Debian's `nobody`; any number that is not ours would do.
const SOMEBODY: u32 = 65534;
/// Nothing here takes as long; it keeps what hangs from hanging for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of one test, with a program that ends when it is told to, and with it what was started.
struct Room {
    path: PathBuf,
    started: Vec<Child>,
}

impl Room {
    fn new(name: &str) -> Room {
        let path = std::env::temp_dir().join(format!("nostos-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        let path = path.canonicalize().expect("it is there");
        set_mode(&path, 0o755);
        std::fs::write(path.join("main.nos"), "main() = receive { () -> () }\n").expect("a file");
        Room {
            path,
            started: Vec::new(),
        }
    }

    /// The adapter, whose sockets lie below this folder whatever the umask is.
    fn command(&self, program: &Path, user: Option<u32>) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "umask 0; exec \"$0\" \"$@\""])
            .arg(program)
            .current_dir(&self.path)
            .env("XDG_RUNTIME_DIR", &self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        command
    }

    /// Starts an image, and waits until its socket is there.
    fn image(&mut self, program: &Path, user: Option<u32>) -> PathBuf {
        let mut command = self.command(program, user);
        command.args(["__image", "--inspect", "main.nos"]);
        let mut child = command.spawn().expect("it starts");
        let told = first_line(child.stderr.take().expect("a pipe"));
        self.started.push(child);
        let socket = told.strip_prefix("debug socket: ");
        PathBuf::from(socket.unwrap_or_else(|| panic!("no socket: {told}")))
    }

    /// What an image says that does not start.
    fn refusal(&self) -> String {
        let mut command = self.command(ADAPTER.as_ref(), None);
        command.args(["__image", "--inspect", "main.nos"]);
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// An adapter on stdin and stdout.
    fn adapter(&mut self, program: &Path, user: Option<u32>) -> Client {
        let mut child = self.command(program, user).spawn().expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        let output = child.stdout.take().expect("a pipe");
        self.started.push(child);
        Client::new(output, input)
    }

    /// An adapter on a port, and the token.
    fn door(&mut self) -> (String, String) {
        let mut command = self.command(ADAPTER.as_ref(), None);
        command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        self.started.push(child);
        let mut next = |head: &str| {
            let line = lines.next().expect("a line").expect("text");
            let rest = line.strip_prefix(head);
            rest.unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        (next("listening on "), next("token: "))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        for child in &mut self.started {
            // One that has ended by itself is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn first_line(pipe: impl Read) -> String {
    let mut line = String::new();
    BufReader::new(pipe).read_line(&mut line).expect("text");
    line.trim_end().to_owned()
}

fn set_mode(path: &Path, mode: u32) {
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode).expect("it is ours");
}

fn mode(path: &Path) -> u32 {
    let found = std::fs::symlink_metadata(path).expect("it is there");
    found.mode() & 0o777
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("not tested: only root can be somebody else");
    }
    root
}

/// Puts something where the directory is to be.
type Preparation = Box<dyn Fn()>;

struct Client {
    input: BufReader<Box<dyn Read>>,
    output: Box<dyn Write>,
    seq: i64,
}

impl Client {
    fn new(input: impl Read + 'static, output: impl Write + 'static) -> Client {
        Client {
            input: BufReader::new(Box::new(input)),
            output: Box::new(output),
            seq: 0,
        }
    }

    fn over_tcp(address: &str) -> Client {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("another");
        Client::new(stream.try_clone().expect("a second handle"), stream)
    }

    /// One that has hung up cannot be written to; what it said last can be read.
    fn raw(&mut self, bytes: &[u8]) {
        let _ = self.output.write_all(bytes);
        let _ = self.output.flush();
    }

    fn send(&mut self, command: &str, arguments: &Value) {
        self.seq += 1;
        let body = json!({ "seq": self.seq, "type": "request", "command": command, "arguments": arguments }).to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// The next message; `None` at the end.
    fn next(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.input.read_line(&mut line).expect("no silence") == 0 {
                return None;
            }
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().expect("a length"),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.input.read_exact(&mut body).expect("a whole message");
        Some(serde_json::from_slice(&body).expect("JSON"))
    }

    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().expect("it does not hang up");
            if is_it(&message) {
                return message;
            }
        }
    }

    /// The response: whether it succeeded, and what it says.
    fn ask(&mut self, command: &str, arguments: Value) -> (bool, String) {
        self.send(command, &arguments);
        let seq = self.seq;
        let response = self.until(|message| message["request_seq"] == seq);
        let words = response["message"].as_str().unwrap_or_default();
        let shown = &response["body"]["error"]["showUser"];
        let is_shown = matches!(command, "launch" | "attach" | "restart");
        assert!(words.is_empty() || *shown == is_shown, "{response}");
        (response["success"] == true, words.to_owned())
    }

    fn says(&mut self, command: &str, arguments: Value, words: &str) {
        let (succeeded, said) = self.ask(command, arguments);
        assert!(!succeeded && said.contains(words), "{command}: {said}");
    }

    fn has_hung_up(&mut self) {
        if let Some(message) = self.next() {
            panic!("nothing was to come any more: {message}");
        }
    }
}

#[test]
fn sockets_are_their_users_alone() {
    let mut room = Room::new("private");
    let socket = room.image(ADAPTER.as_ref(), None);
    let folder = room.path.join("nostos");
    assert_eq!(socket.parent(), Some(folder.as_path()));
    assert_eq!((mode(&folder), mode(&socket)), (0o700, 0o600));
    // The socket of a program that is launched, too.
    let mut client = room.adapter(ADAPTER.as_ref(), None);
    client.ask("initialize", json!({ "adapterID": "nostos" }));
    client.send("launch", &json!({ "program": room.path }));
    client.until(|message| message["event"] == "initialized");
    let sockets: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(sockets.len(), 2, "{sockets:?}");
    for socket in &sockets {
        assert_eq!(mode(socket), 0o600, "{}", socket.display());
    }
    assert!(client.ask("disconnect", json!({})).0);
}

#[test]
fn a_directory_of_others_is_refused() {
    let mut room = Room::new("refused");
    let folder = room.path.join("nostos");
    let elsewhere = room.path.join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    set_mode(&elsewhere, 0o700);
    let mut cases: Vec<(&str, Preparation)> = vec![
        ("is a symbolic link", {
            let folder = folder.clone();
            Box::new(move || symlink(&elsewhere, &folder).expect("a link"))
        }),
        ("is no directory", {
            let folder = folder.clone();
            Box::new(move || std::fs::write(&folder, "").expect("a file"))
        }),
    ];
    for (mode, words) in [
        (0o777, "is open to others (its mode is 777, not 700)"),
        (0o750, "is open to others (its mode is 750, not 700)"),
        (0o701, "is open to others (its mode is 701, not 700)"),
    ] {
        let folder = folder.clone();
        cases.push((
            words,
            Box::new(move || {
                std::fs::create_dir(&folder).expect("a folder");
                set_mode(&folder, mode);
            }),
        ));
    }
    if is_root() {
        let folder = folder.clone();
        cases.push((
            "belongs to the user 65534, not to 0",
            Box::new(move || {
                std::fs::create_dir(&folder).expect("a folder");
                set_mode(&folder, 0o700);
                chown(&folder, Some(SOMEBODY), None).expect("root may");
            }),
        ));
    }
    for (words, prepare) in cases {
        prepare();
        let whole = format!("{} {words}", folder.display());
        let told = room.refusal();
        assert!(told.contains(&whole), "{words}: {told}");
        let mut client = room.adapter(ADAPTER.as_ref(), None);
        client.ask("initialize", json!({ "adapterID": "nostos" }));
        client.says("launch", json!({ "program": room.path }), &whole);
        // None of them is a folder with something in it.
        let gone = std::fs::remove_file(&folder).or_else(|_| std::fs::remove_dir(&folder));
        gone.expect("nothing was put there");
    }
}

#[test]
fn another_user_is_refused() {
    if !is_root() {
        return;
    }
    let mut room = Room::new("others");
    // Where the tests lie, others may not be allowed to look.
    let program = room.path.join("nostos-dap");
    // Copied by another program: what this one has open for writing, children of other tests would have, too, and it could not be run.
    let copied = Command::new("cp").arg(ADAPTER).arg(&program).status();
    assert!(copied.expect("cp runs").success());
    set_mode(&program, 0o755);
    set_mode(&room.path, 0o777);
    let socket = room.image(&program, Some(SOMEBODY));
    assert_eq!(mode(&socket), 0o600);
    // Root is stopped by no permissions: what refuses is the image.
    let stream = UnixStream::connect(&socket).expect("root may connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut stranger = Client::new(stream.try_clone().expect("a second handle"), stream);
    stranger.send("initialize", &json!({ "adapterID": "nostos" }));
    let mut said = Vec::new();
    // It may be told by a reset, as there is something that nobody has read.
    let _ = stranger.input.read_to_end(&mut said);
    assert_eq!(said, b"");
    // And the adapter does not talk to somebody else's image, who may be playing one of ours.
    let mut client = room.adapter(&program, None);
    client.ask("initialize", json!({ "adapterID": "nostos" }));
    client.says(
        "attach",
        json!({ "socket": socket }),
        "it is a program of the user 65534, and you are 0",
    );
    // Whose it is gets in.
    let mut owner = room.adapter(&program, Some(SOMEBODY));
    owner.ask("initialize", json!({ "adapterID": "nostos" }));
    assert_eq!(
        owner.ask("attach", json!({ "socket": socket })),
        (true, String::new())
    );
    assert!(owner.ask("threads", json!({})).0);
    // The other way round the system refuses.
    let mut room = Room::new("ours");
    let socket = room.image(ADAPTER.as_ref(), None);
    let mut client = room.adapter(&program, Some(SOMEBODY));
    client.ask("initialize", json!({ "adapterID": "nostos" }));
    client.says("attach", json!({ "socket": socket }), "Permission denied");
}

#[test]
fn a_program_in_a_terminal_obeys_its_users_debugger_alone() {
    if !is_root() {
        return;
    }
    let room = Room::new("launcher");
    let program = room.path.join("nostos-dap");
    let copied = Command::new("cp").arg(ADAPTER).arg(&program).status();
    assert!(copied.expect("cp runs").success());
    set_mode(&program, 0o755);
    set_mode(&room.path, 0o777);
    let socket = room.path.join("image.sock");
    let _launcher = nostos_dap::endpoint::Launcher::new(&socket).expect("a launcher");
    let mut command = room.command(&program, Some(SOMEBODY));
    command
        .args(["__image", "--wait", "--with-launcher"])
        .arg(format!("--inspect={}", socket.display()))
        .arg("main.nos");
    let output = command.output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("it is a program of the user 0"), "{told}");
    if !Path::new("/usr/bin/python3").exists() {
        eprintln!("not tested: there is no python3");
        return;
    }
    // And the launcher listens to no strangers, however many come.
    let mut strangers = room.command(Path::new("python3"), Some(SOMEBODY));
    strangers.arg("-c").arg(
        "import socket, sys\nfor _ in range(300):\n s = socket.socket(socket.AF_UNIX)\n s.connect('\\0' + sys.argv[1])\n assert s.recv(1) == b''",
    );
    let output = strangers.arg(&socket).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    nostos_dap::endpoint::find_launcher(&socket).expect("its own user finds it");
}

#[test]
fn an_image_whose_parent_is_gone_ends() {
    let room = Room::new("orphan");
    let socket = room.path.join("image.sock");
    let mut command = room.command(ADAPTER.as_ref(), None);
    // Whoever this is, it has not started it.
    let parent = format!("--with-parent={}", std::process::id() + 1);
    command
        .args(["__image", "--wait", &parent])
        .arg(format!("--inspect={}", socket.display()))
        .arg("main.nos");
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    assert!(!socket.exists());
}

#[test]
fn an_image_ends_whatever_has_become_of_its_socket() {
    let mut room = Room::new("swept");
    for replaced in [false, true] {
        let text = "main() = {\n  readLine()\n  ()\n}\n";
        std::fs::write(room.path.join("main.nos"), text).expect("a file");
        let socket = room.image(ADAPTER.as_ref(), None);
        std::fs::remove_file(&socket).expect("it is there");
        let other = replaced.then(|| UnixListener::bind(&socket).expect("a socket"));
        let mut child = room.started.pop().expect("it was started");
        drop(child.stdin.take());
        let until = Instant::now() + PATIENCE;
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > until {
                child.kill().expect("it hangs");
                panic!("it does not end, replaced: {replaced}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(socket.exists(), other.is_some(), "it is somebody else's");
    }
}

#[test]
fn sockets_of_others_stay() {
    let room = Room::new("datagram");
    let socket = room.path.join("other.sock");
    let _other = UnixDatagram::bind(&socket).expect("a socket");
    let mut command = room.command(ADAPTER.as_ref(), None);
    command
        .arg("__image")
        .arg(format!("--inspect={}", socket.display()))
        .arg("main.nos");
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(socket.exists());
}

#[test]
fn a_port_serves_who_says_the_token() {
    let mut room = Room::new("token");
    let (address, token) = room.door();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    // Two at once; one says it at the beginning, and one with what it wants.
    let mut one = Client::over_tcp(&address);
    let mut other = Client::over_tcp(&address);
    assert!(one.ask("initialize", json!({ "adapterID": "nostos" })).0);
    let first = json!({ "adapterID": "nostos", "token": token });
    assert!(other.ask("initialize", first).0);
    one.send("launch", &json!({ "program": room.path, "token": token }));
    one.until(|message| message["event"] == "initialized");
    assert!(one.ask("configurationDone", json!({})).0);
    let threads = one.ask("threads", json!({}));
    assert_eq!(threads, (true, String::new()));
    let socket = room.image(ADAPTER.as_ref(), None);
    assert!(other.ask("attach", json!({ "socket": socket })).0);
    assert!(other.ask("threads", json!({})).0);
    for client in [&mut one, &mut other] {
        assert!(client.ask("disconnect", json!({})).0);
        while client.next().is_some() {}
    }
}

#[test]
fn a_port_does_nothing_for_who_does_not() {
    let mut room = Room::new("strangers");
    let (address, token) = room.door();
    let proof = room.path.join("proof");
    let text = format!("main() = writeFile({:?}, \"it ran\")\n", proof.display());
    std::fs::write(room.path.join("main.nos"), text).expect("a file");
    let launch = |token: Value| {
        let mut arguments = json!({ "program": room.path });
        arguments["token"] = token;
        arguments
    };
    // Other requests are refused, and the token can still be said.
    let mut client = Client::over_tcp(&address);
    assert!(client.ask("initialize", json!({ "adapterID": "nostos" })).0);
    for command in ["threads", "restart", "evaluate", "nostos/reload", "source"] {
        let said = json!({ "token": token, "expression": "1" });
        client.says(command, said, "nothing is done before the token is said");
    }
    assert!(client.ask("disconnect", json!({})).0);
    client.has_hung_up();
    // One wrong token is the last.
    let wrong = "0".repeat(32);
    for (token, words) in [
        (Value::Null, "`token` is missing"),
        (json!(wrong), "the token is wrong"),
        (json!(""), "the token is wrong"),
        (json!([token]), "the token is wrong"),
        (json!(token[..31]), "the token is wrong"),
    ] {
        for first in [true, false] {
            let mut client = Client::over_tcp(&address);
            if first {
                client.ask("initialize", json!({ "adapterID": "nostos" }));
            }
            client.says("launch", launch(token.clone()), words);
            client.has_hung_up();
        }
    }
    // A page in a browser.
    let mut client = Client::over_tcp(&address);
    client.raw(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
    client.until(|message| message["event"] == "output");
    while client.next().is_some() {}
    // One that never ends.
    let mut client = Client::over_tcp(&address);
    client.raw(b"Content-Length: 4000000\r\n\r\n");
    client.raw(&vec![b'x'; 2_000_000]);
    let told = client.until(|message| message["event"] == "output");
    let told = told["body"]["output"].as_str().expect("a text");
    assert!(
        told.contains("too much was sent without the token"),
        "{told}"
    );
    client.has_hung_up();
    assert!(!proof.exists(), "somebody got through");
}

/// An adapter on a port, in this process, that waits for clients as long as it is told to; and the token.
fn door(patience: Patience) -> (String, String) {
    let address = listen::address("127.0.0.1:0").expect("an address");
    let door = Door::open(address, patience).expect("a port");
    let told = (
        door.address().expect("a port").to_string(),
        door.token().to_string(),
    );
    std::thread::spawn(move || door.serve(&[ADAPTER.into(), "__image".into()]));
    told
}

#[test]
fn the_token_is_waited_for_only_so_long() {
    let (address, token) = door(Patience {
        token: Duration::from_secs(3),
        unread: PATIENCE * 10,
    });
    let first = json!({ "adapterID": "nostos", "token": token });
    let mut known = Client::over_tcp(&address);
    assert!(known.ask("initialize", first).0);
    for says in [true, false] {
        let mut stranger = Client::over_tcp(&address);
        if says {
            assert!(
                stranger
                    .ask("initialize", json!({ "adapterID": "nostos" }))
                    .0
            );
        }
        let told = stranger.until(|message| message["event"] == "output");
        let told = told["body"]["output"].as_str().expect("a text");
        assert!(told.contains("the token was not said in time"), "{told}");
        stranger.has_hung_up();
    }
    // One that does not even read: it notices when it writes.
    let mut deaf = Client::over_tcp(&address);
    let mut body = json!({ "seq": 1, "type": "request", "command": "initialize" }).to_string();
    body = format!("Content-Length: {}\r\n\r\n{body}", body.len()).repeat(60_000 / body.len());
    deaf.raw(body.as_bytes());
    while deaf.output.write_all(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
    // Who has said it may take any time.
    known.says("threads", json!({}), "no program is being debugged yet");
}

#[test]
fn a_client_that_does_not_read_is_gone() {
    let room = Room::new("deaf");
    let text = "main() = { println(\"It goes on and on.\"); main() }\n";
    std::fs::write(room.path.join("main.nos"), text).expect("a file");
    let (address, token) = door(Patience {
        token: PATIENCE,
        unread: Duration::from_millis(200),
    });
    let mut client = Client::over_tcp(&address);
    let first = json!({ "adapterID": "nostos", "token": token });
    assert!(client.ask("initialize", first).0);
    client.send("launch", &json!({ "program": room.path }));
    client.until(|message| message["event"] == "initialized");
    client.send("nostos/image", &json!({}));
    let image = client.until(|message| message["command"] == "nostos/image");
    let pid = &image["body"]["pid"];
    let process = PathBuf::from(format!("/proc/{pid}"));
    assert!(process.exists(), "{image}");
    client.send("configurationDone", &json!({}));
    // What it launched goes with it.
    let begun = Instant::now();
    while process.exists() {
        assert!(begun.elapsed() < PATIENCE, "the program {pid} runs on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn only_so_many_strangers_are_listened_to() {
    let mut room = Room::new("many");
    let (address, token) = room.door();
    let served = |address: &str| {
        let mut client = Client::over_tcp(address);
        client.send("initialize", &json!({ "adapterID": "nostos" }));
        // One too many may be told by a reset.
        let heard = client.input.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
        heard.then_some(client)
    };
    let mut strangers = Vec::new();
    while let Some(client) = served(&address) {
        strangers.push(client);
        assert!(strangers.len() < 100, "there is no limit");
    }
    // Who has said it does not count.
    let mut known = strangers.pop().expect("one at least");
    let path = room.path.clone();
    known.send("launch", &json!({ "program": path, "token": token }));
    known.until(|message| message["event"] == "initialized");
    assert!(known.ask("threads", json!({})).0);
    assert!(served(&address).is_some());
}

#[test]
fn addresses_that_others_reach_are_refused() {
    for (args, words) in [
        (
            ["--listen", "0.0.0.0:0"].as_slice(),
            "can be reached by others",
        ),
        (&["--listen", "[::]:0"], "can be reached by others"),
        (&["--listen=192.0.2.1:4711"], "can be reached by others"),
        (&["--listen", "nonsense"], "is no address"),
        (&["--listen"], "takes one address"),
        (&["--listen", "127.0.0.1:0", "x"], "takes one address"),
    ] {
        let output = Command::new(ADAPTER).args(args).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(words), "{args:?}: {told}");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}
