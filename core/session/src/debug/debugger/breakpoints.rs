//! Logical breakpoints: wishes of clients in, armed sites out, and whether a site that was reached really stops.

use super::*;
use crate::debug::symbols::Row;
use nostos_abi::desc::fixed;

impl Debugger {
    /// Does an armed site stop the process that has reached it?
    pub(super) fn reached(&self, pid: Pid, site: usize) -> Option<Why> {
        let mut candidates = Vec::new();
        let mut entry = false;
        let mut into = false;
        let mut functions = true;
        let mut instructions = true;
        {
            let mut state = self.state.lock();
            for known in state
                .breakpoints
                .iter_mut()
                .filter(|known| known.sites.contains(&site))
            {
                match known.what {
                    What::Entry => entry = true,
                    What::Line(_) | What::Function(_) | What::Instruction(_) => {
                        instructions &= matches!(known.what, What::Instruction(_));
                        functions &= matches!(known.what, What::Function(_));
                        candidates.push((known.id, known.wish.clone(), known.at.clone()));
                    }
                    What::Into(of, _) => into |= of == pid,
                    // They have no sites.
                    What::Message(..) | What::Next(_) | What::Exit(_) | What::Data(..) => {}
                }
            }
            if entry {
                state
                    .breakpoints
                    .retain(|known| !matches!(known.what, What::Entry));
            }
        }
        if entry {
            self.arm();
        }
        let mut stops = Vec::new();
        for (id, wish, at) in candidates {
            if !self.holds(pid, &wish) {
                self.decide_there(pid, site);
                continue;
            }
            if !self.counts(id, &wish) {
                continue;
            }
            match (&wish.log, at) {
                (Some(log), Some(at)) => {
                    let text = self.log_text(pid, log);
                    self.session.tell(&Event::Log { text, at, pid });
                }
                _ => stops.push(id),
            }
        }
        match (stops.is_empty(), entry) {
            (false, _) if functions => Some(Why::Function(stops)),
            (false, _) if instructions => Some(Why::Instruction(stops)),
            (false, _) => Some(Why::Breakpoint(stops)),
            (true, true) => Some(Why::Entry),
            (true, false) => into.then_some(Why::Step),
        }
    }

    /// Counts a hit: is it one at which to stop?
    pub(super) fn counts(&self, id: u64, wish: &Wish) -> bool {
        let mut state = self.state.lock();
        let Some(known) = state.breakpoints.iter_mut().find(|known| known.id == id) else {
            return false;
        };
        known.hits += 1;
        let hits = known.hits;
        let spec = wish.hits.as_deref();
        spec.is_none_or(|spec| hits::counts(spec, hits))
    }

    /// From now on the breakpoints at this site are decided where it is reached, if all have conditions that can be compiled.
    fn decide_there(&self, pid: Pid, site: usize) {
        let conditions_here = || -> Option<Vec<String>> {
            let state = self.state.lock();
            let here = state.breakpoints.iter();
            let here = here.filter(|known| known.sites.contains(&site));
            here.map(|known| known.wish.condition.clone()).collect()
        };
        let Some(conditions) = conditions_here() else {
            return;
        };
        if self.decided.lock().contains(&site) {
            return;
        }
        let compiled: Option<Vec<_>> = conditions
            .iter()
            .map(|condition| self.compiled(pid, site, condition))
            .collect();
        // The breakpoints may have changed meanwhile; what arms them anew forgets what is known here, before or after this.
        let _alone = self.arming.lock();
        if let Some(compiled) = compiled
            && conditions_here().as_ref() == Some(&conditions)
        {
            self.decided.lock().insert(site);
            self.session.image.decide(site, compiled);
        }
    }

    /// A condition over the variables at a site, as code.
    fn compiled(&self, pid: Pid, site: usize, text: &str) -> Option<runtime::Condition> {
        let (file, known) = self.known(pid, 0).ok()?;
        let captured = self.session.captured(&known, text);
        let places: Option<Vec<_>> = {
            let state = self.state.lock();
            let pc = site as u64 - 1;
            let variables = state.symbols.function(pc)?.visible(pc);
            let place = |local: &Known| {
                let mut each = variables.iter();
                let variable = each.find(|variable| variable.name == local.name)?;
                Some((
                    variable.fp_offset,
                    local.value.lanes.len(),
                    variable.in_cell,
                ))
            };
            captured.iter().map(|at| place(&known[*at])).collect()
        };
        let (cell, desc) = self.session.condition(&file, &known, text)?;
        Some(runtime::Condition {
            cell,
            desc,
            captures: places?,
        })
    }

    pub(super) fn holds(&self, pid: Pid, wish: &Wish) -> bool {
        let condition = wish.condition.as_deref();
        condition.is_none_or(|condition| self.is_true(pid, condition, None))
    }

    /// A condition that cannot be evaluated stops: silence would hide the mistake.
    pub(super) fn is_true(&self, pid: Pid, condition: &str, extra: Option<&Known>) -> bool {
        let shown = match extra {
            None => self
                .evaluate(Some((pid, 0)), condition, &Cancel::default())
                .map(|v| v.value),
            Some(_) => self.evaluate_with(pid, condition, extra),
        };
        let refusal = match shown {
            Ok(shown) if shown == "true" || shown == "false" => return shown == "true",
            Ok(shown) => format!("it is {shown}, and not true or false"),
            Err(refusal) => refusal.0,
        };
        let text = format!("the condition `{condition}` cannot be evaluated: {refusal}");
        let at = self
            .frames(pid)
            .ok()
            .and_then(|frames| frames.first()?.at.clone());
        let at = at.unwrap_or_else(|| self.location(&self.session.project.main, 0, 0));
        self.session.tell(&Event::Log { text, at, pid });
        true
    }

    /// The value of an expression in the innermost frame of the project, over its variables and one more.
    fn evaluate_with(
        &self,
        pid: Pid,
        text: &str,
        extra: Option<&Known>,
    ) -> Result<String, Refusal> {
        let standing = self.standing(pid)?;
        let frames = self.frame_lines(pid, LOOK_FRAMES)?;
        let own = |frame: &runtime::FrameLine| self.session.is_own(&frame.code.object.file);
        let frame = frames.iter().position(own);
        let (file, mut known) = match frame {
            Some(frame) => self.known(pid, frame)?,
            None => (self.session.project.main.clone(), Vec::new()),
        };
        if let Some(extra) = extra {
            known.retain(|local| local.name != extra.name);
            known.push(Known {
                name: extra.name.clone(),
                value: extra.value.clone(),
                captured: false,
                spot: None,
            });
        }
        let outcome =
            self.session
                .evaluate_over(&file, &known, standing, text, &Cancel::default())?;
        Ok(outcome.text)
    }

    pub(super) fn log_text(&self, pid: Pid, log: &str) -> String {
        let mut out = String::new();
        let mut rest = log;
        while let Some((before, tail)) = rest.split_once('{') {
            out += before;
            let Some((expression, after)) = tail.split_once('}') else {
                out.push('{');
                rest = tail;
                continue;
            };
            match self.evaluate(Some((pid, 0)), expression, &Cancel::default()) {
                Ok(value) => out += &value.value,
                Err(refusal) => out += &format!("<{refusal}>"),
            }
            rest = after;
        }
        out + rest
    }

    pub(super) fn code_changed(&self) {
        if self.state.lock().breakpoints.is_empty() {
            return;
        }
        let moved = self.resolve();
        self.arm();
        for breakpoint in moved {
            self.session.tell(&Event::Breakpoint(breakpoint));
        }
    }

    /// Looks all breakpoints up; gives those that are elsewhere now. Does not ask for the build: publishers call it, who hold it.
    pub(super) fn resolve(&self) -> Vec<Breakpoint> {
        let mut state = self.state.lock();
        let state = &mut *state;
        self.refresh(state);
        let mut moved = Vec::new();
        for known in &mut state.breakpoints {
            let before = known.at.clone();
            let found = match &known.what {
                What::Line(file) => line_sites(
                    state
                        .symbols
                        .sites_at(file, known.wish.line, known.wish.column),
                    file,
                    known.wish.line,
                    &state.lines,
                    &state.symbols,
                )
                .map(|(row, sites)| (self.location(file, row.line, row.column), sites)),
                What::Function(name) | What::Into(_, name) => first_sites(&state.symbols, name)
                    .map(|(function, row, sites)| {
                        (self.location(&function.file, row.line, row.column), sites)
                    }),
                What::Instruction(address) => {
                    code::site_at(&state.symbols, *address).map(|(file, row)| {
                        (
                            self.location(&file, row.line, row.column),
                            vec![row.address],
                        )
                    })
                }
                What::Entry
                | What::Message(..)
                | What::Next(_)
                | What::Exit(_)
                | What::Data(..) => continue,
            };
            let (at, sites) = found.unzip();
            known.at = at;
            // Code that has been replaced is called until the new one takes its place, and its calls go on: what stopped them stops them still.
            known.sites.retain(|site| {
                let function = state.symbols.function(*site as u64 - 1);
                function.is_some_and(|function| function.replaced)
            });
            let starts = sites.unwrap_or_default();
            for site in starts.iter().map(|start| (start + SITE_BYTES) as usize) {
                // An instruction's own may lie in code that has been replaced.
                if !known.sites.contains(&site) {
                    known.sites.push(site);
                }
            }
            if known.at != before && !matches!(known.what, What::Into(..)) {
                moved.push(self.describe(known));
            }
        }
        moved
    }

    /// Conditions that can be decided on the spot.
    fn decide_quickly(&self) {
        let mut quick: FxHashMap<usize, Vec<Quick>> = FxHashMap::default();
        {
            let state = self.state.lock();
            let mut slow: FxHashSet<usize> = FxHashSet::default();
            for known in &state.breakpoints {
                for site in &known.sites {
                    let text = known.wish.condition.as_deref();
                    let slot = |name: &str| slot_of(&state.symbols, *site, name);
                    match text.and_then(|text| quick::understand(text, slot)) {
                        Some(condition) => quick.entry(*site).or_default().push(condition),
                        None => {
                            slow.insert(*site);
                        }
                    }
                }
            }
            quick.retain(|site, _| !slow.contains(site));
        }
        *self.quick.write() = quick;
        let mut decided = self.decided.lock();
        decided.clear();
        self.session.image.forget_conditions();
    }

    /// Makes the armed sites those of the breakpoints.
    pub(super) fn arm(&self) {
        let _alone = self.arming.lock();
        self.decide_quickly();
        let (add, remove) = {
            let mut state = self.state.lock();
            let wanted: FxHashSet<usize> = state
                .breakpoints
                .iter()
                .flat_map(|known| known.sites.iter().copied())
                .collect();
            let add: Vec<usize> = wanted.difference(&state.armed).copied().collect();
            let remove: Vec<usize> = state.armed.difference(&wanted).copied().collect();
            state.armed = wanted;
            (add, remove)
        };
        if !add.is_empty() {
            self.session.image.arm(&add, true);
        }
        if !remove.is_empty() {
            self.session.image.arm(&remove, false);
        }
    }

    pub(super) fn describe(&self, known: &Logical) -> Breakpoint {
        let wished = match &known.what {
            What::Line(file) => self.location(file, known.wish.line, 0),
            What::Function(_)
            | What::Instruction(_)
            | What::Entry
            | What::Message(..)
            | What::Next(_)
            | What::Into(..)
            | What::Data(..)
            | What::Exit(_) => Location {
                path: String::new(),
                line: 0,
                column: 0,
            },
        };
        let has_no_place = matches!(
            known.what,
            What::Message(..) | What::Exit(_) | What::Data(..)
        );
        let message = match (&known.at, &known.what) {
            (Some(_), What::Instruction(address)) => {
                let moved = known.sites.first().map(|site| *site as u64 - SITE_BYTES);
                let moved = moved.filter(|site| site != address);
                moved.map(|site| {
                    format!("code can stop between statements only: moved to {site:#x}, the next such place")
                })
            }
            (Some(_), _) => None,
            (None, What::Instruction(_)) => {
                Some("no code can stop from there to the end of its function".into())
            }
            (None, What::Line(_)) => Some(
                "there is no code there yet; a generic function has some when it is first called"
                    .into(),
            ),
            (None, What::Function(name)) => Some(format!("there is no code of `{name}` yet")),
            (None, What::Message(_, pattern)) => messages::complaint(pattern),
            (
                None,
                What::Entry | What::Next(_) | What::Into(..) | What::Exit(_) | What::Data(..),
            ) => None,
        };
        Breakpoint {
            id: known.id,
            verified: known.at.is_some() || has_no_place && message.is_none(),
            at: known.at.clone().unwrap_or(wished),
            message: message.or_else(|| complaint(&known.wish)),
        }
    }

    pub(super) fn replace(
        &self,
        client: u64,
        is_old: impl Fn(&What) -> bool,
        new: Vec<(What, Wish)>,
    ) -> Vec<Breakpoint> {
        let ids: Vec<u64> = {
            let mut state = self.state.lock();
            let mut kept: Vec<Logical> = Vec::new();
            let mut old: Vec<Logical> = Vec::new();
            for known in state.breakpoints.drain(..) {
                if known.client == client && is_old(&known.what) {
                    old.push(known)
                } else {
                    kept.push(known)
                }
            }
            state.breakpoints = kept;
            new.into_iter()
                .map(|(what, wish)| {
                    // The same wish keeps its number and its count: editors send all of a file's breakpoints whenever one changes.
                    let same = old
                        .iter()
                        .position(|known| known.wish == wish && known.what == what);
                    let (id, hits) = match same.map(|at| old.swap_remove(at)) {
                        Some(known) => (known.id, known.hits),
                        None => {
                            state.next += 1;
                            (state.next, 0)
                        }
                    };
                    state.breakpoints.push(Logical {
                        id,
                        client,
                        what,
                        wish,
                        hits,
                        at: None,
                        sites: Vec::new(),
                    });
                    id
                })
                .collect()
        };
        self.look_at_sources();
        self.resolve();
        self.arm();
        let state = self.state.lock();
        ids.iter()
            .filter_map(|id| state.breakpoints.iter().find(|known| known.id == *id))
            .map(|known| self.describe(known))
            .collect()
    }

    /// Compiles what a breakpoint may be meant for: the functions of one instance that lie around this line, or the next one.
    pub(super) fn compile_around(&self, file: &str, lines: &[u32]) {
        let mut build = self.session.build.lock();
        let Some(id) = build.db.file_id(file) else {
            return;
        };
        let index = build.db.line_index(id);
        let mut wanted: BTreeMap<u32, FnInst> = BTreeMap::new();
        for function in query::functions_of_file(&build.db, id) {
            let def = query::fn_def(&build.db, function);
            if def.kind == FnKind::Nostos && def.type_params == 0 {
                let end = index.line_col(def.start + def.len).line + 1;
                wanted.insert(
                    end,
                    FnInst {
                        id: function,
                        args: Arc::new([]),
                    },
                );
            }
        }
        for &line in lines {
            // The first function that ends at or behind the line holds it, or is the next with code.
            let Some((_, inst)) = wanted.range(line..).next() else {
                continue;
            };
            let cell = build.codegen.fn_cell(inst);
            if !self.session.image.has_code(cell) {
                // What does not compile has no code to stop in; whoever calls it is told why.
                let _ = build.compile(&self.session.image, cell);
            }
        }
    }

    pub(super) fn compile_named(&self, name: &str) {
        let mut build = self.session.build.lock();
        let found = query::functions(&build.db).into_iter().find(|id| {
            let def = query::fn_def(&build.db, *id);
            def.kind == FnKind::Nostos && def.type_params == 0 && *def.name == *name
        });
        let Some(function) = found else { return };
        let cell = build.codegen.fn_cell(&FnInst {
            id: function,
            args: Arc::new([]),
        });
        if !self.session.image.has_code(cell) {
            let _ = build.compile(&self.session.image, cell);
        }
    }

    /// The first statement of a function stops this process, once.
    pub(super) fn break_in(&self, pid: Pid, name: &str) {
        self.stop_once(What::Into(pid, name.to_owned()), name);
    }

    pub(super) fn break_at_entry(&self) {
        let name = {
            let build = self.session.build.lock();
            let first = self.session.begins_with(&build);
            first.map(|first| query::fn_def(&build.db, first).name.to_string())
        };
        let Some(name) = name else { return };
        self.compile_named(&name);
        self.stop_once(What::Entry, &name);
    }

    fn stop_once(&self, what: What, name: &str) {
        {
            let mut state = self.state.lock();
            let state = &mut *state;
            self.refresh(state);
            let Some((_, _, sites)) = first_sites(&state.symbols, name) else {
                return;
            };
            state.next += 1;
            state.breakpoints.push(Logical {
                id: state.next,
                client: 0,
                what,
                wish: Wish::default(),
                hits: 0,
                at: None,
                sites: sites
                    .iter()
                    .map(|start| (start + SITE_BYTES) as usize)
                    .collect(),
            });
        }
        self.arm();
    }
}

impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (What::Line(a), What::Line(b)) | (What::Function(a), What::Function(b)) => a == b,
            (What::Message(a, p), What::Message(b, q)) => a == b && p == q,
            (What::Instruction(a), What::Instruction(b)) => a == b,
            (What::Exit(a), What::Exit(b)) => a == b,
            (What::Data(a, m), What::Data(b, n)) => a == b && m == n,
            (What::Entry, What::Entry) => true,
            _ => false,
        }
    }
}

/// What is wrong with what a breakpoint is to stop for. It stops all the same, as silence would hide the mistake.
fn complaint(wish: &Wish) -> Option<String> {
    let condition = wish.condition.as_deref().and_then(|text| {
        let parse = nostos_syntax::parse_as(text, nostos_syntax::Entry::Statements);
        let told = || format!("`{text}` is no condition: it stops in any case");
        (!parse.errors().is_empty()).then(told)
    });
    condition.or_else(|| wish.hits.as_deref().and_then(hits::complaint))
}

/// The sites found for a line, unless the line is in a definition that has no code yet: then those of the next one are not what is meant.
fn line_sites(
    found: Option<(Row, Vec<u64>)>,
    file: &str,
    line: u32,
    lines: &BTreeMap<(String, String), (u32, u32)>,
    symbols: &Symbols,
) -> Option<(Row, Vec<u64>)> {
    let (row, sites) = found?;
    let around = lines
        .iter()
        .filter(|((known, _), (first, last))| known == file && (*first..=*last).contains(&line));
    for (_, (first, last)) in around {
        let own = symbols.sites(file, *first);
        let has_code = own.is_some_and(|(own, _)| own.line <= *last);
        if !has_code && row.line > *last {
            return None;
        }
    }
    Some((row, sites))
}

/// The first statement of a function: of each of its instances.
fn first_sites<'a>(symbols: &'a Symbols, name: &'a str) -> Option<(&'a Function, Row, Vec<u64>)> {
    let first: Vec<_> = symbols
        .named(name)
        .filter_map(|function| Some((function, function.sites().min_by_key(|row| row.address)?)))
        .collect();
    let (function, row) = *first.first()?;
    Some((
        function,
        row,
        first.iter().map(|(_, row)| row.address).collect(),
    ))
}

/// Where a number or a truth value of the frame at a site is.
fn slot_of(symbols: &Symbols, site: usize, name: &str) -> Option<Slot> {
    let pc = site as u64 - 1;
    let variables = symbols.function(pc)?.visible(pc);
    let variable = variables
        .into_iter()
        .find(|variable| variable.name == name)?;
    match variable.shape {
        _ if variable.in_cell => None,
        fixed::SHAPE_INT => Some(Slot::Int(variable.fp_offset)),
        fixed::SHAPE_BOOL => Some(Slot::Bool(variable.fp_offset)),
        _ => None,
    }
}
