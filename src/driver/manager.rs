//! One manager: its engine, its loop, and the processes that it has under way.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::events::EventQueue;
use super::reports::WorkerReports;
use super::runtime;
use super::sleep::Sleeper;
use crate::engine::{BootProfile, Effect, Engine, Input, Refusal, Reply, WorkerId};
use crate::timer::Now;
use crate::worker::environment::Environment;
use crate::worker::ipc::HostFrame;
use crate::worker::os::{ChildCommand, EnvBlock, Output};
use crate::worker::process::{self, WorkerOrder};

/// How a worker process is called.
#[derive(Debug, Clone)]
pub struct NodeCommand {
    /// The `node` binary.
    pub exec_path: OsString,
    /// `lib/worker/bootstrap.js`.
    pub bootstrap: OsString,
}

/// A running manager. Closed by [`Manager::close`], and with that all its processes are killed.
#[derive(Debug)]
pub struct Manager {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    engine: Mutex<Engine>,
    orders: mpsc::UnboundedSender<Effect>,
    events: EventQueue,
    /// The next deadline has changed.
    rearm: Notify,
    is_closed: AtomicBool,
}

impl Manager {
    /// Starts the loop of a manager.
    ///
    /// # Errors
    /// The system refuses the thread that all managers of a process share.
    pub fn start(engine: Engine, command: NodeCommand, events: EventQueue) -> io::Result<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            engine: Mutex::new(engine),
            orders,
            events,
            rearm: Notify::new(),
            is_closed: AtomicBool::new(false),
        });
        let driver = Driver { shared: Arc::clone(&shared), command, workers: HashMap::new() };
        runtime::handle()?.spawn(driver.run(inbox));
        Ok(Manager { shared })
    }

    /// Hands the engine an input, and sends on what it decides.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn submit(&self, input: Input) -> Result<Reply, Refusal> {
        self.shared.submit(input)
    }

    /// The events that wait for the host.
    pub fn events(&self) -> &EventQueue {
        &self.shared.events
    }

    /// Is there anything that the host should stay alive for?
    pub fn is_active(&self) -> bool {
        self.shared.lock().is_active()
    }

    /// Is a job of that name registered that is due, runs, or waits to?
    pub fn is_busy(&self, name: &str) -> bool {
        self.shared.lock().is_busy(name)
    }

    /// Kills all processes and ends the loop. May be called again.
    pub fn close(&self) {
        let _accepted = self.shared.submit(Input::Close);
        self.shared.is_closed.store(true, Ordering::Release);
        self.shared.rearm.notify_one();
    }
}

impl Shared {
    pub(super) fn events(&self) -> &EventQueue {
        &self.events
    }

    pub(super) fn submit(&self, input: Input) -> Result<Reply, Refusal> {
        let (reply, must_wake) = self.submit_quietly(input);
        if must_wake {
            self.events.wake();
        }
        reply
    }

    /// As `submit`, but leaves it to the caller to wake the host for the events, if it has to be.
    fn submit_quietly(&self, input: Input) -> (Result<Reply, Refusal>, bool) {
        let mut engine = self.lock();
        let wakeup = engine.next_wakeup();
        let reply = engine.handle(input, Now::read());
        let mut must_wake = false;
        for effect in engine.drain_effects() {
            match effect {
                Effect::Emit(event) => must_wake |= self.events.push(event),
                // The receiver ends with the manager; what is ordered after that concerns nobody.
                order => drop(self.orders.send(order)),
            }
        }
        if engine.next_wakeup() != wakeup {
            self.rearm.notify_one();
        }
        (reply, must_wake)
    }

    /// The engine's own steps do not panic on anything from outside; should one do so all the same,
    /// the rest of the registry is still better than no registry.
    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The loop's own state.
struct Driver {
    shared: Arc<Shared>,
    command: NodeCommand,
    workers: HashMap<WorkerId, mpsc::UnboundedSender<WorkerOrder>>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Effect>) {
        let mut sleeper = Sleeper::new();
        while !self.is_over() {
            let wakeup = self.shared.lock().next_wakeup();
            tokio::select! {
                biased;
                Some(effect) = inbox.recv() => self.perform(effect),
                () = self.shared.rearm.notified() => {}
                () = sleeper.until(wakeup) => self.time_passed(&mut inbox).await,
            }
        }
        // What `close` ordered last.
        self.perform_all(&mut inbox);
    }

    /// Workers get the word before the host gets the news: what the host does about that takes longer,
    /// and a worker may have to share its processor.
    async fn time_passed(&mut self, inbox: &mut mpsc::UnboundedReceiver<Effect>) {
        let (_accepted, must_wake) = self.shared.submit_quietly(Input::TimePassed);
        self.perform_all(inbox);
        // Twice: the first is answered by the wake-up that our own orders have given this task.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        if must_wake {
            self.shared.events.wake();
        }
    }

    fn perform_all(&mut self, inbox: &mut mpsc::UnboundedReceiver<Effect>) {
        while let Ok(effect) = inbox.try_recv() {
            self.perform(effect);
        }
    }

    fn is_over(&self) -> bool {
        self.shared.is_closed.load(Ordering::Acquire)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Boot { worker, profile, env, is_cold } => self.boot(worker, &profile, &env, is_cold),
            Effect::Start { worker, thread_id, env, job } => {
                let frame = HostFrame::start(&start_header(thread_id, env.as_deref()), job);
                self.order(worker, WorkerOrder::Write(frame));
            }
            Effect::Go(worker) => self.order(worker, WorkerOrder::Write(HostFrame::go())),
            Effect::WatchMemory { worker, limit_bytes } => {
                self.order(worker, WorkerOrder::WatchMemory { limit_bytes });
            }
            Effect::Write { worker, frame } => self.order(worker, WorkerOrder::Write(frame)),
            Effect::Signal { worker, signal } => self.order(worker, WorkerOrder::Signal(signal)),
            Effect::Retire(worker) => self.order(worker, WorkerOrder::Retire),
            // Sent to the host where it was decided.
            Effect::Emit(_) => {}
        }
    }

    fn boot(&mut self, worker: WorkerId, profile: &BootProfile, env: &Environment, is_cold: bool) {
        self.workers.retain(|_, orders| !orders.is_closed());
        let (orders, inbox) = mpsc::unbounded_channel();
        self.workers.insert(worker, orders);
        let command = self.child_command(profile, env, is_cold);
        let reports = WorkerReports::new(worker, Arc::clone(&self.shared));
        tokio::spawn(process::supervise(command, inbox, Arc::new(reports)));
    }

    /// A worker that has exited takes no orders, and its end has been reported.
    fn order(&self, worker: WorkerId, order: WorkerOrder) {
        if let Some(orders) = self.workers.get(&worker) {
            let _sent = orders.send(order);
        }
    }

    fn child_command(&self, profile: &BootProfile, env: &Environment, is_cold: bool) -> ChildCommand {
        let NodeCommand { exec_path, bootstrap } = &self.command;
        let mut argv = vec![exec_path.clone()];
        argv.extend(profile.exec_args.iter().map(OsString::from));
        argv.push(bootstrap.clone());
        if is_cold {
            argv.push(OsString::from("--cold"));
        }
        let overlay = Environment::new(profile.env.clone());
        let is_overlaid = |name: &str| overlay.pairs().any(|(overlaid, _)| overlaid == name);
        let variables = env.pairs().filter(|(name, _)| !is_overlaid(name)).chain(overlay.pairs());
        let output = |is_captured| if is_captured { Output::Pipe } else { Output::Inherit };
        ChildCommand {
            program: exec_path.clone(),
            argv,
            env: Arc::new(EnvBlock::new(variables)),
            stdout: output(profile.capture_stdout),
            stderr: output(profile.capture_stderr),
        }
    }
}

/// What `lib/worker/bootstrap.js` must know before it reads the job.
fn start_header(thread_id: u32, env: Option<&Environment>) -> serde_json::Value {
    let cwd = std::env::current_dir().ok().map(|dir| dir.to_string_lossy().into_owned());
    let env = env.map(|env| {
        env.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect::<serde_json::Map<_, _>>()
    });
    serde_json::json!({ "threadId": thread_id, "cwd": cwd, "env": env })
}
