//! Byte offsets to lines and columns and back, in bytes and in UTF-16 units.

/// A place as people and protocols say it. Both from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LineCol {
    /// The line.
    pub line: u32,
    /// The column, in bytes or UTF-16 units as asked.
    pub col: u32,
}

/// Where the lines of a text start. Lines end with `\n`; a `\r` before it belongs to the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
    /// Lines that are not ASCII, sorted: each with its characters of more than one byte.
    wide: Vec<(u32, Vec<WideChar>)>,
}

/// Invariant: `start..end` is one character of two to four bytes, as columns of its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct WideChar {
    start: u32,
    end: u32,
    utf16: u32,
}

impl LineIndex {
    /// Reads the whole text once.
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        let mut wide: Vec<(u32, Vec<WideChar>)> = Vec::new();
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at as u32 + 1),
        );
        if !text.is_ascii() {
            for (line, content) in text
                .split('\n')
                .enumerate()
                .filter(|(_, content)| !content.is_ascii())
            {
                let chars = content.char_indices().filter(|(_, c)| !c.is_ascii());
                let chars = chars.map(|(at, c)| WideChar {
                    start: at as u32,
                    end: (at + c.len_utf8()) as u32,
                    utf16: c.len_utf16() as u32,
                });
                wide.push((line as u32, chars.collect()));
            }
        }
        LineIndex {
            starts,
            len: text.len() as u32,
            wide,
        }
    }

    /// The number of lines, at least 1.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Line and column in bytes; an offset behind the end counts as the end.
    pub fn line_col(&self, offset: u32) -> LineCol {
        let offset = offset.min(self.len);
        let line = self.starts.partition_point(|start| *start <= offset) as u32 - 1;
        LineCol {
            line,
            col: offset - self.starts[line as usize],
        }
    }

    /// Line and column in UTF-16 units; an offset inside a character counts as its start.
    pub fn line_col_utf16(&self, offset: u32) -> LineCol {
        let LineCol { line, col } = self.line_col(offset);
        let mut utf16 = col;
        for wide in self.wide_chars(line) {
            if wide.end <= col {
                utf16 -= wide.end - wide.start - wide.utf16;
            } else if wide.start < col {
                utf16 -= col - wide.start;
            }
        }
        LineCol { line, col: utf16 }
    }

    /// The offset of a line and column in bytes; a column behind the line's end counts as its end. `None` when there is no such line.
    pub fn offset(&self, place: LineCol) -> Option<u32> {
        let range = self.line_range(place.line)?;
        Some((range.start + place.col.min(range.end - range.start)).min(range.end))
    }

    /// The offset of a line and column in UTF-16 units.
    pub fn offset_utf16(&self, place: LineCol) -> Option<u32> {
        let mut col = place.col;
        for wide in self.wide_chars(place.line) {
            if col > wide.start {
                // Inside a surrogate pair counts as the character's start.
                let width = wide.end - wide.start;
                col = if col - wide.start >= wide.utf16 {
                    col + width - wide.utf16
                } else {
                    wide.start
                };
            }
        }
        self.offset(LineCol {
            line: place.line,
            col,
        })
    }

    /// The bytes of a line without its `\n`.
    pub fn line_range(&self, line: u32) -> Option<crate::TextRange> {
        let start = *self.starts.get(line as usize)?;
        let end = self
            .starts
            .get(line as usize + 1)
            .map_or(self.len, |next| next - 1);
        Some(crate::TextRange::new(start, end))
    }

    fn wide_chars(&self, line: u32) -> &[WideChar] {
        match self.wide.binary_search_by_key(&line, |(line, _)| *line) {
            Ok(at) => &self.wide[at].1,
            Err(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_goes_there_and_back() {
        let text = "ab\näö x\r\n\n😀b😀\nend";
        let index = LineIndex::new(text);
        assert_eq!(index.line_count(), 5);
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let offset = offset as u32;
            assert_eq!(index.offset(index.line_col(offset)), Some(offset));
            let utf16 = index.line_col_utf16(offset);
            let line = index.line_range(utf16.line).unwrap();
            let before = &text[line.start as usize..offset as usize];
            assert_eq!(
                utf16.col as usize,
                before.encode_utf16().count(),
                "{offset}"
            );
            assert_eq!(index.offset_utf16(utf16), Some(offset), "{offset}");
        }
        assert_eq!(index.offset(LineCol { line: 9, col: 0 }), None);
        assert_eq!(index.offset(LineCol { line: 0, col: 99 }), Some(2));
    }
}
