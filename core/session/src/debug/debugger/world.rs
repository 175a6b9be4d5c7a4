//! Stopping everybody: while a client wants that, a stop of one process stops the others too, and they go on together.
//!
//! The others are asked as for a pause, so they stop at their next safepoint; those that wait are stopped where they wait. Processes that evaluate
//! expressions begin after the stop and run.

use super::*;
use crate::debug::Go;
use std::time::Duration;

/// How long a stop waits for those that compute; whoever takes longer (a C function, say) stops when it comes back.
const PATIENCE: Duration = Duration::from_millis(200);

/// Who is stopped because somebody else is.
#[derive(Default)]
pub(super) struct World {
    /// Clients that want all to stop together.
    pub(super) clients: FxHashSet<u64>,
    /// Is it standing still?
    pub(super) still: bool,
    /// Who was asked to stop for the sake of others.
    pub(super) held: FxHashSet<Pid>,
    /// Who was asked to stop for its own.
    pub(super) paused: FxHashSet<Pid>,
}

impl Debugger {
    /// A process has stopped as asked: did a client ask for it?
    pub(super) fn was_asked(&self, pid: Pid) -> Option<bool> {
        let mut world = self.world.lock();
        match world.paused.remove(&pid) {
            true => Some(true),
            false if world.held.contains(&pid) => None,
            false => Some(false),
        }
    }

    /// Does this stopped process evaluate something for a client? Nobody of the program has spawned it; that it is waited for may not be noted yet.
    pub(super) fn is_ours(&self, pid: Pid) -> bool {
        let by_nobody = || {
            let detail = self.session.image.process(pid);
            detail.is_some_and(|detail| detail.parent == 0)
        };
        self.session.is_evaluating(pid) || *self.main.lock() != Some(pid) && by_nobody()
    }

    /// Stops everybody, if that is wanted. Has it?
    pub(super) fn hold(&self) -> bool {
        {
            let mut world = self.world.lock();
            if world.clients.is_empty() {
                return false;
            }
            world.still = true;
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let lines = self.session.image.processes();
            let mut moves = false;
            for line in &lines {
                if line.state == runtime::State::Stopped {
                    // The news of it comes behind that of the stop it is for, and clients may ask at once.
                    self.state.lock().stopped.entry(line.pid).or_insert(None);
                    continue;
                }
                if self.session.is_evaluating(line.pid) {
                    continue;
                }
                moves |= line.state != runtime::State::Blocked;
                if self.world.lock().held.insert(line.pid) {
                    self.session.image.stop(line.pid);
                }
            }
            // Who still runs may make others.
            if !moves || Instant::now() > until {
                return true;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// A process has begun while all stand still.
    pub(super) fn hold_new(&self, pid: Pid) {
        if self.session.is_evaluating(pid) {
            return;
        }
        let mut world = self.world.lock();
        let holds = world.still && world.held.insert(pid);
        drop(world);
        if holds {
            self.session.image.stop(pid);
        }
    }

    /// Lets everybody go on but one, who goes on in another way. → Whether all were stopped.
    pub(super) fn let_go(&self, but: Option<Pid>) -> bool {
        let was = {
            let mut world = self.world.lock();
            world.held.clear();
            std::mem::take(&mut world.still)
        };
        if !was {
            return false;
        }
        let stopped: Vec<Pid> = self.state.lock().stopped.keys().copied().collect();
        for pid in stopped {
            if Some(pid) != but {
                self.goes_on(pid);
                self.session.image.resume(pid, runtime::How::Continue);
            }
        }
        true
    }

    /// See [`Target::go`].
    pub(super) fn go_on(&self, pid: Pid, go: &Go) -> Result<bool, Refusal> {
        let stopped = self.state.lock().stopped.contains_key(&pid);
        if !stopped {
            return Err(format!("process {pid} is not stopped").into());
        }
        let all = !go.alone && self.world.lock().still;
        self.begin_step(pid, go)?;
        let why = self.goes_on(pid);
        let how = match go.how {
            How::Continue => runtime::How::Continue,
            // What is to be stepped into stops it by itself.
            How::In if go.target.is_some() => runtime::How::StepOver,
            How::Over => runtime::How::StepOver,
            How::In => runtime::How::StepIn,
            How::Out => runtime::How::StepOut,
        };
        // Told before it runs: who hears of the next stop must have heard of this.
        if all {
            self.session.tell(&Event::AllResumed(pid));
            self.let_go(Some(pid));
        } else if why.is_some() {
            self.session.tell(&Event::Resumed(pid));
        }
        match self.session.image.resume(pid, how) {
            true => Ok(all),
            false => Err(format!("process {pid} is not stopped").into()),
        }
    }

    /// See [`Target::stop_together`].
    pub(super) fn together(&self, client: u64, on: bool) {
        let last = {
            let mut world = self.world.lock();
            match on {
                true => {
                    world.clients.insert(client);
                    false
                }
                false => world.clients.remove(&client) && world.clients.is_empty(),
            }
        };
        if !last {
            return;
        }
        // Those that stopped by themselves stay so, for the other clients.
        let held = {
            let mut world = self.world.lock();
            world.still = false;
            std::mem::take(&mut world.held)
        };
        for pid in held {
            let state = self.state.lock();
            let by_itself = matches!(state.stopped.get(&pid), Some(Some(_)));
            drop(state);
            if !by_itself {
                self.goes_on(pid);
                self.session.image.resume(pid, runtime::How::Continue);
            }
        }
    }
}
