//! Breakpoints of data: `var`s, elements of arrays and `mvar`s that stop who changes them (an `mvar` also who reads it).
//!
//! A value is looked up while its process stands still, and has a name from then on, by which clients set their breakpoints. The name is good until the
//! process goes on, and with a breakpoint as long as that and the value are there.

use super::*;
use crate::debug::{Access, DataWish};
use std::collections::btree_map::Entry;

/// Values that have been looked up.
#[derive(Default)]
pub(super) struct Known {
    by_name: BTreeMap<String, Data>,
}

#[derive(Clone, Debug)]
struct Data {
    what: Where,
    /// For people.
    text: String,
    on: bool,
}

impl Data {
    fn is_of(&self, pid: Pid) -> bool {
        matches!(self.what, Where::Own(of, _) if of == pid)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Where {
    /// The runtime's number of a value of this process.
    Own(Pid, u64),
    /// The number of an `mvar`.
    Shared(u64),
}

impl Debugger {
    /// See [`Target::data_breakpoint`].
    pub(super) fn data_at(
        &self,
        place: Option<(Pid, &Place)>,
        name: &str,
    ) -> Result<(String, String, bool), Refusal> {
        let own = match place {
            Some((pid, place)) => self.own_data(pid, place, name),
            None => Err("without a frame only an `mvar` can be meant".into()),
        };
        let (key, data) = match own {
            Ok(found) => found,
            Err(refusal) => {
                let key = self.mvar_key(name.trim()).ok_or(refusal)?;
                let text = format!("mvar {}", name.trim());
                let what = Where::Shared(key);
                (
                    format!("mvar {key}"),
                    Data {
                        what,
                        text,
                        on: false,
                    },
                )
            }
        };
        let shared = matches!(data.what, Where::Shared(_));
        let text = data.text.clone();
        if let Entry::Vacant(free) = self.data.lock().by_name.entry(key.clone()) {
            free.insert(data);
        }
        Ok((key, text, shared))
    }

    fn own_data(&self, pid: Pid, place: &Place, name: &str) -> Result<(String, Data), Refusal> {
        let standing = self.standing_of(pid, place)?;
        let (spot, shape) = self.spot_in(standing, place, name)?;
        let id = self.session.image.watch(standing, spot, shape);
        let id = id.ok_or_else(|| format!("`{name}` is not there any more"))?;
        let data = Data {
            what: Where::Own(pid, id),
            text: format!("{name} of <{pid}>"),
            on: false,
        };
        Ok((format!("{pid} {id:x}"), data))
    }

    /// The number of an `mvar`, by its name as it stands in the source or with its module's.
    fn mvar_key(&self, name: &str) -> Option<u64> {
        let build = self.session.build.lock();
        let db = &build.db;
        let found = query::functions(db).into_iter().find(|id| {
            let def = query::fn_def(db, *id);
            let known = &*def.name;
            let last = known.rsplit('.').next();
            if !def.params.is_empty() || known != name && last != Some(name) {
                return false;
            }
            let file = db.path(def.file).to_string();
            let text = build.texts.get(&file).map(String::as_str);
            let line = text.and_then(|text| {
                let begin = text
                    .get(..def.start as usize)?
                    .rfind('\n')
                    .map_or(0, |at| at + 1);
                text.get(begin..)
            });
            line.is_some_and(|line| line.trim_start_matches("pub ").starts_with("mvar "))
        });
        found.map(|id| u64::from(id.0))
    }

    /// See [`Target::set_data_breakpoints`].
    pub(super) fn break_at_data(&self, client: u64, wishes: &[DataWish]) -> Vec<Breakpoint> {
        let new = wishes.iter().map(|wish| {
            (
                What::Data(wish.data.clone(), wish.access),
                wish.wish.clone(),
            )
        });
        let old = |what: &What| matches!(what, What::Data(..));
        let mut set = self.replace(client, old, new.collect());
        let gone = self.watch_data();
        for (breakpoint, wish) in set.iter_mut().zip(wishes) {
            let known = self.data.lock().by_name.get(&wish.data).cloned();
            let only_writes = matches!(
                known,
                Some(Data {
                    what: Where::Own(..),
                    ..
                })
            );
            let wrong = match known {
                None if gone.contains(&wish.data) => Some("this value is gone".into()),
                None => Some("this value is not known; ask `dataBreakpointInfo` again".into()),
                Some(_) if only_writes && wish.access != Access::Write => {
                    Some("a process's own values stop who writes them only".into())
                }
                Some(_) => None,
            };
            breakpoint.verified = wrong.is_none();
            breakpoint.message = wrong.or(breakpoint.message.take());
        }
        set
    }

    /// A process goes on: of its values those are known that are watched.
    pub(super) fn forget_data_of(&self, pid: Pid) {
        let mut data = self.data.lock();
        data.by_name.retain(|_, data| data.on || !data.is_of(pid));
    }

    /// A process has ended, and with it all that was its own.
    pub(super) fn end_data_of(&self, pid: Pid) {
        let gone: Vec<(String, Data)> = {
            let mut data = self.data.lock();
            let its = data.by_name.extract_if(.., |_, data| data.is_of(pid));
            its.collect()
        };
        for (name, data) in gone {
            self.tell_lost(
                &name,
                &format!("{} is gone: the process has ended", data.text),
            );
        }
    }

    /// The frame of a watched value has ended.
    pub(super) fn data_lost(&self, pid: Pid, id: u64) -> Result<Why, runtime::How> {
        self.session.image.watch_on(pid, id, false);
        let lost = Where::Own(pid, id);
        let found = {
            let mut data = self.data.lock();
            let found = data.by_name.iter().find(|(_, data)| data.what == lost);
            let name = found.map(|(name, _)| name.clone());
            name.and_then(|name| data.by_name.remove_entry(&name))
        };
        if let Some((name, data)) = found {
            self.tell_lost(
                &name,
                &format!("{} is gone: its function has ended", data.text),
            );
        }
        Err(runtime::How::AsBefore)
    }

    /// Tells whose breakpoints have nothing to stop at any more.
    fn tell_lost(&self, name: &str, why: &str) {
        let lost: Vec<Breakpoint> = {
            let state = self.state.lock();
            let each = state.breakpoints.iter();
            let its = |what: &What| matches!(what, What::Data(of, _) if of == name);
            each.filter(|known| its(&known.what))
                .map(|known| self.describe(known))
                .collect()
        };
        for breakpoint in lost {
            self.session.tell(&Event::Breakpoint(Breakpoint {
                verified: false,
                message: Some(why.to_owned()),
                ..breakpoint
            }));
        }
    }

    /// Tells the runtime which values are watched. → Those that are gone.
    pub(super) fn watch_data(&self) -> FxHashSet<String> {
        let mut wanted: FxHashMap<String, (bool, bool)> = FxHashMap::default();
        for known in &self.state.lock().breakpoints {
            if let What::Data(name, access) = &known.what {
                let (reads, writes) = wanted.entry(name.clone()).or_default();
                *reads |= *access != Access::Write;
                *writes |= *access != Access::Read;
            }
        }
        let mut shared = Vec::new();
        let mut changes = Vec::new();
        let standing: FxHashSet<Pid> = self.state.lock().stopped.keys().copied().collect();
        let mut known = self.data.lock();
        for (name, data) in &mut known.by_name {
            let access = wanted.get(name);
            match data.what {
                Where::Shared(key) => {
                    shared.extend(access.map(|(reads, writes)| runtime::SharedWatch {
                        key,
                        reads: *reads,
                        writes: *writes,
                    }));
                }
                Where::Own(pid, id) => {
                    let on = access.is_some_and(|(_, writes)| *writes);
                    // One that is on is asked for again: it may be gone by now.
                    if on || data.on {
                        changes.push((name.clone(), pid, id, on));
                    }
                    data.on = on;
                }
            }
        }
        // It may be set again while its process stands still.
        known.by_name.retain(|_, data| match data.what {
            Where::Own(pid, _) => data.on || standing.contains(&pid),
            Where::Shared(_) => true,
        });
        drop(known);
        self.session.image.watch_shared(shared);
        let gone = changes
            .into_iter()
            .filter(|(_, pid, id, on)| !self.session.image.watch_on(*pid, *id, *on) && *on);
        let gone: FxHashSet<String> = gone.map(|(name, ..)| name).collect();
        let mut known = self.data.lock();
        known.by_name.retain(|name, _| !gone.contains(name));
        gone
    }

    /// A watched value was changed or read: does the process stay stopped?
    pub(super) fn data_touched(
        &self,
        pid: Pid,
        own: Option<u64>,
        shared: Option<(u64, bool)>,
    ) -> Result<Why, runtime::How> {
        let touched = match (own, shared) {
            (Some(id), _) => Where::Own(pid, id),
            (None, Some((key, _))) => Where::Shared(key),
            (None, None) => return Err(runtime::How::AsBefore),
        };
        let found = {
            let data = self.data.lock();
            let mut each = data.by_name.iter();
            let found = each.find(|(_, data)| data.what == touched);
            found.map(|(name, data)| (name.clone(), data.text.clone()))
        };
        let Some((name, text)) = found else {
            return Err(runtime::How::AsBefore);
        };
        let reads = shared.is_some_and(|(_, writes)| !writes);
        let meant: Vec<(u64, Wish)> = {
            let state = self.state.lock();
            let each = state.breakpoints.iter();
            each.filter(|known| match &known.what {
                What::Data(of, Access::Write) => *of == name && !reads,
                What::Data(of, Access::Read) => *of == name && reads,
                What::Data(of, Access::Both) => *of == name,
                _ => false,
            })
            .map(|known| (known.id, known.wish.clone()))
            .collect()
        };
        let stops = |(id, wish): &(u64, Wish)| {
            (self.holds(pid, wish) && self.counts(*id, wish)).then_some(*id)
        };
        let ids: Vec<u64> = meant.iter().filter_map(stops).collect();
        match ids.is_empty() {
            true => Err(runtime::How::AsBefore),
            false => Ok(Why::Data { ids, text, reads }),
        }
    }
}
