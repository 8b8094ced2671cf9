//! The handle of a running process: its channel, its output, its signals and its end.

use super::job::{self, Job};
use super::pipes::HostEnds;
use super::start::Started;
use super::{check, spawn_error};
use crate::timer::BootMs;
use crate::worker::os::{Exit, ExitStatus, Rights, SpawnError, Stage, StopSignal};
use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{AsRawHandle, IntoRawHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use tokio::net::windows::named_pipe::NamedPipeServer;
use tokio::sync::oneshot;
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, INFINITE, TerminateProcess, WaitForSingleObject,
};

/// Where the host writes to a process.
pub type ChannelWriter = NamedPipeServer;
/// Where the host reads from a process.
pub type ChannelReader = NamedPipeServer;
/// Where the host reads what a process prints.
pub type OutputReader = NamedPipeServer;

/// What Windows' own tools and libuv end processes with.
const KILLED_EXIT_CODE: u32 = 1;
/// The numbers of the signals that Node reports here.
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// The host's ends of the private channel of one process. The process has the others: descriptor
/// 3 to read, descriptor 4 to write, both blocking.
#[derive(Debug)]
pub struct Channel {
    /// To the process.
    pub writer: ChannelWriter,
    /// From the process; ends when every copy of its descriptor 4 is closed.
    pub reader: ChannelReader,
}

/// Returns when the process has closed its end of what `writer` writes to; on Windows only a write notices it.
pub async fn reader_is_gone(_writer: &ChannelWriter) -> io::Error {
    std::future::pending().await
}

/// A started process, not yet registered with a runtime. Dropped, it ends with all it has started.
#[derive(Debug)]
pub struct Launched {
    tree: Tree,
    ended: oneshot::Receiver<()>,
    pipes: HostEnds,
}

impl Launched {
    /// # Errors
    /// No thread can be started to see the process's end; it is ended then.
    pub(super) fn new(started: Started, job: Job, pipes: HostEnds) -> io::Result<Launched> {
        let Started { process, pid } = started;
        let tree = Tree::new(pid, process, job);
        let ended = tree.watch_end()?;
        Ok(Launched { tree, ended, pipes })
    }

    /// Registers the process with the runtime that this is called on.
    ///
    /// # Errors
    /// What the runtime's registration answers; the process is ended then.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O enabled.
    pub fn into_child(self) -> Result<Child, SpawnError> {
        self.register().map_err(|error| spawn_error(Stage::Watch, &error, OsStr::new("")))
    }

    fn register(self) -> io::Result<Child> {
        let Launched { tree, ended, pipes } = self;
        let channel = Channel { writer: pipe(pipes.channel_writer)?, reader: pipe(pipes.channel_reader)? };
        let stdout = pipes.stdout.map(pipe).transpose()?;
        let stderr = pipes.stderr.map(pipe).transpose()?;
        let pid = tree.pid;
        Ok(Child { pid, life: Life::Running { ended, tree }, channel: Some(channel), stdout, stderr })
    }
}

fn pipe(end: OwnedHandle) -> io::Result<NamedPipeServer> {
    // SAFETY: the serving end of a named pipe, made for overlapped use, and owned here alone.
    unsafe { NamedPipeServer::from_raw_handle(end.into_raw_handle()) }
}

/// A process started by the [`Spawner`](crate::worker::spawner::Spawner), in a job of its own.
///
/// Dropped before [`wait`](Child::wait) has returned, it ends with all it has started.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    life: Life,
    channel: Option<Channel>,
    stdout: Option<OutputReader>,
    stderr: Option<OutputReader>,
}

/// After the end there is nothing to signal.
#[derive(Debug)]
enum Life {
    Running { ended: oneshot::Receiver<()>, tree: Tree },
    Exited(Exit),
}

impl Child {
    /// The pid, for messages only: the system may reuse it once
    /// [`wait`](Child::wait) has returned.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The host's rights at the start, which the process has got.
    pub fn rights(&self) -> Rights {
        Rights::read()
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

    /// Ends the process and all it has started. Windows has no signal that a process could answer:
    /// both end it at once, as in Node.
    ///
    /// # Errors
    /// Not found once [`wait`](Child::wait) has returned; whatever the system answers.
    pub fn signal_group(&self, signal: StopSignal) -> io::Result<()> {
        self.running()?.signal_group(signal)
    }

    /// Ends the process alone.
    ///
    /// # Errors
    /// As [`signal_group`](Child::signal_group).
    pub fn signal(&self, signal: StopSignal) -> io::Result<()> {
        self.running()?.signal(signal)
    }

    /// Nothing to do: the system itself keeps the peak for the [`Exit`].
    pub fn note_memory_from_now(&mut self) {}

    /// A process cannot be stopped there as by SIGSTOP: nothing has to be guarded.
    #[expect(clippy::unused_self, reason = "as on the other systems")]
    pub fn hold_lease(&self, _until: Option<BootMs>) {}

    /// Waits until the process has ended, then ends what is left of what it has started. Can be
    /// cancelled and called again, also after it has returned.
    ///
    /// # Errors
    /// Whatever the system answers.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        match &mut self.life {
            Life::Exited(exit) => Ok(exit.clone()),
            Life::Running { ended, tree } => {
                if !ended.is_terminated() {
                    // The sender is dropped without a value if the thread panicked: treat that as the end.
                    let _ = ended.await;
                }
                let exit = tree.exit()?;
                self.life = Life::Exited(exit.clone());
                Ok(exit)
            }
        }
    }

    fn running(&self) -> io::Result<&Tree> {
        match &self.life {
            Life::Running { tree, .. } => Ok(tree),
            Life::Exited(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A process and all it has started. Dropped, they end: it has the only handle to their job.
#[derive(Debug)]
struct Tree {
    pid: u32,
    process: OwnedHandle,
    job: Arc<Job>,
    /// The signal that stands for the way it was ended; 0 for none.
    sent: AtomicI32,
}

impl Tree {
    fn new(pid: u32, process: OwnedHandle, job: Job) -> Tree {
        let job = Arc::new(job);
        job::register(pid, &job);
        Tree { pid, process, job, sent: AtomicI32::new(0) }
    }

    /// Starts a thread that waits for the end and reports it.
    fn watch_end(&self) -> io::Result<oneshot::Receiver<()>> {
        let process = self.process.try_clone()?;
        let (ended, watch) = oneshot::channel();
        thread::Builder::new().name("job-watch".into()).stack_size(64 << 10).spawn(move || {
            // SAFETY: a handle that is ours.
            unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
            let _ = ended.send(());
        })?;
        Ok(watch)
    }

    fn signal_group(&self, signal: StopSignal) -> io::Result<()> {
        self.job.terminate(KILLED_EXIT_CODE)?;
        self.remember(signal);
        Ok(())
    }

    fn signal(&self, signal: StopSignal) -> io::Result<()> {
        // SAFETY: a handle that is ours.
        check(unsafe { TerminateProcess(self.process.as_raw_handle(), KILLED_EXIT_CODE) })?;
        self.remember(signal);
        Ok(())
    }

    fn remember(&self, signal: StopSignal) {
        let number = match signal {
            StopSignal::Terminate => SIGTERM,
            StopSignal::Kill => SIGKILL,
        };
        let _ = self.sent.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// How it ended, once it has; ends the others.
    fn exit(&self) -> io::Result<Exit> {
        let mut code = 0;
        // SAFETY: a handle that is ours, and a number valid for writing during the call.
        check(unsafe { GetExitCodeProcess(self.process.as_raw_handle(), &raw mut code) })?;
        // The others. An error means that there are none; nor does the end depend on the figures.
        let _ = self.job.terminate(KILLED_EXIT_CODE);
        let status = match (code, self.sent.load(Ordering::Relaxed)) {
            (KILLED_EXIT_CODE, signal) if signal != 0 => ExitStatus::Signal(signal),
            _ => ExitStatus::Code(code.cast_signed()),
        };
        Ok(Exit {
            status,
            cpu_time: self.job.cpu_time().unwrap_or_default(),
            peak_memory_bytes: job::peak_memory_bytes(&self.process).unwrap_or_default(),
        })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        job::forget(self.pid);
    }
}
