//! Every return address of generated code, in one open-addressed table: what the frame looks like there.
//! Shared by the collector, the unwinder, the debugger and backtraces. Readers never lock; there is one writer at a time (the publisher, or who frees code).

use super::Code;
use crate::mutex::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// What is known of a frame at one return address.
#[derive(Debug)]
pub(crate) struct Mapped {
    /// The function, or none for the runtime's own stubs.
    pub(crate) code: Option<Arc<Code>>,
    /// Distance from the frame's stack pointer to its frame pointer.
    pub(crate) span: u32,
    /// Stack-pointer-relative offsets of the live refs.
    pub(crate) roots: Box<[u32]>,
    /// Address of the handler.
    pub(crate) handler: Option<usize>,
}

struct Slot {
    key: AtomicUsize,
    value: AtomicPtr<Mapped>,
}

struct Table {
    mask: usize,
    slots: Box<[Slot]>,
}

impl Table {
    fn new(size: usize) -> Self {
        let empty = || Slot {
            key: AtomicUsize::new(0),
            value: AtomicPtr::new(std::ptr::null_mut()),
        };
        Table {
            mask: size - 1,
            slots: (0..size).map(|_| empty()).collect(),
        }
    }

    fn start(&self, key: usize) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) & self.mask
    }

    /// Whether the key is a new one.
    fn insert(&self, key: usize, value: *mut Mapped) -> bool {
        let mut i = self.start(key);
        loop {
            let slot = &self.slots[i];
            match slot.key.load(Ordering::Relaxed) {
                0 => {
                    // The value first: who sees the key sees the value.
                    slot.value.store(value, Ordering::Release);
                    slot.key.store(key, Ordering::Release);
                    return true;
                }
                held if held == key => {
                    let before = slot.value.swap(value, Ordering::Release);
                    assert!(before.is_null(), "a return address was mapped twice");
                    return false;
                }
                _ => i = (i + 1) & self.mask,
            }
        }
    }

    /// Takes a key's value away. The key stays: others may lie behind it.
    fn take(&self, key: usize) -> Option<*mut Mapped> {
        let mut i = self.start(key);
        loop {
            let slot = &self.slots[i];
            match slot.key.load(Ordering::Relaxed) {
                0 => return None,
                held if held == key => {
                    let value = slot.value.swap(std::ptr::null_mut(), Ordering::AcqRel);
                    return (!value.is_null()).then_some(value);
                }
                _ => i = (i + 1) & self.mask,
            }
        }
    }

    /// Keys with values.
    fn entries(&self) -> impl Iterator<Item = (usize, *mut Mapped)> {
        let all = self.slots.iter().map(|slot| {
            let key = slot.key.load(Ordering::Relaxed);
            (key, slot.value.load(Ordering::Acquire))
        });
        all.filter(|(key, value)| *key != 0 && !value.is_null())
    }

    fn find(&self, key: usize) -> Option<&Mapped> {
        let mut i = self.start(key);
        loop {
            let slot = &self.slots[i];
            match slot.key.load(Ordering::Acquire) {
                0 => return None,
                held if held == key => {
                    // SAFETY: values are boxes that stay until nobody holds them (see `Registry::remove`), or null.
                    return unsafe { slot.value.load(Ordering::Acquire).as_ref() };
                }
                _ => i = (i + 1) & self.mask,
            }
        }
    }
}

struct Owned {
    /// The table readers use now.
    table: Box<Table>,
    /// Tables readers may still be in; see [`Registry::drop_retired`].
    #[allow(
        clippy::vec_box,
        reason = "others hold their addresses, which must not change when the list grows"
    )]
    retired: Vec<Box<Table>>,
    /// Keys in the table, those whose value is gone included.
    used: usize,
    /// Values in the table.
    alive: usize,
}

/// See the module.
pub(crate) struct Registry {
    current: AtomicPtr<Table>,
    owned: Mutex<Owned>,
}

/// Slots of the smallest table.
const SMALLEST: usize = 1 << 12;

impl Registry {
    pub(crate) fn new() -> Self {
        let table = Box::new(Table::new(SMALLEST));
        Registry {
            current: AtomicPtr::new(std::ptr::from_ref::<Table>(&*table).cast_mut()),
            owned: Mutex::new(Owned {
                table,
                retired: Vec::new(),
                used: 0,
                alive: 0,
            }),
        }
    }

    /// Maps return addresses.
    pub(crate) fn insert(&self, all: impl Iterator<Item = (usize, Mapped)>) {
        let mut owned = self.owned.lock();
        for (address, mapped) in all {
            if (owned.used + 1) * 2 > owned.table.slots.len() {
                self.rebuild(&mut owned);
            }
            let value = Box::into_raw(Box::new(mapped));
            let new_key = owned.table.insert(address, value);
            owned.used += usize::from(new_key);
            owned.alive += 1;
        }
    }

    /// Puts what there is into a table that is a quarter full at most, and leaves keys without values behind.
    fn rebuild(&self, owned: &mut Owned) {
        let size = (owned.alive * 4).next_power_of_two().max(SMALLEST);
        let table = Box::new(Table::new(size));
        for (key, value) in owned.table.entries() {
            table.insert(key, value);
        }
        let new = std::ptr::from_ref::<Table>(&*table).cast_mut();
        let old = std::mem::replace(&mut owned.table, table);
        owned.retired.push(old);
        owned.used = owned.alive;
        self.current.store(new, Ordering::Release);
    }

    /// Forgets return addresses.
    ///
    /// # Safety
    /// Nobody holds what [`Registry::find`] gave of them, and nobody asks for them meanwhile.
    pub(crate) unsafe fn remove(&self, addresses: impl Iterator<Item = usize>) {
        let mut owned = self.owned.lock();
        for address in addresses {
            if let Some(value) = owned.table.take(address) {
                owned.alive -= 1;
                // SAFETY: values are boxes that the table owns; this one has just been taken out, and nobody holds it, as the caller promises.
                drop(unsafe { Box::from_raw(value) });
            }
        }
    }

    /// How many tables have been replaced.
    pub(crate) fn retired(&self) -> usize {
        self.owned.lock().retired.len()
    }

    /// Drops the first `count` replaced tables.
    ///
    /// # Safety
    /// Every look-up that was under way when [`Registry::retired`] gave this count is over.
    pub(crate) unsafe fn drop_retired(&self, count: usize) {
        self.owned.lock().retired.drain(..count);
    }

    /// What is known of this return address.
    pub(crate) fn find(&self, address: usize) -> Option<&Mapped> {
        // SAFETY: the table is in `owned` as long as somebody may be looking something up in it.
        let table = unsafe { &*self.current.load(Ordering::Acquire) };
        table.find(address)
    }

    /// What is known of a return address that must be known.
    pub(crate) fn expect(&self, address: usize) -> &Mapped {
        match self.find(address) {
            Some(mapped) => mapped,
            None => panic!("unmapped return address {address:#x} on a process stack"),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for (_, value) in self.owned.get_mut().table.entries() {
            // SAFETY: the table owns its values, and the image that could ask for them is gone.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapped, Registry, SMALLEST};

    fn mapped(span: u32) -> Mapped {
        Mapped {
            code: None,
            span,
            roots: Box::default(),
            handler: None,
        }
    }

    #[test]
    fn addresses_come_and_go_and_come_again() {
        let registry = Registry::new();
        for round in 0..20u32 {
            let addresses = (1..=SMALLEST).map(|i| i * 16 + round as usize % 5);
            registry.insert(addresses.clone().map(|at| (at, mapped(round))));
            assert!(
                addresses
                    .clone()
                    .all(|at| registry.expect(at).span == round)
            );
            let count = registry.retired();
            // SAFETY: nothing of what was found is held, and there is no other thread.
            unsafe {
                registry.remove(addresses.clone());
                registry.drop_retired(count);
            }
            assert!(addresses.clone().all(|at| registry.find(at).is_none()));
        }
        assert!(registry.owned.lock().table.slots.len() <= SMALLEST * 8);
    }
}
