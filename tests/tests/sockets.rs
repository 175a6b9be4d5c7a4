//! The examples that serve TCP, each with a thousand connections at once.
#![forbid(unsafe_code)]

use nostos_tests::running::Running;
use nostos_tests::{nostos, workspace};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;

const CONNECTIONS: usize = 1000;
const ROOMS: usize = 25;
/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts an example on a port of the system's choice; the last word of its first line is that.
fn serve(example: &str, args: &[&str]) -> (Running, u16) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    // Where this is not allowed the connections fail, and say why.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: most,
            maximum: most,
        },
    );
    let mut command = Command::new(nostos());
    command
        .arg("run")
        .arg(workspace().join("examples").join(example))
        .args(args);
    let program = Running::start(command);
    let line = program.line().expect("it says where it listens");
    let port = line.rsplit(' ').next().and_then(|port| port.parse().ok());
    (program, port.expect("a port"))
}

/// A connection, read by lines.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it takes connections");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        Client(BufReader::new(stream))
    }

    fn write(&mut self, text: &str) {
        self.0
            .get_mut()
            .write_all(text.as_bytes())
            .expect("it reads");
    }

    /// The next line; nothing at the end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line in time");
        line.trim_end().to_owned()
    }

    /// Reads on until a line begins with this.
    fn until(&mut self, start: &str) -> String {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the connection ended before `{start}`");
            if line.starts_with(start) {
                return line;
            }
        }
    }
}

#[test]
fn a_thousand_guests_chat() {
    let (mut program, port) = serve("chat", &["0"]);
    let mut guests: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(port)).collect();
    for (i, guest) in guests.iter_mut().enumerate() {
        guest.write(&format!("guest{i}\n/join room{}\n", i % ROOMS));
    }
    for (i, guest) in guests.iter_mut().enumerate() {
        guest.until(&format!("* welcome to room{},", i % ROOMS));
    }
    for (i, guest) in guests.iter_mut().enumerate() {
        guest.write(&format!("hello from {i}\n"));
    }
    // Everybody reads what all in the room have said, once each, and nothing of other rooms.
    for (i, guest) in guests.iter_mut().enumerate() {
        let mut missing: BTreeSet<String> = (0..CONNECTIONS)
            .filter(|j| j % ROOMS == i % ROOMS)
            .map(|j| format!("guest{j}: hello from {j}"))
            .collect();
        while !missing.is_empty() {
            let line = guest.until("guest");
            assert!(missing.remove(&line), "guest{i} reads `{line}`");
        }
    }
    guests[0].write("/who\n");
    let who = guests[0].until("* 40 in room0: ");
    assert!(who.contains("guest25,"), "{who}");
    // Who hangs up has gone; the others go on.
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for i in (ROOMS..CONNECTIONS).step_by(2 * ROOMS) {
        let hung_up = guests[i].0.get_ref().shutdown(Shutdown::Both);
        hung_up.expect("it can be closed");
        gone.insert(format!("* guest{i} has gone"));
    }
    while !gone.is_empty() {
        let line = guests[0].until("* guest");
        gone.remove(&line);
    }
    guests[0].write("still here\n");
    guests[2 * ROOMS].until("guest0: still here");
    guests[0].write("/quit\n");
    while !guests[0].line().is_empty() {}
    assert!(program.errors().is_empty(), "{:?}", program.errors());
}

#[test]
fn a_thousand_clients_have_jobs_done() {
    let (program, port) = serve("jobs", &["0", "8"]);
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(port)).collect();
    for (i, client) in clients.iter_mut().enumerate() {
        client.write(&format!("a sum {i}\nb upper Job {i}\n"));
        if i % 50 == 0 {
            client.write("c crash\n");
        }
        client.write("d primes 100\n");
        let end = client.0.get_ref().shutdown(Shutdown::Write);
        end.expect("there is no more to say");
    }
    for (i, client) in clients.iter_mut().enumerate() {
        let mut expected = BTreeSet::from([
            format!("a ok {}", i * (i + 1) / 2),
            format!("b ok JOB {i}"),
            "d ok 25".to_owned(),
        ]);
        if i % 50 == 0 {
            expected.insert("c failed after 3 attempts: Panic: asked to".to_owned());
        }
        while !expected.is_empty() {
            let line = client.line();
            assert!(expected.remove(&line), "client {i} reads `{line}`");
        }
        assert_eq!(client.line(), "");
    }
    drop(program);
}
