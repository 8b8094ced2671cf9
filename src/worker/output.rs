//! Captured output of a process, on its way to the host's streams.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Semaphore;

use super::backlog::Payload;
use super::fact::{Fact, Report};
use super::intake::Intake;

const CHUNK_BYTES: usize = 64 * 1024;
/// How much output of one stream the host program may leave unread.
const UNREAD_BYTES: usize = 1024 * 1024;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::backlog::Backlog;
    use crate::worker::fact::Recorder;
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
}
