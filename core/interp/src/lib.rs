//! A second evaluation: runs the typed monomorphic IR as it stands, simply enough to be believed.
//!
//! In: a checked program and its entry cell. Out: what it writes, and how its main process ended. It is the oracle for the compiler, and the way to
//! run where no code may be generated. Absent: generated code, the runtime's heap and scheduler, operating-system threads, real time, foreign calls.
#![forbid(unsafe_code)]

mod code;
mod leaf;
mod machine;
mod op;
mod prim;
mod process;
mod relations;
mod resource;
mod shown;
mod trace;
mod unwind;
mod value;
mod world;

pub use code::Code;
pub use process::Reason;
pub use trace::Line;
pub use world::{Config, Stream};

use nostos_abi::builtin::{Leaf, Op};
use nostos_abi::code::CellId;
use nostos_codegen::Codegen;
use nostos_codegen::meaning::Meaning;

/// Runs the program whose entry is `cell`. Functions are lowered when they are called first, and kept in `code`.
///
/// # Errors
/// A sentence, when the entry itself cannot be lowered.
pub fn run<'w>(
    meaning: &'w dyn Meaning,
    codegen: &'w mut Codegen,
    code: &'w Code,
    cell: CellId,
    config: Config<'w>,
) -> Result<Reason, String> {
    world::World::new(meaning, codegen, code, config).run(cell)
}

impl Reason {
    /// The exit status of a program whose main process ended so: that of `exit(3)` is 3.
    pub fn status(&self) -> i32 {
        match self {
            Reason::Normal | Reason::Shutdown => 0,
            Reason::Custom(text) => text.parse().unwrap_or(1),
            Reason::Killed | Reason::NoProcess | Reason::Failed(..) => 1,
        }
    }
}

/// Rows of the builtin table that the interpreter does not have. A program that reaches one gets an error that names it.
pub fn lacking() -> Vec<&'static str> {
    let ops = Op::ALL
        .iter()
        .filter(|op| !op::EMITTED.contains(op) && op::of(**op).is_none())
        .filter(|op| nostos_host::waits(**op).is_none())
        .map(|op| op.info().name);
    let leaves = Leaf::ALL
        .iter()
        .filter(|leaf| leaf::of(**leaf).is_none())
        .map(|leaf| leaf.info().name);
    ops.chain(leaves).collect()
}

#[cfg(test)]
mod tests {
    /// Rows without a meaning here, with the reason.
    const WITHOUT: &[(&str, &str)] = &[
        ("%foreign_symbol", "foreign calls need unsafe code"),
        ("%c_string", "foreign calls need unsafe code"),
        ("%c_text", "foreign calls need unsafe code"),
        ("%foreign_call", "foreign calls need unsafe code"),
    ];

    #[test]
    fn every_row_of_the_builtin_table_has_a_meaning() {
        let known: Vec<&str> = WITHOUT.iter().map(|(name, _)| *name).collect();
        let mut lacking = super::lacking();
        lacking.retain(|name| !known.contains(name));
        assert!(lacking.is_empty(), "the interpreter lacks {lacking:?}");
    }
}
