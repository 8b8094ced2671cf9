//! The handle of a running process: its channel, its output, its signals and its end.

use super::exit_watch::{AsyncExitWatch, ExitWatch};
use super::lease_guard;
use super::pipes::HostEnds;
use super::process::Process;
use super::spawn_error;
use crate::timer::BootMs;
use crate::worker::os::{Exit, Rights, SpawnError, Stage, StopSignal};
use std::ffi::OsStr;
use std::io;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::time::{Instant, sleep_until};

/// Where the host writes to a process.
pub type ChannelWriter = pipe::Sender;
/// Where the host reads from a process.
pub type ChannelReader = pipe::Receiver;
/// Where the host reads what a process prints.
pub type OutputReader = pipe::Receiver;

/// The host's ends of the private channel of one process. The process has the others: descriptor
/// 3 to read, descriptor 4 to write, both blocking.
#[derive(Debug)]
pub struct Channel {
    /// To the process.
    pub writer: ChannelWriter,
    /// From the process; ends when every copy of its descriptor 4 is closed.
    pub reader: ChannelReader,
}

/// Returns when the process has closed its end of what `writer` writes to, with the error that the
/// next write would give.
///
/// kqueue does not report this: on macOS only a write notices it.
pub async fn reader_is_gone(writer: &ChannelWriter) -> io::Error {
    match writer.ready(Interest::ERROR).await {
        Ok(_) => io::ErrorKind::BrokenPipe.into(),
        Err(error) => error,
    }
}

/// A started process, not yet registered with a runtime. Dropping it kills its whole group.
#[derive(Debug)]
pub struct Launched {
    process: Process,
    rights: Rights,
    watch: ExitWatch,
    pipes: HostEnds,
}

impl Launched {
    pub(crate) fn new(process: Process, rights: Rights, watch: ExitWatch, pipes: HostEnds) -> Launched {
        Launched { process, rights, watch, pipes }
    }

    /// Registers the process with the runtime that this is called on.
    ///
    /// # Errors
    /// What the runtime's registration answers; the process is ended then.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn into_child(self) -> Result<Child, SpawnError> {
        self.register().map_err(|error| spawn_error(Stage::Watch, &error, OsStr::new("")))
    }

    fn register(self) -> io::Result<Child> {
        let Launched { process, rights, watch, pipes } = self;
        let channel = Channel {
            writer: ChannelWriter::from_owned_fd(pipes.channel_writer)?,
            reader: ChannelReader::from_owned_fd(pipes.channel_reader)?,
        };
        let stdout = pipes.stdout.map(OutputReader::from_owned_fd).transpose()?;
        let stderr = pipes.stderr.map(OutputReader::from_owned_fd).transpose()?;
        let pid = process.pid().unsigned_abs();
        let life = Life::Running { watch: AsyncExitWatch::new(watch)?, process, memory_looks: None };
        Ok(Child { pid, rights, life, channel: Some(channel), stdout, stderr })
    }
}

/// A process started by the [`Spawner`](crate::worker::spawner::Spawner), leader of a session
/// and a process group of its own.
///
/// Dropping it before [`wait`](Child::wait) has returned kills its whole group.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    rights: Rights,
    life: Life,
    channel: Option<Channel>,
    stdout: Option<OutputReader>,
    stderr: Option<OutputReader>,
}

/// After the end there is no pid to signal.
#[derive(Debug)]
enum Life {
    Running { watch: AsyncExitWatch, process: Process, memory_looks: Option<Looks> },
    Exited(Exit),
}

impl Child {
    /// The pid, for messages only: the system may reuse it once [`wait`](Child::wait) has returned.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The host's rights at the start, which the process has got.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// The host's ends of the channel; `None` once taken.
    pub fn take_channel(&mut self) -> Option<Channel> {
        self.channel.take()
    }

    /// What the process prints; `None` once taken, or where it is not piped.
    pub fn take_stdout(&mut self) -> Option<OutputReader> {
        self.stdout.take()
    }

    /// What the process prints as errors; `None` once taken, or where it is not piped.
    pub fn take_stderr(&mut self) -> Option<OutputReader> {
        self.stderr.take()
    }

    /// Sends `signal` to the process and to all others of its group.
    ///
    /// # Errors
    /// `ESRCH` once [`wait`](Child::wait) has returned; whatever the system answers.
    pub fn signal_group(&self, signal: StopSignal) -> io::Result<()> {
        self.running()?.signal_group(signal)
    }

    /// Sends `signal` to the process alone.
    ///
    /// # Errors
    /// As [`signal_group`](Child::signal_group).
    pub fn signal(&self, signal: StopSignal) -> io::Result<()> {
        self.running()?.signal(signal)
    }

    /// Has the group killed at this instant, should the host be stopped then; `None` for not.
    pub fn hold_lease(&self, until: Option<BootMs>) {
        let Ok(process) = self.running() else { return };
        match until {
            Some(until) => lease_guard::hold(process.pid(), until),
            None => lease_guard::remove(process.pid()),
        }
    }

    /// Measures from now on how much memory the process holds, for the peak in its [`Exit`].
    pub fn note_memory_from_now(&mut self) {
        if let Life::Running { process, memory_looks, .. } = &mut self.life {
            process.note_memory();
            *memory_looks = Some(Looks::from_now());
        }
    }

    /// Waits until the process has ended, then ends what is left of its group. Can be cancelled
    /// and called again, also after it has returned.
    ///
    /// # Errors
    /// `ECHILD` when someone else in the host has waited for the process; whatever else the system
    /// answers.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        loop {
            match &mut self.life {
                Life::Exited(exit) => return Ok(exit.clone()),
                Life::Running { watch, process, memory_looks } => {
                    tokio::select! {
                        biased;
                        ended = watch.ended() => ended?,
                        () = Looks::due(memory_looks) => {
                            process.note_memory();
                            continue;
                        }
                    }
                    if let Some(exit) = process.try_reap()? {
                        self.life = Life::Exited(exit);
                    }
                }
            }
        }
    }

    fn running(&self) -> io::Result<&Process> {
        match &self.life {
            Life::Running { process, .. } => Ok(process),
            Life::Exited(_) => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    }
}

/// When to look at something that only grows: after a while, and again whenever the time since the
/// start has grown by a quarter.
#[derive(Debug)]
struct Looks {
    started: Instant,
    next: Instant,
}

impl Looks {
    /// Not when a spare's job, given to it 10 ms ahead, is due.
    const FIRST: Duration = Duration::from_millis(15);

    fn from_now() -> Looks {
        let started = Instant::now();
        Looks { started, next: started + Looks::FIRST }
    }

    /// Returns when it is time, and sets the next time; never without looks. Cancel-safe.
    async fn due(looks: &mut Option<Looks>) {
        let Some(Looks { started, next }) = looks else { return std::future::pending().await };
        sleep_until(*next).await;
        let now = Instant::now();
        *next = now + (now - *started) / 4;
    }
}
