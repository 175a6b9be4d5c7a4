//! The questions of [`Target`], answered from the image and the debugger's table.

use super::super::told::Told;
use super::super::{
    Census, Chosen, Collection, DataWish, GcStats, GcSum, Glance, Go, Gone, Heap, Instruction,
    InstructionWish, Lets, Message, OwnGc, PastEvent, Program, Scope, ScopeKind, Second, Shape,
    StepTarget, Worker,
};
use super::*;
use values::Root;

/// What the program calls the module of a file.
fn module_of(file: &str) -> String {
    file.trim_end_matches(".nos").replace('/', ".")
}

impl Target for Debugger {
    fn program(&self) -> Program {
        Program {
            root: self.session.project.root.to_string_lossy().into_owned(),
            main: self.session.project.main.clone(),
            version: self.session.version(),
        }
    }

    fn processes(&self, order: Order, limit: usize) -> (Vec<Process>, usize) {
        let limit = if limit > 0 { limit } else { usize::MAX };
        let chosen = self.choose(order, 0..limit, None);
        (chosen.rows, chosen.total)
    }

    fn choose(&self, order: Order, range: Range<usize>, lets: Option<&Lets<'_>>) -> Chosen {
        let rank = match order {
            Order::Id => Some(runtime::Rank::Pid),
            Order::Mailbox => Some(runtime::Rank::Messages),
            Order::Reductions => Some(runtime::Rank::Reductions),
            Order::Heap => Some(runtime::Rank::Heap),
            Order::Name => None,
            Order::State => Some(runtime::Rank::State),
            Order::Links => Some(runtime::Rank::Links),
        };
        let image = &self.session.image;
        let looked = std::cell::Cell::new(0);
        let glance = |line: &runtime::ProcessLine| {
            let function = || {
                looked.set(looked.get() + 1);
                match looked.get() <= LOOK_FUNCTIONS {
                    true => self.row(line, true).function,
                    false => String::new(),
                }
            };
            lets.is_none_or(|lets| {
                lets(&Glance {
                    pid: line.pid,
                    name: line.name.as_deref(),
                    state: look::word_of(line.state),
                    mailbox: line.mailbox as u64,
                    reductions: line.reductions,
                    heap_bytes: line.heap_bytes as u64,
                    links: line.links as u64,
                    function: &function,
                })
            })
        };
        let chosen = match (lets, rank) {
            // The first few without a filter: without a word for each of a million.
            (None, Some(rank)) if range.start == 0 && range.end <= SHORT_LIST => {
                let (lines, total) = image.first_processes(rank, range.end);
                runtime::Chosen {
                    lines,
                    matched: total,
                    total,
                }
            }
            (None, rank) => image.choose_processes(rank, range, None),
            (Some(_), rank) => image.choose_processes(rank, range, Some(&glance)),
        };
        let lines = chosen.lines.iter().enumerate();
        Chosen {
            rows: lines
                .map(|(i, line)| self.row(line, i < LOOK_ROWS))
                .collect(),
            matched: chosen.matched,
            total: chosen.total,
        }
    }

    fn parents(&self) -> Vec<(Pid, Option<Pid>)> {
        let all = self.session.image.parents().into_iter();
        all.map(|(pid, parent)| (pid, (parent != 0).then_some(parent)))
            .collect()
    }

    fn process(&self, pid: Pid) -> Option<Process> {
        let detail = self.session.image.process(pid)?;
        Some(self.row(&detail.line, true))
    }

    fn frames(&self, pid: Pid) -> Result<Vec<Frame>, Refusal> {
        let (lines, tails) = self.frames_with_tails(pid)?;
        let own = self.session.own_files();
        self.look_at_sources();
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let frames = lines.iter().zip(tails).map(|(line, tail)| {
            let pc = pc_of(line);
            let function = state.symbols.function(pc);
            let at = function.and_then(|function| {
                if let Some(spot) = function.spot(pc) {
                    let name = spot.name();
                    return Some(self.location(&name, spot.line, spot.column));
                }
                let row = function.row(pc)?;
                // A call knows its line itself; cold code, where things are thrown, lies behind rows of other lines.
                match function.moved_to(line.line) {
                    Some(own) if own != row.line => Some(self.location(&function.file, own, 0)),
                    Some(_) | None => Some(self.location(&function.file, row.line, row.column)),
                }
            });
            Frame {
                name: line.code.object.name.clone(),
                at,
                subtle: !own.contains(&line.code.object.file),
                pc,
                tail,
            }
        });
        Ok(frames.collect())
    }

    fn threads(&self, limit: usize) -> Vec<(Pid, String)> {
        let image = &self.session.image;
        let (lines, _) = image.first_processes(runtime::Rank::Busy, limit);
        let each = lines.iter().map(|line| match &line.name {
            Some(name) => (line.pid, name.clone()),
            None => (line.pid, self.row(line, true).function),
        });
        let mut rows: Vec<_> = each.collect();
        rows.sort_unstable();
        for (pid, other) in self.waiting_for_stopped() {
            if let Ok(at) = rows.binary_search_by_key(&pid, |row| row.0) {
                rows[at].1 += &format!(" (waits for <{other}>, which is stopped)");
            }
        }
        rows
    }

    fn kill(&self, pid: Pid) -> Result<(), Refusal> {
        let image = &self.session.image;
        image.process(pid).ok_or_else(|| nobody(pid))?;
        image.kill(pid);
        Ok(())
    }

    fn scopes(&self, pid: Pid, frame: usize) -> Result<Vec<Scope>, Refusal> {
        // Of a process that runs all can be seen but its frames.
        let stopped = self.state.lock().stopped.contains_key(&pid);
        let known = match stopped {
            true => self.known(pid, frame)?.1,
            false => Vec::new(),
        };
        let captured = known.iter().filter(|local| local.captured).count();
        let (messages, _) = self
            .session
            .image
            .mailbox(pid, 0..0)
            .ok_or_else(|| nobody(pid))?;
        let scope = |kind: ScopeKind, named: usize, indexed: usize| Scope {
            kind,
            named,
            indexed,
        };
        let mut scopes = Vec::new();
        if stopped {
            scopes.push(scope(ScopeKind::Locals, known.len() - captured, 0));
        }
        if self.session.image.stopped_message(pid).is_some() {
            scopes.insert(0, scope(ScopeKind::Message, 1, 0));
        }
        if captured > 0 {
            scopes.push(scope(ScopeKind::Captured, captured, 0));
        }
        scopes.extend([
            scope(ScopeKind::Process, self.process_variables(pid)?.len(), 0),
            scope(ScopeKind::Mailbox, 0, messages),
            scope(ScopeKind::Links, self.links(pid)?.len(), 0),
            scope(ScopeKind::Heap, self.heap_in_words(pid)?.len(), 0),
        ]);
        Ok(scopes)
    }

    fn variables(
        &self,
        pid: Pid,
        place: &Place,
        page: Option<Page>,
    ) -> Result<Vec<Variable>, Refusal> {
        match (place, page) {
            (Place::Locals(frame), None) => self.locals_of(pid, *frame, false),
            (Place::Captured(frame), None) => self.locals_of(pid, *frame, true),
            (Place::Process, None) => self.process_variables(pid),
            (Place::Links, None) => self.links(pid),
            (Place::Heap, None) => self.heap_in_words(pid),
            (Place::HeapPart(part), page) => self.heap_part(pid, part, page),
            (Place::Message, None) => {
                let root = Root::heap(self.session.image.standing(pid));
                let value = self.session.image.stopped_message(pid);
                let shown = value.map(|value| {
                    self.reading(pid, root, |reading| {
                        values::variable(reading, root, "message", &value)
                    })
                });
                shown.into_iter().collect()
            }
            (Place::Mailbox, Some(page)) => self.messages(pid, page),
            (
                Place::Answer {
                    number,
                    shape,
                    lanes,
                },
                page,
            ) => {
                let value = runtime::Value {
                    shape: nostos_abi::desc::ShapeId(*shape),
                    lanes: lanes.clone(),
                };
                let root = Root::answer(*number);
                let found = self.session.reading_answer(*number, |reading, _| {
                    values::parts(reading, root, &value, page)
                });
                found.ok_or_else(|| "this value is kept no longer; evaluate it again".into())
            }
            (
                Place::Value {
                    shape,
                    lanes,
                    message,
                    standing,
                },
                page,
            ) => {
                let value = runtime::Value {
                    shape: nostos_abi::desc::ShapeId(*shape),
                    lanes: lanes.clone(),
                };
                let root = message.map_or(Root::heap(*standing), Root::message);
                self.reading(pid, root, |reading| {
                    values::parts(reading, root, &value, page)
                })
            }
            (
                Place::Locals(_)
                | Place::Captured(_)
                | Place::Process
                | Place::Mailbox
                | Place::Links
                | Place::Heap
                | Place::Message,
                _,
            ) => Ok(Vec::new()),
        }
    }

    fn change(&self, pid: Pid, place: &Place, name: &str, text: &str) -> Result<Variable, Refusal> {
        Debugger::change(self, pid, place, name, text)
    }

    fn whole(&self, pid: Pid, place: &Place) -> Result<String, Refusal> {
        let Place::Value {
            shape,
            lanes,
            message,
            standing,
        } = place
        else {
            return Err("a scope is no value".into());
        };
        let value = runtime::Value {
            shape: nostos_abi::desc::ShapeId(*shape),
            lanes: lanes.clone(),
        };
        let root = message.map_or(Root::heap(*standing), Root::message);
        self.reading(pid, root, |reading| reading.render_whole(&value))
    }

    fn complete(&self, frame: Option<(Pid, usize)>, text: &str) -> Vec<Completion> {
        self.completions(frame, text)
    }

    fn sources(&self) -> Vec<String> {
        let files = self.session.source_files();
        let mut sources: Vec<String> = files
            .iter()
            .map(|file| self.session.path_of(file))
            .collect();
        sources.extend(self.made_by_macros());
        sources
    }

    fn source(&self, path: &str) -> Result<String, Refusal> {
        let text = match number_of(path) {
            Some(number) => self.expansions.lock().text(number),
            None => self.session.source_text(path),
        };
        text.ok_or_else(|| format!("{path} is not part of the program").into())
    }

    fn memory(&self, address: u64, count: usize) -> Vec<u8> {
        memory::read(address, count)
    }

    fn evaluate(
        &self,
        frame: Option<(Pid, usize)>,
        text: &str,
        cancel: &Cancel,
    ) -> Result<Variable, Refusal> {
        let plain = |value: String, ty: String| Variable::plain(text, value, &ty);
        if let Some((pid, frame)) = frame {
            let standing = self.session.image.standing(pid);
            let (file, known) = self.known(pid, frame)?;
            let root = Root::heap(standing);
            let found = self.reading(pid, root, |reading| {
                let each = known.iter();
                let locals: Vec<Variable> = each
                    .map(|l| values::variable(reading, root, &l.name, &l.value))
                    .collect();
                values::by_path(reading, root, &locals, text)
            })?;
            if let Some(found) = found {
                return Ok(found);
            }
            let standing = standing.ok_or_else(|| not_standing(pid))?;
            let outcome = self
                .session
                .evaluate_over(&file, &known, standing, text, cancel)?;
            return Ok(plain(outcome.text, outcome.ty));
        }
        let result = self.session.evaluate_until(text, cancel)?;
        let kept = result.answer.and_then(|number| {
            let root = Root::answer(number);
            self.session.reading_answer(number, |reading, value| {
                values::variable(reading, root, text, value)
            })
        });
        let shown = plain(result.text, result.ty);
        Ok(match kept {
            Some(kept) => Variable {
                value: shown.value,
                ty: shown.ty,
                address: None,
                ..kept
            },
            None => shown,
        })
    }

    fn mailbox(&self, pid: Pid, page: Page) -> Result<(usize, Vec<Message>), Refusal> {
        let image = &self.session.image;
        let (total, _) = image.mailbox(pid, 0..0).ok_or_else(|| nobody(pid))?;
        let range = page.of(total);
        let start = range.start;
        let (total, lines) = image.mailbox(pid, range).ok_or_else(|| nobody(pid))?;
        let messages = lines.into_iter().enumerate().map(|(i, line)| Message {
            index: start + i,
            ty: line.type_name,
            value: line.text,
            from: (line.from != 0).then_some(line.from),
            age_ms: line.age.map(|age| age.as_millis() as u64),
            at: line.place.map(|(file, line)| self.location(&file, line, 0)),
        });
        Ok((total, messages.collect()))
    }

    fn shapes(&self, pid: Pid) -> Result<Vec<Shape>, Refusal> {
        self.shapes_of(pid)
    }

    fn trace(&self, pid: Pid, on: bool) -> Result<(), Refusal> {
        let image = &self.session.image;
        if on && image.process(pid).is_none() {
            return Err(nobody(pid));
        }
        match image.trace(pid, on) {
            true => Ok(()),
            false => Err("too many processes are traced".to_owned().into()),
        }
    }

    fn past(&self, pid: Pid, since: u64) -> (Vec<PastEvent>, bool) {
        let Some((events, on)) = self.session.image.past(pid, since) else {
            return (Vec::new(), false);
        };
        let row = |event: runtime::PastEvent| PastEvent {
            number: event.number,
            at_ms: event.at.as_millis() as u64,
            kind: match event.what {
                runtime::Happened::Received => "recv",
                runtime::Happened::Sent => "send",
                runtime::Happened::Spawned => "spawn",
                runtime::Happened::Linked => "link",
                runtime::Happened::Monitored => "monitor",
                runtime::Happened::Ended => "exit",
            },
            text: event.text,
            other: event.other,
        };
        (events.into_iter().map(row).collect(), on)
    }

    fn heap(&self, pid: Pid, types: bool) -> Result<Heap, Refusal> {
        let image = &self.session.image;
        let detail = image.process(pid).ok_or_else(|| nobody(pid))?;
        let lines = match types {
            true => image.heap(pid).ok_or_else(|| nobody(pid))?,
            false => Vec::new(),
        };
        Ok(Heap {
            young: (detail.young.0 as u64, detail.young.1 as u64),
            old: (detail.old.0 as u64, detail.old.1 as u64),
            large: (detail.large.0 as u64, detail.large.1 as u64),
            shared: (detail.shared.0 as u64, detail.shared.1 as u64),
            by_type: lines
                .into_iter()
                .map(|line| (line.name, line.objects as u64, line.bytes as u64))
                .collect(),
        })
    }

    fn heaps(&self) -> Option<&super::super::Heaps> {
        Some(&self.heaps)
    }

    fn gc_stats(&self, pid: Option<Pid>) -> GcStats {
        let all = self.session.image.gc_stats();
        let mut own = None;
        let collections: Vec<_> = match pid {
            Some(pid) => {
                let detail = self.session.image.process(pid);
                own = detail.as_ref().map(|detail| OwnGc {
                    minor: detail.collections.0,
                    major: detail.collections.1,
                    pause_nanos: detail.gc_pause.as_nanos() as u64,
                });
                detail
                    .map(|detail| detail.last_collections)
                    .unwrap_or_default()
            }
            None => all.recent.clone(),
        };
        let numbered = pid.is_none();
        let rows = collections
            .iter()
            .rev()
            .enumerate()
            .map(|(i, gc)| Collection {
                number: if numbered { all.noted - i as u64 } else { 0 },
                pid: gc.pid,
                major: gc.major,
                reason: match gc.reason {
                    runtime::Reason::NurseryFull => "nursery full",
                    runtime::Reason::OldSpaceGrown => "old space grown",
                    runtime::Reason::Asked => "asked for",
                    runtime::Reason::Stress => "stress",
                }
                .into(),
                pause_nanos: gc.pause.as_nanos() as u64,
                before: gc.before as u64,
                after: gc.after as u64,
                promoted: gc.promoted as u64,
                at_ms: gc.at.as_millis() as u64,
            });
        let sum = |sum: runtime::GcSum| GcSum {
            count: sum.count,
            total_nanos: sum.pause.as_nanos() as u64,
            max_nanos: sum.longest.as_nanos() as u64,
            pauses: sum.pauses.to_vec(),
        };
        let seconds = all.seconds.iter().map(|second| Second {
            at: second.at,
            minor_nanos: second.minor.as_nanos() as u64,
            major_nanos: second.major.as_nanos() as u64,
            pause_nanos: second.pause.as_nanos() as u64,
        });
        let (blobs, bytes) = self.session.image.blobs();
        GcStats {
            collections: rows.collect(),
            minor: sum(all.minor),
            major: sum(all.major),
            own,
            reclaimed: all.reclaimed,
            promoted: all.promoted,
            noted: all.noted,
            seconds: seconds.collect(),
            blobs: (blobs as u64, bytes as u64),
            now_ms: all.now.as_millis() as u64,
        }
    }

    fn census(&self) -> Census {
        let image = &self.session.image;
        let census = image.census();
        let states = [
            ("running", census.running),
            ("runnable", census.runnable),
            ("waiting", census.waiting),
            ("sleeping", census.sleeping),
            ("blocked", census.jobs + census.outside),
            ("stopped", census.stopped),
        ];
        Census {
            processes: census.processes as u64,
            states: states.map(|(name, count)| (name, count as u64)).to_vec(),
            blocked: (census.jobs as u64, census.outside as u64),
            messages: census.messages as u64,
            long_mailboxes: census.long_mailboxes as u64,
            heap: census.heap as u64,
            timers: census.timers as u64,
            spawned: image.scheduler().spawned as u64,
        }
    }

    fn now_nanos(&self) -> u64 {
        self.session.image.now().as_nanos() as u64
    }

    fn scheduler(&self) -> Vec<Worker> {
        let stats = self.session.image.scheduler();
        let workers = stats
            .workers
            .into_iter()
            .enumerate()
            .map(|(id, worker)| Worker {
                id,
                idle: worker.running.is_none(),
                running: worker.running,
                queue: worker.queue,
                reductions: worker.reductions,
                steals: worker.steals,
                switches: worker.switches,
                slept_nanos: worker.slept.as_nanos() as u64,
            });
        workers.collect()
    }

    fn set_breakpoints(&self, client: u64, path: &str, wishes: &[Wish]) -> Vec<Breakpoint> {
        let Some(file) = self.session.name_of(path) else {
            let at = |wish: &Wish| Location {
                path: path.into(),
                line: wish.line,
                column: 0,
            };
            return wishes
                .iter()
                .map(|wish| Breakpoint {
                    id: 0,
                    verified: false,
                    at: at(wish),
                    message: Some("this file is not part of the program".into()),
                })
                .collect();
        };
        let lines: Vec<u32> = wishes.iter().map(|wish| wish.line).collect();
        self.compile_around(&file, &lines);
        let new = wishes
            .iter()
            .map(|wish| (What::Line(file.clone()), wish.clone()))
            .collect();
        self.replace(
            client,
            |what| matches!(what, What::Line(known) if *known == file),
            new,
        )
    }

    fn breakpoint_locations(&self, path: &str, lines: (u32, u32)) -> Vec<Location> {
        let Some(file) = self.session.name_of(path) else {
            return Vec::new();
        };
        // All that could be meant is compiled; a range of lines is a screen at most.
        let each: Vec<u32> = (lines.0..=lines.1.min(lines.0.saturating_add(500))).collect();
        self.compile_around(&file, &each);
        self.look_at_sources();
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let places = state.symbols.places(&file, lines);
        let each = places.into_iter();
        each.map(|(line, column)| self.location(&file, line, column))
            .collect()
    }

    fn set_function_breakpoints(&self, client: u64, wishes: &[(String, Wish)]) -> Vec<Breakpoint> {
        let main = format!("{}.", module_of(&self.session.project.main));
        // The main module's functions have no module before their names, but it may be written.
        let name_of = |name: &str| name.strip_prefix(&main).unwrap_or(name).to_owned();
        let new = wishes.iter().map(|(name, wish)| {
            let what = match (messages::wish(name), tree::exit_of(name)) {
                (Some((way, pattern)), _) => What::Message(way, pattern),
                (None, Some(whose)) => What::Exit(whose),
                (None, None) => {
                    self.compile_named(&name_of(name));
                    What::Function(name_of(name))
                }
            };
            (what, wish.clone())
        });
        let old =
            |what: &What| matches!(what, What::Function(_) | What::Message(..) | What::Exit(_));
        let set = self.replace(client, old, new.collect());
        self.watch_messages();
        self.watch_ends();
        set
    }

    fn stop_on(&self, client: u64, wishes: &[ExceptionWish]) {
        self.want_exceptions(client, wishes);
    }

    fn go(&self, pid: Pid, go: &Go) -> Result<Gone, Refusal> {
        self.go_on(pid, go)
    }

    fn attach(&self, client: u64) {
        self.attached(client);
    }

    fn stop_together(&self, client: u64, on: bool) {
        self.together(client, on);
    }

    fn standing(&self) -> Vec<(Pid, Why)> {
        self.known_stops()
    }

    fn set_instruction_breakpoints(
        &self,
        client: u64,
        wishes: &[InstructionWish],
    ) -> Vec<Breakpoint> {
        self.break_at_instructions(client, wishes)
    }

    fn disassemble(
        &self,
        address: u64,
        offset: i64,
        count: usize,
    ) -> Result<Vec<Instruction>, Refusal> {
        self.instructions(address, offset, count)
    }

    fn data_breakpoint(
        &self,
        place: Option<(Pid, &Place)>,
        name: &str,
    ) -> Result<(String, String, bool), Refusal> {
        self.data_at(place, name)
    }

    fn set_data_breakpoints(&self, client: u64, wishes: &[DataWish]) -> Vec<Breakpoint> {
        self.break_at_data(client, wishes)
    }

    fn restart_frame(&self, pid: Pid, frame: usize) -> Result<Gone, Refusal> {
        self.restart(pid, frame)
    }

    fn goto_targets(
        &self,
        path: &str,
        line: u32,
        column: Option<u32>,
    ) -> Result<Vec<StepTarget>, Refusal> {
        self.goals_of(path, line, column)
    }

    fn goto(&self, pid: Pid, target: u64) -> Result<Gone, Refusal> {
        self.go_to(pid, target)
    }

    fn step_in_targets(&self, pid: Pid, frame: usize) -> Result<Vec<StepTarget>, Refusal> {
        self.calls_ahead(pid, frame)
    }

    fn waits(&self) -> Vec<(Pid, Pid)> {
        self.waiting_for_stopped()
    }

    fn next_message(&self, pid: Pid) -> Result<Gone, Refusal> {
        {
            let mut state = self.state.lock();
            if !state.stopped.contains_key(&pid) {
                return Err(format!("process {pid} is not stopped").into());
            }
            state.next += 1;
            let id = state.next;
            state.breakpoints.push(Logical {
                id,
                client: 0,
                what: What::Next(pid),
                wish: Wish::default(),
                hits: 0,
                at: None,
                sites: Vec::new(),
            });
        }
        self.watch_messages();
        let alone = Go {
            alone: true,
            ..Go::default()
        };
        self.go_on(pid, &alone)
    }

    fn pause(&self, pid: Pid) -> Result<(), Refusal> {
        self.ask_to_stop(pid)
    }

    fn reload(&self, edits: &[Edit]) -> Reload {
        if edits.is_empty() {
            return self.session.reload_from_disk();
        }
        let begin = Instant::now();
        let mut texts = BTreeMap::new();
        for edit in edits {
            let Some(name) = self.session.name_of(&edit.path) else {
                continue;
            };
            let text = match &edit.text {
                Some(text) => Some(text.clone()),
                None => std::fs::read_to_string(&edit.path).ok(),
            };
            texts.insert(name, text);
        }
        let mut reload = self.session.load(texts);
        reload.micros = begin.elapsed().as_micros() as u64;
        reload
    }

    fn listen(&self) -> Told {
        self.listeners.fetch_add(1, Ordering::Relaxed);
        self.session.listen()
    }

    fn release(&self, stop: bool) {
        let mut gate = self.gate.0.lock();
        if gate.released {
            return;
        }
        if stop {
            self.break_at_entry();
        }
        gate.released = true;
        self.gate.1.notify_all();
    }

    fn terminate(&self) {
        let mut gate = self.gate.0.lock();
        let began = gate.released;
        gate.ended = true;
        self.gate.1.notify_all();
        drop(gate);
        if began && let Some(main) = self.main.lock().take() {
            self.session.image.dismiss(main);
        }
    }

    fn leave(&self) {
        if let Some(then) = self.when_left.get() {
            then();
        }
        self.release(false);
    }

    fn forget(&self, client: u64, stays: bool) {
        let last = self.listeners.fetch_sub(1, Ordering::Relaxed) == 1;
        self.want_exceptions(client, &[]);
        self.state.lock().breakpoints.retain(|known| {
            known.client != client && !(last && matches!(known.what, What::Next(_)))
        });
        self.watch_messages();
        self.watch_ends();
        self.watch_data();
        self.arm();
        self.leaves(client, stays);
        if last {
            self.session.image.trace_nobody();
            self.heaps.forget_all();
        }
    }
}
