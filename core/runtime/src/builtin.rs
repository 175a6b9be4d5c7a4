//! The rows of the builtin table: ops take a [`crate::dispatch::Ctx`], leaves are plain functions.

pub(crate) mod builder;
pub(crate) mod channel;
pub(crate) mod foreign;
pub(crate) mod host;
pub(crate) mod io;
pub(crate) mod leaf;
pub(crate) mod net;
pub(crate) mod number;
pub(crate) mod process;
pub(crate) mod string;
