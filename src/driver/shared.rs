//! What the host's threads and the loop share: the engine, and where its effects go.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::cluster::ClusterEvents;
use super::events::EventQueue;
use super::keeper::Keeper;
use super::output::Outputs;
use crate::engine::{Effect, Engine, Input, JobEvent, Printed, Refusal, Reply, Wakeup, WorkerId};
use crate::timer::{EpochMs, Now};
use crate::worker::os::Rights;
use crate::worker::outlet::Outlet;

#[derive(Debug)]
pub(super) struct Shared {
    core: Mutex<Core>,
    orders: mpsc::UnboundedSender<Effect>,
    pub(super) events: EventQueue,
    pub(super) cluster: ClusterEvents,
    /// The clock of the cluster is ahead of the system's by so many milliseconds.
    offset_ms: AtomicI64,
    pub(super) store: Keeper,
    pub(super) outputs: Outputs,
    /// The loop is to have committed what was written.
    pub(super) flush: Notify,
    /// The next deadline is earlier than the one that the loop waits for.
    pub(super) rearm: Notify,
    is_closed: AtomicBool,
}

/// What is changed under one lock.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) engine: Engine,
    /// The processes that have not exited.
    outlets: HashMap<WorkerId, Arc<Outlet>>,
    /// The deadline that the loop waits for, or is about to.
    armed: Wakeup,
}

/// What the caller has to do after an input has been answered.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Due {
    /// Wake the host.
    pub(super) wake: bool,
    /// Flush the store.
    pub(super) flush: bool,
}

/// Who writes frames to processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// The thread that passes the input, where that is possible: it need not wait for the loop.
    Caller,
    /// The loop, several frames in one go.
    Loop,
}

impl Writer {
    /// The guard of a run with a lease is told of it first, by the loop.
    fn of(input: &Input) -> Self {
        match input {
            Input::RequestRun { request, .. } if request.grant.is_some() => Writer::Loop,
            _ => Writer::Caller,
        }
    }
}

impl Shared {
    pub(super) fn new(
        engine: Engine,
        orders: mpsc::UnboundedSender<Effect>,
        events: EventQueue,
        store: Keeper,
        outputs: Outputs,
    ) -> Self {
        let armed = Wakeup { wall: None, mono: None, boot: None };
        Shared {
            core: Mutex::new(Core { engine, outlets: HashMap::new(), armed }),
            orders,
            events,
            cluster: ClusterEvents::default(),
            offset_ms: AtomicI64::new(0),
            store,
            outputs,
            flush: Notify::new(),
            rearm: Notify::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Passes an input of the host's to the engine.
    pub(super) fn submit(&self, input: Input) -> Result<Reply, Refusal> {
        let (reply, due) = self.pass(input, Writer::Caller);
        if due.flush {
            self.store.flush();
        }
        if due.wake {
            self.events.wake();
        }
        reply
    }

    /// As `submit`, but leaves flushing the store to the caller.
    pub(super) fn submit_unflushed(&self, input: Input) -> Result<Reply, Refusal> {
        let writer = Writer::of(&input);
        let (reply, due) = self.pass(input, writer);
        if due.wake {
            self.events.wake();
        }
        reply
    }

    /// Passes one of many facts, on the loop, which flushes the store once for all of them.
    pub(super) fn submit_one_of_many(&self, input: Input) {
        // The engine refuses no fact.
        let (_accepted, due) = self.pass(input, Writer::Loop);
        if due.flush {
            self.flush.notify_one();
        }
        if due.wake {
            self.events.wake();
        }
    }

    /// Deadlines have come. Leaves waking the host and flushing the store to the caller.
    pub(super) fn time_passed(&self) -> Due {
        self.pass(Input::TimePassed, Writer::Loop).1
    }

    /// The deadline to wait for. Reports an earlier one by `rearm`.
    pub(super) fn arm(&self) -> Wakeup {
        let mut core = self.lock();
        core.armed = core.engine.next_wakeup();
        let offset_ms = self.offset_ms.load(Ordering::Acquire);
        let wall = core.armed.wall.map(|at| EpochMs(at.0.saturating_sub(offset_ms)));
        Wakeup { wall, ..core.armed }
    }

    /// The way of frames to a process that is being started.
    pub(super) fn outlet(&self, worker: WorkerId) -> Arc<Outlet> {
        self.lock().outlets.get(&worker).cloned().unwrap_or_default()
    }

    /// The process has exited, or was not started.
    pub(super) fn forget(&self, worker: WorkerId) {
        self.lock().outlets.remove(&worker);
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.rearm.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// The engine's own steps do not panic on anything from outside; should one do so all the same,
    /// the rest of the registry is still better than no registry.
    pub(super) fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clocks as the engine has them.
    pub(super) fn now(&self) -> Now {
        let now = Now::read();
        let offset_ms = self.offset_ms.load(Ordering::Acquire);
        Now { wall: EpochMs(now.wall.0.saturating_add(offset_ms)), ..now }
    }

    /// From now on the wall clock of the engine is ahead of the system's by so much.
    pub(super) fn set_clock_offset(&self, offset_ms: i64) {
        if self.offset_ms.swap(offset_ms, Ordering::AcqRel) != offset_ms {
            // What is due by the new clock.
            let _accepted = self.submit(Input::TimePassed);
            self.rearm.notify_one();
        }
    }

    fn pass(&self, input: Input, writer: Writer) -> (Result<Reply, Refusal>, Due) {
        let mut core = self.lock();
        let Core { engine, outlets, armed } = &mut *core;
        let now = self.now();
        if engine.wants_rights(&input, now) {
            let _accepted = engine.handle(Input::SetRights(Rights::read()), now);
        }
        let reply = engine.handle(input, now);
        let mut due = Due::default();
        for effect in engine.drain_effects() {
            match effect {
                Effect::Emit(event) => {
                    self.outputs.note(&event);
                    due.wake |= self.events.push(event);
                }
                Effect::Print(printed) => {
                    if self.outputs.print(&printed) {
                        let Printed { run, name, registration, .. } = *printed;
                        due.wake |= self.events.push(JobEvent::OutputGrew { run, name, registration });
                    }
                }
                Effect::Discard { bytes } => self.outputs.discard(bytes),
                // Within the lock: the file has the order of the engine.
                Effect::Keep(write) => {
                    self.store.write(write);
                    due.flush = true;
                }
                Effect::Read { job, limit } => self.store.read(job, limit),
                Effect::Cluster(event) => self.cluster.push(event),
                effect => self.order(effect, outlets, writer),
            }
        }
        let wakeup = engine.next_wakeup();
        if is_earlier(wakeup, *armed) {
            *armed = wakeup;
            self.rearm.notify_one();
        }
        (reply, due)
    }

    /// Within the lock: a process gets its frames in the order of the engine.
    fn order(&self, effect: Effect, outlets: &mut HashMap<WorkerId, Arc<Outlet>>, writer: Writer) {
        let effect = match effect {
            Effect::Boot { worker, .. } => {
                outlets.insert(worker, Arc::default());
                effect
            }
            Effect::Write { worker, frame } if writer == Writer::Caller => {
                let Some(outlet) = outlets.get(&worker) else { return };
                let Some(frame) = outlet.send(frame) else { return };
                Effect::Write { worker, frame }
            }
            Effect::Start { worker, .. } | Effect::Go(worker) | Effect::Write { worker, .. } => {
                outlets.get(&worker).inspect(|outlet| outlet.queued());
                effect
            }
            effect => effect,
        };
        // The receiver is gone once the manager is closed; later effects are dropped.
        let _sent = self.orders.send(effect);
    }
}

fn is_earlier(wakeup: Wakeup, armed: Wakeup) -> bool {
    fn precedes<T: Ord>(at: Option<T>, armed: Option<T>) -> bool {
        at.is_some_and(|at| armed.is_none_or(|armed| at < armed))
    }
    precedes(wakeup.wall, armed.wall)
        || precedes(wakeup.mono, armed.mono)
        || precedes(wakeup.boot, armed.boot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::{EpochMs, MonoMs};

    #[test]
    fn the_loop_is_woken_only_for_an_earlier_deadline_than_it_waits_for() {
        let at = |wall: Option<i64>, mono: Option<u64>| Wakeup {
            wall: wall.map(EpochMs),
            mono: mono.map(MonoMs),
            boot: None,
        };
        let armed = at(Some(1_000), Some(50));
        assert!(is_earlier(at(Some(999), Some(50)), armed));
        assert!(is_earlier(at(None, Some(49)), armed));
        assert!(is_earlier(at(None, Some(49)), at(Some(1_000), None)));
        for later in [armed, at(Some(1_001), Some(51)), at(None, None)] {
            assert!(!is_earlier(later, armed), "{later:?}: it wakes up too early, once");
        }
    }
}
