//! The thread that starts worker processes.
//!
//! With a parent-death signal Linux kills a process when the *thread* that started it ends. So one thread,
//! which lives as long as the host, starts all of them.

use super::memory_watch;
use super::os::{Child, ChildCommand, Launched, Launcher, SpawnError, Stage};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// The interval of [`Launcher::tend`] after the last start.
const TENDING_INTERVAL: Duration = Duration::from_secs(10);

/// Starts worker processes from one thread, which is started with the first of them.
#[derive(Debug)]
pub struct Spawner {
    inbox: Mutex<Option<Sender<Request>>>,
}

#[derive(Debug)]
struct Request {
    command: ChildCommand,
    answer: oneshot::Sender<Result<Launched, SpawnError>>,
}

static GLOBAL: Spawner = Spawner { inbox: Mutex::new(None) };

impl Spawner {
    /// The one spawner of this host.
    pub fn global() -> &'static Spawner {
        &GLOBAL
    }

    /// Starts `command` and registers it with the runtime that this is called on. Cancelled, it
    /// ends what it may have started.
    ///
    /// # Errors
    /// See [`SpawnError`]; no process is left then.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn spawn(&self, command: ChildCommand) -> Result<Child, SpawnError> {
        let (answer, launched) = oneshot::channel();
        self.send(Request { command, answer })?;
        launched.await.map_err(|_| SpawnError::SpawnerGone)??.into_child()
    }

    fn send(&self, request: Request) -> Result<(), SpawnError> {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match inbox.take() {
            Some(sender) => sender,
            None => start_thread()?,
        };
        sender.send(request).map_err(|_| SpawnError::SpawnerGone)?;
        *inbox = Some(sender);
        Ok(())
    }
}

fn start_thread() -> Result<Sender<Request>, SpawnError> {
    let no_thread = |_| SpawnError::NoResources { stage: Stage::Thread };
    // Needed by runs with a memory limit, when it may be too late to start it.
    memory_watch::start().map_err(no_thread)?;
    let launcher = Launcher::new().map_err(no_thread)?;
    let (sender, inbox) = unbounded();
    thread::Builder::new()
        .name("job-spawner".into())
        .spawn(move || serve(launcher, &inbox))
        .map_err(no_thread)?;
    Ok(sender)
}

/// Ends only with the host: its sender is never dropped while a process may run.
fn serve(mut launcher: Launcher, inbox: &Receiver<Request>) {
    loop {
        let request = if launcher.needs_tending() {
            inbox.recv_timeout(TENDING_INTERVAL)
        } else {
            inbox.recv().map_err(RecvTimeoutError::from)
        };
        match request {
            // If the requester is gone, the process is returned here, and dropping it kills it.
            Ok(Request { command, answer }) => drop(answer.send(launcher.launch(&command))),
            Err(RecvTimeoutError::Timeout) => launcher.tend(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
