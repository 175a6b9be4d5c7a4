//! The filter language of lists of processes: `mbox>100 or name:bank* and state:waiting`. The image answers by it, clients use it on what they know.
//!
//! Terms are joined by `and` (or nothing) and `or`; `and` binds tighter. A bare word is looked for in name and function.

/// What a filter asks of a process.
pub struct Seen<'a> {
    /// Its number.
    pub pid: u64,
    /// Its registered name.
    pub name: Option<&'a str>,
    /// What it does, in a word.
    pub state: &'a str,
    /// Messages waiting.
    pub mailbox: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Bytes of heap.
    pub heap: u64,
    /// How many it is linked to.
    pub links: u64,
    /// What it runs; to find that out may take longer than all else.
    pub function: &'a dyn Fn() -> String,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(Field, Op, u64),
    Text(Option<&'static str>, String),
    Not(Box<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Mailbox,
    Reductions,
    Heap,
    Pid,
    Links,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    More,
    Less,
    AtLeast,
    AtMost,
    Equal,
}

/// A parsed filter: any of these groups must hold, each with all of its terms. Empty: everything is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<Vec<Term>>);

const OPS: &[(&str, Op)] = &[
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    (">", Op::More),
    ("<", Op::Less),
    ("=", Op::Equal),
    (":", Op::Equal),
];

impl Filter {
    /// Reads a filter; the error says which word is wrong.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let mut groups = vec![Vec::new()];
        let mut negated = false;
        for word in text.split_whitespace() {
            match word {
                "or" | "|" => groups.push(Vec::new()),
                "and" | "&" => {}
                "not" | "!" => negated = true,
                _ => {
                    let term = term(word)?;
                    let term = if std::mem::take(&mut negated) {
                        Term::Not(Box::new(term))
                    } else {
                        term
                    };
                    groups
                        .last_mut()
                        .expect("there is always a group")
                        .push(term);
                }
            }
        }
        groups.retain(|g| !g.is_empty());
        // A number is cheap to compare; what a process runs is not.
        for group in &mut groups {
            group.sort_by_key(|t| !matches!(t, Term::Number(..)));
        }
        Ok(Filter(groups))
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a process is shown.
    pub fn takes(&self, process: &Seen<'_>) -> bool {
        self.0.is_empty()
            || self
                .0
                .iter()
                .any(|group| group.iter().all(|t| holds(t, process)))
    }
}

fn term(word: &str) -> Result<Term, String> {
    let Some((at, (mark, op))) = OPS
        .iter()
        .filter_map(|o| word.find(o.0).map(|i| (i, o)))
        .min_by_key(|(i, (m, _))| (*i, std::cmp::Reverse(m.len())))
    else {
        return Ok(Term::Text(None, word.to_lowercase()));
    };
    let (name, value) = (&word[..at], &word[at + mark.len()..]);
    let field = match name {
        "mbox" | "mailbox" | "m" => Field::Mailbox,
        "red" | "reductions" | "r" => Field::Reductions,
        "heap" => Field::Heap,
        "pid" | "id" => Field::Pid,
        "links" => Field::Links,
        "name" => return Ok(Term::Text(Some("name"), value.to_lowercase())),
        "fn" | "function" => return Ok(Term::Text(Some("fn"), value.to_lowercase())),
        "state" => return Ok(Term::Text(Some("state"), value.to_lowercase())),
        _ => {
            return Err(format!(
                "`{name}` is none of mbox, red, heap, pid, links, name, fn, state"
            ));
        }
    };
    Ok(Term::Number(field, *op, amount(value)?))
}

/// `100`, `1_000`, `2k`, `3M`, `1G`.
fn amount(text: &str) -> Result<u64, String> {
    let clean = text.replace(['_', ','], "");
    let (digits, factor) = match clean.chars().last() {
        Some('k' | 'K') => (&clean[..clean.len() - 1], 1_000),
        Some('m' | 'M') => (&clean[..clean.len() - 1], 1_000_000),
        Some('g' | 'G') => (&clean[..clean.len() - 1], 1_000_000_000),
        _ => (clean.as_str(), 1),
    };
    digits
        .parse::<u64>()
        .map(|n| n.saturating_mul(factor))
        .map_err(|_| format!("`{text}` is not a number"))
}

fn holds(term: &Term, p: &Seen<'_>) -> bool {
    match term {
        Term::Not(inner) => !holds(inner, p),
        Term::Number(field, op, limit) => {
            let value = match field {
                Field::Mailbox => p.mailbox,
                Field::Reductions => p.reductions,
                Field::Heap => p.heap,
                Field::Pid => p.pid,
                Field::Links => p.links,
            };
            match op {
                Op::More => value > *limit,
                Op::Less => value < *limit,
                Op::AtLeast => value >= *limit,
                Op::AtMost => value <= *limit,
                Op::Equal => value == *limit,
            }
        }
        Term::Text(field, pattern) => {
            let name = p.name.unwrap_or_default().to_lowercase();
            // What it runs is found out only where the answer hangs on it.
            let function = || (p.function)().to_lowercase();
            match field {
                Some("name") => {
                    glob(pattern, &name) || (name.is_empty() && glob(pattern, &function()))
                }
                Some("fn") => glob(pattern, &function()),
                Some(_) => glob(pattern, p.state),
                None => name.contains(pattern.as_str()) || function().contains(pattern.as_str()),
            }
        }
    }
}

/// `*` stands for anything; without one the pattern may stand anywhere.
fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains('*') {
        return text.contains(pattern);
    }
    let mut rest = text;
    let mut pieces = pattern.split('*').peekable();
    let first = pieces.next().unwrap_or_default();
    let Some(tail) = rest.strip_prefix(first) else {
        return false;
    };
    rest = tail;
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return piece.is_empty() || rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(i) => rest = &rest[i + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_choose_rows() {
        let rows = [
            (1, None, "main", "running", 0, 5_000),
            (2, Some("alice"), "bank.account/1", "waiting", 500, 0),
            (3, Some("bank"), "bank.run/0", "waiting", 3, 0),
        ];
        let ids = |f: &str| -> Vec<u64> {
            let filter = Filter::parse(f).unwrap();
            let taken = rows
                .iter()
                .filter(|(pid, name, function, state, mailbox, heap)| {
                    filter.takes(&Seen {
                        pid: *pid,
                        name: *name,
                        state,
                        mailbox: *mailbox,
                        reductions: 0,
                        heap: *heap,
                        links: 0,
                        function: &|| (*function).to_owned(),
                    })
                });
            taken.map(|row| row.0).collect()
        };
        assert_eq!(ids(""), [1, 2, 3]);
        assert_eq!(ids("mbox>100 or name:bank*"), [2, 3]);
        assert_eq!(ids("state:wait mbox<100"), [3]);
        assert_eq!(ids("heap>=5k"), [1]);
        assert_eq!(ids("not bank"), [1]);
        assert_eq!(ids("fn:*account*"), [2]);
        assert!(Filter::parse("size>3").is_err());
        assert!(Filter::parse("mbox>x").is_err());
    }

    #[test]
    fn what_runs_is_asked_last() {
        let glance = |mailbox| Seen {
            pid: 1,
            name: None,
            state: "waiting",
            mailbox,
            reductions: 0,
            heap: 0,
            links: 0,
            function: &|| panic!("nobody needs it"),
        };
        let filter = Filter::parse("account mbox>5").unwrap();
        assert!(!filter.takes(&glance(3)));
    }
}
