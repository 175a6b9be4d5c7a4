//! What a picker chooses from, and what of it matches what is typed.
//!
//! Matching and its order are nucleo's. Short lists are matched at once; long ones on its threads, so that no key waits for them:
//! what is found so far is shown, and [`Waker`] tells when there is more.

use super::{Action, Files, Item};
use nucleo::pattern::{CaseMatching, Normalization, Pattern};
use nucleo::{Config, Matcher, Nucleo, Utf32Str};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Lists up to this are matched at once.
const SHORT: usize = 5_000;

/// Called from another thread when more was found.
#[derive(Clone)]
pub struct Waker(pub Arc<dyn Fn() + Send + Sync>);

impl Default for Waker {
    fn default() -> Waker {
        Waker(Arc::new(|| {}))
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waker")
    }
}

/// All rows of a picker: those made for it, then the project's files if it has them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    own: Arc<Vec<Item>>,
    files: Arc<Files>,
    root: PathBuf,
    /// What stands at the right of a file.
    detail: &'static str,
    /// Columns of the widest row.
    width: usize,
}

impl From<Vec<Item>> for Rows {
    fn from(own: Vec<Item>) -> Rows {
        let width = |i: &Item| i.label.chars().count() + i.detail.chars().count();
        Rows {
            width: own.iter().map(width).max().unwrap_or(0),
            own: Arc::new(own),
            ..Rows::default()
        }
    }
}

impl Rows {
    /// Followed by files.
    pub fn and_files(
        mut self,
        files: &Arc<Files>,
        root: &std::path::Path,
        detail: &'static str,
    ) -> Rows {
        self.width = self.width.max(files.widest() + detail.len());
        (self.files, self.root, self.detail) = (Arc::clone(files), root.to_owned(), detail);
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.own.len() + self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Columns of the widest row.
    pub fn width(&self) -> usize {
        self.width
    }

    fn label(&self, i: usize) -> &str {
        match self.own.get(i) {
            Some(item) => &item.label,
            None => &self.files[i - self.own.len()],
        }
    }

    /// A row.
    pub fn get(&self, i: usize) -> Item {
        self.own.get(i).cloned().unwrap_or_else(|| {
            let name = &self.files[i - self.own.len()];
            Item {
                label: name.clone(),
                detail: self.detail.to_owned(),
                action: Action::Open(self.root.join(name), None),
            }
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Item> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }
}

enum Found {
    /// Everything, as nothing is typed.
    All,
    /// These, the best first.
    Some(Vec<u32>),
    /// What nucleo says.
    Threads,
}

/// Which rows match what is typed, the best first.
pub struct Finder {
    rows: Rows,
    query: String,
    found: Found,
    matcher: Option<Box<Matcher>>,
    threads: Option<Box<Nucleo<u32>>>,
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finder({:?})", self.query)
    }
}

impl Finder {
    /// Nothing is typed yet.
    pub fn new(rows: Rows, waker: &Waker) -> Finder {
        let threads = (rows.len() > SHORT).then(|| {
            let notify = Arc::clone(&waker.0);
            let count = std::thread::available_parallelism().map_or(1, usize::from);
            let nucleo = Nucleo::new(Config::DEFAULT, notify, Some(count.min(4)), 1);
            let (injector, rows) = (nucleo.injector(), rows.clone());
            let feed = move || {
                for i in 0..rows.len() {
                    injector.push(i as u32, |_, columns| columns[0] = rows.label(i).into());
                }
            };
            // Copying so many names takes longer than a key may.
            let spawned = std::thread::Builder::new()
                .name("picker".to_owned())
                .spawn(feed.clone());
            if spawned.is_err() {
                feed();
            }
            Box::new(nucleo)
        });
        Finder {
            rows,
            query: String::new(),
            found: Found::All,
            matcher: None,
            threads,
        }
    }

    /// Looks for something else, or on. Takes about as long as `patience` where others look; then the rest comes later.
    pub fn look(&mut self, query: &str, patience: Duration) {
        let same = self.query == query;
        let before = std::mem::replace(&mut self.query, query.to_owned());
        if query.is_empty() {
            self.found = Found::All;
        } else if self.threads.is_some() {
            self.ask_threads(query, &before, same, patience);
        } else if !same {
            self.ask_here(query);
        }
    }

    fn ask_threads(&mut self, query: &str, before: &str, same: bool, patience: Duration) {
        let Some(nucleo) = &mut self.threads else {
            return;
        };
        if !same {
            let longer = query.starts_with(before) && !before.is_empty();
            let (case, normal) = (CaseMatching::Smart, Normalization::Smart);
            nucleo.pattern.reparse(0, query, case, normal, longer);
        }
        let all = self.rows.len() as u32;
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let status = nucleo.tick(left.as_millis().min(10) as u64);
            let done = !status.running && nucleo.snapshot().item_count() >= all;
            if done || left.is_zero() {
                break;
            }
        }
        self.found = Found::Threads;
    }

    fn ask_here(&mut self, query: &str) {
        let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
        let matcher = self
            .matcher
            .get_or_insert_with(|| Box::new(Matcher::new(Config::DEFAULT)));
        let mut buffer = Vec::new();
        let mut hits = Vec::new();
        for i in 0..self.rows.len() {
            let label = self.rows.label(i);
            if let Some(score) = pattern.score(Utf32Str::new(label, &mut buffer), matcher) {
                hits.push((std::cmp::Reverse(score), label.len(), i as u32));
            }
        }
        hits.sort_unstable();
        self.found = Found::Some(hits.into_iter().map(|(_, _, i)| i).collect());
    }

    /// How many rows match.
    pub fn count(&self) -> usize {
        match (&self.found, &self.threads) {
            (Found::All, _) => self.rows.len(),
            (Found::Some(hits), _) => hits.len(),
            (Found::Threads, Some(n)) => n.snapshot().matched_item_count() as usize,
            (Found::Threads, None) => 0,
        }
    }

    /// The n-th row that matches.
    pub fn hit(&self, n: usize) -> Option<Item> {
        let i = match (&self.found, &self.threads) {
            (Found::All, _) => Some(n).filter(|n| *n < self.rows.len()),
            (Found::Some(hits), _) => hits.get(n).map(|i| *i as usize),
            (Found::Threads, Some(nucleo)) => {
                let hit = nucleo.snapshot().get_matched_item(u32::try_from(n).ok()?);
                hit.map(|h| *h.data as usize)
            }
            (Found::Threads, None) => None,
        };
        i.map(|i| self.rows.get(i))
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        if let Some(nucleo) = self.threads.take() {
            // It waits for its threads, and frees many names. Without a thread that is done here.
            let _ = std::thread::Builder::new().spawn(move || drop(nucleo));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(finder: &Finder) -> Vec<String> {
        (0..finder.count())
            .filter_map(|n| finder.hit(n))
            .map(|i| i.label)
            .collect()
    }

    #[test]
    fn threads_find_what_is_found_here() {
        let names: Vec<String> = (0..20_000).map(|i| format!("src/a{i}/main.nos")).collect();
        let files = Arc::new(Files::from(names.clone()));
        let all = Rows::default().and_files(&files, "/".as_ref(), "");
        let mut many = Finder::new(all, &Waker::default());
        assert!(many.threads.is_some());
        let few: Vec<Item> = names
            .iter()
            .map(|n| Item {
                label: n.clone(),
                detail: String::new(),
                action: Action::Nothing,
            })
            .collect();
        let mut here = Finder::new(few[..SHORT].to_vec().into(), &Waker::default());
        here.rows = few.into();
        for query in ["a7", "a77", "a777mai", "a777", "Main", "zz", ""] {
            many.look(query, Duration::from_secs(600));
            here.look(query, Duration::ZERO);
            assert_eq!(found(&many), found(&here), "{query}");
        }
        many.look("a4711", Duration::from_secs(600));
        assert_eq!(found(&many)[0], "src/a4711/main.nos");
    }

    #[test]
    fn word_starts_and_runs_win() {
        let item = |label: &str| Item {
            label: label.to_owned(),
            detail: String::new(),
            action: Action::Nothing,
        };
        let rows = vec![item("my_apples_in.nos"), item("src/main.nos"), item("yx")];
        let mut finder = Finder::new(rows.into(), &Waker::default());
        finder.look("main", Duration::ZERO);
        assert_eq!(found(&finder)[0], "src/main.nos");
        finder.look("xy", Duration::ZERO);
        assert_eq!(finder.count(), 0);
    }
}
