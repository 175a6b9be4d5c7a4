//! Heaps copied out for people, and kept under numbers: what they are made of, what keeps what alive, how they have grown.
//!
//! In: numbers of processes. Out: rows. The program runs on; it is told for how long each process was held. Few are kept, and the oldest goes first: they take as much
//! memory as what they show.

use super::{Pid, Refusal};
use nostos_runtime::{Image, ObjectLine, Rank, Standing, Step, Survey};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are kept of those that were asked for, and of those that were taken to be looked through at a stop.
const KEPT: usize = 4;
/// Processes of which a snapshot of all is made: the largest.
const PROCESSES: usize = 1000;
/// Bits of an object's number within its process.
const OBJECT_BITS: u32 = 32;

/// See the module.
pub struct Heaps {
    image: Arc<Image>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    /// The oldest first.
    snapshots: VecDeque<Entry>,
}

struct Entry {
    number: u64,
    surveys: Arc<Vec<Survey>>,
    /// Whose heap it was taken to look through, and in which stop.
    looked: Option<(Pid, Option<Standing>)>,
}

impl Kept {
    fn put(&mut self, surveys: Vec<Survey>, looked: Option<(Pid, Option<Standing>)>) -> u64 {
        self.last += 1;
        let is_alike = |entry: &Entry| entry.looked.is_some() == looked.is_some();
        let alike = self.snapshots.iter().filter(|entry| is_alike(entry));
        if alike.count() >= KEPT {
            let oldest = self.snapshots.iter().position(is_alike);
            oldest.and_then(|at| self.snapshots.remove(at));
        }
        self.snapshots.push_back(Entry {
            number: self.last,
            surveys: Arc::new(surveys),
            looked,
        });
        self.last
    }
}

/// A snapshot that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Its number.
    pub snapshot: u64,
    /// Of which processes.
    pub processes: Vec<Pid>,
    /// How many there are; with more than these, it is of the largest that had room.
    pub of: usize,
    /// When, in milliseconds since the image began.
    pub at_ms: u64,
    /// Count and bytes of living objects.
    pub alive: (u64, u64),
    /// And of what the collector has not found yet.
    pub garbage: (u64, u64),
    /// How often living objects refer to what was made while they were copied, which is not in it.
    pub left_out: u64,
    /// How often processes were held.
    pub stops: u64,
    /// For how long altogether.
    pub held_nanos: u64,
    /// For how long at most at a time.
    pub longest_nanos: u64,
}

/// Living objects of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapType {
    /// The type.
    pub name: String,
    /// Count, own bytes and retained bytes.
    pub now: [u64; 3],
    /// The same in the snapshot it is compared with.
    pub before: Option<[u64; 3]>,
}

/// A living object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapObject {
    /// Its number in the snapshot.
    pub object: u64,
    /// Whose it is.
    pub process: Pid,
    /// Its type.
    pub type_name: String,
    /// It.
    pub text: String,
    /// Own bytes.
    pub bytes: u64,
    /// Bytes that would go with it.
    pub retained: u64,
    /// How many parts it has.
    pub parts: usize,
}

/// A step from what keeps an object alive to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeapStep {
    /// Function, file and line.
    Frame(String, String, u32),
    /// Something else that the process keeps.
    Root(String),
    /// An object and the part of it that leads on.
    Object(HeapObject, String),
}

/// All about an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapReport {
    /// It.
    pub object: HeapObject,
    /// How many parts it has.
    pub total: usize,
    /// Those asked for: name, value, the object it is.
    pub fields: Vec<(String, String, Option<u64>)>,
    /// A shortest way to it.
    pub path: Vec<HeapStep>,
    /// The object without which it would not be alive.
    pub above: Option<u64>,
    /// How many refer to it.
    pub referred: usize,
    /// Some of those, with the part of them that does.
    pub referrers: Vec<HeapStep>,
}

impl Heaps {
    pub(crate) fn new(image: Arc<Image>) -> Self {
        let kept = Mutex::default();
        Heaps { image, kept }
    }

    /// Takes a snapshot of a process's heap, or of those of all; of no more than so many bytes of them.
    ///
    /// # Errors
    /// There is no such process, or its heap is larger.
    pub fn take(&self, process: Option<Pid>, most: Option<u64>) -> Result<Snapshot, Refusal> {
        let most = most.unwrap_or(u64::MAX);
        let (pids, of) = match process {
            Some(pid) => {
                let used = self.image.process(pid).map_or(0, |p| p.heap_used as u64);
                if used > most {
                    return Err(Refusal(format!(
                        "the heap of process {pid} has {used} bytes, and the snapshot was to have {most} at most"
                    )));
                }
                (vec![pid], 1)
            }
            None => {
                let (lines, of) = self.image.first_processes(Rank::Heap, PROCESSES);
                let mut room = most;
                let fits = lines.into_iter().filter(|line| {
                    let left = room.checked_sub(line.heap_bytes as u64);
                    room = left.unwrap_or(room);
                    left.is_some()
                });
                (fits.map(|line| line.pid).collect(), of)
            }
        };
        let at_ms = self.image.now().as_millis() as u64;
        // One that ends meanwhile is left out.
        let surveys: Vec<Survey> = pids
            .into_iter()
            .filter_map(|pid| self.image.survey(pid))
            .collect();
        if surveys.is_empty() {
            return Err(Refusal(format!(
                "there is no process {}",
                process.unwrap_or_default()
            )));
        }
        let sum = |f: fn(&Survey) -> (usize, u64)| {
            let each = surveys.iter().map(f);
            each.fold((0, 0), |(n, b), (count, bytes)| {
                (n + count as u64, b + bytes)
            })
        };
        let mut made = Snapshot {
            snapshot: 0,
            processes: surveys.iter().map(|s| s.pid).collect(),
            of,
            at_ms,
            alive: sum(Survey::alive),
            garbage: sum(Survey::garbage),
            left_out: surveys.iter().map(|s| s.left_out as u64).sum(),
            stops: surveys.iter().map(|s| s.stops as u64).sum(),
            held_nanos: surveys.iter().map(|s| s.held.as_nanos() as u64).sum(),
            longest_nanos: surveys
                .iter()
                .map(|s| s.longest.as_nanos() as u64)
                .max()
                .unwrap_or(0),
        };
        made.snapshot = self.kept().put(surveys, None);
        Ok(made)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A snapshot to look through a process's heap: that of the stop it stands in, or a new one. And the one before, if there is one of this process.
    ///
    /// # Errors
    /// There is no such process.
    pub(super) fn of(&self, pid: Pid) -> Result<(u64, Option<u64>), Refusal> {
        let standing = self.image.standing(pid);
        let known = self.kept().snapshots.iter().find_map(|entry| {
            let same = standing.is_some() && entry.looked == Some((pid, standing));
            same.then_some(entry.number)
        });
        let number = match known {
            Some(number) => number,
            None => {
                let survey = self.image.survey(pid);
                let survey = survey.ok_or_else(|| Refusal(format!("there is no process {pid}")))?;
                self.kept().put(vec![survey], Some((pid, standing)))
            }
        };
        Ok((number, self.before(number, pid)))
    }

    /// The number of the last snapshot of this process alone before this one.
    fn before(&self, number: u64, pid: Pid) -> Option<u64> {
        let kept = self.kept();
        let of_it = |entry: &&Entry| {
            entry.number < number && matches!(entry.surveys.as_slice(), [one] if one.pid == pid)
        };
        kept.snapshots
            .iter()
            .rev()
            .find(of_it)
            .map(|entry| entry.number)
    }

    /// Is there a snapshot of this process alone, of an earlier moment than the stop it stands in?
    pub(super) fn has_before(&self, pid: Pid) -> bool {
        let standing = self.image.standing(pid);
        let kept = self.kept();
        kept.snapshots.iter().any(|entry| {
            let of_now = standing.is_some() && entry.looked == Some((pid, standing));
            !of_now && matches!(entry.surveys.as_slice(), [one] if one.pid == pid)
        })
    }

    /// Forgets a snapshot.
    ///
    /// # Errors
    /// There is no such snapshot, here and below.
    pub fn forget(&self, snapshot: u64) -> Result<(), Refusal> {
        self.get(snapshot)?;
        let mut kept = self.kept();
        kept.snapshots.retain(|entry| entry.number != snapshot);
        Ok(())
    }

    /// Nobody wants any of them any more.
    pub(crate) fn forget_all(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.snapshots.clear();
    }

    fn get(&self, snapshot: u64) -> Result<Arc<Vec<Survey>>, Refusal> {
        let kept = self.kept();
        let mut all = kept.snapshots.iter();
        let found = all.find(|entry| entry.number == snapshot);
        found.map(|entry| entry.surveys.clone()).ok_or_else(|| {
            Refusal(format!(
                "there is no heap snapshot {snapshot}: the last {KEPT} are kept"
            ))
        })
    }

    /// Living objects by type, those that retain most first; beside another snapshot those that have grown most first.
    ///
    /// # Errors
    /// As above.
    pub fn types(&self, snapshot: u64, since: Option<u64>) -> Result<Vec<HeapType>, Refusal> {
        let now = self.by_type(snapshot)?;
        let Some(since) = since else {
            let rows = now.into_iter().map(|(name, now)| HeapType {
                name,
                now,
                before: None,
            });
            let mut rows: Vec<HeapType> = rows.collect();
            rows.sort_by(|a, b| b.now[2].cmp(&a.now[2]).then_with(|| a.name.cmp(&b.name)));
            return Ok(rows);
        };
        let mut before = self.by_type(since)?;
        let mut rows: Vec<HeapType> = now
            .into_iter()
            .map(|(name, now)| {
                let before = Some(before.remove(&name).unwrap_or_default());
                HeapType { name, now, before }
            })
            .collect();
        rows.extend(before.into_iter().map(|(name, before)| HeapType {
            name,
            now: [0; 3],
            before: Some(before),
        }));
        let growth = |row: &HeapType| row.now[1] as i64 - row.before.unwrap_or_default()[1] as i64;
        rows.sort_by(|a, b| growth(b).cmp(&growth(a)).then_with(|| a.name.cmp(&b.name)));
        Ok(rows)
    }

    fn by_type(&self, snapshot: u64) -> Result<HashMap<String, [u64; 3]>, Refusal> {
        let surveys = self.get(snapshot)?;
        let mut all: HashMap<String, [u64; 3]> = HashMap::new();
        for survey in surveys.iter() {
            for line in self.image.with_descs(|table| survey.types(table)) {
                let sum = all.entry(line.name).or_default();
                sum[0] += line.objects as u64;
                sum[1] += line.bytes;
                sum[2] += line.retained;
            }
        }
        Ok(all)
    }

    /// The living objects of a type: how many, and a page, those that retain most first (within a process).
    ///
    /// # Errors
    /// As above.
    pub fn objects(
        &self,
        snapshot: u64,
        type_name: &str,
        start: usize,
        count: usize,
    ) -> Result<(usize, Vec<HeapObject>), Refusal> {
        let surveys = self.get(snapshot)?;
        let (mut total, mut rows) = (0, Vec::new());
        for (i, survey) in surveys.iter().enumerate() {
            let skip = start.saturating_sub(total);
            let want = count - rows.len();
            let (here, lines) = self
                .image
                .with_descs(|table| survey.objects(table, type_name, skip, want));
            total += here;
            rows.extend(lines.into_iter().map(|line| row(i, survey, line)));
        }
        Ok((total, rows))
    }

    /// An object as in the list.
    ///
    /// # Errors
    /// There is no such snapshot, or no such object in it, here and below.
    pub(super) fn one(&self, snapshot: u64, object: u64) -> Result<HeapObject, Refusal> {
        let surveys = self.get(snapshot)?;
        let i = (object >> OBJECT_BITS) as usize;
        let found = surveys.get(i).and_then(|survey| {
            let image = &self.image;
            let line = image.with_descs(|table| survey.one(table, object as u32));
            Some(row(i, survey, line?))
        });
        found.ok_or_else(|| no_object(object))
    }

    /// A page of an object's parts: name, value, the object it is.
    ///
    /// # Errors
    /// As above.
    pub(super) fn fields(
        &self,
        snapshot: u64,
        object: u64,
        start: usize,
        count: usize,
    ) -> Result<Vec<(String, String, Option<u64>)>, Refusal> {
        let surveys = self.get(snapshot)?;
        let i = (object >> OBJECT_BITS) as usize;
        let survey = surveys.get(i).ok_or_else(|| no_object(object))?;
        let of = |table: &_| survey.fields(table, object as u32, start, count).1;
        let fields = self.image.with_descs(of).into_iter();
        Ok(fields
            .map(|f| (f.name, f.text, f.object.map(|object| number(i, object))))
            .collect())
    }

    /// All about an object, with a page of its parts.
    ///
    /// # Errors
    /// There is no such snapshot, or no such object in it.
    pub fn object(
        &self,
        snapshot: u64,
        object: u64,
        start: usize,
        count: usize,
    ) -> Result<HeapReport, Refusal> {
        let surveys = self.get(snapshot)?;
        let none = || no_object(object);
        let i = (object >> OBJECT_BITS) as usize;
        let survey = surveys.get(i).ok_or_else(none)?;
        let report = self
            .image
            .with_descs(|table| survey.object(table, object as u32, start, count))
            .ok_or_else(none)?;
        let step = |step| match step {
            Step::Frame {
                function,
                file,
                line,
            } => HeapStep::Frame(function, file, line),
            Step::Root(what) => HeapStep::Root(what.into()),
            Step::Object(line, part) => HeapStep::Object(row(i, survey, line), part),
        };
        let path = report.path.into_iter().map(step);
        let referrers = report.referrers.into_iter().map(step);
        let fields = report.fields.into_iter();
        Ok(HeapReport {
            total: report.total,
            fields: fields
                .map(|f| (f.name, f.text, f.object.map(|object| number(i, object))))
                .collect(),
            path: path.collect(),
            referred: report.referred,
            referrers: referrers.collect(),
            above: report.above.map(|object| number(i, object)),
            object: row(i, survey, report.line),
        })
    }
}

fn no_object(object: u64) -> Refusal {
    Refusal(format!("there is no object {object} in this snapshot"))
}

/// An object's number in a snapshot of several processes.
fn number(survey: usize, object: u32) -> u64 {
    (survey as u64) << OBJECT_BITS | u64::from(object)
}

fn row(i: usize, survey: &Survey, line: ObjectLine) -> HeapObject {
    HeapObject {
        object: number(i, line.object),
        process: survey.pid,
        type_name: line.type_name,
        text: line.text,
        bytes: line.bytes,
        retained: line.retained,
        parts: line.parts,
    }
}
