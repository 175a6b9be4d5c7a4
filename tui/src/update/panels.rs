//! Moving in the standing panels, and going where their rows lead.

use super::keys;
use crate::layout::Layout;
use crate::state::{Cursor, Effect, Panel, StandingRow, State, View};

/// The rows of a standing panel.
fn rows(state: &State, panel: Panel) -> Vec<StandingRow> {
    match panel {
        Panel::Outline => state.outline_rows(),
        Panel::Side => state.side_rows(),
        Panel::Findings => {
            let all = state.findings().into_iter();
            all.map(StandingRow::Finding).collect()
        }
        _ => Vec::new(),
    }
}

fn cursor(state: &mut State, panel: Panel) -> &mut Cursor {
    let panels = &mut state.guide.panels;
    match panel {
        Panel::Outline => &mut panels.outline,
        Panel::Findings => &mut panels.findings,
        _ => &mut panels.side,
    }
}

/// Moves over the rows that lead somewhere.
pub fn walk(state: &mut State, panel: Panel, by: isize) {
    let rows = rows(state, panel);
    let stops: Vec<usize> = (0..rows.len())
        .filter(|i| rows[*i].leads(state).is_some())
        .collect();
    let cursor = cursor(state, panel);
    let at = stops.partition_point(|i| *i < cursor.row);
    let next = at
        .saturating_add_signed(by)
        .min(stops.len().saturating_sub(1));
    if let Some(row) = stops.get(next) {
        cursor.row = *row;
    }
}

/// Goes where the row leads.
pub fn open(state: &mut State, panel: Panel, out: &mut Vec<Effect>) {
    let rows = rows(state, panel);
    let row = cursor(state, panel).row;
    let Some(action) = rows.get(row).and_then(|r| r.leads(state)) else {
        return;
    };
    // Whoever goes to the code wants to be there.
    if matches!(panel, Panel::Outline) {
        state.focus.insert(View::Code, Panel::Editor);
    }
    keys::act(state, action, out);
}

/// Opens the line the row is about.
pub fn open_source(state: &mut State, panel: Panel, out: &mut Vec<Effect>) {
    let rows = rows(state, panel);
    let row = cursor(state, panel).row;
    match rows.get(row) {
        Some(StandingRow::Finding(f)) => {
            keys::act(state, crate::state::Action::SourceOf(f.pid), out)
        }
        Some(StandingRow::Hot(pid) | StandingRow::Mailbox(pid)) => {
            keys::act(state, crate::state::Action::SourceOf(*pid), out)
        }
        _ => open(state, panel, out),
    }
}

/// Shows a finding no more.
pub fn mute(state: &mut State, panel: Panel, out: &mut Vec<Effect>) {
    let rows = rows(state, panel);
    let row = cursor(state, panel).row;
    if let Some(StandingRow::Finding(f)) = rows.get(row) {
        keys::act(state, crate::state::Action::Mute(f.key.clone()), out);
    }
}

/// A click: the row, and where it leads.
pub fn click(state: &mut State, panel: Panel, row: usize, out: &mut Vec<Effect>) {
    let cursor = cursor(state, panel);
    cursor.row = cursor.top + row;
    open(state, panel, out);
}

/// Keeps the cursors inside their rows.
pub fn settle(state: &mut State, layout: &Layout) {
    for panel in [Panel::Outline, Panel::Side, Panel::Findings] {
        if let Some(slot) = layout.find(panel) {
            let (count, height) = (rows(state, panel).len(), usize::from(slot.area.height));
            cursor(state, panel).fit(count, height);
            let row = cursor(state, panel).row;
            let leads = rows(state, panel)
                .get(row)
                .map(|r| r.leads(state).is_some());
            if leads == Some(false) {
                walk(state, panel, 0);
            }
        }
    }
}
