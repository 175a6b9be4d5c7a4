//! Machine code for Linux's perf: a file `jit-PID.dump` with the name, the bytes and the lines of all code that is published.
//! The format is that of perf's own "JITDUMP specification".

use crate::code::Code;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
const HEADER_BYTES: u32 = 40;
/// ELF's number of x86-64.
const MACHINE: u32 = 62;
const LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;
/// Bytes of a record before what is its own.
const RECORD_BYTES: u32 = 16;
const PAGE: usize = 4096;

/// An open dump. perf looks for it among the files that the program has mapped; that mapping stays until the program ends.
pub struct JitDump {
    file: File,
    memory: File,
    path: PathBuf,
    written: u64,
}

impl JitDump {
    /// Makes the file of this operating-system process in a directory.
    ///
    /// # Errors
    /// When it cannot be written or mapped.
    pub fn create(directory: &Path) -> io::Result<JitDump> {
        let path = directory.join(format!("jit-{}.dump", std::process::id()));
        let mut file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let mut head = Vec::new();
        for word in [MAGIC, VERSION, HEADER_BYTES, MACHINE, 0, std::process::id()] {
            head.extend(word.to_le_bytes());
        }
        head.extend(now().to_le_bytes());
        head.extend(0_u64.to_le_bytes());
        file.write_all(&head)?;
        // SAFETY: a new private mapping of a file, at an address the kernel chooses; nobody reads it but perf, which sees that it was made.
        let mark = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                PAGE,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE,
                file.as_raw_fd(),
                0,
            )
        };
        if mark == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(JitDump {
            file,
            memory: File::open("/proc/self/mem")?,
            path,
            written: 0,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds code that is published; `file` is the path of its source, empty when it has none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, code: &Code, file: &str) -> io::Result<()> {
        let mut bytes = vec![0; code.len];
        self.memory.read_exact_at(&mut bytes, code.address as u64)?;
        let at = code.address as u64;
        let mut out = Vec::new();
        if !file.is_empty() {
            let mut body = Vec::new();
            body.extend(at.to_le_bytes());
            let rows = lines(code);
            body.extend((rows.len() as u64).to_le_bytes());
            for (offset, line) in rows {
                body.extend((at + u64::from(offset)).to_le_bytes());
                body.extend(line.to_le_bytes());
                body.extend(0_u32.to_le_bytes());
                body.extend(file.as_bytes());
                body.push(0);
            }
            record(&mut out, DEBUG_INFO, &body);
        }
        let mut body = Vec::new();
        body.extend(std::process::id().to_le_bytes());
        // perf wants the thread for code that is a thread's own; this is everybody's.
        body.extend(std::process::id().to_le_bytes());
        for word in [at, at, code.len as u64, self.written] {
            body.extend(word.to_le_bytes());
        }
        body.extend(code.object.name.as_bytes());
        body.push(0);
        body.extend(&bytes);
        record(&mut out, LOAD, &body);
        self.written += 1;
        self.file.write_all(&out)
    }
}

/// Where the lines of code begin.
fn lines(code: &Code) -> Vec<(u32, u32)> {
    let mut rows = vec![(0, code.object.line)];
    for &(offset, line, _) in &code.object.lines {
        match rows.last_mut() {
            Some(last) if last.0 == offset => last.1 = line,
            Some(last) if last.1 == line || line == 0 => {}
            _ => rows.push((offset, line)),
        }
    }
    // perf takes the last row for the end.
    let last = rows.last().map_or(code.object.line, |row| row.1);
    rows.push((code.len as u32, last));
    rows
}

fn record(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    // A record's length is a multiple of 8 in perf's own writer.
    let padding = body.len().next_multiple_of(8) - body.len();
    let size = RECORD_BYTES + (body.len() + padding) as u32;
    out.extend(kind.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(now().to_le_bytes());
    out.extend(body);
    out.extend(std::iter::repeat_n(0, padding));
}

/// perf's clock, when it is told `-k mono`.
fn now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists on every Linux, and `time` is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
