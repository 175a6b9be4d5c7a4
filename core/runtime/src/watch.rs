//! Values that stop whoever changes them: `var`s and elements of arrays of one process, and the image's `mvar`s.
//!
//! A process's own values are compared with what they were at every site it comes by; while any process has such a value, all sites are armed.
//! Objects move, so a watched one is a root of its process, and so is the old value if it is a reference: both are moved alike, and stay equal until
//! another is written. An `mvar` is read and written by the runtime itself. While nothing is watched, nothing is looked at.

use crate::core::Core;
use crate::debug::StopReason;
use crate::look::{Spot, Standing};
use crate::process::{Own, Process};
use crate::walk;
use nostos_abi::desc::ShapeId;
use nostos_abi::object::Lane;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keys of roots that are ours among a process's own copies of module-level values, whose numbers are far smaller.
static KEYS: AtomicU64 = AtomicU64::new(1 << 63);

fn fresh() -> u64 {
    KEYS.fetch_add(1, Ordering::Relaxed)
}

/// A value of a process.
#[derive(Debug)]
pub(crate) struct Watch {
    id: u64,
    on: bool,
    place: Place,
    lanes: Vec<Lane>,
    /// What it was; of references the keys of their roots.
    old: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// In the frame at this depth (from the stack's top) of this code, so far from its frame pointer.
    Frame {
        depth: usize,
        code: usize,
        below: isize,
    },
    /// In the object of this root, so many bytes from its start.
    Object { key: u64, offset: usize },
}

/// An `mvar` that is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharedWatch {
    /// Its number.
    pub key: u64,
    /// Reading it stops.
    pub reads: bool,
    /// Writing it does.
    pub writes: bool,
}

fn root(own: &Own, key: u64) -> u64 {
    let locals = own.rare_if_any().map_or(&[][..], |rare| &rare.locals);
    let found = locals.iter().find(|(known, _)| *known == key);
    found.map_or(0, |(_, word)| *word)
}

fn set_root(own: &mut Own, key: u64, word: u64) {
    let locals = &mut own.rare().locals;
    match locals.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = word,
        None => locals.push((key, word)),
    }
}

/// The words of a place now; none: its frame is gone.
fn words(core: &Core, process: &Process, own: &Own, watch: &Watch) -> Option<Vec<u64>> {
    let at = match watch.place {
        Place::Object { key, offset } => root(own, key) as usize + offset,
        Place::Frame { depth, code, below } => {
            let top = own.stack.as_ref()?.top();
            let fp = top - depth;
            let mut same = false;
            // SAFETY: the caller owns the process, which has frames and is suspended in the shim.
            unsafe {
                walk::frames(&core.registry, process, |frame| {
                    if frame.fp == fp {
                        let known = frame.mapped.code.as_ref();
                        same = known.is_some_and(|known| known.address == code);
                    }
                    frame.fp < fp
                });
            }
            if !same {
                return None;
            }
            fp.checked_add_signed(below)?
        }
    };
    let each = 0..watch.lanes.len();
    // SAFETY: all lanes of a variable in a living frame, or of a field or element of an object that is a root; the caller owns the process.
    Some(
        each.map(|i| unsafe { *((at + 8 * i) as *const u64) })
            .collect(),
    )
}

/// Has the value another one than before? Then that is its old one from now on. None: it is gone.
fn changed(core: &Core, process: &Process, own: &mut Own, at: usize) -> Option<bool> {
    let watch = &own.rare_if_any()?.watches[at];
    let now = words(core, process, own, watch)?;
    let pairs = watch.lanes.iter().zip(&watch.old);
    let was: Vec<u64> = pairs
        .map(|(lane, old)| match lane {
            Lane::Ref => root(own, *old),
            Lane::Raw | Lane::Float => *old,
        })
        .collect();
    if now == was {
        return Some(false);
    }
    note(own, at, &now);
    Some(true)
}

/// This is what the value was.
fn note(own: &mut Own, at: usize, now: &[u64]) {
    for (i, word) in now.iter().enumerate() {
        let watch = &mut own.rare().watches[at];
        match watch.lanes[i] {
            Lane::Ref => {
                let key = watch.old[i];
                set_root(own, key, *word);
            }
            Lane::Raw | Lane::Float => watch.old[i] = *word,
        }
    }
}

/// A process has come to a site: which watched value has changed since the last one?
pub(crate) fn at_site(core: &Core, process: &Process, own: &mut Own) -> Option<u64> {
    let count = own.rare_if_any()?.watches.len();
    for at in 0..count {
        let watch = &own.rare_if_any()?.watches[at];
        let id = watch.id;
        if watch.on && changed(core, process, own, at) == Some(true) {
            return Some(id);
        }
    }
    None
}

/// Does it watch any value of its own?
pub(crate) fn is_watching(own: &Own) -> bool {
    let rare = own.rare_if_any();
    rare.is_some_and(|rare| rare.watches.iter().any(|watch| watch.on))
}

impl Core {
    /// Makes a value of a stopped process one that can be watched; its number.
    pub(crate) fn watch(&self, standing: Standing, spot: Spot, shape: ShapeId) -> Option<u64> {
        let lanes = self
            .descs
            .read()
            .shapes
            .get(shape.0 as usize)?
            .lanes
            .clone();
        self.look_standing(standing, |process, own| {
            if !self.ensure_frames(process, own) {
                return None;
            }
            let place = match spot {
                Spot::Frame(address) => {
                    let top = own.stack.as_ref()?.top();
                    let mut found = None;
                    // SAFETY: the process stands still, and we own it.
                    unsafe {
                        walk::frames(&self.registry, process, |frame| {
                            if (frame.sp..frame.fp).contains(&address)
                                && let Some(code) = &frame.mapped.code
                            {
                                found = Some(Place::Frame {
                                    depth: top - frame.fp,
                                    code: code.address,
                                    below: address as isize - frame.fp as isize,
                                });
                            }
                            found.is_none()
                        });
                    }
                    found?
                }
                Spot::Cell(address) => {
                    let key = fresh();
                    // SAFETY: the slot of a frame of a process that stands in the stop in which the spot was found.
                    let cell = unsafe { *(address as *const u64) };
                    set_root(own, key, cell);
                    Place::Object { key, offset: 8 }
                }
                Spot::Element { array, index } => {
                    // SAFETY: an array that was found in this stop; its length comes behind its header.
                    let len = unsafe { *((array + 8) as *const u64) };
                    if index as u64 >= len {
                        return None;
                    }
                    let key = fresh();
                    set_root(own, key, array);
                    let offset = 16 + index * lanes.len() * 8;
                    Place::Object { key, offset }
                }
            };
            let id = fresh();
            let keys = lanes.iter().map(|lane| match lane {
                Lane::Ref => fresh(),
                Lane::Raw | Lane::Float => 0,
            });
            let old = keys.collect();
            own.rare().watches.push(Watch {
                id,
                on: false,
                place,
                lanes,
                old,
            });
            Some(id)
        })?
    }

    /// From now on its changes stop the process, or not. False: it is gone.
    pub(crate) fn watch_on(&self, pid: u64, id: u64, on: bool) -> bool {
        let looked = self.look(pid, |process, own| {
            let before = is_watching(own);
            let watches = own.rare_if_any().map_or(&[][..], |rare| &rare.watches);
            let at = watches.iter().position(|watch| watch.id == id)?;
            let now = match self.ensure_frames(process, own) {
                true => words(self, process, own, &own.rare_if_any()?.watches[at]),
                false => None,
            };
            own.rare().watches[at].on = on && now.is_some();
            if let Some(now) = &now {
                note(own, at, now);
            }
            Some((now.is_some(), before, is_watching(own)))
        });
        let Some(Some((there, before, after))) = looked else {
            return false;
        };
        self.count_watching(before, after);
        there
    }
}

/// A process has read or written an `mvar`: does that stop it?
pub(crate) fn shared(own: &mut Own, watches: &[SharedWatch], key: u64, writes: bool) -> bool {
    let meant =
        |watch: &SharedWatch| watch.key == key && if writes { watch.writes } else { watch.reads };
    if own.unhindered || !watches.iter().any(meant) {
        return false;
    }
    own.rare().stopped = Some(StopReason::Shared { key, writes });
    true
}
