//! Values that stop whoever changes them: `var`s and elements of arrays of one process, and the image's `mvar`s.
//!
//! A process's own values are compared with what they were at every site it comes by; while any process has such a value, all sites are armed.
//! Objects move, so a watched one is a root of its process, and so is the old value if it is a reference: both are moved alike, and stay equal until
//! another is written. An `mvar` is read and written by the runtime itself. While nothing is watched, nothing is looked at.
//!
//! A value that somebody has asked about is known until its process goes on; one that is watched, until it is so no more, or its frame has ended. That a
//! frame has ended shows at the next site: the stack is shorter there, or other code is where the frame was, or its function is being entered, which happens
//! once in a frame.

use crate::code::Code;
use crate::core::Core;
use crate::debug::StopReason;
use crate::look::{Spot, Standing, is_stopped};
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

impl Watch {
    /// Its roots.
    fn keys(&self) -> impl Iterator<Item = u64> {
        let object = match self.place {
            Place::Object { key, .. } => Some(key),
            Place::Frame { .. } => None,
        };
        let lanes = self.lanes.iter().zip(&self.old);
        let old = lanes.filter_map(|(lane, old)| matches!(lane, Lane::Ref).then_some(*old));
        object.into_iter().chain(old)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// A process has come to a site of this code in the frame at this depth: why does a watched value stop it there?
pub(crate) fn at_site(
    core: &Core,
    process: &Process,
    own: &mut Own,
    (site, code, depth): (usize, &Code, usize),
) -> Option<StopReason> {
    let count = own.rare_if_any()?.watches.len();
    for at in 0..count {
        let watch = &own.rare_if_any()?.watches[at];
        let id = watch.id;
        if !watch.on {
            continue;
        }
        let ended = match watch.place {
            Place::Object { .. } => false,
            Place::Frame { depth: known, .. } => {
                depth < known || depth == known && is_entry(site, code)
            }
        };
        match changed(core, process, own, at) {
            _ if ended => return Some(StopReason::Lost(id)),
            None => return Some(StopReason::Lost(id)),
            Some(true) => return Some(StopReason::Changed(id)),
            Some(false) => {}
        }
    }
    None
}

/// Is it the first of its function? What a function begins with is the first of its code.
fn is_entry(site: usize, code: &Code) -> bool {
    let first = code.object.sites.iter().map(|site| site.ret).min();
    first == Some(code.offset(site))
}

/// Who goes on watches what it is told to, and nothing else is known any more.
pub(crate) fn forget_idle(own: &mut Own) {
    forget(own, |watch| !watch.on);
}

fn forget(own: &mut Own, which: impl Fn(&Watch) -> bool) {
    if own.rare_if_any().is_none_or(|rare| rare.watches.is_empty()) {
        return;
    }
    let rare = own.rare();
    let gone = rare.watches.iter().filter(|watch| which(watch));
    let keys: Vec<u64> = gone.flat_map(Watch::keys).collect();
    rare.locals.retain(|(key, _)| !keys.contains(key));
    rare.watches.retain(|watch| !which(watch));
}

/// The value that is known at this place: of an object, as `object` tells.
fn known_at(own: &Own, place: Place, object: u64) -> Option<u64> {
    let mut each = own.rare_if_any()?.watches.iter();
    let found = each.find(|watch| match (watch.place, place) {
        (Place::Object { key, offset }, Place::Object { offset: other, .. }) => {
            offset == other && root(own, key) == object
        }
        (known, place) => known == place,
    });
    found.map(|watch| watch.id)
}

/// Does it watch any value of its own?
pub(crate) fn is_watching(own: &Own) -> bool {
    let rare = own.rare_if_any();
    rare.is_some_and(|rare| rare.watches.iter().any(|watch| watch.on))
}

impl Core {
    /// Makes a value of a stopped process one that can be watched; its number, which is the same for the same place as long as it is known.
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
            let (place, object) = match spot {
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
                    (found?, 0)
                }
                Spot::Cell(address) => {
                    // SAFETY: the slot of a frame of a process that stands in the stop in which the spot was found.
                    let cell = unsafe { *(address as *const u64) };
                    let key = fresh();
                    (Place::Object { key, offset: 8 }, cell)
                }
                Spot::Element { array, index } => {
                    // SAFETY: an array that was found in this stop; its length comes behind its header.
                    let len = unsafe { *((array + 8) as *const u64) };
                    if index as u64 >= len {
                        return None;
                    }
                    let key = fresh();
                    let offset = 16 + index * lanes.len() * 8;
                    (Place::Object { key, offset }, array)
                }
            };
            if let Some(id) = known_at(own, place, object) {
                return Some(id);
            }
            if let Place::Object { key, .. } = place {
                set_root(own, key, object);
            }
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

    /// From now on its changes stop the process, or not; of who does not stand still, what is not watched is known no more. False: it is gone.
    pub(crate) fn watch_on(&self, pid: u64, id: u64, on: bool) -> bool {
        let looked = self.look(pid, |process, own| {
            let before = is_watching(own);
            let watches = own.rare_if_any().map_or(&[][..], |rare| &rare.watches);
            let at = watches.iter().position(|watch| watch.id == id)?;
            let now = match self.ensure_frames(process, own) {
                true => words(self, process, own, &own.rare_if_any()?.watches[at]),
                false => None,
            };
            let was_on = own.rare_if_any()?.watches[at].on;
            own.rare().watches[at].on = on && now.is_some();
            // What one that is on was, it knows: a change since the last site is still to be told.
            if let Some(now) = &now
                && !was_on
            {
                note(own, at, now);
            }
            if now.is_none() || !on && !is_stopped(process) {
                forget(own, |watch| watch.id == id);
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
