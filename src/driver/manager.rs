//! One manager: its engine, its loop, and its worker processes.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::cluster::ClusterEvents;
use super::command::{NodeCommand, child_command, output_use, start_header};
use super::events::EventQueue;
use super::keeper::Keeper;
use super::output::Outputs;
use super::reports::WorkerReports;
use super::runtime;
use super::shared::Shared;
use super::sleep::Sleeper;
use crate::engine::{Activity, BootProfile, Effect, Engine, Input, Refusal, Reply, WarmUp, WorkerId};
use crate::store::StoreError;
use crate::timer::Now;
use crate::worker::backlog::Backlog;
use crate::worker::environment::Environment;
use crate::worker::ipc::HostFrame;
use crate::worker::process::{self, WorkerOrder};

/// A running manager. [`Manager::close`] ends it and kills all its processes.
#[derive(Debug)]
pub struct Manager {
    shared: Arc<Shared>,
}

impl Manager {
    /// Starts the loop of a manager.
    ///
    /// # Errors
    /// The system cannot start the thread that all managers of a process share.
    pub fn start(
        engine: Engine,
        command: NodeCommand,
        events: EventQueue,
        store: Keeper,
        outputs: Outputs,
    ) -> io::Result<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(engine, orders, events, store, outputs));
        shared.store.report_to(&shared);
        let driver =
            Driver { shared: Arc::clone(&shared), command, workers: HashMap::new(), backlog: Backlog::new() };
        runtime::handle()?.spawn(driver.run(inbox));
        Ok(Manager { shared })
    }

    /// Passes an input to the engine, and sends its effects to the loop.
    ///
    /// # Errors
    /// The engine's refusal.
    pub fn submit(&self, input: Input) -> Result<Reply, Refusal> {
        self.shared.submit(input)
    }

    /// As `submit`, and what the engine has the store keep is committed with what follows, once [`Manager::flush`]
    /// is called.
    ///
    /// # Errors
    /// The engine's refusal.
    pub fn submit_unflushed(&self, input: Input) -> Result<Reply, Refusal> {
        self.shared.submit_unflushed(input)
    }

    /// Has the store commit what it has been given.
    pub fn flush(&self) {
        self.shared.store.flush();
    }

    /// Closes the store, which keeps what it has been given before. Nothing that happens later is kept.
    ///
    /// # Errors
    /// Something that has happened could not be kept.
    pub fn close_store(&self) -> Result<(), Arc<StoreError>> {
        self.shared.store.close()
    }

    /// The events that wait for the host.
    pub fn events(&self) -> &EventQueue {
        &self.shared.events
    }

    /// What runs have printed and logged.
    pub fn outputs(&self) -> &Outputs {
        &self.shared.outputs
    }

    /// What the adapter of the cluster is to be told.
    pub fn cluster(&self) -> &ClusterEvents {
        &self.shared.cluster
    }

    /// From now on the wall clock of the engine is ahead of the system's by so much.
    pub fn set_clock_offset(&self, offset_ms: i64) {
        self.shared.set_clock_offset(offset_ms);
    }

    /// The clocks as the engine has them.
    pub fn now(&self) -> Now {
        self.shared.now()
    }

    /// The strongest reason for the host process to stay alive.
    pub fn activity(&self) -> Activity {
        self.shared.lock().engine.activity()
    }

    /// Whether a job of that name is registered and due, queued or running.
    pub fn is_busy(&self, name: &str) -> bool {
        self.shared.lock().engine.is_busy(name)
    }

    /// Looks at the engine. Its loop waits meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&Engine, Now) -> T) -> T {
        look(&self.shared.lock().engine, self.shared.now())
    }

    /// Kills all processes and ends the loop. May be called again.
    pub fn close(&self) {
        let _accepted = self.shared.submit(Input::Close);
        self.shared.close();
        // The environment ends: there is nobody to tell. What is owed is lost with the process in any case.
        let _closed = self.shared.store.close();
    }
}

/// The loop's own state.
struct Driver {
    shared: Arc<Shared>,
    command: NodeCommand,
    workers: HashMap<WorkerId, Booted>,
    backlog: Backlog,
}

/// A process that has been started, or is being started.
struct Booted {
    orders: mpsc::UnboundedSender<WorkerOrder>,
    /// The environment, if it was too large for the start of the process: START has to carry it.
    cut_env: Option<Arc<Environment>>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Effect>) {
        let mut sleeper = Sleeper::new();
        while !self.shared.is_closed() {
            let wakeup = self.shared.arm();
            tokio::select! {
                biased;
                Some(effect) = inbox.recv() => self.perform(effect),
                () = self.shared.flush.notified() => self.shared.store.flush(),
                () = self.shared.rearm.notified() => {}
                () = sleeper.until(wakeup) => self.time_passed(&mut inbox).await,
            }
        }
        // The kill effects that `close` caused.
        self.perform_all(&mut inbox);
    }

    /// Sends GO to workers before waking the host: the host's handling takes longer and may compete
    /// for the same core.
    async fn time_passed(&mut self, inbox: &mut mpsc::UnboundedReceiver<Effect>) {
        let due = self.shared.time_passed();
        self.perform_all(inbox);
        if due.flush {
            self.shared.store.flush();
        }
        // Yield twice: our own effects have woken this task, which ends the first wait at once.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        if due.wake {
            self.shared.events.wake();
        }
    }

    fn perform_all(&mut self, inbox: &mut mpsc::UnboundedReceiver<Effect>) {
        while let Ok(effect) = inbox.try_recv() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Boot { worker, profile, env, warm_up } => self.boot(worker, &profile, &env, warm_up),
            Effect::Start { worker, thread_id, env, job, run } => {
                let cut = || self.workers.get(&worker).and_then(|booted| booted.cut_env.clone());
                let header = start_header(thread_id, env.or_else(cut).as_deref(), run.as_ref());
                let frame = HostFrame::start(&header, job);
                self.order(worker, WorkerOrder::Write(frame));
            }
            Effect::Go(worker) => self.order(worker, WorkerOrder::Write(HostFrame::go())),
            Effect::WatchMemory { worker, limit_bytes } => {
                self.order(worker, WorkerOrder::WatchMemory { limit_bytes });
            }
            Effect::OutputRead { worker, is_stderr, bytes } => {
                self.order(worker, WorkerOrder::OutputRead { is_stderr, bytes });
            }
            Effect::Write { worker, frame } => self.order(worker, WorkerOrder::Write(frame)),
            Effect::Signal { worker, signal } => self.order(worker, WorkerOrder::Signal(signal)),
            Effect::Retire(worker) => self.order(worker, WorkerOrder::Retire),
            Effect::HoldLease { worker, until } => self.order(worker, WorkerOrder::HoldLease(until)),
            // `submit` has already carried it out.
            Effect::Emit(_)
            | Effect::Keep(_)
            | Effect::Read { .. }
            | Effect::Print(_)
            | Effect::Cluster(_)
            | Effect::Discard { .. } => {}
        }
    }

    fn boot(&mut self, worker: WorkerId, profile: &BootProfile, env: &Arc<Environment>, warm_up: WarmUp) {
        self.workers.retain(|_, worker| !worker.orders.is_closed());
        let (orders, inbox) = mpsc::unbounded_channel();
        let (command, is_whole) = child_command(&self.command, profile, env, warm_up);
        let uses = [profile.stdout, profile.stderr].map(output_use);
        let cut_env = (!is_whole).then(|| Arc::clone(env));
        self.workers.insert(worker, Booted { orders, cut_env });
        let reports = WorkerReports::new(worker, Arc::clone(&self.shared));
        let backlog = self.backlog.for_worker();
        let outlet = self.shared.outlet(worker);
        tokio::spawn(process::supervise(command, uses, inbox, backlog, outlet, Arc::new(reports)));
    }

    /// A worker that has exited accepts no orders, and its end has been reported.
    fn order(&self, worker: WorkerId, order: WorkerOrder) {
        if let Some(worker) = self.workers.get(&worker) {
            let _sent = worker.orders.send(order);
        }
    }
}
