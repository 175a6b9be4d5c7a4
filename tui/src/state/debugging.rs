//! What the debugger keeps besides breakpoints of lines and names: what to do when something is thrown, data that is watched over,
//! messages it runs on to, the loads that can be taken back.

use super::{Breakpoint, Past, State};
use crate::proto::Pid;
use ropey::Rope;
use std::collections::HashMap;
use std::path::PathBuf;

/// What an image can stop at when something is thrown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Its name in the protocol.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// What it does.
    pub about: String,
    /// It is wanted.
    pub on: bool,
    /// It stops only if this holds.
    pub condition: String,
}

/// A value that stops who changes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataBreak {
    /// The image's name for it.
    pub data: String,
    /// What it is.
    pub label: String,
    /// Who reads it stops, too.
    pub reads: bool,
    /// Conditions and what the image says of it.
    pub bp: Breakpoint,
}

/// A process that runs on until it has received such a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Until {
    /// The process.
    pub pid: Pid,
    /// The shape of the message.
    pub shape: String,
    /// How many others it has received meanwhile.
    pub passed: u64,
}

/// A load that can be taken back.
#[derive(Clone, Debug)]
pub struct Load {
    /// The version that ran before.
    pub before: u64,
    /// The version it made.
    pub version: u64,
    /// The texts that ran before.
    pub texts: Vec<(PathBuf, Rope)>,
}

/// An older version that runs again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Again {
    /// It.
    pub version: u64,
    /// The one the files hold.
    pub file: u64,
}

/// What the debugger keeps.
#[derive(Debug)]
pub struct Debugging {
    /// What can be stopped at when something is thrown.
    pub filters: Vec<Filter>,
    /// Data that is watched over.
    pub data: Vec<DataBreak>,
    /// A process that runs on to a message.
    pub until: Option<Until>,
    /// Loads that can be taken back, the newest last.
    pub loads: Vec<Load>,
    /// Something was swapped since the last answer to a load: the image's own watcher may have been quicker with what was saved.
    pub swapped: bool,
    /// The version of the last load that was asked for here and answered.
    pub told: u64,
    /// A load whose answer told of nothing: its changes may still be told by an event.
    pub pending: Option<Load>,
    /// The older version that runs.
    pub again: Option<Again>,
    /// The past of processes.
    pub past: HashMap<Pid, Past>,
}

impl Default for Debugging {
    fn default() -> Self {
        // An image says itself what it can; these can be chosen before one runs.
        let known = [
            (
                "uncaught",
                "uncaught exceptions",
                "where it throws what nobody catches",
            ),
            ("all", "all exceptions", "wherever it throws"),
            (
                "linked exit",
                "linked exits",
                "before the end of a linked process ends it",
            ),
        ];
        let filters = known.map(|(id, label, about)| Filter {
            id: id.to_owned(),
            label: label.to_owned(),
            about: about.to_owned(),
            on: false,
            condition: String::new(),
        });
        Debugging {
            filters: filters.into(),
            data: Vec::new(),
            until: None,
            loads: Vec::new(),
            swapped: false,
            told: 0,
            pending: None,
            again: None,
            past: HashMap::new(),
        }
    }
}

impl State {
    /// The version that runs, by the number it had when it was new.
    pub fn live_version(&self) -> u64 {
        let again = self.debugging.again.as_ref();
        again.map_or(self.image.version, |a| a.version)
    }
}

/// What the debugger asks the image.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum DebugAsk {
    /// To stop where something is thrown.
    Filters,
    /// What data a name is: to be watched over, and whether reading stops, too.
    DataInfo(String, bool),
    /// To watch over data.
    Data,
    /// Where in a line a process can go.
    Targets(Pid),
    /// The code of a frame.
    Code,
    /// To give a variable another value.
    Assign(Pid, String),
    /// To run older texts again.
    RollBack,
    /// What text of a document runs since this version, which somebody else has loaded.
    Runs(usize, u64),
    /// What was thrown.
    Thrown(Pid),
    /// To trace a process, or no longer.
    Trace(Pid, bool),
    /// What has happened to it.
    Events(Pid),
}

/// A breakpoint of any kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// In a file, at a line from 0.
    Line(PathBuf, usize),
    /// Of a function, a message or an end.
    Named(String),
    /// Of data.
    Data(String),
    /// Of what is thrown.
    Thrown(String),
}
