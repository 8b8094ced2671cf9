//! One worker process, from its start to the report of its end.
//!
//! Tasks on the driver's thread: one for each stream that the process writes (`channel.rs`,
//! `output.rs`), one that writes to it, and one that waits for orders and for its exit. The exit is
//! reported last, when everything that the process wrote has been.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::backlog::WorkerBacklog;
use super::channel::{CHANNEL_GRACE, read_frames, write_frames};
use super::fact::{Fact, Report};
use super::intake::{Exited, Intake};
use super::ipc::{ChannelError, HostFrame};
use super::memory_watch;
use super::os::{Channel, Child, ChildCommand, Exit, ExitStatus, StopSignal};
use super::outlet::Outlet;
use super::output::{KeptStream, OutputUse, Settling, UnreadOutput, read_output};
use super::spawner::Spawner;
use crate::timer::BootMs;

/// An order to the supervisor of a process.
#[derive(Debug)]
pub(crate) enum WorkerOrder {
    /// Measure the peak memory of the process from now on, and enforce a limit on that of its group.
    WatchMemory { limit_bytes: Option<u64> },
    /// Write a frame.
    Write(HostFrame),
    /// The host program has read so much of a captured stream.
    OutputRead { is_stderr: bool, bytes: usize },
    /// Send a signal to the process group.
    Signal(StopSignal),
    /// Have the guard kill the process group at this instant, should the host be stopped then; `None` for not.
    HoldLease(Option<BootMs>),
    /// Close the channel, on which an idle process exits.
    Retire,
}

/// The exit of a process whose status is not known: other code in the host has waited for it, or its
/// supervision failed.
const UNKNOWN_EXIT: Exit =
    Exit { status: ExitStatus::Code(-1), cpu_time: Duration::ZERO, peak_memory_bytes: 0 };

/// Starts a process and supervises it until it has exited. `uses` are those of its standard output and standard error,
/// where they are pipes.
pub(crate) async fn supervise<R: Report>(
    command: ChildCommand,
    uses: [OutputUse; 2],
    mut orders: mpsc::UnboundedReceiver<WorkerOrder>,
    backlog: WorkerBacklog,
    outlet: Arc<Outlet>,
    reports: Arc<R>,
) {
    // Before `child`, so that it is dropped after it: a process is killed before its end is reported.
    let end = End::new(Arc::clone(&reports));
    let mut child = match Spawner::global().spawn(command).await {
        Ok(child) => child,
        Err(error) => return end.report(Fact::StartFailed(error)),
    };
    reports.report(Fact::Started { pid: child.pid(), rights: child.rights() });
    let (exited, has_exited) = watch::channel(None);
    let mut attendant = Attendant::new(&mut child, uses, &backlog, outlet, &has_exited, &reports);
    let exit = attendant.attend(&mut child, &mut orders, &*reports).await;
    let _ = exited.send(Some(exit.status));
    attendant.finish_streams().await;
    end.report(Fact::Exited(exit));
}

/// Reports the end of a process exactly once, whatever ends its supervision: a run whose end is not
/// reported would never end.
struct End<R: Report> {
    reports: Option<Arc<R>>,
}

impl<R: Report> End<R> {
    fn new(reports: Arc<R>) -> Self {
        End { reports: Some(reports) }
    }

    fn report(mut self, end: Fact) {
        if let Some(reports) = self.reports.take() {
            reports.report(end);
        }
    }
}

impl<R: Report> Drop for End<R> {
    fn drop(&mut self) {
        if let Some(reports) = self.reports.take() {
            reports.report(Fact::Exited(UNKNOWN_EXIT));
        }
    }
}

/// Supervises a process while it lives.
struct Attendant {
    /// The tasks that read and write the streams. Dropped, it ends them.
    streams: JoinSet<()>,
    frames: Option<mpsc::UnboundedSender<HostFrame>>,
    stdout: UnreadOutput,
    stderr: UnreadOutput,
    over_limit: Option<oneshot::Receiver<u64>>,
}

impl Attendant {
    /// Starts the tasks of the process's streams.
    fn new<R: Report>(
        child: &mut Child,
        uses: [OutputUse; 2],
        backlog: &WorkerBacklog,
        outlet: Arc<Outlet>,
        exited: &Exited,
        reports: &Arc<R>,
    ) -> Self {
        let mut streams = JoinSet::new();
        let intake = || Intake::new(backlog.clone(), exited.clone());
        let mut settling = Settling::default();
        let (stdout, stderr) = (UnreadOutput::new(), UnreadOutput::new());
        let outputs = [(false, child.take_stdout(), &stdout), (true, child.take_stderr(), &stderr)];
        for ((is_stderr, stream, unread), output) in outputs.into_iter().zip(uses) {
            let Some(stream) = stream else { continue };
            let reports = Arc::clone(reports);
            if output == OutputUse::Pass {
                streams.spawn(read_output(is_stderr, stream, unread.clone(), intake(), reports));
            } else {
                let kept = KeptStream::new((is_stderr, stream), output, exited.clone(), reports);
                streams.spawn(kept.read(settling.add()));
            }
        }
        let frames = child.take_channel().map(|Channel { reader, writer }| {
            let (frames, inbox) = mpsc::unbounded_channel();
            let writer = Arc::new(writer);
            outlet.open(&writer);
            streams.spawn(read_frames(reader, intake(), settling, Arc::clone(reports)));
            streams.spawn(write_frames(writer, inbox, outlet, Arc::clone(reports), exited.clone()));
            frames
        });
        Attendant { streams, frames, stdout, stderr, over_limit: None }
    }

    /// Carries out orders until the process has exited.
    async fn attend<R: Report>(
        &mut self,
        child: &mut Child,
        orders: &mut mpsc::UnboundedReceiver<WorkerOrder>,
        reports: &R,
    ) -> Exit {
        let mut has_manager = true;
        loop {
            tokio::select! {
                biased;
                exit = child.wait() => return exit.unwrap_or(UNKNOWN_EXIT),
                order = orders.recv(), if has_manager => {
                    if let Some(order) = order {
                        self.carry_out(order, child, reports);
                    } else {
                        has_manager = false;
                        drop(child.signal_group(StopSignal::Kill));
                    }
                }
                used_bytes = used_over_limit(&mut self.over_limit) => {
                    reports.report(Fact::MemoryExceeded { used_bytes });
                }
                // It panicked: what the process writes from now on would be lost.
                Some(Err(_)) = self.streams.join_next() => {
                    reports.report(Fact::ChannelBroke(ChannelError::Io(io::ErrorKind::Other)));
                }
            }
        }
    }

    fn carry_out<R: Report>(&mut self, order: WorkerOrder, child: &mut Child, reports: &R) {
        match order {
            WorkerOrder::WatchMemory { limit_bytes } => {
                child.note_memory_from_now();
                self.over_limit = limit_bytes.map(|limit| memory_watch::watch(child.pid(), limit));
            }
            WorkerOrder::Write(frame) => self.write(frame),
            WorkerOrder::OutputRead { is_stderr: false, bytes } => self.stdout.was_read(bytes),
            WorkerOrder::OutputRead { is_stderr: true, bytes } => self.stderr.was_read(bytes),
            WorkerOrder::Signal(signal) => {
                if let Some(errno) = refusal(signal, child.signal_group(signal)) {
                    reports.report(Fact::KillFailed { errno });
                }
            }
            WorkerOrder::HoldLease(until) => child.hold_lease(until),
            WorkerOrder::Retire => self.frames = None,
        }
    }

    /// The writer has ended when the process closed its end: the frame is dropped then.
    fn write(&self, frame: HostFrame) {
        if let Some(frames) = &self.frames {
            let _sent = frames.send(frame);
        }
    }

    /// Waits until all that the exited process wrote has been reported.
    async fn finish_streams(&mut self) {
        self.frames = None;
        let all = async { while self.streams.join_next().await.is_some() {} };
        if timeout(CHANNEL_GRACE, all).await.is_err() {
            self.streams.shutdown().await;
        }
    }
}

/// The error number with which the system refused to kill a process. `None` if the process has just
/// exited, or other code in the host has waited for it: its end is reported anyway.
fn refusal(signal: StopSignal, answer: io::Result<()>) -> Option<i32> {
    let error = answer.err().filter(|_| signal == StopSignal::Kill)?;
    error.raw_os_error().filter(|errno| !GONE.contains(errno))
}

#[cfg(unix)]
const GONE: [i32; 2] = [libc::ESRCH, libc::ECHILD];
/// Ending a job object that is empty succeeds.
#[cfg(windows)]
const GONE: [i32; 0] = [];

/// Returns once the processes of the run use more than the limit; never, without a limit.
async fn used_over_limit(over_limit: &mut Option<oneshot::Receiver<u64>>) -> u64 {
    if let Some(receiver) = over_limit {
        let used = receiver.await;
        *over_limit = None;
        if let Ok(used_bytes) = used {
            return used_bytes;
        }
    }
    std::future::pending().await
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::worker::backlog::Backlog;
    use crate::worker::fact::Recorder;
    use crate::worker::os::{EnvBlock, Output};

    const PASSED: [OutputUse; 2] = [OutputUse::Pass; 2];

    fn command(program: &str, script: &str) -> ChildCommand {
        ChildCommand {
            nice: 0,
            program: program.into(),
            argv: [program, "-c", script].map(Into::into).into(),
            env: Arc::new(EnvBlock::default()),
            stdout: Output::Inherit,
            stderr: Output::Inherit,
        }
    }

    /// Fails while it takes the report of a start.
    #[derive(Default)]
    struct FailsOnStart(Recorder);

    impl Report for FailsOnStart {
        fn report(&self, fact: Fact) {
            assert!(!matches!(fact, Fact::Started { .. }), "a fault");
            self.0.report(fact);
        }
    }

    async fn supervised<R: Report + Default>(command: ChildCommand) -> (Arc<R>, bool) {
        let reports = Arc::new(R::default());
        let (_orders, inbox) = mpsc::unbounded_channel();
        let backlog = Backlog::new().for_worker();
        let task =
            tokio::spawn(supervise(command, PASSED, inbox, backlog, Arc::default(), Arc::clone(&reports)));
        (reports, task.await.is_ok())
    }

    #[tokio::test]
    async fn a_process_has_one_end() {
        let (reports, _) = supervised::<Recorder>(command("/bin/sh", "exit 3")).await;
        assert_eq!(reports.take(), ["started", "exited: exit code 3"]);
        let (reports, _) = supervised::<Recorder>(command("/no/such/program", "")).await;
        assert_eq!(reports.take(), ["start failed: SPAWN_PROGRAM_MISSING"]);
    }

    #[tokio::test]
    async fn a_supervision_that_panics_reports_the_end_too() {
        let (reports, is_whole) = supervised::<FailsOnStart>(command("/bin/sh", "sleep 1000")).await;
        assert!(!is_whole);
        assert_eq!(reports.0.take(), ["exited: exit code -1"]);
    }

    #[tokio::test]
    async fn a_supervision_that_is_dropped_reports_the_end_too() {
        let reports = Arc::new(Recorder::default());
        let (_orders, inbox) = mpsc::unbounded_channel();
        let backlog = Backlog::new().for_worker();
        let command = command("/bin/sh", "sleep 1000");
        let task =
            tokio::spawn(supervise(command, PASSED, inbox, backlog, Arc::default(), Arc::clone(&reports)));
        tokio::task::yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(reports.take(), ["exited: exit code -1"]);
    }
}
