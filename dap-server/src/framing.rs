//! `Content-Length` framing: bytes in, in pieces of any size; message bodies out. Bounded, and it finds its way back after nonsense.

use std::io::{self, Write};

/// The largest body taken. A setBreakpoints with ten thousand lines has 300 KB; a reload with texts may have megabytes.
pub const MAX_BODY: usize = 64 << 20;
/// The largest header block taken.
const MAX_HEADER: usize = 8 << 10;
const NAME: &[u8] = b"content-length";

/// Collects bytes and cuts messages out of them.
#[derive(Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Bytes at the start of `buffer` that are done with.
    used: usize,
    /// Bytes of a refused body that are still to come.
    skip: usize,
}

/// What came out of the bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// The body of a message; not looked at.
    Body(Vec<u8>),
    /// Something that is no message was skipped; a sentence why.
    Nonsense(String),
}

impl Decoder {
    /// Takes bytes as they come.
    pub fn push(&mut self, mut bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        bytes = &bytes[skipped..];
        if self.used > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next piece, if one is complete.
    pub fn next_piece(&mut self) -> Option<Piece> {
        let rest = &self.buffer[self.used..];
        let Some((header, body)) = header_end(rest) else {
            return self.overlong_header();
        };
        match content_length(&rest[..header]) {
            Ok(length) if length <= MAX_BODY => {
                let body = rest.get(body..body + length)?.to_vec();
                self.used += header_end(rest).map_or(0, |(_, start)| start) + length;
                Some(Piece::Body(body))
            }
            Ok(length) => {
                // The length is plausible as a number, so the body is skipped as it comes, and never stored.
                let here = rest.len() - body;
                let now = here.min(length);
                self.used += body + now;
                self.skip = length - now;
                Some(Piece::Nonsense(format!(
                    "a message of {length} bytes was refused"
                )))
            }
            Err(why) => {
                // What follows a broken header may be the next message or more nonsense: look for the next thing that reads like a header.
                let from = self.used + 1;
                self.used =
                    find_header(&self.buffer[from..]).map_or(self.used + body, |at| from + at);
                Some(Piece::Nonsense(why))
            }
        }
    }

    fn overlong_header(&mut self) -> Option<Piece> {
        if self.buffer.len() - self.used <= MAX_HEADER {
            return None;
        }
        let from = self.used + 1;
        // Keep a tail that may be the beginning of a header.
        let keep = self.buffer.len() - NAME.len();
        self.used = find_header(&self.buffer[from..]).map_or(keep, |at| from + at);
        Some(Piece::Nonsense("a header without end was skipped".into()))
    }
}

/// Frames a body and writes it in one piece.
pub fn write_body(out: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body);
    out.write_all(&framed)?;
    out.flush()
}

/// Where the header block ends and where the body starts. Lines may end in `\r\n` or `\n`.
fn header_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let window = &bytes[..bytes.len().min(MAX_HEADER)];
    let mut line_start = 0;
    for (i, byte) in window.iter().enumerate() {
        if *byte != b'\n' {
            continue;
        }
        let line = &window[line_start..i];
        // Blank lines before the first header are what a careless peer leaves after the last body.
        if (line.is_empty() || line == b"\r") && !window[..line_start].trim_ascii().is_empty() {
            return Some((line_start, i + 1));
        }
        line_start = i + 1;
    }
    None
}

fn content_length(header: &[u8]) -> Result<usize, String> {
    let mut length = None;
    for line in header.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(format!("`{}` is no header", excerpt(line)));
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(NAME) {
            let text = std::str::from_utf8(value).ok();
            // No sign, no fraction: `usize::from_str` alone would take a `+`.
            let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let number = digits.and_then(|text| text.parse::<usize>().ok());
            length = Some(number.ok_or_else(|| format!("`{}` is no length", excerpt(value)))?);
        }
    }
    length.ok_or_else(|| "a header without Content-Length".into())
}

fn find_header(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(NAME.len())
        .position(|window| window.eq_ignore_ascii_case(NAME))
}

fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(input: &[u8], step: usize) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        for chunk in input.chunks(step) {
            decoder.push(chunk);
            while let Some(piece) = decoder.next_piece() {
                out.push(match piece {
                    Piece::Body(body) => String::from_utf8_lossy(&body).into_owned(),
                    Piece::Nonsense(why) => format!("! {why}"),
                });
            }
        }
        out
    }

    #[test]
    fn messages_come_out_whatever_the_pieces_and_the_headers() {
        let table: &[(&str, &[&str])] = &[
            ("Content-Length: 2\r\n\r\n{}", &["{}"]),
            (
                "content-length:2\r\n\r\n{}CONTENT-LENGTH :  3\r\n\r\n[1]",
                &["{}", "[1]"],
            ),
            (
                "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
                &["{}"],
            ),
            ("Content-Length: 2\n\n{}", &["{}"]),
            (
                "Content-Length: 2\r\n\r\n{}\r\nContent-Length: 2\r\n\r\n[]",
                &["{}", "[]"],
            ),
            (
                "Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}",
                &["", "{}"],
            ),
            ("Content-Length: 4\r\n\r\n\"\u{fc}\"", &["\"\u{fc}\""]),
        ];
        for (input, expected) in table {
            for step in [1, 2, 7, 1000] {
                assert_eq!(
                    pieces(input.as_bytes(), step),
                    *expected,
                    "{input:?} by {step}"
                );
            }
        }
    }

    #[test]
    fn nonsense_is_named_and_the_next_message_is_found() {
        let good = "Content-Length: 2\r\n\r\n{}";
        for (bad, why) in [
            ("Content-Length: -5\r\n\r\n", "! `-5` is no length"),
            ("Content-Length: +2\r\n\r\n", "! `+2` is no length"),
            (
                "Content-Length: 99999999999999999999999\r\n\r\n",
                "! `99999999999999999999999` is no length",
            ),
            ("Content-Length: abc\r\n\r\n{}", "! `abc` is no length"),
            ("Content-Length:\r\n\r\n", "! `` is no length"),
            (
                "Content-Type: x\r\n\r\n",
                "! a header without Content-Length",
            ),
            (
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "! `GET / HTTP/1.1` is no header",
            ),
        ] {
            let got = pieces(format!("{bad}{good}").as_bytes(), 1000);
            assert_eq!(got.first().map(String::as_str), Some(why), "{bad:?}");
            assert_eq!(got.last().map(String::as_str), Some("{}"), "{bad:?}");
        }
    }

    #[test]
    fn a_huge_body_is_skipped_without_being_stored() {
        let mut decoder = Decoder::default();
        let length = MAX_BODY + 10;
        decoder.push(format!("Content-Length: {length}\r\n\r\n").as_bytes());
        assert!(matches!(decoder.next_piece(), Some(Piece::Nonsense(_))));
        let chunk = vec![b'x'; 1 << 20];
        let mut left = length;
        while left > 0 {
            let n = left.min(chunk.len());
            decoder.push(&chunk[..n]);
            assert_eq!(decoder.next_piece(), None);
            assert!(decoder.buffer.capacity() < 2 << 20);
            left -= n;
        }
        decoder.push(b"Content-Length: 2\r\n\r\n{}");
        assert_eq!(decoder.next_piece(), Some(Piece::Body(b"{}".to_vec())));
    }

    #[test]
    fn an_endless_header_is_dropped() {
        let mut input = vec![b'a'; 100_000];
        input.extend_from_slice(b"Content-Length: 2\r\n\r\n{}");
        for step in [1000, 1_000_000] {
            let got = pieces(&input, step);
            assert_eq!(got.last().map(String::as_str), Some("{}"), "{step}");
            assert!(got[0].starts_with("! "));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        write_body(&mut bytes, b"{\"a\":1}").expect("a vector takes all");
        write_body(&mut bytes, b"[]").expect("a vector takes all");
        assert_eq!(pieces(&bytes, 3), ["{\"a\":1}", "[]"]);
    }
}
