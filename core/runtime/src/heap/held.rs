//! Objects of a heap that hold counts: handles of resources, and blobs. The collector goes through them when it has moved what lives.

use super::space::POISON;
use crate::blob::{Blob, Blobs};
use crate::resource;
use nostos_abi::object::HEADER_FORWARDED;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::sync::Arc;

/// See the module. Few heaps have any.
#[derive(Default)]
pub(crate) struct Held(Option<Box<Lists>>);

#[derive(Default)]
struct Lists {
    /// Handle objects (see [`crate::resource`]).
    handles: Vec<usize>,
    /// Blobs (see [`crate::blob`]) by the addresses of their objects. Two heaps may mark at once, so marks are here.
    blobs: FxHashMap<usize, Entry>,
    /// Bytes of the blobs.
    bytes: usize,
    /// What the image was told of them last.
    reported: Cell<usize>,
    /// Where it is told.
    image: Option<Arc<Blobs>>,
}

struct Entry {
    blob: Blob,
    marked: bool,
}

impl Held {
    /// A handle object has been made here.
    pub(crate) fn push_handle(&mut self, object: usize) {
        self.lists().handles.push(object);
    }

    fn lists(&mut self) -> &mut Lists {
        self.0.get_or_insert_default()
    }

    /// A blob made here.
    pub(super) fn push_blob(&mut self, blob: Blob) {
        let lists = self.lists();
        lists.bytes += blob.bytes();
        if lists.image.is_none() {
            lists.image = Some(blob.blobs().clone());
        }
        let marked = false;
        lists.blobs.insert(blob.address(), Entry { blob, marked });
    }

    /// The heap refers to a blob from now on, if it did not before.
    pub(crate) fn adopt(&mut self, blob: &Blob) {
        if !self.has_blob(blob.address()) {
            self.push_blob(blob.clone());
        }
    }

    /// Is this the address of a blob's object that the heap has a count of?
    pub(crate) fn has_blob(&self, object: usize) -> bool {
        let lists = self.0.as_ref();
        lists.is_some_and(|lists| lists.blobs.contains_key(&object))
    }

    /// Bytes of its blobs.
    #[inline]
    pub(crate) fn blob_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |lists| lists.bytes)
    }

    /// How many blobs it has.
    pub(super) fn blob_count(&self) -> usize {
        self.0.as_ref().map_or(0, |lists| lists.blobs.len())
    }

    /// Its blobs.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        let lists = self.0.iter();
        lists.flat_map(|lists| lists.blobs.values().map(|entry| &entry.blob))
    }

    /// The collection going on has reached a blob.
    pub(super) fn mark(&mut self, object: usize) {
        let entry = self.lists().blobs.get_mut(&object);
        entry
            .expect("a heap holds a count of each blob it refers to")
            .marked = true;
    }

    /// The marking is over: counts of blobs that were not reached go back.
    pub(super) fn sweep_blobs(&mut self, poison: bool) {
        let Some(lists) = &mut self.0 else { return };
        let bytes = &mut lists.bytes;
        lists.blobs.retain(|_, entry| {
            let live = std::mem::take(&mut entry.marked);
            if !live {
                *bytes -= entry.blob.bytes();
                if poison {
                    entry.blob.poison(POISON);
                }
            }
            live
        });
    }

    /// Objects have moved: `moved` says of a handle object whether it lies in a space that was copied from.
    ///
    /// # Safety
    /// The memory of those spaces is still there.
    pub(super) unsafe fn follow_handles(&mut self, moved: impl Fn(usize) -> bool) {
        let Some(lists) = &mut self.0 else { return };
        lists.handles.retain_mut(|object| {
            if !moved(*object) {
                return true;
            }
            // SAFETY: as the caller promises: it has moved, or it is dead.
            unsafe {
                let at = *object as *const u64;
                if *at & HEADER_FORWARDED != 0 {
                    *object = *at.add(1) as usize;
                    return true;
                }
                resource::release(*at.add(1));
            }
            false
        });
    }

    /// The heap is about to say how large it is.
    #[inline]
    pub(super) fn report(&self) {
        if let Some(lists) = &self.0 {
            lists.report(lists.bytes);
        }
    }

    /// All of them are gone.
    pub(super) fn release(&mut self) {
        let Some(lists) = self.0.take() else { return };
        lists.report(0);
        for object in lists.handles {
            // SAFETY: the list holds live handle objects, which nobody uses any more.
            unsafe { resource::release(*(object as *const u64).add(1)) };
        }
    }
}

impl Lists {
    fn report(&self, now: usize) {
        let before = self.reported.replace(now);
        if before != now
            && let Some(image) = &self.image
        {
            image.report(before, now);
        }
    }
}
