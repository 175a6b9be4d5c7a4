//! How processes hang together, for who debugs: ends that stop, and who waits for whom.

use super::*;

/// Whose end a name of a function breakpoint is about, if it is about one: `exit of bank.account`.
pub(super) fn exit_of(name: &str) -> Option<String> {
    let whose = name.trim().strip_prefix("exit of ")?.trim();
    (!whose.is_empty()).then(|| whose.to_owned())
}

/// The number in `<pid 7>`, `<7>` or `7`.
fn pid_in(whose: &str) -> Option<Pid> {
    let inside = whose.trim_start_matches('<').trim_end_matches('>');
    inside.trim_start_matches("pid").trim().parse().ok()
}

impl Debugger {
    /// Tells the runtime whose ends stop them.
    pub(super) fn watch_ends(&self) {
        let mut ends = runtime::Ends::default();
        for known in &self.state.lock().breakpoints {
            let What::Exit(whose) = &known.what else {
                continue;
            };
            match pid_in(whose) {
                Some(pid) => ends.pids.push(pid),
                None => ends.names.push(whose.trim_matches('"').to_owned()),
            }
        }
        self.session.image.watch_ends(ends);
    }

    /// A process has stopped before it ends: does it stay so?
    pub(super) fn ending(&self, pid: Pid) -> Result<Why, runtime::How> {
        let image = &self.session.image;
        let name = image.process(pid).and_then(|detail| detail.line.name);
        let meant: Vec<(u64, Wish)> = {
            let state = self.state.lock();
            let is_meant = |what: &What| match what {
                What::Exit(whose) => match pid_in(whose) {
                    Some(number) => number == pid,
                    None => name.as_deref() == Some(whose.trim_matches('"')),
                },
                _ => false,
            };
            let each = state.breakpoints.iter();
            each.filter(|known| is_meant(&known.what))
                .map(|known| (known.id, known.wish.clone()))
                .collect()
        };
        let stops = |(id, wish): &(u64, Wish)| {
            (self.holds(pid, wish) && self.counts(*id, wish)).then_some(*id)
        };
        let ids: Vec<u64> = meant.iter().filter_map(stops).collect();
        if ids.is_empty() {
            return Err(runtime::How::Continue);
        }
        let reason = image.exit_reason(pid);
        let text = reason.map_or_else(String::new, |reason| reason.to_string());
        Ok(Why::Ending { ids, text })
    }

    /// See [`Target::waits`].
    pub(super) fn waiting_for_stopped(&self) -> Vec<(Pid, Pid)> {
        let stopped: Vec<Pid> = {
            let state = self.state.lock();
            let each = state.stopped.iter();
            each.filter_map(|(pid, stop)| stop.why.as_ref().map(|_| *pid))
                .collect()
        };
        let mut rows = self.session.image.waits_for(&stopped);
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_named_by_number_or_name() {
        assert_eq!(exit_of("exit of bank.account"), Some("bank.account".into()));
        assert_eq!(exit_of("exit of <pid 7>"), Some("<pid 7>".into()));
        assert_eq!(exit_of("bank.exit"), None);
        assert_eq!(exit_of("exit of "), None);
        for (text, pid) in [
            ("7", Some(7)),
            ("<7>", Some(7)),
            ("<pid 7>", Some(7)),
            ("a7", None),
        ] {
            assert_eq!(pid_in(text), pid);
        }
    }
}
