//! Who stands still and who goes on: one at a time, or everybody together while a client wants that.
//!
//! All that lets a process go on does so under the world's lock, and the news of a stop is told under it: so nobody is told of a stop that is over, and
//! who is told of one can let the process go on. News from the runtime may be older than that; each names the stop it is of.
//!
//! When all stop together, the others are asked as for a pause, so they stop at their next safepoint; those that wait are stopped where they wait. Processes
//! that evaluate expressions begin after the stop and run.

use super::*;
use crate::debug::{Go, Gone};
use parking_lot::MutexGuard;
use runtime::Standing;
use std::time::Duration;

/// How long a stop waits for those that compute; whoever takes longer (a C function, say) stops when it comes back.
const PATIENCE: Duration = Duration::from_millis(200);
/// Of so many that come late each is told.
const FEW: usize = 50;

/// What is known of who stands still.
#[derive(Default)]
pub(super) struct World {
    /// Clients that debug the program, rather than only look.
    pub(super) attached: FxHashSet<u64>,
    /// Those of them that want all to stop together.
    together: FxHashSet<u64>,
    /// The last of them has gone, and wanted all to stay as they were.
    suspended: bool,
    /// How often anything was let go on: who is told of a stop knows by it whether the stop is over.
    turn: u64,
    /// Is it standing still?
    still: bool,
    /// Who stopped it.
    first: Option<Pid>,
    /// Who was asked to stop for the sake of others.
    held: FxHashSet<Pid>,
    /// Those of them that have not stopped yet, though clients have been told of the stop.
    late: FxHashSet<Pid>,
    /// Who was let go on though the others stand still.
    alone: FxHashSet<Pid>,
    /// Who was asked to stop for its own.
    paused: FxHashSet<Pid>,
    /// Stops that are over and whose news has not come yet.
    over: FxHashSet<Standing>,
}

/// A process that stands still.
pub(super) struct Stop {
    pub(super) standing: Standing,
    /// The reason, when clients were told of one.
    pub(super) why: Option<Why>,
    /// Has the news of it come?
    heard: bool,
    /// Has it been decided whether it stays? Until then nobody else lets it go on who does not mean it alone.
    decided: bool,
}

impl Stop {
    fn new(standing: Standing) -> Stop {
        Stop {
            standing,
            why: None,
            heard: false,
            decided: false,
        }
    }
}

impl Debugger {
    /// A process is about to go on: what was known of its memory is not so any more.
    fn goes_on(&self, world: &mut World, pid: Pid) -> Option<Stop> {
        let stop = self.state.lock().stopped.remove(&pid)?;
        self.lists.lock().remove(&stop.standing);
        self.forget_data_of(pid);
        world.paused.remove(&pid);
        Some(stop)
    }

    /// Lets one process go on. → Was it there?
    fn let_one_go(&self, world: &mut World, pid: Pid, how: runtime::How) -> bool {
        let paused = world.paused.contains(&pid);
        let Some(stop) = self.goes_on(world, pid) else {
            return false;
        };
        if !self.session.image.resume_from(stop.standing, how) {
            return false;
        }
        if paused && how == runtime::How::AsBefore {
            // Somebody wants it to stop, and asked while it was not known whether it does.
            world.paused.insert(pid);
            self.session.image.stop(pid);
        }
        true
    }

    /// News of a stop has come: is it still so?
    pub(super) fn has_stopped(&self, pid: Pid, standing: Standing) -> bool {
        let mut world = self.world.lock();
        if world.over.remove(&standing) {
            return false;
        }
        if !self.state.lock().stopped.contains_key(&pid)
            && self.session.image.standing(pid) != Some(standing)
        {
            // It has been killed meanwhile, and its end may have been told before this.
            return false;
        }
        let mut state = self.state.lock();
        let stop = state.stopped.entry(pid);
        stop.or_insert(Stop::new(standing)).heard = true;
        true
    }

    /// A process has ended, and whatever was to be done with it.
    pub(super) fn has_ended(&self, pid: Pid) {
        let mut world = self.world.lock();
        self.goes_on(&mut world, pid);
        // It may have been asked to stop and never have done so.
        world.paused.remove(&pid);
        world.held.remove(&pid);
        world.alone.remove(&pid);
        if !world.late.remove(&pid) || !world.late.is_empty() {
            return;
        }
        // Now all stand still, and there is nobody but the first of whom that can be said.
        let known = world.first.and_then(|first| {
            let state = self.state.lock();
            Some((first, state.stopped.get(&first)?.why.clone()?))
        });
        if let Some((pid, why)) = known {
            self.tell_stop(&mut world, pid, why, true);
        }
    }

    fn tell_stop(&self, world: &mut World, pid: Pid, why: Why, all: bool) {
        self.session.tell(&Event::Stopped {
            pid,
            why,
            all,
            turn: world.turn,
        });
    }

    /// It has been decided whether a process stays stopped, and why, or how it goes on.
    pub(super) fn decided(&self, pid: Pid, standing: Standing, next: Result<Why, runtime::How>) {
        let why = match next {
            Ok(why) => why,
            Err(how) => return self.is_not_wanted(pid, how),
        };
        self.end_step(pid);
        let mut world = self.world.lock();
        if world.attached.is_empty() && !world.suspended {
            // The last client has left meanwhile: the program runs on.
            self.let_one_go(&mut world, pid, runtime::How::Continue);
            return;
        }
        let is_there = || {
            let state = self.state.lock();
            let stop = state.stopped.get(&pid);
            stop.is_some_and(|stop| stop.standing == standing)
        };
        let all = loop {
            if world.together.is_empty() || !is_there() {
                break false;
            }
            world.still = true;
            world.first = Some(pid);
            // Those who were on their way alone stop with the others now.
            for pid in std::mem::take(&mut world.alone) {
                world.held.remove(&pid);
            }
            let (again, held) = self.hold(world);
            world = again;
            // Who has let all go on meanwhile has not known of this stop.
            if let Some(all) = held {
                break all;
            }
        };
        if !is_there() {
            return;
        }
        world.paused.remove(&pid);
        if let Some(stop) = self.state.lock().stopped.get_mut(&pid) {
            stop.decided = true;
            stop.why = Some(why.clone());
        }
        self.tell_stop(&mut world, pid, why, all);
    }

    /// Nobody wants this process to be stopped: it goes on, unless all stand still.
    fn is_not_wanted(&self, pid: Pid, how: runtime::How) {
        let mut world = self.world.lock();
        if world.still && !world.alone.contains(&pid) && !self.is_ours(pid) {
            world.held.insert(pid);
            self.stands_with_others(&mut world, pid);
            return;
        }
        self.let_one_go(&mut world, pid, how);
    }

    fn stands_with_others(&self, world: &mut World, pid: Pid) {
        if let Some(stop) = self.state.lock().stopped.get_mut(&pid) {
            stop.decided = true;
        }
        if world.late.remove(&pid) && world.late.len() < FEW {
            let all = world.late.is_empty();
            self.tell_stop(world, pid, Why::Together, all);
        }
    }

    /// A process has stopped as asked: does it stay so for its own sake? Otherwise it is done with.
    pub(super) fn was_asked(&self, pid: Pid) -> Result<Why, runtime::How> {
        match self.world.lock().paused.remove(&pid) {
            true => Ok(Why::Pause),
            false => Err(runtime::How::AsBefore),
        }
    }

    /// Does this stopped process evaluate something for a client? Nobody of the program has spawned it; that it is waited for may not be noted yet.
    fn is_ours(&self, pid: Pid) -> bool {
        let by_nobody = || {
            let detail = self.session.image.process(pid);
            detail.is_some_and(|detail| detail.parent == 0)
        };
        self.session.is_evaluating(pid) || *self.main.lock() != Some(pid) && by_nobody()
    }

    /// Stops everybody. → Are all still now? None: somebody has let them go on meanwhile.
    fn hold<'a>(
        &'a self,
        mut world: MutexGuard<'a, World>,
    ) -> (MutexGuard<'a, World>, Option<bool>) {
        let image = &self.session.image;
        let until = Instant::now() + PATIENCE;
        loop {
            if !world.still {
                return (world, None);
            }
            let mut late = FxHashSet::default();
            for line in image.processes() {
                let pid = line.pid;
                if line.state == runtime::State::Stopped {
                    // The news of it comes behind that of the stop it is for, and clients may ask at once.
                    if !self.state.lock().stopped.contains_key(&pid)
                        && let Some(standing) = image.standing(pid)
                    {
                        let mut state = self.state.lock();
                        state.stopped.insert(pid, Stop::new(standing));
                    }
                    continue;
                }
                if self.session.is_evaluating(pid) || world.alone.contains(&pid) {
                    continue;
                }
                // Nothing of the program moves while the system does something for it.
                if !line.waits_for_job {
                    late.insert(pid);
                }
                if world.held.insert(pid) {
                    image.stop(pid);
                }
            }
            // Who still runs may make others.
            if late.is_empty() || Instant::now() > until {
                let all = late.is_empty();
                world.late = late;
                return (world, Some(all));
            }
            MutexGuard::unlocked(&mut world, || {
                std::thread::sleep(Duration::from_micros(100));
            });
        }
    }

    /// A process has begun: if all stand still, it does.
    pub(super) fn hold_new(&self, pid: Pid) {
        if self.session.is_evaluating(pid) {
            return;
        }
        let mut world = self.world.lock();
        if world.still && world.held.insert(pid) {
            self.session.image.stop(pid);
        }
    }

    /// Lets everybody go on of whom it is known why they stand still. Of the others it is decided then.
    fn let_all_go(&self, world: &mut World, which: impl Fn(&Stop) -> bool) {
        world.still = false;
        world.held.clear();
        world.late.clear();
        world.alone.clear();
        let stopped: Vec<Pid> = {
            let state = self.state.lock();
            let each = state.stopped.iter();
            let each = each.filter(|(_, stop)| stop.decided && which(stop));
            each.map(|(pid, _)| *pid).collect()
        };
        for pid in stopped {
            self.let_one_go(world, pid, runtime::How::Continue);
        }
    }

    /// See [`Target::go`].
    pub(super) fn go_on(&self, pid: Pid, go: &Go) -> Result<Gone, Refusal> {
        let refusal = || Refusal(format!("process {pid} is not stopped"));
        if !self.state.lock().stopped.contains_key(&pid) {
            return Err(refusal());
        }
        self.begin_step(pid, go)?;
        let how = match go.how {
            How::Continue => runtime::How::Continue,
            // What is to be stepped into stops it by itself.
            How::In if go.target.is_some() => runtime::How::StepOver,
            How::Over => runtime::How::StepOver,
            How::In => runtime::How::StepIn,
            How::Out => runtime::How::StepOut,
        };
        self.goes_as_told(pid, how, go.alone).ok_or_else(refusal)
    }

    /// A client lets a process go on, and with it all others, if they stand still and it does not mean this one alone.
    pub(super) fn goes_as_told(&self, pid: Pid, how: runtime::How, alone: bool) -> Option<Gone> {
        let mut world = self.world.lock();
        let stop = self.goes_on(&mut world, pid)?;
        if !stop.heard {
            world.over.insert(stop.standing);
        }
        world.turn += 1;
        let turn = world.turn;
        let all = world.still && !alone;
        // Told before it runs: who hears of the next stop must have heard of this.
        match all {
            true => {
                self.session.tell(&Event::AllResumed { pid, turn });
                self.let_all_go(&mut world, |_| true);
            }
            false => {
                self.session.tell(&Event::Resumed { pid, turn });
                if world.still {
                    world.alone.insert(pid);
                }
            }
        }
        let gone = self.session.image.resume_from(stop.standing, how);
        gone.then_some(Gone { all, turn })
    }

    /// See [`Target::pause`].
    pub(super) fn ask_to_stop(&self, pid: Pid) -> Result<(), Refusal> {
        let mut world = self.world.lock();
        let mut state = self.state.lock();
        match state.stopped.get_mut(&pid) {
            // It stands still, and clients know why.
            Some(Stop { why: Some(_), .. }) => Ok(()),
            Some(stop) if stop.decided => {
                stop.why = Some(Why::Pause);
                drop(state);
                let all = world.still && world.late.is_empty();
                self.tell_stop(&mut world, pid, Why::Pause, all);
                Ok(())
            }
            _ => {
                drop(state);
                if !self.session.image.stop(pid) {
                    return Err(nobody(pid));
                }
                world.paused.insert(pid);
                Ok(())
            }
        }
    }

    /// See [`Target::attach`].
    pub(super) fn attached(&self, client: u64) {
        let mut world = self.world.lock();
        world.attached.insert(client);
        world.suspended = false;
    }

    /// See [`Target::stop_together`].
    pub(super) fn together(&self, client: u64, on: bool) {
        let mut world = self.world.lock();
        if on {
            world.together.insert(client);
        } else if world.together.remove(&client) && world.together.is_empty() {
            // Those that stopped by themselves stay so, for the other clients.
            self.let_all_go(&mut world, |stop| stop.why.is_none());
        }
    }

    /// A client has gone. Was it the last? Then all go on that stand still, unless it `stays` so.
    pub(super) fn leaves(&self, client: u64, stays: bool) {
        if stays {
            let mut world = self.world.lock();
            world.together.remove(&client);
            world.suspended |= world.attached.remove(&client) && world.attached.is_empty();
            return;
        }
        self.together(client, false);
        let mut world = self.world.lock();
        if world.attached.remove(&client) && world.attached.is_empty() {
            self.let_all_go(&mut world, |_| true);
        }
    }

    /// See [`Target::standing`].
    pub(super) fn known_stops(&self) -> Vec<(Pid, Why)> {
        let state = self.state.lock();
        let each = state.stopped.iter();
        let mut rows: Vec<_> = each
            .filter_map(|(pid, stop)| Some((*pid, stop.why.clone()?)))
            .collect();
        rows.sort_unstable_by_key(|row| row.0);
        rows
    }
}
