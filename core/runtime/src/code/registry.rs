//! Every return address of generated code, in one open-addressed table: what the frame looks like there.
//! Shared by the collector, the unwinder, the debugger and backtraces. Readers never lock; there is one writer at a time (the publisher).

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

    fn insert(&self, key: usize, value: *mut Mapped) {
        let mut i = self.start(key);
        loop {
            let slot = &self.slots[i];
            let held = slot.key.load(Ordering::Relaxed);
            assert!(held != key, "a return address was mapped twice");
            if held == 0 {
                // The value first: who sees the key sees the value.
                slot.value.store(value, Ordering::Relaxed);
                slot.key.store(key, Ordering::Release);
                return;
            }
            i = (i + 1) & self.mask;
        }
    }

    fn find(&self, key: usize) -> Option<&Mapped> {
        let mut i = self.start(key);
        loop {
            let slot = &self.slots[i];
            match slot.key.load(Ordering::Acquire) {
                0 => return None,
                held if held == key => {
                    // SAFETY: values are boxes that live as long as the registry, published before their key.
                    return Some(unsafe { &*slot.value.load(Ordering::Relaxed) });
                }
                _ => i = (i + 1) & self.mask,
            }
        }
    }
}

struct Owned {
    /// All tables so far; readers may still be in an older one. The last is current.
    #[allow(
        clippy::vec_box,
        reason = "others hold their addresses, which must not change when the list grows"
    )]
    tables: Vec<Box<Table>>,
    #[allow(
        clippy::vec_box,
        reason = "others hold their addresses, which must not change when the list grows"
    )]
    values: Vec<Box<Mapped>>,
}

/// See the module.
pub(crate) struct Registry {
    current: AtomicPtr<Table>,
    owned: Mutex<Owned>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let table = Box::new(Table::new(1 << 12));
        Registry {
            current: AtomicPtr::new(std::ptr::from_ref::<Table>(&*table).cast_mut()),
            owned: Mutex::new(Owned {
                tables: vec![table],
                values: Vec::new(),
            }),
        }
    }

    /// Maps return addresses.
    pub(crate) fn insert(&self, all: impl Iterator<Item = (usize, Mapped)>) {
        let mut owned = self.owned.lock();
        for (address, mapped) in all {
            let mut mapped = Box::new(mapped);
            let value = std::ptr::from_mut::<Mapped>(&mut mapped);
            owned.values.push(mapped);
            let table = owned.tables.last().expect("there is always a table");
            if owned.values.len() * 2 > table.slots.len() {
                let bigger = Box::new(Table::new(table.slots.len() * 2));
                for slot in &table.slots {
                    let key = slot.key.load(Ordering::Relaxed);
                    if key != 0 {
                        bigger.insert(key, slot.value.load(Ordering::Relaxed));
                    }
                }
                let new = std::ptr::from_ref::<Table>(&*bigger).cast_mut();
                owned.tables.push(bigger);
                self.current.store(new, Ordering::Release);
            }
            let table = owned.tables.last().expect("there is always a table");
            table.insert(address, value);
        }
    }

    /// What is known of this return address.
    pub(crate) fn find(&self, address: usize) -> Option<&Mapped> {
        // SAFETY: tables are kept in `owned` as long as the registry lives.
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
