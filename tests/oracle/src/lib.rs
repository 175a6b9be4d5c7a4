//! An oracle for the compiler: programs made at random, compiled and interpreted, whose results must agree; and wrong ones, which must be refused.
//!
//! Everything comes from seeds, so that a finding is a number. Absent: any idea of what a program should give; two evaluations that share nothing below the IR say it.
#![forbid(unsafe_code)]

mod expr;
mod generics;
mod ill;
mod own;
mod pattern;
pub mod program;
pub mod random;
pub mod run;
mod stage;
mod traits;
pub mod types;
mod wider;
mod wrong;
