//! One worker process, from its start to the report of its end.
//!
//! Three tasks on the driver's thread: one reads what the process says, one writes what it is told
//! and sees that it can still be told, and one waits for orders and for its exit. The exit is
//! reported last, when everything the process said has been.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::fact::{Fact, Report};
use super::ipc::{ChannelError, HostFrame, read_frame};
use super::os::{
    Channel, ChannelReader, ChannelWriter, Child, ChildCommand, Exit, ExitStatus, StopSignal, reader_is_gone,
    tree_memory_bytes,
};
use super::spawner::Spawner;

/// What a process's supervisor is told.
#[derive(Debug)]
pub(crate) enum WorkerOrder {
    /// Note the memory of the process from now on, and hold that of its group against a limit.
    WatchMemory { limit_bytes: Option<u64> },
    /// Write a frame.
    Write(HostFrame),
    /// Send a signal to the process group.
    Signal(StopSignal),
    /// Close the channel: an idle process leaves.
    Retire,
}

/// How often the memory of a run with a limit is looked at.
const MEMORY_PERIOD: Duration = Duration::from_millis(250);
/// A channel that stays open this long after its process has exited is held by a stranger; one that
/// ended this long before was closed on purpose.
const CHANNEL_GRACE: Duration = Duration::from_secs(2);
const OUTPUT_CHUNK_BYTES: usize = 64 * 1024;
/// As much as a pipe holds: a burst of small messages costs few reads.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Starts a process and looks after it until it has exited.
pub(crate) async fn supervise<R: Report>(
    command: ChildCommand,
    mut orders: mpsc::UnboundedReceiver<WorkerOrder>,
    reports: Arc<R>,
) {
    let mut child = match Spawner::global().spawn(command).await {
        Ok(child) => child,
        Err(error) => return reports.report(Fact::StartFailed(error)),
    };
    reports.report(Fact::Started { pid: child.pid(), rights: child.rights() });
    let (exited, has_exited) = watch::channel(None);
    let mut streams = output_readers(&mut child, &reports, &has_exited);
    let mut frames = None;
    if let Some(Channel { reader, writer }) = child.take_channel() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let writing = write_frames(writer, receiver, Arc::clone(&reports), has_exited.clone());
        streams.push(tokio::spawn(read_frames(reader, Arc::clone(&reports), has_exited)));
        streams.push(tokio::spawn(writing));
        frames = Some(sender);
    }

    let attendant = Attendant { frames, memory: None };
    let exit = attendant.attend(&mut child, &mut orders, &*reports).await;
    // Nothing can flood any more: what is left fits into the pipe.
    let _ = exited.send(Some(exit.status));
    for stream in streams {
        let abort = stream.abort_handle();
        if timeout(CHANNEL_GRACE, stream).await.is_err() {
            abort.abort();
        }
    }
    reports.report(Fact::Exited(exit));
}

/// What looks after a process while it lives.
struct Attendant {
    frames: Option<mpsc::UnboundedSender<HostFrame>>,
    /// The limit in bytes, and when to look next.
    memory: Option<(u64, Interval)>,
}

impl Attendant {
    /// Carries out orders until the process has exited.
    async fn attend<R: Report>(
        mut self,
        child: &mut Child,
        orders: &mut mpsc::UnboundedReceiver<WorkerOrder>,
        reports: &R,
    ) -> Exit {
        let mut has_manager = true;
        let pid = child.pid();
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
                used_bytes = over_limit(pid, &mut self.memory) => {
                    self.memory = None;
                    reports.report(Fact::MemoryExceeded { used_bytes });
                }
            }
        }
    }

    fn carry_out<R: Report>(&mut self, order: WorkerOrder, child: &mut Child, reports: &R) {
        match order {
            WorkerOrder::WatchMemory { limit_bytes } => {
                child.note_memory_from_now();
                self.memory = limit_bytes.map(|limit| (limit, memory_ticks()));
            }
            WorkerOrder::Write(frame) => self.write(frame),
            WorkerOrder::Signal(signal) => {
                if let Some(errno) = refusal(signal, child.signal_group(signal)) {
                    reports.report(Fact::KillFailed { errno });
                }
            }
            WorkerOrder::Retire => self.frames = None,
        }
    }

    /// The writer has ended when the process closed its end: then there is nobody to tell.
    fn write(&self, frame: HostFrame) {
        if let Some(frames) = &self.frames {
            let _sent = frames.send(frame);
        }
    }
}

/// The error number with which the system refused to kill a process. One that has just exited, or that
/// a stranger in the host has waited for, is no refusal: its end is reported.
fn refusal(signal: StopSignal, answer: io::Result<()>) -> Option<i32> {
    let error = answer.err().filter(|_| signal == StopSignal::Kill)?;
    error.raw_os_error().filter(|errno| !GONE.contains(errno))
}

#[cfg(unix)]
const GONE: [i32; 2] = [libc::ESRCH, libc::ECHILD];
/// Ending a job object that is empty succeeds.
#[cfg(windows)]
const GONE: [i32; 0] = [];

/// The system has lost the process's status (a stranger in the host reaped it).
const UNKNOWN_EXIT: Exit =
    Exit { status: ExitStatus::Code(-1), cpu_time: Duration::ZERO, peak_memory_bytes: 0 };

/// Ends when there is nothing more to tell, or nobody who could be told.
async fn write_frames<R: Report>(
    mut writer: ChannelWriter,
    mut frames: mpsc::UnboundedReceiver<HostFrame>,
    reports: Arc<R>,
    mut exited: watch::Receiver<Option<ExitStatus>>,
) {
    loop {
        let written = tokio::select! {
            biased;
            frame = frames.recv() => match frame {
                Some(frame) => write_frame(&mut writer, &frame).await,
                None => return,
            },
            error = reader_is_gone(&writer) => Err(error),
        };
        if written.is_err() {
            if let Some(error) = complaint(None, &mut exited).await {
                reports.report(Fact::ChannelBroke(error));
            }
            return;
        }
    }
}

async fn write_frame(writer: &mut ChannelWriter, HostFrame { head, tail }: &HostFrame) -> io::Result<()> {
    writer.write_all(head).await?;
    writer.write_all(tail).await
}

async fn read_frames<R: Report>(
    channel: ChannelReader,
    reports: Arc<R>,
    mut exited: watch::Receiver<Option<ExitStatus>>,
) {
    let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, channel);
    loop {
        room(&*reports, &mut exited).await;
        match read_frame(&mut reader).await {
            Ok(Some(frame)) => reports.report(Fact::Frame(frame)),
            end => {
                if let Some(error) = complaint(end.err(), &mut exited).await {
                    reports.report(Fact::ChannelBroke(error));
                }
                return;
            }
        }
    }
}

/// What is wrong with a channel that gives no further frame; `None` when the end of its process
/// explains it.
async fn complaint(
    error: Option<ChannelError>,
    exited: &mut watch::Receiver<Option<ExitStatus>>,
) -> Option<ChannelError> {
    if !matches!(error, None | Some(ChannelError::Cut)) {
        return error;
    }
    // Its descriptors are closed a moment before its end is noticed.
    match timeout(CHANNEL_GRACE, exited.wait_for(Option::is_some)).await {
        Ok(Ok(status)) => error.filter(|_| *status == Some(ExitStatus::Code(0))),
        Ok(Err(_)) => None,
        Err(_) => error.or(Some(ChannelError::Closed)),
    }
}

/// Returns when more may be read: the host has caught up, or nothing can flood it any more.
async fn room<R: Report>(reports: &R, exited: &mut watch::Receiver<Option<ExitStatus>>) {
    tokio::select! {
        () = reports.room() => {}
        _ = exited.wait_for(Option::is_some) => {}
    }
}

fn output_readers<R: Report>(
    child: &mut Child,
    reports: &Arc<R>,
    exited: &watch::Receiver<Option<ExitStatus>>,
) -> Vec<JoinHandle<()>> {
    let streams = [(false, child.take_stdout()), (true, child.take_stderr())];
    let readers = streams.into_iter().filter_map(|(is_stderr, stream)| Some((is_stderr, stream?)));
    readers
        .map(|(is_stderr, stream)| {
            tokio::spawn(read_output(is_stderr, stream, Arc::clone(reports), exited.clone()))
        })
        .collect()
}

async fn read_output<R: Report>(
    is_stderr: bool,
    mut stream: impl AsyncRead + Unpin,
    reports: Arc<R>,
    mut exited: watch::Receiver<Option<ExitStatus>>,
) {
    loop {
        room(&*reports, &mut exited).await;
        let mut bytes = Vec::with_capacity(OUTPUT_CHUNK_BYTES);
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => reports.report(Fact::Output { is_stderr, bytes }),
        }
    }
}

fn memory_ticks() -> Interval {
    let mut ticks = interval(MEMORY_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Returns once the processes of the run use more than the limit; never, without a limit.
async fn over_limit(pid: u32, memory: &mut Option<(u64, Interval)>) -> u64 {
    let Some((limit_bytes, ticks)) = memory else { return std::future::pending().await };
    loop {
        ticks.tick().await;
        // Reading /proc may block, and the driver's thread may not.
        let used = tokio::task::spawn_blocking(move || tree_memory_bytes(pid)).await;
        // A process that has just exited has no memory to measure.
        if let Ok(Ok(used_bytes)) = used
            && used_bytes > *limit_bytes
        {
            return used_bytes;
        }
    }
}
