//! A document of pieces that may be broken into lines, and its way to text.
//!
//! Comes in: a [`Doc`], in which the rules have said where a line may and where it must end. Goes out: text whose lines keep to the width where
//! they can. Absent: the language.
//!
//! The algebra is Wadler's ("A prettier printer", 1998) in the shape that Prettier gave it: groups that are laid flat when they fit, decided
//! from the outside in with a stack, in linear time. Ours are comments that wait for the end of the line they stand on, and [`Doc::After`].

/// How far one level is indented.
pub(crate) const INDENT: usize = 2;

/// A piece of text that may be laid out in several ways.
#[derive(Debug)]
pub(crate) enum Doc<'t> {
    /// As it stands, perhaps with lines of its own.
    Text(&'t str),
    Space,
    /// A space, or the end of the line where the group around it is broken.
    Line,
    /// Nothing, or the end of the line.
    Soft,
    /// The end of the line; the empty line that follows in the source is kept, or not.
    Hard {
        keep_blank: bool,
    },
    /// In the source an empty line stands here.
    Blank,
    /// Text where the group around it is flat, or where it is broken.
    IfFlat(&'static str),
    IfBroken(&'static str),
    Indent(Box<Doc<'t>>),
    /// Indented where the group around it is broken.
    IndentBroken(Box<Doc<'t>>),
    Group {
        /// Broken whatever fits.
        broken: bool,
        doc: Box<Doc<'t>>,
    },
    Concat(Vec<Doc<'t>>),
    /// A head: whether it fits is measured as if it were flat.
    Head(Box<Doc<'t>>),
    /// A space or a new, indented line, and what stands behind `=`, `=>`, `->`, `then`.
    After(Box<Doc<'t>>, Place),
    Comment(Comment<'t>),
}

/// Where what stands behind `=` goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// On the line of the `=`, broken as it is inside.
    Hug,
    /// On that line if it fits there; else on the next, if it fits there; else as `Hug`.
    Prefer,
    /// The same, but only what stands before its first possible end of a line has to fit.
    Head,
    /// On that line if it fits, else on the next.
    Next,
    /// On the next line.
    Below,
}

/// A comment, with how it stands in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comment<'t> {
    pub text: &'t str,
    /// It begins its line.
    pub own_line: bool,
    /// It ends its line.
    pub ends_line: bool,
    pub blank_before: bool,
    pub space_after: bool,
    /// Line and column in the source.
    pub line: usize,
    pub column: usize,
}

impl<'t> Doc<'t> {
    pub(crate) fn nothing() -> Doc<'t> {
        Doc::Concat(Vec::new())
    }

    pub(crate) fn indent(self) -> Doc<'t> {
        Doc::Indent(Box::new(self))
    }

    pub(crate) fn group(self) -> Doc<'t> {
        self.group_if(false)
    }

    /// A group; `broken`: whatever fits.
    pub(crate) fn group_if(self, broken: bool) -> Doc<'t> {
        Doc::Group {
            broken,
            doc: Box::new(self),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

type Job<'d, 't> = (usize, Mode, &'d Doc<'t>);

/// How much of a document fits on the line.
#[derive(PartialEq, Eq)]
enum Fits {
    No,
    /// Up to the end of a line that must be.
    ToNewline,
    All,
}

/// The end of a line that is still to be written.
struct Pending {
    indent: usize,
    blank: bool,
    keep_blank: bool,
}

struct Printer<'t> {
    out: String,
    width: usize,
    end_of_line: &'static str,
    column: usize,
    lines: usize,
    newline: Option<Pending>,
    space: bool,
    /// Comments behind code: where in `out`, in which line of it, the column of what is before, and as the source has it.
    trailing: Vec<(usize, usize, usize, Comment<'t>)>,
}

/// The document as text that ends with the end of a line, unless there is nothing.
pub(crate) fn print(doc: &Doc<'_>, width: usize, end_of_line: &'static str) -> String {
    let mut printer = Printer {
        out: String::new(),
        width,
        end_of_line,
        column: 0,
        lines: 0,
        newline: None,
        space: false,
        trailing: Vec::new(),
    };
    printer.run(doc);
    let Printer {
        mut out, trailing, ..
    } = printer;
    align(&mut out, &trailing);
    if !out.is_empty() {
        out.push_str(end_of_line);
    }
    out
}

impl<'t> Printer<'t> {
    fn run(&mut self, doc: &Doc<'t>) {
        let mut stack: Vec<Job<'_, 't>> = vec![(0, Mode::Broken, doc)];
        // Behind a line that had to end, what was found to fit may no longer.
        let mut measure_again = false;
        while let Some((indent, mode, doc)) = stack.pop() {
            match doc {
                Doc::Text(text) => self.text(text),
                Doc::Space => self.space = true,
                Doc::Line if mode == Mode::Flat => self.space = true,
                Doc::Soft if mode == Mode::Flat => {}
                Doc::Line | Doc::Soft => {
                    self.end_line(indent, false);
                    measure_again = true;
                }
                Doc::Hard { keep_blank } => {
                    self.end_line(indent, *keep_blank);
                    measure_again = true;
                }
                Doc::Blank => {
                    if let Some(pending) = &mut self.newline {
                        pending.blank |= pending.keep_blank;
                    }
                }
                Doc::IfFlat(text) => {
                    if mode == Mode::Flat {
                        self.text(text);
                    }
                }
                Doc::IfBroken(text) => {
                    if mode == Mode::Broken {
                        self.text(text);
                    }
                }
                Doc::Indent(inner) => stack.push((indent + INDENT, mode, inner)),
                Doc::IndentBroken(inner) => {
                    let more = if mode == Mode::Broken { INDENT } else { 0 };
                    stack.push((indent + more, mode, inner));
                }
                Doc::Concat(parts) => {
                    stack.extend(parts.iter().rev().map(|part| (indent, mode, part)));
                }
                Doc::Head(inner) => stack.push((indent, mode, inner)),
                Doc::Group { broken, doc } => {
                    let inner = if *broken {
                        Mode::Broken
                    } else if (mode == Mode::Flat && !measure_again)
                        || self.fits((Mode::Flat, doc), &stack, self.left()) != Fits::No
                    {
                        Mode::Flat
                    } else {
                        Mode::Broken
                    };
                    measure_again = false;
                    stack.push((indent, inner, doc));
                }
                Doc::After(body, place) => {
                    if mode == Mode::Flat && !measure_again && *place != Place::Below {
                        self.space = true;
                        stack.push((indent, Mode::Flat, body));
                        continue;
                    }
                    let (below, inner) = self.place(indent, body, *place, &stack);
                    if below {
                        self.end_line(indent + INDENT, false);
                        measure_again = true;
                        stack.push((indent + INDENT, inner, body));
                    } else {
                        self.space = true;
                        stack.push((indent, inner, body));
                    }
                }
                Doc::Comment(comment) => {
                    self.comment(comment, indent);
                    measure_again |= self.newline.is_some();
                }
            }
        }
    }

    /// Whether `body` goes on the next line, and how it is laid out.
    fn place(
        &self,
        indent: usize,
        body: &Doc<'t>,
        place: Place,
        rest: &[Job<'_, 't>],
    ) -> (bool, Mode) {
        let left = self.left() - 1;
        let below = self.width as isize - (indent + INDENT) as isize;
        let here = |mode| (false, mode);
        match place {
            Place::Below => (true, Mode::Broken),
            Place::Hug => here(Mode::Broken),
            Place::Next | Place::Prefer
                if self.fits((Mode::Flat, body), rest, left) != Fits::No =>
            {
                here(Mode::Flat)
            }
            Place::Next => (true, Mode::Broken),
            Place::Prefer => match self.fits((Mode::Flat, body), rest, below) {
                Fits::All | Fits::ToNewline => (true, Mode::Broken),
                Fits::No => here(Mode::Broken),
            },
            Place::Head if self.fits((Mode::Broken, body), rest, left) != Fits::No => {
                here(Mode::Broken)
            }
            Place::Head => match self.fits((Mode::Broken, body), rest, below) {
                Fits::All | Fits::ToNewline => (true, Mode::Broken),
                Fits::No => here(Mode::Broken),
            },
        }
    }

    fn left(&self) -> isize {
        let column = match &self.newline {
            Some(pending) => pending.indent,
            None => self.column + usize::from(self.space),
        };
        self.width as isize - column as isize
    }

    /// Whether `next`, and what follows it up to the first place where a line may end, fits in `left` columns.
    fn fits<'d>(&self, next: (Mode, &'d Doc<'t>), rest: &[Job<'d, 't>], mut left: isize) -> Fits {
        let mut rest = rest.iter().rev();
        let mut stack = vec![next];
        let mut in_rest = false;
        while left >= 0 {
            let Some((mode, doc)) = stack.pop() else {
                match rest.next() {
                    Some((_, mode, doc)) => {
                        in_rest = true;
                        stack.push((*mode, doc));
                        continue;
                    }
                    None => return Fits::All,
                }
            };
            let end = if in_rest { Fits::All } else { Fits::ToNewline };
            match doc {
                Doc::Text(text) => match text.split_once('\n') {
                    None => left -= width(text),
                    Some((first, _)) => {
                        left -= width(first);
                        return if left < 0 { Fits::No } else { end };
                    }
                },
                Doc::Space => left -= 1,
                Doc::Line if mode == Mode::Flat => left -= 1,
                Doc::Soft if mode == Mode::Flat => {}
                Doc::Line | Doc::Soft | Doc::Hard { .. } => return end,
                Doc::Blank => {}
                Doc::IfFlat(text) if mode == Mode::Flat => left -= width(text),
                Doc::IfBroken(text) if mode == Mode::Broken => left -= width(text),
                Doc::IfFlat(_) | Doc::IfBroken(_) => {}
                Doc::Indent(inner) | Doc::IndentBroken(inner) => stack.push((mode, inner)),
                Doc::Concat(parts) => stack.extend(parts.iter().rev().map(|part| (mode, part))),
                Doc::Group { broken, doc } => {
                    stack.push((if *broken { Mode::Broken } else { mode }, doc));
                }
                Doc::After(_, Place::Below) => return end,
                Doc::Head(inner) => stack.push((Mode::Flat, inner)),
                Doc::After(_, Place::Next | Place::Prefer | Place::Head)
                    if mode == Mode::Broken =>
                {
                    return end;
                }
                Doc::After(body, _) => {
                    left -= 1;
                    stack.push((mode, body));
                }
                Doc::Comment(comment) => {
                    if comment.own_line || comment.ends_line {
                        return end;
                    }
                    left -= width(comment.text) + 2;
                }
            }
        }
        Fits::No
    }

    fn end_line(&mut self, indent: usize, keep_blank: bool) {
        self.space = false;
        match &mut self.newline {
            Some(pending) => pending.indent = indent,
            None => {
                self.newline = Some(Pending {
                    indent,
                    blank: false,
                    keep_blank,
                });
            }
        }
    }

    fn flush(&mut self) {
        if let Some(pending) = self.newline.take() {
            if !self.out.is_empty() {
                self.out.push_str(self.end_of_line);
                self.lines += 1;
                if pending.blank {
                    self.out.push_str(self.end_of_line);
                    self.lines += 1;
                }
            }
            self.out.extend(std::iter::repeat_n(' ', pending.indent));
            self.column = pending.indent;
        } else if self.space {
            self.out.push(' ');
            self.column += 1;
        }
        self.space = false;
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.flush();
        self.write(text);
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            None => self.column += width(text) as usize,
            Some((_, last)) => {
                self.column = width(last) as usize;
                self.lines += text.matches('\n').count();
            }
        }
    }

    fn comment(&mut self, comment: &Comment<'t>, indent: usize) {
        let begins = comment.own_line || self.out.is_empty();
        if begins {
            let pending = self.newline.get_or_insert(Pending {
                indent,
                blank: false,
                keep_blank: true,
            });
            pending.blank |= comment.blank_before && pending.keep_blank;
            let indent = pending.indent;
            self.flush();
            self.write(comment.text);
            if comment.ends_line {
                self.newline = Some(Pending {
                    indent,
                    blank: false,
                    keep_blank: true,
                });
                return;
            }
        } else {
            // A line that is to end here ends behind the comment.
            let pending = self.newline.take();
            self.space = true;
            self.flush();
            if comment.ends_line && !comment.text.starts_with("#*") {
                let before = self.column - 1;
                self.trailing
                    .push((self.out.len() - 1, self.lines, before, *comment));
            }
            self.write(comment.text);
            if pending.is_some() || comment.ends_line {
                self.newline = pending.or(Some(Pending {
                    indent,
                    blank: false,
                    keep_blank: true,
                }));
                return;
            }
        }
        self.space = comment.space_after;
    }
}

/// Comments behind code that stand in one column in the source, on lines that follow each other, do so in the text.
fn align(out: &mut String, trailing: &[(usize, usize, usize, Comment<'_>)]) {
    let together = |a: &(usize, usize, usize, Comment<'_>),
                    b: &(usize, usize, usize, Comment<'_>)| {
        a.1 + 1 == b.1 && a.3.line + 1 == b.3.line && a.3.column == b.3.column
    };
    let mut inserts = Vec::new();
    for run in trailing.chunk_by(together) {
        let furthest = run
            .iter()
            .map(|(_, _, column, _)| *column)
            .max()
            .unwrap_or(0);
        inserts.extend(
            run.iter()
                .map(|(at, _, column, _)| (*at, furthest - column)),
        );
    }
    for (at, spaces) in inserts.into_iter().rev().filter(|(_, spaces)| *spaces > 0) {
        out.insert_str(at, &" ".repeat(spaces));
    }
}

fn width(text: &str) -> isize {
    text.chars().count() as isize
}
