//! `nostos-dap --listen`: the adapter for clients that do not start it (VS Code's `debugServer`, an editor in a container). An address of this machine
//! comes in; sessions go out, one for each connection, to whoever says the token.
//!
//! Every user of the machine can connect to its loopback, and so can every page in a browser: until it has said the token, a connection gets nothing but
//! the list of what the adapter can do, for a limited time and a limited number of bytes. Absent: addresses that others can reach, as nothing here is encrypted.

use crate::adapter;
use crate::wire::Request;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What may be sent before the token has come. Parsed it is many times as large, and a `launch` whose environment is longer can have the token said in
/// `initialize`.
const MAX_BYTES: usize = 64 << 10;
/// Connections that have not said the token, at once.
const MAX_STRANGERS: usize = 16;
/// A client whose time is over may take this long to read that it is.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long a client is waited for; one that takes longer is gone.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it has said the token.
    pub token: Duration,
    /// Until it goes on reading.
    pub unread: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            token: Duration::from_secs(10),
            unread: Duration::from_secs(10),
        }
    }
}

/// What who may connect has been told: 128 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn fresh() -> io::Result<Token> {
        let mut bits = [0; 16];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bits)?;
        Ok(Token(format!("{:032x}", u128::from_be_bytes(bits))))
    }

    /// Takes as long whatever is wrong with it.
    fn is(&self, said: &str) -> bool {
        let pairs = self.0.bytes().zip(said.bytes());
        let differ = pairs.fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
        differ == 0 && self.0.len() == said.len()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands between a connection and the adapter.
pub struct Gate {
    token: Token,
    open: AtomicBool,
}

/// What is to happen with a request that a [`Gate`] was asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The adapter answers it.
    Pass,
    /// It is answered with these words, and others may follow.
    Refuse(&'static str),
    /// It is answered with these words, and the connection ends.
    Close(&'static str),
}

impl Gate {
    fn new(token: Token) -> Gate {
        Gate {
            token,
            open: AtomicBool::new(false),
        }
    }

    /// The token has been said.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Looks at a request; one with the token opens the gate.
    pub fn judge(&self, request: &Request) -> Verdict {
        if self.is_open() {
            return Verdict::Pass;
        }
        let said = &request.arguments["token"];
        match (request.command.as_str(), said.as_str()) {
            ("initialize" | "launch" | "attach", Some(said)) if self.token.is(said) => {
                self.open.store(true, Ordering::Release);
                Verdict::Pass
            }
            ("initialize", None) if said.is_null() => Verdict::Pass,
            ("initialize" | "launch" | "attach", None) if said.is_null() => {
                Verdict::Close("`token` is missing: the one that `nostos-dap --listen` has printed")
            }
            ("initialize" | "launch" | "attach", _) => Verdict::Close(
                "the token is wrong: `nostos-dap --listen` prints a new one each time it starts",
            ),
            ("disconnect", _) => Verdict::Pass,
            _ => Verdict::Refuse(
                "nothing is done before the token is said: `token` in `launch`, `attach` or `initialize`",
            ),
        }
    }
}

/// Reads an address to listen on.
///
/// # Errors
/// When it is none, or one that others can reach; a sentence.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").map(|port| {
        port.parse()
            .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    });
    let address: SocketAddr = match local {
        Some(Ok(address)) => address,
        Some(Err(_)) => return Err(format!("`{text}` has no port")),
        None => text
            .parse()
            .map_err(|_| format!("`{text}` is no address: write 127.0.0.1:0 for any free port"))?,
    };
    if !address.ip().is_loopback() {
        return Err(format!(
            "{} can be reached by others, and who debugs a program can do all that it can: only 127.0.0.1 and [::1] are listened on; from elsewhere, use `ssh -L`",
            address.ip()
        ));
    }
    Ok(address)
}

/// A listening adapter.
pub struct Door {
    listener: TcpListener,
    token: Token,
    patience: Patience,
}

impl Door {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn open(address: SocketAddr, patience: Patience) -> io::Result<Door> {
        Ok(Door {
            listener: TcpListener::bind(address)?,
            token: Token::fresh()?,
            patience,
        })
    }

    /// Where it listens, with the port that was chosen.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What clients have to say.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Serves clients for ever; `image` is the command that runs an image.
    pub fn serve(&self, image: &[OsString]) {
        let strangers = Arc::<AtomicUsize>::default();
        for stream in self.listener.incoming() {
            let Ok(stream) = stream else {
                // Out of file descriptors, most likely: better slow than a spinning core.
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            let Some(stranger) = Stranger::new(&strangers) else {
                continue;
            };
            let gate = Arc::new(Gate::new(self.token.clone()));
            let (patience, begun) = (self.patience, Instant::now());
            let image = image.to_vec();
            // One that cannot be served sees the end of the connection.
            let _ = std::thread::Builder::new()
                .name("debug client".into())
                .spawn(move || serve(&image, stream, gate, patience, begun, stranger));
        }
    }
}

/// One of those that have not said the token.
struct Stranger(Arc<AtomicUsize>);

impl Stranger {
    fn new(all: &Arc<AtomicUsize>) -> Option<Stranger> {
        let stranger = Stranger(Arc::clone(all));
        (all.fetch_add(1, Ordering::AcqRel) < MAX_STRANGERS).then_some(stranger)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve(
    image: &[OsString],
    stream: TcpStream,
    gate: Arc<Gate>,
    patience: Patience,
    begun: Instant,
    stranger: Stranger,
) {
    let ends = || Some((stream.try_clone().ok()?, stream.try_clone().ok()?));
    let Some((input, output)) = ends() else {
        return;
    };
    // Messages are small and each is waited for. Where this fails they are slower.
    let _ = stream.set_nodelay(true);
    let until = begun + patience.token;
    let output = Output {
        stream: output,
        gate: Arc::clone(&gate),
        was_open: false,
        until,
        unread: patience.unread,
    };
    let input = Input {
        stream: input,
        gate: Arc::clone(&gate),
        stranger: Some(stranger),
        until,
        left: MAX_BYTES,
    };
    adapter::run_behind(image, input, output, Some(gate));
    farewell(stream);
}

/// Hangs up in order: what is closed with something unread in it takes its last words with it.
fn farewell(mut stream: TcpStream) {
    let until = Instant::now() + Duration::from_secs(1);
    let mut chunk = [0; 4 << 10];
    // A client that is gone already needs no farewell.
    let mut goes_on = stream.shutdown(Shutdown::Write).is_ok();
    while goes_on {
        let left = until.saturating_duration_since(Instant::now());
        goes_on = !left.is_zero()
            && stream.set_read_timeout(Some(left)).is_ok()
            && matches!(stream.read(&mut chunk), Ok(1..));
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn too_late() -> io::Error {
    io::Error::other("the token was not said in time")
}

/// The time until then, which is not over.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(too_late());
    }
    Ok(left)
}

/// What a connection is sent. A message that is cut off ends it, as no other can follow.
struct Output {
    stream: TcpStream,
    gate: Arc<Gate>,
    /// It has been noticed that the gate is open.
    was_open: bool,
    until: Instant,
    unread: Duration,
}

impl Output {
    /// Who has not said the token may take hardly longer to read than to say it.
    fn limit(&mut self) -> io::Result<()> {
        if self.was_open {
            return Ok(());
        }
        self.was_open = self.gate.is_open();
        let time = match self.was_open {
            true => self.unread,
            false => left(self.until + LAST_WORDS)?.min(self.unread),
        };
        self.stream.set_write_timeout(Some(time))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.limit().and_then(|()| self.stream.write(bytes));
        if let Err(error) = &written
            && error.kind() != io::ErrorKind::Interrupted
        {
            // Who reads from it, and ends what was launched, sees the end. One that is gone has been shut.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// What a connection sends: all of it from the token on, before it only so much and for so long.
struct Input {
    stream: TcpStream,
    gate: Arc<Gate>,
    /// Until it has been noticed that the gate is open.
    stranger: Option<Stranger>,
    until: Instant,
    left: usize,
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stranger.is_some() && self.gate.is_open() {
            self.stream.set_read_timeout(None)?;
            self.stranger = None;
        }
        if self.stranger.is_none() {
            return self.stream.read(buffer);
        }
        let time = left(self.until)?;
        if self.left == 0 {
            return Err(io::Error::other("too much was sent without the token"));
        }
        self.stream.set_read_timeout(Some(time))?;
        let most = buffer.len().min(self.left);
        match self.stream.read(&mut buffer[..most]) {
            Ok(n) => {
                self.left -= n;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(too_late()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn only_addresses_of_this_machine_are_listened_on() {
        for (text, expected) in [
            ("127.0.0.1:0", Ok("127.0.0.1:0")),
            ("localhost:4711", Ok("127.0.0.1:4711")),
            ("[::1]:5", Ok("[::1]:5")),
            ("127.9.9.9:5", Ok("127.9.9.9:5")),
            ("0.0.0.0:5", Err("can be reached by others")),
            ("[::]:5", Err("can be reached by others")),
            ("192.168.1.7:5", Err("can be reached by others")),
            ("[::ffff:127.0.0.1]:5", Err("can be reached by others")),
            ("example.com:5", Err("is no address")),
            ("localhost", Err("is no address")),
            ("localhost:x", Err("has no port")),
            ("127.0.0.1", Err("is no address")),
            ("", Err("is no address")),
        ] {
            let got = address(text);
            match expected {
                Ok(expected) => assert_eq!(got.map(|a| a.to_string()), Ok(expected.into())),
                Err(why) => assert!(got.is_err_and(|got| got.contains(why)), "{text}"),
            }
        }
    }

    #[test]
    fn tokens_are_long_and_each_is_another() {
        let (one, other) = (Token::fresh(), Token::fresh());
        let (one, other) = (one.expect("random bits"), other.expect("random bits"));
        assert!(one != other);
        assert_eq!(one.to_string().len(), 32);
        assert!(one.is(&one.to_string()));
        for wrong in [
            other.to_string(),
            String::new(),
            one.0[..31].to_owned(),
            format!("{one}0"),
            one.0.to_uppercase() + "x",
        ] {
            assert!(!one.is(&wrong), "{wrong}");
        }
    }

    #[test]
    fn only_who_says_the_token_gets_through() {
        let token = Token("0123".into());
        let ask = |gate: &Gate, command: &str, arguments: Value| {
            gate.judge(&Request {
                seq: 1,
                command: command.into(),
                arguments,
            })
        };
        for command in ["initialize", "launch", "attach"] {
            for wrong in [json!("0124"), json!(123), json!(["0123"]), json!("")] {
                let gate = Gate::new(token.clone());
                let verdict = ask(&gate, command, json!({ "token": wrong }));
                assert!(matches!(verdict, Verdict::Close(_)), "{command} {wrong}");
                assert!(!gate.is_open());
            }
            let gate = Gate::new(token.clone());
            let verdict = ask(&gate, command, json!({ "token": "0123" }));
            assert_eq!(verdict, Verdict::Pass);
            assert_eq!(ask(&gate, "evaluate", json!({})), Verdict::Pass);
        }
        let gate = Gate::new(token);
        assert_eq!(ask(&gate, "initialize", json!({})), Verdict::Pass);
        for command in ["evaluate", "threads", "restart", "nostos/reload", ""] {
            let verdict = ask(&gate, command, json!({ "token": "0123" }));
            assert!(matches!(verdict, Verdict::Refuse(_)), "{command}");
        }
        assert!(matches!(ask(&gate, "launch", json!({})), Verdict::Close(_)));
        assert!(!gate.is_open());
    }
}
