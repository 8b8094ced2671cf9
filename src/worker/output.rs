//! Captured output of a process, on its way to the host.
//!
//! It is passed to the host program, or kept by the host beside the run. In the first case a process waits until the
//! host program has read; in the second what it prints is taken at once, and where it is copied to the host's own stream
//! the process waits for that stream alone.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::backlog::Payload;
use super::channel::CHANNEL_GRACE;
use super::fact::{Fact, Report};
use super::host_stream::Copier;
use super::intake::{Exited, Intake};

const CHUNK_BYTES: usize = 64 * 1024;
/// How much output of one stream the host program may leave unread.
const UNREAD_BYTES: usize = 1024 * 1024;
/// The most that a pipe holds (`/proc/sys/fs/pipe-max-size`): what a process had written by some moment is no more.
const PIPE_BYTES: usize = 1024 * 1024;

/// What becomes of a captured stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputUse {
    /// It is passed to the host program, which says what it has read.
    Pass,
    /// It is kept by the host.
    Keep,
    /// It is kept by the host, and copied to the host's own stream.
    KeepAndCopy,
}

/// How much more output of one stream may be reported before the host program has read some: a
/// process whose output is not read waits in its own `write`.
#[derive(Debug, Clone)]
pub(super) struct UnreadOutput {
    room: Arc<Semaphore>,
}

impl UnreadOutput {
    pub(super) fn new() -> Self {
        UnreadOutput { room: Arc::new(Semaphore::new(UNREAD_BYTES)) }
    }

    /// The host program has read so much.
    pub(super) fn was_read(&self, bytes: usize) {
        // What was left behind by an exited process took no room.
        let taken = UNREAD_BYTES.saturating_sub(self.room.available_permits());
        self.room.add_permits(bytes.min(taken));
    }

    async fn take_room(&self, bytes: usize) {
        let bytes = u32::try_from(bytes.min(UNREAD_BYTES)).unwrap_or(u32::MAX);
        // An error would mean that the semaphore is closed, which it never is.
        if let Ok(room) = self.room.acquire_many(bytes).await {
            room.forget();
        }
    }
}

/// Reports what comes until the stream ends.
pub(super) async fn read_output<R: Report>(
    is_stderr: bool,
    mut stream: impl AsyncRead + Unpin,
    unread: UnreadOutput,
    mut intake: Intake,
    reports: Arc<R>,
) {
    loop {
        let mut bytes = Vec::with_capacity(CHUNK_BYTES);
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(length) => {
                let place = intake.admit(length, unread.take_room(length)).await;
                reports.report(Fact::Output { is_stderr, bytes: Payload::new(bytes, place) });
            }
        }
    }
}

/// Asks the readers of a process's output to report what it had written by now.
#[derive(Debug, Default)]
pub(super) struct Settling {
    readers: Vec<mpsc::UnboundedSender<oneshot::Sender<()>>>,
}

impl Settling {
    /// One more stream; its reader takes the requests.
    pub(super) fn add(&mut self) -> mpsc::UnboundedReceiver<oneshot::Sender<()>> {
        let (sender, requests) = mpsc::unbounded_channel();
        self.readers.push(sender);
        requests
    }

    /// Returns when everything that the process has written by now has been reported, or is held up by the host's own
    /// stream for longer than that may delay anything.
    pub(super) async fn settled(&self) {
        if self.readers.is_empty() {
            return;
        }
        let all = async {
            for reader in &self.readers {
                let (answer, settled) = oneshot::channel();
                if reader.send(answer).is_ok() {
                    // A stream that has ended answers nothing.
                    let _settled = settled.await;
                }
            }
        };
        let _in_time = timeout(CHANNEL_GRACE, all).await;
    }
}

/// Reads a stream whose output the host keeps.
pub(super) struct KeptStream<S, R> {
    is_stderr: bool,
    stream: S,
    copier: Option<Copier>,
    exited: Exited,
    reports: Arc<R>,
}

impl<S: AsyncRead + Unpin, R: Report> KeptStream<S, R> {
    pub(super) fn new(
        (is_stderr, stream): (bool, S),
        output: OutputUse,
        exited: Exited,
        reports: Arc<R>,
    ) -> Self {
        let copier = (output == OutputUse::KeepAndCopy).then(|| Copier::new(is_stderr));
        KeptStream { is_stderr, stream, copier, exited, reports }
    }

    /// Reports what comes until the stream ends, or the process has exited and all that it wrote has been reported:
    /// another process may hold the stream open.
    pub(super) async fn read(mut self, mut requests: mpsc::UnboundedReceiver<oneshot::Sender<()>>) {
        let mut exited = self.exited.clone();
        let mut bytes = Vec::with_capacity(CHUNK_BYTES);
        loop {
            tokio::select! {
                biased;
                read = self.stream.read_buf(&mut bytes) => match read {
                    Ok(0) | Err(_) => break,
                    Ok(_) => self.take(std::mem::replace(&mut bytes, Vec::with_capacity(CHUNK_BYTES))).await,
                },
                Some(answer) = requests.recv() => {
                    self.settle(false).await;
                    // Whoever has asked may not wait any longer.
                    let _answered = answer.send(());
                }
                () = has_exited(&mut exited) => break,
            }
        }
        self.settle(true).await;
    }

    /// Reports what the pipe holds, and waits until it is written to the host's own stream; but for the last time no
    /// longer than the process lives.
    async fn settle(&mut self, is_last: bool) {
        // The runtime learns here what has become readable.
        tokio::task::yield_now().await;
        let mut left = PIPE_BYTES;
        while left > 0 {
            let mut bytes = Vec::with_capacity(CHUNK_BYTES);
            let read = tokio::select! {
                biased;
                read = self.stream.read_buf(&mut bytes) => read.unwrap_or(0),
                () = std::future::ready(()) => 0,
            };
            if read == 0 {
                break;
            }
            left = left.saturating_sub(read);
            self.take(bytes).await;
        }
        if let Some(copier) = &mut self.copier {
            tokio::select! {
                biased;
                () = copier.written() => {}
                () = has_exited(&mut self.exited), if !is_last => {}
            }
        }
    }

    async fn take(&mut self, bytes: Vec<u8>) {
        let is_stderr = self.is_stderr;
        let Some(copier) = &mut self.copier else {
            return self.reports.report(Fact::Output { is_stderr, bytes: bytes.into() });
        };
        let copy = bytes.clone();
        self.reports.report(Fact::Output { is_stderr, bytes: bytes.into() });
        let room = tokio::select! {
            biased;
            room = copier.room(copy.len()) => room,
            // What an exited process has left is written, too, but the run does not wait for whoever reads.
            () = has_exited(&mut self.exited) => None,
        };
        copier.write(copy, room);
    }
}
/// Returns once the process has exited.
async fn has_exited(exited: &mut Exited) {
    // An error means that its supervision has ended, and this soon.
    drop(exited.wait_for(Option::is_some).await);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::worker::backlog::Backlog;
    use crate::worker::fact::Recorder;
    use crate::worker::os::ExitStatus;
    use tokio::sync::watch;

    async fn settle() {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn output_that_is_not_read_waits_beyond_its_bound() {
        let (_exited, has_exited) = watch::channel(None);
        let recorder = Arc::new(Recorder::default());
        let unread = UnreadOutput::new();
        let intake = Intake::new(Backlog::new().for_worker(), has_exited);
        let endless = tokio::io::repeat(b'x');
        tokio::spawn(read_output(false, endless, unread.clone(), intake, Arc::clone(&recorder)));
        let mut chunks = 0;
        // The host takes every event at once, and reads nothing.
        for _ in 0..3 {
            settle().await;
            chunks += recorder.take().len();
        }
        assert_eq!(chunks, UNREAD_BYTES / CHUNK_BYTES);
        unread.was_read(CHUNK_BYTES);
        settle().await;
        assert_eq!(recorder.take(), ["output of 65536"]);
        // Output that took no room may be read, too.
        unread.was_read(usize::MAX);
        settle().await;
        assert_eq!(unread.room.available_permits(), 0);
    }

    type Request = mpsc::UnboundedSender<oneshot::Sender<()>>;

    /// Keeps what a process writes to the returned end.
    fn keep(
        stream: impl AsyncRead + Unpin + Send + 'static,
    ) -> (Request, watch::Sender<Option<ExitStatus>>, Arc<Recorder>, tokio::task::JoinHandle<()>) {
        let (exited, has_exited) = watch::channel(None);
        let recorder = Arc::new(Recorder::default());
        let (request, requests) = mpsc::unbounded_channel();
        let kept = KeptStream::new((false, stream), OutputUse::Keep, has_exited, Arc::clone(&recorder));
        (request, exited, recorder, tokio::spawn(kept.read(requests)))
    }

    #[tokio::test]
    async fn output_that_is_kept_waits_for_nobody() {
        let much = tokio::io::repeat(b'x').take(4 * UNREAD_BYTES as u64);
        let (_request, _exited, recorder, task) = keep(much);
        task.await.unwrap();
        assert_eq!(recorder.take().len(), 4 * UNREAD_BYTES / CHUNK_BYTES);
    }

    #[tokio::test]
    async fn what_was_written_before_a_request_is_reported_before_its_answer() {
        let (reader, writer) = std::io::pipe().unwrap();
        let reader = tokio::net::unix::pipe::Receiver::from_owned_fd(reader.into()).unwrap();
        let (request, _exited, recorder, _task) = keep(reader);
        settle().await;
        for length in [10, 60_000] {
            // The runtime has not been told that there is something to read.
            std::io::Write::write_all(&mut &writer, &vec![b'x'; length]).unwrap();
            let (answer, answered) = oneshot::channel();
            request.send(answer).unwrap();
            answered.await.unwrap();
            assert_eq!(recorder.take(), [format!("output of {length}")]);
        }
    }

    #[tokio::test]
    async fn a_stream_that_another_process_holds_ends_with_the_process() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let reader = tokio::net::unix::pipe::Receiver::from_owned_fd(reader.into()).unwrap();
        let (_request, exited, recorder, task) = keep(reader);
        std::io::Write::write_all(&mut writer, b"last words").unwrap();
        exited.send(Some(ExitStatus::Code(0))).unwrap();
        task.await.unwrap();
        assert_eq!(recorder.take(), ["output of 10"]);
        // The other end is still open.
        drop(writer);
    }

    #[tokio::test]
    async fn readers_that_have_ended_are_not_waited_for() {
        let mut settling = Settling::default();
        drop(settling.add());
        let mut last = settling.add();
        let ends_unanswered = tokio::spawn(async move { last.recv().await.is_some() });
        settling.settled().await;
        assert!(ends_unanswered.await.unwrap());
    }
}
