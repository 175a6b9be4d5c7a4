//! Files: open ones with a read buffer, and whole ones. Text is UTF-8; binary files travel as texts of characters below 256.

use crate::handles::Handles;
use crate::{Failure, Outcome, Value, done, failed, text, too_long};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::time::UNIX_EPOCH;

struct Opened {
    file: File,
    path: String,
    /// Read and not yet taken.
    ahead: Vec<u8>,
}

static OPEN: Handles<Opened> = Handles::new("file");

const CHUNK: usize = 16 * 1024;

pub(crate) fn open(path: &str, mode: &str) -> Outcome {
    let mut how = OpenOptions::new();
    match mode {
        "r" | "read" => how.read(true),
        "w" | "write" => how.write(true).create(true).truncate(true),
        "a" | "append" => how.append(true).create(true),
        "r+" | "rw" => how.read(true).write(true),
        "w+" => how.read(true).write(true).create(true).truncate(true),
        "a+" => how.read(true).append(true).create(true),
        other => {
            return Err(Failure {
                kind: "io_error",
                message: format!("{path}: there is no mode \"{other}\""),
            });
        }
    };
    let file = how.open(path).map_err(|e| failed(path, &e))?;
    let opened = Opened {
        file,
        path: path.to_string(),
        ahead: Vec::new(),
    };
    Ok(vec![Value::Int(OPEN.add(opened))])
}

impl Opened {
    /// Reads another piece; false at the end.
    fn more(&mut self) -> Result<bool, Failure> {
        let start = self.ahead.len();
        self.ahead.resize(start + CHUNK, 0);
        let read = loop {
            match self.file.read(&mut self.ahead[start..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.ahead.truncate(start + *read.as_ref().unwrap_or(&0));
        read.map(|n| n > 0).map_err(|e| failed(&self.path, &e))
    }

    fn take(&mut self, bytes: usize) -> Result<String, Failure> {
        let rest = self.ahead.split_off(bytes);
        let taken = std::mem::replace(&mut self.ahead, rest);
        String::from_utf8(taken).map_err(|_| not_text(&self.path))
    }

    /// Puts the file's position where the program believes it is.
    fn forget_ahead(&mut self) -> io::Result<()> {
        let ahead = std::mem::take(&mut self.ahead).len() as i64;
        if ahead > 0 {
            self.file.seek(SeekFrom::Current(-ahead))?;
        }
        Ok(())
    }
}

fn not_text(path: &str) -> Failure {
    Failure {
        kind: "io_error",
        message: format!("{path}: not valid UTF-8"),
    }
}

/// At most `max` bytes of whole characters (one at least); empty at the end.
pub(crate) fn read(handle: i64, max: i64, most: usize) -> Outcome {
    let max = usize::try_from(max).unwrap_or(0).min(most);
    OPEN.with(handle, |opened| {
        while opened.ahead.len() < max.max(4) {
            if !opened.more()? {
                break;
            }
        }
        let mut bytes = opened.ahead.len().min(max);
        // Back to the start of a character that would be cut.
        while bytes > 0 && bytes < opened.ahead.len() && opened.ahead[bytes] & 0xC0 == 0x80 {
            bytes -= 1;
        }
        if bytes == 0 && max > 0 {
            // The next character is longer than what was asked for.
            bytes = opened.ahead.len().min(1);
            while bytes < opened.ahead.len() && opened.ahead[bytes] & 0xC0 == 0x80 {
                bytes += 1;
            }
        }
        text(opened.take(bytes)?)
    })
}

/// Whether there is a line, and it without its end. Handle 0 is standard input. Of a line that is too long what was read is gone.
pub(crate) fn read_line(handle: i64, most: usize) -> Outcome {
    if handle == 0 {
        let mut line = Vec::new();
        let input = io::stdin().lock();
        let read = input.take(past(most)).read_until(b'\n', &mut line);
        let read = read.map_err(|e| failed("standard input", &e))?;
        if read > most {
            return Err(too_long("standard input", most));
        }
        let mut line = String::from_utf8(line).map_err(|_| not_text("standard input"))?;
        trim_end(&mut line);
        return Ok(vec![Value::Int(i64::from(read > 0)), Value::Text(line)]);
    }
    OPEN.with(handle, |opened| {
        let mut seen = 0;
        let line = loop {
            if let Some(at) = opened.ahead[seen..].iter().position(|b| *b == b'\n') {
                break Some(seen + at + 1);
            }
            seen = opened.ahead.len();
            if seen > most {
                opened.ahead = Vec::new();
                return Err(too_long(&opened.path, most));
            }
            if !opened.more()? {
                break (seen > 0).then_some(seen);
            }
        };
        let Some(bytes) = line else {
            return Ok(vec![Value::Int(0), Value::Text(String::new())]);
        };
        let mut line = opened.take(bytes)?;
        trim_end(&mut line);
        Ok(vec![Value::Int(1), Value::Text(line)])
    })
}

/// Takes `\n` or `\r\n` off the end.
pub(crate) fn trim_end(line: &mut String) {
    if line.ends_with('\n') {
        line.pop();
        if line.ends_with('\r') {
            line.pop();
        }
    }
}

pub(crate) fn write(handle: i64, data: &str) -> Outcome {
    OPEN.with(handle, |opened| {
        let wrote = opened
            .forget_ahead()
            .and_then(|()| opened.file.write_all(data.as_bytes()));
        done(wrote, &opened.path)
    })
}

pub(crate) fn flush(handle: i64) -> Outcome {
    OPEN.with(handle, |opened| done(opened.file.flush(), &opened.path))
}

pub(crate) fn close(handle: i64) -> Outcome {
    OPEN.remove(handle).map(|_| Vec::new())
}

/// Closes it, if it is open.
pub(crate) fn forget(handle: i64) {
    // An error says that it is closed.
    let _ = OPEN.remove(handle);
}

/// From the start (0), from here (1) or from the end (2) → the new position.
pub(crate) fn seek(handle: i64, offset: i64, whence: i64) -> Outcome {
    OPEN.with(handle, |opened| {
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).unwrap_or(0)),
            1 => SeekFrom::Current(offset),
            _ => SeekFrom::End(offset),
        };
        let at = opened.forget_ahead().and_then(|()| opened.file.seek(to));
        at.map(|at| vec![Value::Int(at as i64)])
            .map_err(|e| failed(&opened.path, &e))
    })
}

pub(crate) fn size(path: &str) -> Outcome {
    fs::metadata(path)
        .map(|m| vec![Value::Int(m.len() as i64)])
        .map_err(|e| failed(path, &e))
}

pub(crate) fn rename(from: &str, to: &str) -> Outcome {
    done(fs::rename(from, to), from)
}

pub(crate) fn copy(from: &str, to: &str) -> Outcome {
    done(fs::copy(from, to).map(|_| ()), from)
}

pub(crate) fn read_binary(path: &str, most: usize) -> Outcome {
    let bytes = bytes_of(path, most)?;
    text(bytes.into_iter().map(char::from).collect())
}

/// The text of a file of at most `most` bytes.
pub fn read_all(path: &str, most: usize) -> Result<String, Failure> {
    String::from_utf8(bytes_of(path, most)?).map_err(|_| not_text(path))
}

fn bytes_of(path: &str, most: usize) -> Result<Vec<u8>, Failure> {
    let read = || {
        let file = File::open(path)?;
        // What a file says of its size may be wrong, and is 0 where it has none.
        let size = file.metadata().map_or(0, |found| found.len());
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(size).unwrap_or(0).min(most))?;
        file.take(past(most)).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    let bytes = read().map_err(|e| failed(path, &e))?;
    if bytes.len() > most {
        return Err(too_long(path, most));
    }
    Ok(bytes)
}

/// One more than may be read, to see that there is more.
fn past(most: usize) -> u64 {
    u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)
}

pub(crate) fn write_binary(path: &str, data: &str) -> Outcome {
    let bytes: Vec<u8> = data.chars().map(|c| c as u8).collect();
    done(fs::write(path, bytes), path)
}

/// Milliseconds since 1970.
pub(crate) fn modified(path: &str) -> Outcome {
    let at = fs::metadata(path)
        .and_then(|m| m.modified())
        .map_err(|e| failed(path, &e))?;
    let millis = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    Ok(vec![Value::Int(millis as i64)])
}

/// 0: nothing there; 1: a file; 2: a directory; 3: something else.
pub(crate) fn kind(path: &str) -> i64 {
    match fs::metadata(path) {
        Ok(m) if m.is_file() => 1,
        Ok(m) if m.is_dir() => 2,
        Ok(_) => 3,
        Err(_) => 0,
    }
}
