//! Heap snapshots: taking them, going through them, comparing two, and looking at collections of one process or all.

use super::{files, image, typed};
use crate::proto::live::{self, Step};
use crate::proto::{self, Pid};
use crate::state::heaps::{MOST_OBJECTS, ObjectRow, Opened, Page, SORTS, Snap, Then};
use crate::state::{Ask, Effect, Link, Panel, State, Tone, View};
use crate::text;
use serde_json::{Value, json};

/// Types asked for.
const TYPES: usize = 2000;
/// Objects asked for at a time.
const OBJECTS: usize = 200;

/// Before the view of heaps is shown: who comes from elsewhere than the processes sees the largest heap first.
pub fn enter(state: &mut State, view: View) {
    if view != View::Heap || state.view == View::Heap {
        return;
    }
    state.processes = Default::default();
    if state.view != View::Processes {
        let largest = state.image.processes.iter().max_by_key(|p| p.heap);
        state.selected = largest.map(|p| p.id).or(state.selected);
    }
}

/// Whether the focus is in a panel of heaps.
pub fn is_here(state: &State) -> bool {
    state.view == View::Heap && matches!(state.panel(), Panel::Heap | Panel::Snapshots)
}

/// Takes a snapshot: of a process, or of the whole image.
pub fn take(state: &mut State, of: Option<Pid>, then: Then, out: &mut Vec<Effect>) {
    if state.image.link != Link::Live {
        return state.say(Tone::Plain, "no image runs; ^r starts it");
    }
    if state.heaps.taking.is_some() {
        return state.say(Tone::Plain, "a snapshot is being taken");
    }
    state.heaps.taking = Some(state.now);
    let bytes = state.settings.snapshot << 20;
    let arguments = match of {
        Some(pid) => json!({ "process": pid, "bytes": bytes }),
        None => json!({ "bytes": bytes }),
    };
    let ask = Ask::HeapSnapshot(of, then);
    image::ask(state, ask, "nostos/heapSnapshot", arguments, out);
}

/// Of the selected process.
pub fn take_here(state: &mut State, out: &mut Vec<Effect>) {
    match state.selected {
        Some(pid) => take(state, Some(pid), Then::Show, out),
        None => state.say(Tone::Plain, "no process is selected"),
    }
}

/// The image has made one: its types are asked for.
pub fn made(state: &mut State, of: Option<Pid>, then: Then, body: &Value, out: &mut Vec<Effect>) {
    let made = live::made(body);
    let number = made.number;
    state.heaps.half = Some(Snap {
        id: state.heaps.taken + 1,
        of,
        called: of.map_or_else(|| "all processes".to_owned(), |pid| state.called(pid)),
        at: state.now,
        made,
        ..Snap::default()
    });
    let arguments = json!({ "snapshot": number, "count": TYPES });
    image::ask(
        state,
        Ask::HeapTypes(number, then),
        "nostos/heapTypes",
        arguments,
        out,
    );
}

/// Its types have come.
pub fn types(state: &mut State, number: u64, then: Then, body: &Value, out: &mut Vec<Effect>) {
    state.heaps.taking = None;
    let Some(mut snap) = state.heaps.half.take().filter(|s| s.made.number == number) else {
        return;
    };
    (snap.types, snap.total) = live::types(body);
    let id = snap.id;
    let (count, bytes) = snap.made.alive;
    let words = format!(
        "#{id} {}: {}, {}; held for {} at most",
        snap.called,
        text::count(count, "living object"),
        text::bytes(bytes),
        text::nanos(snap.made.held.2),
    );
    state.heaps.taken = id;
    state.heaps.snaps.push(snap);
    if state.heaps.list.row > 0 {
        state.heaps.list.row += 1;
    }
    state.say(Tone::Good, words);
    if state.view != View::Heap {
        return;
    }
    match then {
        Then::Show => show(state, id),
        Then::Open(name) => {
            show(state, id);
            open(state, Page::Objects(id, name), out);
        }
        Then::Compare(with) => {
            state.heaps.pages.clear();
            open(state, Page::Diff(with, id), out);
        }
    }
}

/// Why there is none, or no page of it.
pub fn refused(state: &mut State, tag: &Ask, why: String) {
    match tag {
        Ask::HeapSnapshot(..) | Ask::HeapTypes(..) => {
            state.heaps.taking = None;
            state.heaps.half = None;
            let hint = if why.contains("at most") {
                "; :set snapshot-limit allows more"
            } else {
                ""
            };
            state.say(Tone::Bad, format!("no snapshot: {why}{hint}"));
        }
        Ask::HeapObjects(number, ..) | Ask::HeapObject(number, _) => {
            let number = *number;
            if why.contains("no heap snapshot") {
                for snap in &mut state.heaps.snaps {
                    snap.gone |= snap.made.number == number;
                }
            }
            if let Some(opened) = page_of(state, tag) {
                opened.refused = Some(why);
            }
        }
        _ => {}
    }
}

fn page_of<'a>(state: &'a mut State, tag: &Ask) -> Option<&'a mut Opened> {
    let heaps = &mut state.heaps;
    let number = |id: usize, snaps: &[Snap]| {
        let snap = snaps.iter().find(|s| s.id == id);
        snap.map(|s| s.made.number)
    };
    let snaps = &heaps.snaps;
    heaps
        .pages
        .iter_mut()
        .rev()
        .find(|opened| match (&opened.page, tag) {
            (Page::Objects(id, ty), Ask::HeapObjects(n, of)) => {
                number(*id, snaps) == Some(*n) && ty == of
            }
            (Page::Object(id, object), Ask::HeapObject(n, of)) => {
                number(*id, snaps) == Some(*n) && object == of
            }
            _ => false,
        })
}

/// Objects of a type have come.
pub fn objects(state: &mut State, tag: &Ask, body: &Value) {
    if let Some(opened) = page_of(state, tag) {
        opened.objects = live::objects(body);
        opened.refused = None;
    }
}

/// All about an object has come.
pub fn report(state: &mut State, tag: &Ask, body: &Value) {
    if let Some(opened) = page_of(state, tag) {
        let report = live::report(body);
        if opened.report.is_none() {
            let first = |r: &ObjectRow| matches!(r, ObjectRow::Part { .. });
            opened.cursor.row = report.rows().iter().position(first).unwrap_or(0);
        }
        opened.report = Some(report);
        opened.refused = None;
    }
}

/// The types of a snapshot.
fn show(state: &mut State, id: usize) {
    state.heaps.pages = vec![Opened::new(Page::Types(id))];
    state.focus.insert(View::Heap, Panel::Heap);
}

/// Goes to a page.
fn open(state: &mut State, page: Page, out: &mut Vec<Effect>) {
    state.heaps.pages.push(Opened::new(page));
    state.focus.insert(View::Heap, Panel::Heap);
    fetch(state, out);
}

/// Asks for what the page needs.
fn fetch(state: &mut State, out: &mut Vec<Effect>) {
    let Some(opened) = state.heaps.pages.last() else {
        return;
    };
    let of = |id: usize| state.heaps.snap(id).filter(|s| !s.gone);
    let request = match &opened.page {
        Page::Objects(id, ty) => {
            let near = opened.cursor.row + OBJECTS / 2;
            let want = (near.div_ceil(OBJECTS) * OBJECTS).clamp(OBJECTS, MOST_OBJECTS);
            if want <= opened.asked {
                return;
            }
            of(*id).map(|s| {
                (
                    Ask::HeapObjects(s.made.number, ty.clone()),
                    "nostos/heapObjects",
                    json!({ "snapshot": s.made.number, "type": ty, "count": want }),
                    want,
                )
            })
        }
        Page::Object(id, object) => {
            if opened.asked > 0 {
                return;
            }
            of(*id).map(|s| {
                (
                    Ask::HeapObject(s.made.number, *object),
                    "nostos/heapObject",
                    json!({ "snapshot": s.made.number, "object": object, "count": 500 }),
                    1,
                )
            })
        }
        Page::Types(_) | Page::Diff(..) => return,
    };
    let live = state.image.link == Link::Live;
    let Some(opened) = state.heaps.pages.last_mut() else {
        return;
    };
    match request.filter(|_| live) {
        Some((tag, command, arguments, asked)) => {
            opened.asked = asked;
            image::ask(state, tag, command, arguments, out);
        }
        None => {
            let why = "the image has this snapshot no more; only its types are known";
            opened.refused = Some(why.to_owned());
        }
    }
}

/// Moves in the panels of heaps.
pub fn walk(state: &mut State, by: isize, out: &mut Vec<Effect>) {
    let step = |row: usize, rows: usize| row.saturating_add_signed(by).min(rows.saturating_sub(1));
    if state.panel() == Panel::Snapshots {
        state.heaps.list.row = step(state.heaps.list.row, state.heaps.snaps.len());
        return;
    }
    let rows = state.heap_rows();
    let cursor = state.heap_cursor();
    cursor.row = step(cursor.row, rows);
    fetch(state, out);
}

/// `enter` there.
pub fn open_row(state: &mut State, out: &mut Vec<Effect>) {
    if state.panel() == Panel::Snapshots {
        if let Some(id) = state.heaps.chosen().map(|s| s.id) {
            show(state, id);
        }
        return;
    }
    let Some(opened) = state.heaps.pages.last() else {
        let Some(name) = state
            .type_lines()
            .get(state.heap.row)
            .map(|l| l.name.clone())
        else {
            return;
        };
        return take(state, state.selected, Then::Open(name), out);
    };
    let row = opened.cursor.row;
    let next = match &opened.page {
        Page::Types(id) | Page::Diff(_, id) => {
            let lines = state.type_lines();
            let line = lines.get(row).filter(|l| l.sums[0] > 0);
            line.map(|l| Page::Objects(*id, l.name.clone()))
        }
        Page::Objects(id, _) => opened
            .objects
            .0
            .get(row)
            .map(|o| Page::Object(*id, o.object)),
        Page::Object(id, _) => {
            let rows = opened.report.as_ref().map(|r| r.rows()).unwrap_or_default();
            match rows.get(row) {
                Some(ObjectRow::Part {
                    object: Some(object),
                    ..
                }) => Some(Page::Object(*id, *object)),
                Some(ObjectRow::Part { place: Some(_), .. }) => {
                    return open_source(state, out);
                }
                _ => None,
            }
        }
    };
    match next {
        Some(page) => open(state, page, out),
        None => state.say(Tone::Plain, "there is nothing to open"),
    }
}

/// From a type in the detail of a process to its objects.
pub fn open_from_detail(state: &mut State, out: &mut Vec<Effect>) {
    let name = state
        .live_types()
        .get(state.heap.row)
        .map(|l| l.name.clone());
    super::actions::switch(state, View::Heap, out);
    state.focus.insert(View::Heap, Panel::Heap);
    state.heaps.pages.clear();
    if let (Some(name), Some(pid)) = (name, state.selected) {
        take(state, Some(pid), Then::Open(name), out);
    }
}

/// A step back on the way. False: there is none.
pub fn back(state: &mut State) -> bool {
    if !(state.view == View::Heap && state.prompt.is_none() && state.panel() == Panel::Heap) {
        return false;
    }
    if state.heaps.pages.pop().is_some() {
        return true;
    }
    let filtered = !state.heaps.filter.is_empty();
    state.heaps.filter.clear();
    filtered
}

/// The next column sorts.
pub fn sort(state: &mut State) {
    state.heaps.sort = (state.heaps.sort + 1) % SORTS.len();
    let name = SORTS[state.heaps.sort];
    state.heap_cursor().row = 0;
    state.say(Tone::Plain, format!("types by {name}"));
}

/// Only types with this in their names are shown.
pub fn filter(state: &mut State, line: &str) {
    state.heaps.filter = line.trim().to_owned();
    *state.heap_cursor() = Default::default();
}

/// Compares: the snapshot that is looked at with the marked one or the one before; of a process as it is, a new one with the last.
pub fn compare(state: &mut State, out: &mut Vec<Effect>) {
    let here = match (state.panel(), state.heaps.pages.first().map(|p| &p.page)) {
        (Panel::Snapshots, _) => state.heaps.chosen().map(|s| s.id),
        (_, Some(Page::Types(id) | Page::Diff(_, id))) => Some(*id),
        _ => None,
    };
    let Some(id) = here else {
        let of = state.selected;
        let last = of.and_then(|pid| state.heaps.last_of(Some(pid)).map(|s| s.id));
        return match state.heaps.marked.or(last) {
            Some(with) => take(state, of, Then::Compare(with), out),
            None => state.say(
                Tone::Plain,
                "there is no snapshot of it to compare with; n takes one",
            ),
        };
    };
    match state.heaps.before(id) {
        Some(with) => {
            state.heaps.pages.clear();
            open(state, Page::Diff(with.min(id), with.max(id)), out);
        }
        None => state.say(
            Tone::Plain,
            "there is no other snapshot of this heap; m marks one to compare with",
        ),
    }
}

/// The snapshot that is meant: in the list, or the one that is looked at.
fn meant(state: &State) -> Option<usize> {
    if state.panel() != Panel::Snapshots
        && let Some(Page::Types(id) | Page::Diff(_, id)) =
            state.heaps.pages.first().map(|p| &p.page)
    {
        return Some(*id);
    }
    state.heaps.chosen().map(|s| s.id)
}

/// Marks the one others are compared with, or takes the mark away.
pub fn mark(state: &mut State) {
    let Some(id) = meant(state) else {
        return state.say(Tone::Plain, "there is no snapshot; n takes one");
    };
    if state.heaps.marked == Some(id) {
        state.heaps.marked = None;
        return state.say(Tone::Plain, "no snapshot is marked");
    }
    state.heaps.marked = Some(id);
    state.say(Tone::Plain, format!("d compares others with #{id}"));
}

/// Begins to give one a name.
pub fn ask_name(state: &mut State) {
    match meant(state).and_then(|id| state.heaps.snap(id)) {
        Some(snap) => {
            let name = snap.name.clone();
            typed::begin(state, format!("snapshot-name {name}").trim_end());
        }
        None => state.say(Tone::Plain, "there is no snapshot; n takes one"),
    }
}

pub fn name(state: &mut State, name: &str) {
    let Some(id) = meant(state) else {
        return state.say(Tone::Plain, "there is no snapshot; n takes one");
    };
    for snap in state.heaps.snaps.iter_mut().filter(|s| s.id == id) {
        snap.name = name.trim().to_owned();
    }
}

/// Forgets one, here and in the image.
pub fn forget(state: &mut State, out: &mut Vec<Effect>) {
    let Some(id) = meant(state) else { return };
    let gone = state.heaps.snap(id).map(|s| (s.made.number, s.gone));
    if let Some((number, false)) = gone {
        let arguments = json!({ "snapshot": number });
        image::ask(
            state,
            Ask::HeapForget(number),
            "nostos/heapForget",
            arguments,
            out,
        );
    }
    let heaps = &mut state.heaps;
    heaps.snaps.retain(|s| s.id != id);
    heaps.marked = heaps.marked.filter(|m| *m != id);
    let is_of = |page: &Page| match page {
        Page::Types(a) | Page::Objects(a, _) | Page::Object(a, _) => *a == id,
        Page::Diff(a, b) => *a == id || *b == id,
    };
    if heaps.pages.iter().any(|p| is_of(&p.page)) {
        heaps.pages.clear();
    }
    state.say(Tone::Plain, format!("#{id} is forgotten"));
}

/// Snapshots of an image that is gone have no objects any more.
pub fn image_gone(state: &mut State) {
    state.heaps.taking = None;
    state.heaps.half = None;
    for snap in &mut state.heaps.snaps {
        snap.gone = true;
    }
}

/// The source of the row: where a frame goes on.
pub fn open_source(state: &mut State, out: &mut Vec<Effect>) {
    let opened = state.heaps.pages.last();
    let Some(report) = opened.and_then(|o| o.report.as_ref()) else {
        return state.say(Tone::Plain, "there is no source line to open");
    };
    let row = opened.map_or(0, |o| o.cursor.row);
    let of_row = match report.rows().into_iter().nth(row) {
        Some(ObjectRow::Part { place, .. }) => place,
        _ => None,
    };
    let of_path = || match report.path.first() {
        Some(Step::Root(_, place)) => place.clone(),
        _ => None,
    };
    match of_row.or_else(of_path) {
        Some(place) => {
            state.editor.mark_jump();
            let path = state.absolute(&place.path);
            state.view = View::Code;
            files::goto(state, path, Some((place.line.saturating_sub(1), 0)), out);
        }
        None => state.say(Tone::Plain, "there is no source line to open"),
    }
}

/// The text of the row.
pub fn row_text(state: &State) -> Option<String> {
    if state.panel() == Panel::Snapshots {
        let snap = state.heaps.chosen()?;
        return Some(format!(
            "#{} {} {}",
            snap.id, snap.called, snap.made.alive.1
        ));
    }
    let type_text = |row: usize| {
        let line = state.type_lines().into_iter().nth(row)?;
        let [count, bytes, retained] = line.sums;
        Some(format!("{}\t{count}\t{bytes}\t{retained}", line.name))
    };
    let Some(opened) = state.heaps.pages.last() else {
        return type_text(state.heap.row);
    };
    match &opened.page {
        Page::Types(_) | Page::Diff(..) => type_text(opened.cursor.row),
        Page::Objects(..) => {
            let object = opened.objects.0.get(opened.cursor.row)?;
            Some(object.value.clone())
        }
        Page::Object(..) => match opened.report.as_ref()?.rows().get(opened.cursor.row)? {
            ObjectRow::Part { value, .. } => Some(value.clone()),
            ObjectRow::Section(name, _) => Some((*name).to_owned()),
        },
    }
}

/// Collections of the selected process alone, or of all.
pub fn alone(state: &mut State, out: &mut Vec<Effect>) {
    state.live.alone = !state.live.alone;
    state.collections = Default::default();
    image::poll_now(state, out);
}

/// Collections of one process have come.
pub fn own_gc(state: &mut State, pid: Pid, body: &Value) {
    if state.frozen.is_none() {
        state.live.own = Some((pid, proto::gc_stats(body)));
    }
}
