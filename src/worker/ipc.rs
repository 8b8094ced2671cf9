//! The frames of the private channel between host and worker process, as bytes.
//!
//! A frame is the length of its payload (u32, little endian), its kind (u8), and the payload. The
//! other end is `lib/worker/bootstrap.js`; `docs/design/worker-protocol.md` describes both sides. Payloads
//! that hold values of JavaScript stay opaque here.

use std::io;
use std::sync::Arc;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::backlog::Payload;

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 5;
/// The largest payload that either side accepts, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024 * 1024;

/// A frame from a worker process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerFrame {
    /// It has booted and waits for its job.
    Ready,
    /// It is about to run the job's module.
    Online,
    /// A message of the job: structured-clone bytes.
    Message(Payload),
    /// The message 'done': the process ends itself now.
    Done(Vec<u8>),
    /// The message 'cancelled'.
    Cancelled(Vec<u8>),
    /// A job that listens for messages, and has no handler of its own, was sent this signal. The process
    /// asks what to do about it.
    Signal(i32),
    /// The job's main module has been loaded, and what it exports is a function.
    ExportsFunction {
        /// Nothing kept the event loop alive then: the module had begun nothing that lasts.
        is_idle: bool,
    },
    /// The job has posted 'done' and is still writing output.
    Flushing,
    /// An uncaught error. The process ends itself now.
    Error {
        /// The bytes of its envelope.
        envelope: Vec<u8>,
        /// It says that trying again is of no use.
        is_permanent: bool,
    },
    /// A report of a run that goes on.
    Report {
        /// The number of the run.
        run: u32,
        /// What it reports.
        kind: ReportKind,
        /// As the kind says.
        payload: Payload,
    },
    /// A handler has returned: the bytes of its value. The process waits for its next run.
    Returned {
        /// The number of the run.
        run: u32,
        /// Structured-clone bytes.
        value: Vec<u8>,
    },
    /// The process has not begun this run, which was sent ahead, and will not.
    NotBegun {
        /// The number of the run.
        run: u32,
    },
    /// The process of a handler has booted, and loads the module.
    Loading,
    /// The process begins no further run: it has grown over its limit, or is about to end.
    Worn {
        /// The number of the run that goes; 0 if none does.
        going: u32,
    },
    /// A handler has thrown. The process waits for its next run.
    Threw {
        /// The number of the run.
        run: u32,
        /// The bytes of the error's envelope.
        envelope: Vec<u8>,
        /// It says that trying again is of no use.
        is_permanent: bool,
    },
}

impl WorkerFrame {
    /// Whether what the process has printed before belongs ahead of it.
    pub(crate) fn follows_output(&self) -> bool {
        matches!(
            self,
            WorkerFrame::Returned { .. }
                | WorkerFrame::Threw { .. }
                | WorkerFrame::Report { kind: ReportKind::Log, .. }
        )
    }
}

/// What a run may report while it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// How far it has come: JSON.
    Progress,
    /// A line for its log: JSON.
    Log,
    /// What it answers: structured-clone bytes.
    Result,
    /// That it is alive: empty.
    Alive,
}

/// Why the channel cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChannelError {
    /// A kind of frame that this version does not know.
    #[error("it sent a frame of unknown kind {0}")]
    UnknownKind(u8),
    /// A payload larger than [`MAX_PAYLOAD_BYTES`].
    #[error("it sent a frame of {0} bytes, more than the limit of {MAX_PAYLOAD_BYTES}")]
    TooLarge(usize),
    /// The channel ended in the middle of a frame.
    #[error("it closed its channel in the middle of a frame")]
    Cut,
    /// The process closed its end and kept running.
    #[error("it closed its channel")]
    Closed,
    /// The payload of a message cannot be deserialized.
    #[error("it sent a message that cannot be deserialized")]
    BadMessage,
    /// The system refused.
    #[error("reading or writing failed: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for ChannelError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ChannelError::Cut,
            kind => ChannelError::Io(kind),
        }
    }
}

/// The beginning of a frame. Its payload has to be read next.
#[derive(Debug)]
pub struct FrameHeader {
    kind: FrameKind,
    /// Bytes of the payload.
    pub length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Ready,
    Online,
    Message,
    Done,
    Cancelled,
    Error,
    Signal,
    ExportsFunction,
    Flushing,
    PermanentError,
    Report(ReportKind),
    Returned,
    Threw,
    NotBegun,
    Loading,
    Worn,
}

impl FrameHeader {
    /// Whether this is a message or a report of the job's, which may have to wait. No other frame may.
    pub fn may_wait(&self) -> bool {
        matches!(self.kind, FrameKind::Message | FrameKind::Report(_))
    }

    /// Reads the rest of the frame.
    ///
    /// # Errors
    /// [`ChannelError`]; the channel is of no use after any of them.
    pub async fn read_payload<R: AsyncRead + Unpin>(
        self,
        reader: &mut R,
    ) -> Result<WorkerFrame, ChannelError> {
        let payload = read_payload(reader, self.length).await?;
        Ok(match self.kind {
            FrameKind::Ready => WorkerFrame::Ready,
            FrameKind::Online => WorkerFrame::Online,
            FrameKind::Message => WorkerFrame::Message(Payload::from(payload)),
            FrameKind::Done => WorkerFrame::Done(payload),
            FrameKind::Cancelled => WorkerFrame::Cancelled(payload),
            FrameKind::Signal => WorkerFrame::Signal(payload.first().map_or(0, |&number| number.into())),
            FrameKind::ExportsFunction => {
                WorkerFrame::ExportsFunction { is_idle: payload.first() == Some(&1) }
            }
            FrameKind::Flushing => WorkerFrame::Flushing,
            FrameKind::Error => WorkerFrame::Error { envelope: payload, is_permanent: false },
            FrameKind::PermanentError => WorkerFrame::Error { envelope: payload, is_permanent: true },
            FrameKind::Report(kind) => {
                let (run, payload) = split_run(&payload)?;
                WorkerFrame::Report { run, kind, payload: Payload::from(payload.to_vec()) }
            }
            FrameKind::Returned => {
                let (run, value) = split_run(&payload)?;
                WorkerFrame::Returned { run, value: value.to_vec() }
            }
            FrameKind::Threw => {
                let (run, rest) = split_run(&payload)?;
                let (&flags, envelope) = rest.split_first().ok_or(ChannelError::Cut)?;
                WorkerFrame::Threw { run, envelope: envelope.to_vec(), is_permanent: flags & 1 != 0 }
            }
            FrameKind::NotBegun => WorkerFrame::NotBegun { run: split_run(&payload)?.0 },
            FrameKind::Loading => WorkerFrame::Loading,
            FrameKind::Worn => WorkerFrame::Worn { going: split_run(&payload)?.0 },
        })
    }
}

/// Reads the beginning of a frame; `None` at the end of the channel between two frames.
///
/// # Errors
/// [`ChannelError`]; the channel is of no use after any of them.
pub async fn read_header<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Option<FrameHeader>, ChannelError> {
    let mut header = [0; HEADER_BYTES];
    if reader.read(&mut header[..1]).await? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut header[1..]).await?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    if length > MAX_PAYLOAD_BYTES {
        return Err(ChannelError::TooLarge(length));
    }
    let kind = match header[4] {
        1 => FrameKind::Ready,
        2 => FrameKind::Message,
        3 => FrameKind::Done,
        4 => FrameKind::Cancelled,
        12 => FrameKind::Signal,
        5 => FrameKind::Error,
        6 => FrameKind::Online,
        10 => FrameKind::ExportsFunction,
        11 => FrameKind::Flushing,
        7 => FrameKind::Report(ReportKind::Progress),
        8 => FrameKind::Report(ReportKind::Log),
        9 => FrameKind::Report(ReportKind::Result),
        16 => FrameKind::Returned,
        17 => FrameKind::Threw,
        18 => FrameKind::Report(ReportKind::Alive),
        19 => FrameKind::PermanentError,
        20 => FrameKind::NotBegun,
        21 => FrameKind::Worn,
        22 => FrameKind::Loading,
        kind => return Err(ChannelError::UnknownKind(kind)),
    };
    Ok(Some(FrameHeader { kind, length }))
}

/// The number of a run that leads a payload, and the rest.
fn split_run(payload: &[u8]) -> Result<(u32, &[u8]), ChannelError> {
    let (run, rest) = payload.split_first_chunk().ok_or(ChannelError::Cut)?;
    Ok((u32::from_le_bytes(*run), rest))
}

/// Memory is taken as bytes arrive, not as a header promises.
async fn read_payload<R: AsyncRead + Unpin>(reader: &mut R, length: usize) -> Result<Vec<u8>, ChannelError> {
    let mut payload = Vec::with_capacity(length.min(1024 * 1024));
    let read = reader.take(length as u64).read_to_end(&mut payload).await?;
    if read < length {
        return Err(ChannelError::Cut);
    }
    Ok(payload)
}

/// A frame from the host, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFrame {
    /// The header and the first part of the payload.
    pub head: Vec<u8>,
    /// The rest of the payload: bytes that other frames may share.
    pub tail: Arc<[u8]>,
}

impl HostFrame {
    /// What is left of a frame, or all of it, as bytes.
    pub(super) fn encoded(bytes: Vec<u8>) -> Self {
        HostFrame { head: bytes, tail: Arc::default() }
    }

    /// Bytes of the whole frame.
    pub(super) fn length(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// The whole frame.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        bytes.extend_from_slice(&self.tail);
        bytes
    }

    /// START, the job to prepare for: `header` is JSON, `job` the bytes that the host encoded.
    pub fn start(header: &serde_json::Value, job: Arc<[u8]>) -> Self {
        let header = header.to_string();
        let mut frame = Self::new(1, 4 + header.len(), job);
        frame.head.extend_from_slice(&u32_le(header.len()));
        frame.head.extend_from_slice(header.as_bytes());
        frame
    }

    /// GO: run the job of the START frame.
    pub fn go() -> Self {
        Self::new(3, 0, Arc::default())
    }

    /// The process shall do what its last signal does by default: end.
    pub fn take_signal() -> Self {
        Self::new(6, 0, Arc::default())
    }

    /// A message for the job's `parentPort`: structured-clone bytes.
    pub fn message(bytes: Arc<[u8]>) -> Self {
        Self::new(2, 0, bytes)
    }

    /// A run of a handler: `header` is JSON, `data` what the handler is called with.
    pub fn run(run: u32, header: &serde_json::Value, data: Arc<[u8]>) -> Self {
        let header = header.to_string();
        let mut frame = Self::new(4, 8 + header.len(), data);
        frame.head.extend_from_slice(&run.to_le_bytes());
        frame.head.extend_from_slice(&u32_le(header.len()));
        frame.head.extend_from_slice(header.as_bytes());
        frame
    }

    /// The request to stop a run of a handler.
    pub fn abort(run: u32) -> Self {
        let mut frame = Self::new(5, 4, Arc::default());
        frame.head.extend_from_slice(&run.to_le_bytes());
        frame
    }

    /// The request to give back a run that was sent ahead, unless it has begun.
    pub fn recall(run: u32) -> Self {
        let mut frame = Self::new(7, 4, Arc::default());
        frame.head.extend_from_slice(&run.to_le_bytes());
        frame
    }

    fn new(kind: u8, lead_bytes: usize, tail: Arc<[u8]>) -> Self {
        let mut head = Vec::with_capacity(HEADER_BYTES + lead_bytes);
        head.extend_from_slice(&u32_le(lead_bytes + tail.len()));
        head.push(kind);
        HostFrame { head, tail }
    }
}

/// The binding refuses what would not fit (see `MAX_PAYLOAD_BYTES`), so this never saturates.
fn u32_le(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Result<Vec<WorkerFrame>, ChannelError> {
        let mut frames = Vec::new();
        while let Some(header) = read_header(&mut bytes).await? {
            frames.push(header.read_payload(&mut bytes).await?);
        }
        Ok(frames)
    }

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = u32_le(payload.len()).to_vec();
        bytes.push(kind);
        bytes.extend_from_slice(payload);
        bytes
    }

    #[tokio::test]
    async fn frames_arrive_in_order_and_the_end_is_quiet() {
        let bytes =
            [frame(1, b"{}"), frame(6, b""), frame(2, b"one"), frame(12, &[15]), frame(3, b"done")].concat();
        let frames = read_all(&bytes).await.unwrap();
        assert_eq!(
            frames,
            [
                WorkerFrame::Ready,
                WorkerFrame::Online,
                WorkerFrame::Message(b"one".to_vec().into()),
                WorkerFrame::Signal(15),
                WorkerFrame::Done(b"done".to_vec())
            ]
        );
    }

    #[tokio::test]
    async fn what_a_module_exports_says_whether_its_event_loop_was_empty() {
        let bytes = [frame(10, &[1]), frame(10, &[0]), frame(10, b""), frame(11, b"")].concat();
        let exports = |is_idle| WorkerFrame::ExportsFunction { is_idle };
        assert_eq!(
            read_all(&bytes).await.unwrap(),
            [exports(true), exports(false), exports(false), WorkerFrame::Flushing]
        );
    }

    #[tokio::test]
    async fn a_cut_frame_an_unknown_kind_and_a_huge_length_are_errors() {
        let whole = frame(2, b"payload");
        for cut in 1..whole.len() {
            assert_eq!(read_all(&whole[..cut]).await, Err(ChannelError::Cut), "cut at {cut}");
        }
        assert!(matches!(read_all(&frame(99, b"")).await, Err(ChannelError::UnknownKind(99))));
        let huge = [u32::MAX.to_le_bytes().as_slice(), &[2]].concat();
        assert!(matches!(read_all(&huge).await, Err(ChannelError::TooLarge(_))));
    }

    #[test]
    fn a_start_frame_holds_header_and_job() {
        let frame = HostFrame::start(&serde_json::json!({"threadId": 1}), Arc::from(b"job".as_slice()));
        let header = br#"{"threadId":1}"#;
        let expected =
            [&u32_le(4 + header.len() + 3)[..], &[1], &u32_le(header.len()), header.as_slice()].concat();
        assert_eq!(frame.head, expected);
        assert_eq!(&*frame.tail, b"job");
        assert_eq!(HostFrame::go().head, [0, 0, 0, 0, 3]);
        assert_eq!(HostFrame::take_signal().head, [0, 0, 0, 0, 6]);
    }
}
