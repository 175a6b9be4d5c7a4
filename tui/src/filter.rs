//! The filter of the process list, for rows that are known here. The image knows the same language: [`nostos_dap::filter`].

use crate::proto::Process;
use nostos_dap::filter::Seen;

pub use nostos_dap::filter::Filter;

/// Whether a row passes.
pub fn takes(filter: &Filter, p: &Process) -> bool {
    filter.takes(&Seen {
        pid: p.id,
        name: p.name.as_deref(),
        state: p.state.word(),
        mailbox: p.mailbox,
        reductions: p.reductions,
        heap: p.heap,
        links: p.links.len() as u64,
        function: &|| p.function.clone(),
    })
}
