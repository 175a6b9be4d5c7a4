//! The questions of [`Target`], answered from the image and the debugger's table.

use super::super::{Collection, GcStats, GcSum, Heap, Message, Program, Scope, ScopeKind, Worker};
use super::*;

impl Target for Debugger {
    fn program(&self) -> Program {
        Program {
            root: self.session.project.root.to_string_lossy().into_owned(),
            main: self.session.project.main.clone(),
            version: self.session.version(),
        }
    }

    fn processes(&self, order: Order, limit: usize) -> (Vec<Process>, usize) {
        let rank = match order {
            Order::Id => runtime::Rank::Pid,
            Order::Mailbox => runtime::Rank::Messages,
            Order::Reductions => runtime::Rank::Reductions,
            Order::Heap => runtime::Rank::Heap,
        };
        let limit = if limit > 0 { limit } else { usize::MAX };
        let (lines, total) = self.session.image.first_processes(rank, limit);
        let rows = lines
            .iter()
            .enumerate()
            .map(|(i, line)| self.row(line, i < LOOK_ROWS));
        (rows.collect(), total)
    }

    fn process(&self, pid: Pid) -> Option<Process> {
        let detail = self.session.image.process(pid)?;
        Some(self.row(&detail.line, true))
    }

    fn frames(&self, pid: Pid) -> Result<Vec<Frame>, Refusal> {
        let lines = self.frame_lines(pid, MAX_FRAMES)?;
        let own = self.session.own_files();
        self.look_at_sources();
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let frames = lines.iter().map(|line| {
            let pc = pc_of(line);
            let function = state.symbols.function(pc);
            let at = function.and_then(|function| {
                let row = function.row(pc)?;
                Some(self.location(&function.file, row.line, row.column))
            });
            Frame {
                name: line.code.object.name.clone(),
                at,
                subtle: !own.contains(&line.code.object.file),
            }
        });
        Ok(frames.collect())
    }

    fn scopes(&self, pid: Pid, frame: usize) -> Result<Vec<Scope>, Refusal> {
        let named = self.locals(pid, frame)?.len();
        let (messages, _) = self
            .session
            .image
            .mailbox(pid, 0..0)
            .ok_or_else(|| nobody(pid))?;
        let process = self.process_variables(pid)?.len();
        Ok(vec![
            Scope {
                kind: ScopeKind::Locals,
                named,
                indexed: 0,
            },
            Scope {
                kind: ScopeKind::Process,
                named: process,
                indexed: 0,
            },
            Scope {
                kind: ScopeKind::Mailbox,
                named: 0,
                indexed: messages,
            },
        ])
    }

    fn variables(
        &self,
        pid: Pid,
        place: &Place,
        page: Option<Page>,
    ) -> Result<Vec<Variable>, Refusal> {
        match (place, page) {
            (Place::Locals(frame), None) => self.locals(pid, *frame),
            (Place::Process, None) => self.process_variables(pid),
            (Place::Mailbox, Some(page)) => {
                let (_, messages) = self.mailbox(pid, page)?;
                Ok(messages
                    .into_iter()
                    .map(|message| Variable {
                        name: message.index.to_string(),
                        value: message.value,
                        ty: message.ty,
                        named: 0,
                        indexed: 0,
                        place: None,
                    })
                    .collect())
            }
            (Place::Value { shape, lanes }, page) => {
                let value = runtime::Value {
                    shape: nostos_abi::desc::ShapeId(*shape),
                    lanes: lanes.clone(),
                };
                Ok(values::parts(&self.session.image, &value, page))
            }
            (Place::Locals(_) | Place::Captured(_) | Place::Process | Place::Mailbox, _) => {
                Ok(Vec::new())
            }
        }
    }

    fn evaluate(&self, frame: Option<(Pid, usize)>, text: &str) -> Result<Variable, Refusal> {
        let plain = |value: String, ty: String| Variable {
            name: text.into(),
            value,
            ty,
            named: 0,
            indexed: 0,
            place: None,
        };
        if let Some((pid, frame)) = frame {
            let (file, known) = self.known(pid, frame)?;
            let image = &self.session.image;
            let locals: Vec<Variable> = known
                .iter()
                .map(|local| values::variable(image, &local.name, &local.value))
                .collect();
            if let Some(found) = values::by_path(image, &locals, text) {
                return Ok(found);
            }
            let outcome = self.session.evaluate_over(&file, &known, pid, text)?;
            return Ok(plain(outcome.text, outcome.ty));
        }
        let result = self.session.evaluate(text)?;
        Ok(plain(result.text, result.ty))
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
            age_ms: None,
        });
        Ok((total, messages.collect()))
    }

    fn heap(&self, pid: Pid) -> Result<Heap, Refusal> {
        let image = &self.session.image;
        let detail = image.process(pid).ok_or_else(|| nobody(pid))?;
        let lines = image.heap(pid).ok_or_else(|| nobody(pid))?;
        Ok(Heap {
            young: (detail.young.0 as u64, detail.young.1 as u64),
            old: (detail.old.0 as u64, detail.old.1 as u64),
            large: (detail.large.0 as u64, detail.large.1 as u64),
            by_type: lines
                .into_iter()
                .map(|line| (line.name, line.objects as u64, line.bytes as u64))
                .collect(),
        })
    }

    fn gc_stats(&self, pid: Option<Pid>) -> GcStats {
        let all = self.session.image.gc_stats();
        let collections: Vec<_> = match pid {
            Some(pid) => {
                let detail = self.session.image.process(pid);
                detail
                    .map(|detail| detail.last_collections)
                    .unwrap_or_default()
            }
            None => all.recent.clone(),
        };
        let rows = collections.iter().rev().map(|gc| Collection {
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
        };
        GcStats {
            collections: rows.collect(),
            minor: sum(all.minor),
            major: sum(all.major),
        }
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

    fn set_function_breakpoints(&self, client: u64, names: &[String]) -> Vec<Breakpoint> {
        for name in names {
            self.compile_named(name);
        }
        let new = names
            .iter()
            .map(|name| (What::Function(name.clone()), Wish::default()))
            .collect();
        self.replace(client, |what| matches!(what, What::Function(_)), new)
    }

    fn stop_on_uncaught(&self, client: u64, on: bool) {
        let any = {
            let mut state = self.state.lock();
            if on {
                state.uncaught.insert(client)
            } else {
                state.uncaught.remove(&client)
            };
            !state.uncaught.is_empty()
        };
        self.session.image.stop_on_uncaught(any);
    }

    fn resume(&self, pid: Pid, how: How) -> Result<(), Refusal> {
        // Removed first, so that a stop which follows at once is not forgotten.
        let was = self.state.lock().stopped.remove(&pid);
        let how = match how {
            How::Continue => runtime::How::Continue,
            How::Over => runtime::How::StepOver,
            How::In => runtime::How::StepIn,
            How::Out => runtime::How::StepOut,
        };
        if was {
            // Told before it runs: who hears of the next stop must have heard of this.
            self.session.tell(&Event::Resumed(pid));
        }
        if self.session.image.resume(pid, how) {
            return Ok(());
        }
        Err(format!("process {pid} is not stopped").into())
    }

    fn pause(&self, pid: Pid) -> Result<(), Refusal> {
        match self.session.image.stop(pid) {
            true => Ok(()),
            false => Err(nobody(pid)),
        }
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

    fn listen(&self) -> Receiver<Event> {
        self.clients.fetch_add(1, Ordering::Relaxed);
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
            self.session.image.kill(main);
        }
    }

    fn forget(&self, client: u64) {
        let last = self.clients.fetch_sub(1, Ordering::Relaxed) == 1;
        self.stop_on_uncaught(client, false);
        self.state
            .lock()
            .breakpoints
            .retain(|known| known.client != client);
        self.arm();
        if last {
            let stopped: Vec<Pid> = self.state.lock().stopped.iter().copied().collect();
            for pid in stopped {
                // It may have ended or gone on meanwhile.
                let _ = self.resume(pid, How::Continue);
            }
        }
    }
}
