//! What can be seen of a process: its row, its frames, the variables of a frame.

use super::*;
use values::Root;

/// Frames of which it is told what they have called.
const TAIL_FRAMES: usize = 1000;

impl Debugger {
    pub(super) fn in_library(&self, pid: Pid) -> bool {
        let frames = self.frame_lines(pid, LOOK_FRAMES).unwrap_or_default();
        let file = frames.first().map(|frame| frame.code.object.file.as_str());
        file.is_some_and(|file| !self.session.is_own(file))
    }

    /// The texts that macros made and that there is code of.
    pub(super) fn made_by_macros(&self) -> Vec<String> {
        let numbers = {
            let mut state = self.state.lock();
            self.refresh(&mut state);
            state.symbols.expansions()
        };
        let expansions = self.expansions.lock();
        numbers.into_iter().map(|n| expansions.path(n)).collect()
    }

    pub(super) fn frame_lines(
        &self,
        pid: Pid,
        limit: usize,
    ) -> Result<Vec<runtime::FrameLine>, Refusal> {
        let frames = self
            .session
            .image
            .frames(pid, limit)
            .ok_or_else(|| nobody(pid))?;
        Ok(frames.into_iter().filter(has_source).collect())
    }

    /// The frames, each with the name of what it has called, when that has made way for what it called at its own end.
    pub(super) fn frames_with_tails(
        &self,
        pid: Pid,
    ) -> Result<(Vec<runtime::FrameLine>, Vec<Option<String>>), Refusal> {
        let image = &self.session.image;
        let frames = image.frames(pid, MAX_FRAMES).ok_or_else(|| nobody(pid))?;
        let codes = image.codes();
        let mut above: Option<Arc<runtime::Code>> = None;
        let mut tails = Vec::new();
        for (i, frame) in frames.iter().enumerate() {
            let over = above.replace(frame.code.clone());
            if !has_source(frame) {
                continue;
            }
            let called = over.filter(|_| i < TAIL_FRAMES).and_then(|above| {
                let called = Self::called_at(&codes, frame)?;
                // A frame that was sent to a statement is in what is left of its function.
                let is_rest = above.object.made.rest && above.object.name == called.1;
                (called.0 != above.cell && !is_rest).then_some(called.1)
            });
            tails.push(called);
        }
        Ok((frames.into_iter().filter(has_source).collect(), tails))
    }

    pub(super) fn frame_line(&self, pid: Pid, frame: usize) -> Result<runtime::FrameLine, Refusal> {
        if !self.state.lock().stopped.contains_key(&pid) {
            return Err(format!("process {pid} is not stopped").into());
        }
        let frames = self.frame_lines(pid, MAX_FRAMES)?;
        frames
            .into_iter()
            .nth(frame)
            .ok_or_else(|| "there is no such frame".into())
    }

    /// Messages of a stopped process, as values that can be opened.
    pub(super) fn messages(&self, pid: Pid, page: Page) -> Result<Vec<Variable>, Refusal> {
        let (_, messages) = self.mailbox(pid, page)?;
        let each = messages.into_iter().map(|message| {
            let (index, name) = (message.index, message.index.to_string());
            let root = Root::message(index);
            let found = self.reading(pid, root, |reading| {
                let value = reading.root.as_ref()?;
                Some(values::variable(reading, root, &name, value))
            });
            let shown = || Variable::plain(&name, &message.value, &message.ty);
            found.ok().flatten().unwrap_or_else(shown)
        });
        Ok(each.collect())
    }

    /// The parent of a process and those it is linked to.
    pub(super) fn links(&self, pid: Pid) -> Result<Vec<Variable>, Refusal> {
        let detail = self.session.image.process(pid).ok_or_else(|| nobody(pid))?;
        let parent = Some(detail.parent).filter(|parent| *parent != 0);
        let named = |name: &str, pid: Pid| {
            let what = self.session.image.process(pid);
            let what = what.map_or_else(
                || "ended".to_owned(),
                |other| self.row(&other.line, true).what(),
            );
            Variable::plain(name, format!("<pid {pid}> {what}"), "Pid")
        };
        let parents = parent.map(|pid| named("parent", pid));
        let links = detail.links.iter().enumerate();
        let links = links.map(|(i, pid)| named(&format!("link {i}"), *pid));
        Ok(parents.into_iter().chain(links).collect())
    }

    /// A row, with what only a look at the process tells, as long as there are few of them.
    pub(super) fn row(&self, line: &runtime::ProcessLine, closely: bool) -> Process {
        let image = &self.session.image;
        let detail = closely.then(|| image.process(line.pid)).flatten();
        let frames = match closely {
            true => self.frame_lines(line.pid, LOOK_FRAMES).unwrap_or_default(),
            false => Vec::new(),
        };
        // A process is known by what it was started for, or has become by tail calls: its outermost function.
        let function = frames.last().map(|frame| frame.code.object.name.clone());
        let at = frames
            .iter()
            .find(|frame| !frame.code.object.file.starts_with("std/"));
        Process {
            pid: line.pid,
            name: line.name.clone(),
            function: function.unwrap_or_default(),
            state: word_of(line.state),
            mailbox: line.mailbox as u64,
            reductions: line.reductions,
            heap_bytes: detail
                .as_ref()
                .map_or(line.heap_bytes, |detail| detail.heap_used) as u64,
            old_bytes: detail.as_ref().map_or(0, |detail| detail.old.0) as u64,
            gc_count: detail
                .as_ref()
                .map_or(0, |detail| detail.collections.0 + detail.collections.1),
            gc_nanos: detail
                .as_ref()
                .map_or(0, |detail| detail.gc_pause.as_nanos() as u64),
            parent: detail
                .as_ref()
                .map(|detail| detail.parent)
                .filter(|parent| *parent != 0),
            supervises: detail.as_ref().is_some_and(|detail| detail.supervises),
            links: detail.map(|detail| detail.links).unwrap_or_default(),
            at: at.map(|frame| self.location(&frame.code.object.file, frame.line, 0)),
        }
    }

    /// What a lambda has taken along, or all else.
    pub(super) fn locals_of(
        &self,
        pid: Pid,
        frame: usize,
        captured: bool,
    ) -> Result<Vec<Variable>, Refusal> {
        let standing = self.standing(pid)?;
        let known = self.known(pid, frame)?.1;
        let (taken, own): (Vec<Known>, Vec<Known>) =
            known.into_iter().partition(|local| local.captured);
        self.variables_of(standing, if captured { &taken } else { &own })
    }

    fn variables_of(
        &self,
        standing: runtime::Standing,
        known: &[Known],
    ) -> Result<Vec<Variable>, Refusal> {
        let root = Root::heap(Some(standing));
        self.reading(standing.pid(), root, |reading| {
            let each = known.iter();
            each.map(|local| values::variable(reading, root, &local.name, &local.value))
                .collect()
        })
    }

    /// Looks at values of a stopped process.
    pub(super) fn reading<T>(
        &self,
        pid: Pid,
        root: Root,
        f: impl FnOnce(&runtime::Reading<'_>) -> T,
    ) -> Result<T, Refusal> {
        let lists = match root.standing {
            Some(standing) => self.lists_of(standing)?,
            None => Arc::default(),
        };
        let image = &self.session.image;
        let found = image.reading(pid, root.origin, &lists, f);
        found.ok_or_else(|| Refusal::from("this message is no longer there"))
    }

    /// The lists that have been looked at in a stop, if it is not over.
    fn lists_of(&self, standing: runtime::Standing) -> Result<Arc<runtime::Lists>, Refusal> {
        let state = self.state.lock();
        let stop = state.stopped.get(&standing.pid());
        if stop.is_some_and(|stop| stop.standing == standing) {
            // Kept while it is known that it stands still: who lets it go on forgets them after that.
            return Ok(Arc::clone(self.lists.lock().entry(standing).or_default()));
        }
        drop(state);
        match self.session.image.standing(standing.pid()) == Some(standing) {
            true => Ok(Arc::default()),
            false => Err(Self::has_gone_on()),
        }
    }

    /// What was found in an earlier stop is nowhere.
    pub(super) fn has_gone_on() -> Refusal {
        "the process has gone on since this was found".into()
    }

    /// The stop in which a process stands still.
    pub(super) fn standing(&self, pid: Pid) -> Result<runtime::Standing, Refusal> {
        let standing = self.session.image.standing(pid);
        standing.ok_or_else(|| not_standing(pid))
    }

    /// The file of a frame and the values of its variables.
    pub(super) fn known(&self, pid: Pid, frame: usize) -> Result<(String, Vec<Known>), Refusal> {
        let line = self.frame_line(pid, frame)?;
        let mut state = self.state.lock();
        self.refresh(&mut state);
        let pc = pc_of(&line);
        let function = state
            .symbols
            .function(pc)
            .ok_or("this frame has no debug information")?;
        let image = &self.session.image;
        let mut known = Vec::new();
        for variable in function.visible(pc) {
            let address = (line.fp as i64 + variable.fp_offset) as usize;
            let shape = nostos_abi::desc::ShapeId(variable.shape);
            // What cannot be read is left out: there is nothing to say of it.
            if let Some(value) = image.read(shape, address, variable.in_cell) {
                known.push(Known {
                    name: variable.name.clone(),
                    value,
                    captured: variable.is_captured,
                    spot: variable.in_place.then_some(match variable.in_cell {
                        true => runtime::Spot::Cell(address),
                        false => runtime::Spot::Frame(address),
                    }),
                });
            }
        }
        Ok((function.file.clone(), known))
    }

    pub(super) fn process_variables(&self, pid: Pid) -> Result<Vec<Variable>, Refusal> {
        let detail = self.session.image.process(pid).ok_or_else(|| nobody(pid))?;
        let row = self.row(&detail.line, true);
        let plain = |name: &str, value: String, ty: &str| Variable::plain(name, value, ty);
        let mut out = vec![plain("pid", format!("<pid {pid}>"), "Pid")];
        if let Some(name) = &row.name {
            out.push(plain("name", format!("{name:?}"), "String"));
        }
        out.push(plain("function", row.function.clone(), ""));
        if let Some(parent) = row.parent {
            out.push(plain("parent", format!("<pid {parent}>"), "Pid"));
        }
        out.push(plain("mailbox", row.mailbox.to_string(), "Int"));
        out.push(plain("reductions", row.reductions.to_string(), "Int"));
        out.push(plain(
            "heap",
            format!("{} bytes of {}", detail.heap_used, detail.heap_reserved),
            "",
        ));
        out.push(plain("stack", format!("{} bytes", detail.stack_used), ""));
        let (minor, major) = detail.collections;
        out.push(plain(
            "collections",
            format!("{minor} minor, {major} major"),
            "",
        ));
        Ok(out)
    }
}

/// Glue between functions has no source, and no name that says anything.
fn has_source(frame: &runtime::FrameLine) -> bool {
    !frame.code.object.file.is_empty()
}

/// The address of the instruction a frame is in: of the call or the site, not of what comes after it.
pub(super) fn pc_of(frame: &runtime::FrameLine) -> u64 {
    frame.code.address as u64 + u64::from(frame.offset) - 1
}

/// What is asked for needs a process that stands still.
pub(super) fn not_standing(pid: Pid) -> Refusal {
    format!("process {pid} is running").into()
}

pub(super) fn nobody(pid: Pid) -> Refusal {
    Refusal(format!("there is no process {pid}"))
}

pub(super) fn word_of(state: runtime::State) -> State {
    match state {
        runtime::State::Running => State::Running,
        runtime::State::Runnable => State::Runnable,
        runtime::State::Waiting => State::Waiting,
        runtime::State::Sleeping => State::Sleeping,
        runtime::State::Blocked => State::Blocked,
        runtime::State::Stopped => State::Stopped,
        runtime::State::Dead => State::Exited,
    }
}
