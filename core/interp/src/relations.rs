//! How processes hang together: links, monitors, names, and what they tell of an end. By the rules of OTP, as in the runtime.

use crate::process::{Message, Process, Reason};
use crate::value::Value;
use crate::world::World;
use nostos_check::ty::Ty;
use nostos_codegen::layout::TyId;

/// Of each living process; one without is gone.
#[derive(Default)]
pub(crate) struct Relations {
    /// Processes whose abnormal exit ends this one, and the other way round.
    pub(crate) links: Vec<u64>,
    /// Who watches this process: (pid, reference).
    pub(crate) monitors: Vec<(u64, i64)>,
    /// Whom this process watches: (reference, pid).
    pub(crate) watching: Vec<(i64, u64)>,
    /// Its registered name.
    pub(crate) name: Option<String>,
    /// Exit signals become messages.
    pub(crate) traps_exits: bool,
    /// It looks after its children's ends itself.
    pub(crate) supervises: bool,
    /// Channels that are closed when it ends.
    pub(crate) closes: Vec<Value>,
}

/// The types of the messages the language itself sends.
#[derive(Clone, Copy)]
pub(crate) struct Signals {
    down: TyId,
    exit: TyId,
    reason: TyId,
}

impl<'w> World<'w> {
    pub(crate) fn signals(&mut self) -> Option<Signals> {
        if self.signals.is_none() {
            let types = self.meaning.signals()?;
            let [down, exit, reason] =
                types.map(|id| self.codegen.type_id(self.meaning, &Ty::Adt(id, [].into())));
            self.signals = Some(Signals { down, exit, reason });
        }
        self.signals
    }

    /// The reason in a boxed `ExitReason`; of any other boxed value: its text.
    pub(crate) fn reason_of(&mut self, boxed: &Value, text: &str) -> Reason {
        let boxed = boxed.as_boxed();
        if self.signals().is_none_or(|s| s.reason != boxed.ty) {
            return Reason::Custom(text.to_string());
        }
        let own = || boxed.value.field(0).str().to_string();
        match boxed.value.ctor() {
            0 => Reason::Normal,
            1 => Reason::Shutdown,
            2 => Reason::Killed,
            3 => Reason::NoProcess,
            4 => Reason::Failed(own(), Vec::new()),
            _ => Reason::Custom(own()),
        }
    }

    /// Links two living processes; false: the other is gone.
    pub(crate) fn link(&mut self, own: u64, other: u64) -> bool {
        if own == other || self.of(own).links.contains(&other) {
            return true;
        }
        let Some(relations) = self.relations.get_mut(&other) else {
            return false;
        };
        relations.links.push(own);
        self.of(own).links.push(other);
        true
    }

    pub(crate) fn unlink(&mut self, own: u64, other: u64) {
        self.of(own).links.retain(|link| *link != other);
        if let Some(relations) = self.relations.get_mut(&other) {
            relations.links.retain(|link| *link != own);
        }
    }

    /// Begins to watch a process.
    pub(crate) fn monitor(&mut self, own: u64, other: u64) -> i64 {
        let reference = self.fresh_ref();
        self.of(own).watching.push((reference, other));
        match self.relations.get_mut(&other) {
            Some(relations) => relations.monitors.push((own, reference)),
            None => self.tell_down(own, reference, other, &Reason::NoProcess),
        }
        reference
    }

    /// Stops watching; a `Down` that has come is taken out of the mailbox.
    pub(crate) fn demonitor(&mut self, p: &mut Process<'w>, reference: i64) {
        let watching = &mut self.of(p.pid).watching;
        if let Some(at) = watching.iter().position(|w| w.0 == reference) {
            let other = watching.swap_remove(at).1;
            if let Some(relations) = self.relations.get_mut(&other) {
                relations.monitors.retain(|m| m.1 != reference);
            }
        }
        let Some(signals) = self.signals() else {
            return;
        };
        let is_down = |m: &Message| m.ty == signals.down && m.value.field(0).word() == reference;
        p.mailbox.retain(|message| !is_down(message));
    }

    /// The relations of a living process.
    pub(crate) fn of(&mut self, pid: u64) -> &mut Relations {
        self.relations.get_mut(&pid).expect("it lives")
    }

    /// A process has ended, and so have those that its end takes with it.
    pub(crate) fn finish(&mut self, p: Process<'w>, reason: Reason) {
        let is_main = p.pid == self.main;
        if is_main || !p.quiet {
            self.report(p.pid, &reason, is_main);
        }
        if is_main {
            self.ended = Some(reason.clone());
        }
        let relations = self.relations.remove(&p.pid).expect("it lived");
        if let Some(name) = &relations.name {
            self.names.remove(name);
        }
        if let Some(resource) = &p.waits_for {
            self.forget(resource, p.pid, true);
        }
        for resource in &p.watched {
            self.forget(resource, p.pid, true);
        }
        self.unlock_all(p.pid);
        self.ends.push((p.pid, relations, reason));
        if self.ends.len() > 1 {
            // Whoever is telling the first of them goes on with this one.
            return;
        }
        let mut told = 0;
        while told < self.ends.len() {
            let (pid, relations, reason) = &mut self.ends[told];
            let (pid, reason) = (*pid, reason.clone());
            let relations = std::mem::take(relations);
            for (reference, other) in relations.watching {
                if let Some(other) = self.relations.get_mut(&other) {
                    other.monitors.retain(|m| m.1 != reference);
                }
            }
            for handle in &relations.closes {
                self.channel_close(handle);
            }
            for other in relations.links {
                self.exit_signal(other, pid, &reason, true);
            }
            for (watcher, reference) in relations.monitors {
                self.tell_down(watcher, reference, pid, &reason);
            }
            told += 1;
        }
        self.ends.clear();
    }

    fn tell_down(&mut self, watcher: u64, reference: i64, pid: u64, reason: &Reason) {
        let Some(signals) = self.signals() else {
            return;
        };
        let Some(relations) = self.relations.get_mut(&watcher) else {
            return;
        };
        let Some(at) = relations.watching.iter().position(|w| w.0 == reference) else {
            return;
        };
        relations.watching.swap_remove(at);
        let fields = [
            Value::Word(reference),
            Value::Word(pid as i64),
            reason.value(),
        ];
        let message = Message {
            ty: signals.down,
            value: Value::data(0, fields),
        };
        self.deliver(watcher, message);
    }

    /// An exit signal arrives: a message for who traps them, nothing when it is `Normal` and another's, else the end. One of a link counts if the link is still there.
    pub(crate) fn exit_signal(&mut self, to: u64, from: u64, reason: &Reason, of_link: bool) {
        let signals = self.signals();
        let Some(relations) = self.relations.get_mut(&to) else {
            return;
        };
        if of_link {
            let Some(at) = relations.links.iter().position(|link| *link == from) else {
                return;
            };
            relations.links.swap_remove(at);
        }
        if relations.traps_exits
            && let Some(signals) = signals
        {
            let fields = [Value::Word(from as i64), reason.value()];
            let message = Message {
                ty: signals.exit,
                value: Value::data(0, fields),
            };
            self.deliver(to, message);
        } else if reason.is_abnormal() || from == to {
            self.kill(to, reason.clone());
        }
    }

    /// Ends a process, whether it traps exits or not.
    pub(crate) fn kill(&mut self, pid: u64, reason: Reason) {
        if pid == self.running {
            self.doomed.get_or_insert(reason);
        } else if let Some(mut p) = self.processes.remove(&pid) {
            p.quiet = true;
            self.finish(p, reason);
        }
    }
}

impl Reason {
    /// As the library's `ExitReason`.
    fn value(&self) -> Value {
        match self {
            Reason::Normal => Value::Ctor(0),
            Reason::Shutdown => Value::Ctor(1),
            Reason::Killed => Value::Ctor(2),
            Reason::NoProcess => Value::Ctor(3),
            Reason::Failed(why, _) => Value::data(4, [Value::text(why.as_str())]),
            Reason::Custom(why) => Value::data(5, [Value::text(why.as_str())]),
        }
    }
}
