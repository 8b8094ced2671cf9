//! Both directions of the private channel of one process.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::fact::{Fact, Report};
use super::intake::{Exited, Intake};
use super::ipc::{ChannelError, HostFrame, WorkerFrame, read_header};
use super::os::{ChannelWriter, ExitStatus, reader_is_gone};
use super::outlet::Outlet;
use super::output::Settling;

/// A channel that stays open this long after its process has exited is held by another process; one
/// that ended this long before was closed on purpose.
pub(super) const CHANNEL_GRACE: Duration = Duration::from_secs(2);
/// As much as a pipe holds: a burst of small messages costs few reads.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Frames are written together up to so many bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// Reports the frames that a process writes, until its channel ends. Only messages wait for room in the
/// backlog; all other frames are reported at once, but for those that what the process printed before belongs ahead of.
pub(super) async fn read_frames<R: Report>(
    channel: impl AsyncRead + Unpin,
    mut intake: Intake,
    output: Settling,
    reports: Arc<R>,
) {
    let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, channel);
    loop {
        match next_frame(&mut reader, &mut intake).await {
            Ok(Some(frame)) => {
                if frame.follows_output() {
                    output.settled().await;
                }
                reports.report(Fact::Frame(frame));
            }
            end => {
                if let Some(error) = complaint(end.err(), intake.exited()).await {
                    reports.report(Fact::ChannelBroke(error));
                }
                return;
            }
        }
    }
}

async fn next_frame(
    reader: &mut (impl AsyncRead + Unpin),
    intake: &mut Intake,
) -> Result<Option<WorkerFrame>, ChannelError> {
    let Some(header) = read_header(reader).await? else { return Ok(None) };
    let (may_wait, length) = (header.may_wait(), header.length);
    if may_wait && length > READ_BUFFER_BYTES {
        // Wait before memory is taken for it, but keep no place: a process that stops in the middle
        // of a large message must not hold up the others.
        drop(intake.admit(length, async {}).await);
    }
    match header.read_payload(reader).await? {
        WorkerFrame::Message(bytes) => {
            let place = intake.admit(length, async {}).await;
            Ok(Some(WorkerFrame::Message(bytes.at(place))))
        }
        WorkerFrame::Report { run, kind, payload } => {
            let place = intake.admit(length, async {}).await;
            Ok(Some(WorkerFrame::Report { run, kind, payload: payload.at(place) }))
        }
        frame => Ok(Some(frame)),
    }
}

/// Why a channel gives no further frame; `None` if it ended because its process has exited.
async fn complaint(error: Option<ChannelError>, exited: &mut Exited) -> Option<ChannelError> {
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

/// Writes frames until their sender is dropped or the process has closed its end.
pub(super) async fn write_frames<R: Report>(
    writer: Arc<ChannelWriter>,
    mut frames: mpsc::UnboundedReceiver<HostFrame>,
    outlet: Arc<Outlet>,
    reports: Arc<R>,
    mut exited: Exited,
) {
    loop {
        let written = tokio::select! {
            biased;
            frame = frames.recv() => match frame {
                Some(frame) => write_waiting(&writer, frame, &mut frames, &outlet).await,
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

/// Writes a frame and those that wait behind it, in as few calls of the system as can be: each costs more than
/// a short frame, and may wake the process.
async fn write_waiting(
    writer: &ChannelWriter,
    first: HostFrame,
    frames: &mut mpsc::UnboundedReceiver<HostFrame>,
    outlet: &Outlet,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut count = 0;
    let mut next = Some(first);
    while let Some(HostFrame { head, tail }) = next {
        bytes.extend_from_slice(&head);
        if bytes.len() + tail.len() > WRITE_BYTES {
            write_all(writer, &bytes).await?;
            bytes.clear();
            write_all(writer, &tail).await?;
        } else {
            bytes.extend_from_slice(&tail);
        }
        count += 1;
        next = frames.try_recv().ok();
    }
    write_all(writer, &bytes).await?;
    outlet.written(count);
    Ok(())
}

async fn write_all(writer: &ChannelWriter, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        writer.writable().await?;
        match writer.try_write(bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::backlog::Backlog;
    use crate::worker::fact::Recorder;
    use tokio::io::AsyncWriteExt;
    use tokio::sync::watch;
    use tokio::task::yield_now;

    const READY: u8 = 1;
    const MESSAGE: u8 = 2;
    const DONE: u8 = 3;
    const ONLINE: u8 = 6;

    fn frame(kind: u8, length: usize) -> Vec<u8> {
        let mut bytes = u32::try_from(length).unwrap().to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.resize(bytes.len() + length, b'x');
        bytes
    }

    /// Reads these frames with a full backlog.
    async fn read_when_full(
        frames: Vec<Vec<u8>>,
    ) -> (Arc<Recorder>, watch::Sender<Option<ExitStatus>>, crate::worker::backlog::Place) {
        let backlog = Backlog::new();
        let everything = backlog.for_worker().place(usize::MAX).await;
        let (exited, has_exited) = watch::channel(None);
        let recorder = Arc::new(Recorder::default());
        let intake = Intake::new(backlog.for_worker(), has_exited);
        let bytes = std::io::Cursor::new(frames.concat());
        tokio::spawn(read_frames(bytes, intake, Settling::default(), Arc::clone(&recorder)));
        settle().await;
        (recorder, exited, everything)
    }

    async fn settle() {
        for _ in 0..1000 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn only_messages_wait_for_room() {
        let frames = [(READY, 0), (ONLINE, 0), (DONE, 4)].map(|(kind, length)| frame(kind, length));
        let (recorder, _exited, _everything) = read_when_full(frames.into()).await;
        assert_eq!(recorder.take(), ["ready", "online", "done"]);
    }

    #[tokio::test]
    async fn what_comes_after_a_message_waits_with_it() {
        let frames = [(ONLINE, 0), (MESSAGE, 10), (DONE, 4)].map(|(kind, length)| frame(kind, length));
        let (recorder, _exited, everything) = read_when_full(frames.into()).await;
        assert_eq!(recorder.take(), ["online"]);
        drop(everything);
        settle().await;
        assert_eq!(recorder.take(), ["message of 10", "done"]);
    }

    #[tokio::test]
    async fn what_an_exited_process_left_in_the_pipe_needs_no_room() {
        let frames = [(MESSAGE, 10), (MESSAGE, 60_000), (DONE, 4)].map(|(kind, length)| frame(kind, length));
        let (recorder, exited, _everything) = read_when_full(frames.into()).await;
        exited.send(Some(ExitStatus::Code(0))).unwrap();
        settle().await;
        assert_eq!(recorder.take(), ["message of 10", "message of 60000", "done"]);
    }

    #[tokio::test]
    async fn a_flood_that_goes_on_after_the_exit_waits_for_room() {
        let frames = vec![frame(MESSAGE, 60_000); 100];
        let (recorder, exited, everything) = read_when_full(frames).await;
        exited.send(Some(ExitStatus::Code(0))).unwrap();
        settle().await;
        assert_eq!(recorder.take().len(), 17, "no pipe holds more than 1 MiB");
        drop(everything);
        settle().await;
        // It has the room of one worker now, and nothing is taken by the host.
        assert!(!recorder.take().is_empty());
    }

    #[tokio::test]
    async fn a_large_message_that_stops_in_the_middle_holds_up_no_other_worker() {
        let backlog = Backlog::new();
        let (_exited, has_exited) = watch::channel(None);
        let recorder = Arc::new(Recorder::default());
        let start = |channel: tokio::io::DuplexStream| {
            let intake = Intake::new(backlog.for_worker(), has_exited.clone());
            tokio::spawn(read_frames(channel, intake, Settling::default(), Arc::clone(&recorder)));
        };
        let large = frame(MESSAGE, 100_000_000);
        let (mut stopped, channel) = tokio::io::duplex(1024);
        start(channel);
        stopped.write_all(&large[..1_000_000]).await.unwrap();
        let (mut other, channel) = tokio::io::duplex(1024);
        start(channel);
        other.write_all(&frame(MESSAGE, 100_000)).await.unwrap();
        settle().await;
        assert_eq!(recorder.take(), ["message of 100000"]);
        stopped.write_all(&large[1_000_000..]).await.unwrap();
        settle().await;
        // It waits for the other one to be taken, which `take` has done.
        assert_eq!(recorder.take(), ["message of 100000000"]);
    }
}
