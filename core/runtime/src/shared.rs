//! Module-level variables of the image (`mvar`): a value in transit for each, and re-entrant locks that processes hold.
//!
//! A lock goes from who lets it go to who has waited longest. Who ends gives all back. A process that would wait for itself gets an exception instead.
//! While a process waits for what others do (a message, a channel), it lends its locks: else those it waits for might wait for it.

use crate::core::Core;
use crate::message::Fragment;
use crate::mutex::{Mutex, RwLock};
use crate::scheduler::Worker;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::sync::Arc;

/// See the module.
#[derive(Default)]
pub(crate) struct Shared {
    values: RwLock<FxHashMap<u64, Arc<Fragment>>>,
    locks: Mutex<Locks>,
}

#[derive(Default)]
struct Locks {
    held: FxHashMap<u64, Lock>,
    /// Which lock a process waits for.
    waits: FxHashMap<u64, u64>,
    /// Who has been given the lock it waited for and has not run since.
    granted: FxHashSet<u64>,
}

struct Lock {
    owner: u64,
    /// How often the owner has taken it.
    depth: u64,
    waiting: VecDeque<u64>,
}

/// What became of taking a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    Yes,
    /// The process is in the queue and will be woken.
    Wait,
    /// Whoever holds it waits, maybe over others, for this process.
    Deadlock,
}

impl Shared {
    pub(crate) fn get(&self, key: u64) -> Option<Arc<Fragment>> {
        self.values.read().get(&key).cloned()
    }

    pub(crate) fn set(&self, key: u64, value: Fragment) {
        // The old value is dropped after the lock.
        let _old = self.values.write().insert(key, Arc::new(value));
    }

    /// Takes a lock, or goes on with waiting for it.
    pub(crate) fn lock(&self, key: u64, me: u64) -> Taken {
        let mut locks = self.locks.lock();
        let Some(lock) = locks.held.get_mut(&key) else {
            let lock = Lock {
                owner: me,
                depth: 1,
                waiting: VecDeque::new(),
            };
            locks.held.insert(key, lock);
            return Taken::Yes;
        };
        let owner = lock.owner;
        if owner == me {
            // Handed over while it waited, with the depth that is right then; or taken once more.
            if !locks.granted.remove(&me)
                && let Some(lock) = locks.held.get_mut(&key)
            {
                lock.depth += 1;
            }
            return Taken::Yes;
        }
        if locks.waits.contains_key(&me) {
            return Taken::Wait;
        }
        let mut holder = owner;
        while let Some(next) = locks.waits.get(&holder).and_then(|k| locks.held.get(k)) {
            holder = next.owner;
            if holder == me {
                return Taken::Deadlock;
            }
        }
        locks.waits.insert(me, key);
        if let Some(lock) = locks.held.get_mut(&key) {
            lock.waiting.push_back(me);
        }
        Taken::Wait
    }

    /// Has this process any lock?
    pub(crate) fn holds(&self, me: u64) -> bool {
        self.locks.lock().held.values().any(|lock| lock.owner == me)
    }

    /// Lets a lock go once; gives who has it now and is to be woken.
    pub(crate) fn unlock(&self, key: u64, me: u64) -> Option<u64> {
        let mut locks = self.locks.lock();
        let lock = locks.held.get_mut(&key).filter(|lock| lock.owner == me)?;
        lock.depth -= 1;
        if lock.depth > 0 {
            return None;
        }
        hand_over(&mut locks, key)
    }

    /// A process is about to wait for others: they get its locks meanwhile. Gives which ones it had how often, in order, and who is to be woken.
    pub(crate) fn lend(&self, me: u64) -> (Vec<(u64, u64)>, Vec<u64>) {
        let mut locks = self.locks.lock();
        let mine = locks.held.iter().filter(|(_, lock)| lock.owner == me);
        let mut mine: Vec<(u64, u64)> = mine.map(|(key, lock)| (*key, lock.depth)).collect();
        mine.sort_unstable();
        let keys = mine.iter().map(|(key, _)| *key);
        let next = keys.filter_map(|key| hand_over(&mut locks, key)).collect();
        (mine, next)
    }

    /// Takes a lock back that has been lent.
    pub(crate) fn take_back(&self, key: u64, depth: u64, me: u64) -> Taken {
        let taken = self.lock(key, me);
        if taken == Taken::Yes
            && let Some(lock) = self.locks.lock().held.get_mut(&key)
        {
            lock.depth = depth;
        }
        taken
    }

    /// A process has ended: all its locks go on; gives who is to be woken.
    fn leave(&self, me: u64) -> Vec<u64> {
        let mut locks = self.locks.lock();
        locks.granted.remove(&me);
        if let Some(key) = locks.waits.remove(&me)
            && let Some(lock) = locks.held.get_mut(&key)
        {
            lock.waiting.retain(|pid| *pid != me);
        }
        let mine: Vec<u64> = locks
            .held
            .iter()
            .filter(|(_, lock)| lock.owner == me)
            .map(|(key, _)| *key)
            .collect();
        mine.into_iter()
            .filter_map(|key| hand_over(&mut locks, key))
            .collect()
    }
}

fn hand_over(locks: &mut Locks, key: u64) -> Option<u64> {
    let lock = locks.held.get_mut(&key)?;
    match lock.waiting.pop_front() {
        Some(next) => {
            lock.owner = next;
            lock.depth = 1;
            locks.waits.remove(&next);
            locks.granted.insert(next);
            Some(next)
        }
        None => {
            locks.held.remove(&key);
            None
        }
    }
}

impl Core {
    /// A process that has used locks has ended.
    pub(crate) fn leave_locks(&self, worker: &Worker, pid: u64) {
        for next in self.shared.leave(pid) {
            self.nudge(Some(worker), next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Shared, Taken};

    #[test]
    fn locks_are_reentrant_and_go_to_who_waits() {
        let shared = Shared::default();
        assert_eq!(shared.lock(1, 10), Taken::Yes);
        assert_eq!(shared.lock(1, 10), Taken::Yes);
        assert_eq!(shared.lock(1, 11), Taken::Wait);
        assert_eq!(shared.lock(1, 12), Taken::Wait);
        assert_eq!(shared.unlock(1, 10), None);
        assert_eq!(shared.unlock(1, 12), None, "not the holder");
        assert_eq!(shared.unlock(1, 10), Some(11));
        // Woken: it has the lock once.
        assert_eq!(shared.lock(1, 11), Taken::Yes);
        assert_eq!(shared.unlock(1, 11), Some(12));
        // Ended before it ran again.
        assert_eq!(shared.leave(12), Vec::<u64>::new());
        assert_eq!(shared.lock(1, 13), Taken::Yes);
    }

    #[test]
    fn lent_locks_come_back_as_often_as_they_were_held() {
        let shared = Shared::default();
        for _ in 0..2 {
            assert_eq!(shared.lock(1, 10), Taken::Yes);
        }
        assert_eq!(shared.lock(1, 11), Taken::Wait);
        assert_eq!(shared.lend(10), (vec![(1, 2)], vec![11]));
        assert_eq!(shared.lock(1, 11), Taken::Yes);
        assert_eq!(shared.take_back(1, 2, 10), Taken::Wait);
        assert_eq!(shared.unlock(1, 11), Some(10));
        assert_eq!(shared.take_back(1, 2, 10), Taken::Yes);
        assert_eq!(shared.unlock(1, 10), None);
        assert_eq!(shared.lock(1, 12), Taken::Wait);
        assert_eq!(shared.unlock(1, 10), Some(12));
    }

    #[test]
    fn who_was_handed_a_lock_waits_no_more() {
        let shared = Shared::default();
        assert_eq!(shared.lock(1, 10), Taken::Yes);
        assert_eq!(shared.lock(1, 11), Taken::Wait);
        assert_eq!(shared.unlock(1, 10), Some(11));
        // 11 has not run yet.
        assert_eq!(shared.lock(1, 12), Taken::Wait);
        assert_eq!(shared.lock(1, 11), Taken::Yes);
        assert_eq!(shared.unlock(1, 11), Some(12));
    }

    /// Who has just been given a lock waits for nobody, nor does it again for the one it gave.
    #[test]
    fn a_lock_on_its_way_is_no_circle() {
        let shared = Shared::default();
        assert_eq!(shared.lock(1, 10), Taken::Yes);
        assert_eq!(shared.lock(1, 11), Taken::Wait);
        assert_eq!(shared.unlock(1, 10), Some(11));
        assert_eq!(shared.lock(1, 12), Taken::Wait);
        assert_eq!(shared.lock(1, 10), Taken::Wait);
        assert_eq!(shared.lock(1, 11), Taken::Yes);
        assert_eq!(shared.unlock(1, 11), Some(12));
    }

    #[test]
    fn a_circle_is_found() {
        let shared = Shared::default();
        assert_eq!(shared.lock(1, 10), Taken::Yes);
        assert_eq!(shared.lock(2, 11), Taken::Yes);
        assert_eq!(shared.lock(3, 12), Taken::Yes);
        assert_eq!(shared.lock(2, 10), Taken::Wait);
        assert_eq!(shared.lock(3, 11), Taken::Wait);
        assert_eq!(shared.lock(1, 12), Taken::Deadlock);
        assert_eq!(shared.leave(12), vec![11]);
        assert_eq!(shared.lock(3, 11), Taken::Yes);
        assert_eq!(shared.leave(11), vec![10]);
    }
}
