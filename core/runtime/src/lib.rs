//! Runs code objects as processes: heaps, collection, stacks, scheduler, mailboxes, I/O, code memory, stack walks, debug stops.
//!
//! In: inert code objects and descriptors of `abi`. Out: their effects, and looks into the living image.
//! Absent: any knowledge of types and source beyond what descriptors say; nothing here compiles.
//! The only crate with `unsafe`; each block says why it is right.

mod blob;
mod blocking;
mod builtin;
mod channel;
mod code;
mod config;
mod core;
mod debug;
mod decide;
mod dispatch;
mod exit;
mod fit;
mod foreign;
mod gate;
mod gdb;
mod heap;
mod idle;
mod image;
mod interrupt;
mod jitdump;
mod limits;
mod look;
mod mail;
mod mailbox;
mod marks;
mod message;
mod mutex;
mod net;
mod order;
mod outside;
mod park;
mod past;
mod places;
mod process;
mod relations;
mod resource;
mod restart;
mod scheduler;
mod shared;
mod shim;
mod signals;
mod stack;
mod stay;
mod survey;
mod sync;
mod table;
mod throw;
mod timer;
mod value;
mod walk;
mod watch;

pub use code::Code;
pub use code::publish::{PublishError, Published};
pub use config::{
    Config, NOT_READ, OutputSink, Stream, WhenFull, check_environment, mailbox_limit, print, size,
};
pub use core::{Compiler, Improver};
pub use debug::{Ends, Event, How, SiteFrame, StopFilter, StopReason, Stops};
pub use decide::Condition;
pub use exit::{ExitReason, ExitStatus, Failure, Finished, TraceLine};
pub use gdb::{Registered, describe_types, register_elf};
pub use heap::stats::{Collection, GcStats, GcSum, PAUSES, Reason, Second};
pub use image::Image;
pub use interrupt::Interrupts;
pub use jitdump::JitDump;
pub use look::{
    Census, Chosen, FrameLine, HeapLine, MessageLine, ProcessDetail, ProcessLine, Rank,
    SchedulerStats, Spot, Standing, WorkerLine,
};
pub use past::{Happened, PastEvent};
pub use process::State;
pub use restart::Instead;
pub use survey::{FieldLine, ObjectLine, ObjectReport, Step, Survey, TypeLine};
pub use value::{Child, Lanes, Lists, Origin, Reading, Value};
pub use watch::SharedWatch;
