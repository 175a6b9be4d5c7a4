//! The terminal IDE: an editor, the running image, and both linked.
//!
//! A model ([`state`]) changed by a pure [`update`](update::update) and drawn by a pure [`view`](view::view); one thin [`shell`] does
//! files, sockets and the terminal. The image is another process, reached only through its debug protocol ([`client`]).
#![forbid(unsafe_code)]

pub mod analysis;
pub mod client;
pub mod commands;
pub mod disk;
pub mod editor;
pub mod filter;
pub mod grammar;
pub mod input;
pub mod keys;
pub mod launch;
pub mod layout;
pub mod options;
pub mod proto;
pub mod shell;
pub mod state;
pub mod swap;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
