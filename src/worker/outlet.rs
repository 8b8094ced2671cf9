//! Writes a frame to a process from the thread that has made it, where no earlier one waits.
//!
//! The way over the driver's tasks costs a wake-up of their thread. It remains for frames that an earlier one
//! is ahead of, that the pipe has no room for, or that several of may be written in one go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use super::ipc::HostFrame;
use super::os::ChannelWriter;

/// As much as a pipe takes whole or not at all. What is larger may take a while to copy.
const SHORT_BYTES: usize = 4096;

/// The way of frames to one process.
///
/// All calls of [`Outlet::send`] and [`Outlet::queued`] are made one after another, under a lock of the caller's.
#[derive(Debug, Default)]
pub(crate) struct Outlet {
    /// Frames that are on their way over the tasks.
    waiting: AtomicUsize,
    /// Once the process has been started, until its channel is closed.
    writer: OnceLock<Weak<ChannelWriter>>,
}

impl Outlet {
    /// Frames may be written from now on, for as long as this is held.
    pub(super) fn open(&self, writer: &Arc<ChannelWriter>) {
        // There is one channel, opened once.
        let _is_first = self.writer.set(Arc::downgrade(writer));
    }

    /// Writes a frame now. Gives back what has to go over the tasks, and counts it as [`Outlet::queued`] does.
    pub(crate) fn send(&self, frame: HostFrame) -> Option<HostFrame> {
        let rest = if self.waiting.load(Ordering::Acquire) == 0 { self.write(frame) } else { Some(frame) };
        if rest.is_some() {
            self.queued();
        }
        rest
    }

    /// A frame goes over the tasks: those that follow wait for it.
    pub(crate) fn queued(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// The tasks have written so many frames.
    pub(super) fn written(&self, frames: usize) {
        self.waiting.fetch_sub(frames, Ordering::Release);
    }

    fn write(&self, frame: HostFrame) -> Option<HostFrame> {
        let writer = self.writer.get().and_then(Weak::upgrade);
        let Some(writer) = writer.filter(|_| frame.length() <= SHORT_BYTES) else { return Some(frame) };
        let bytes = frame.into_bytes();
        match writer.try_write(&bytes) {
            Ok(length) if length == bytes.len() => None,
            Ok(length) => Some(HostFrame::encoded(bytes[length..].to_vec())),
            // It has no room. Any other error the task meets as well, and reports.
            Err(_) => Some(HostFrame::encoded(bytes)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::unix::pipe;

    fn frame(text: &str) -> HostFrame {
        HostFrame::message(Arc::from(text.as_bytes()))
    }

    /// An outlet whose first frame the runtime has seen that there is room for.
    async fn opened() -> std::io::Result<(Outlet, Arc<ChannelWriter>, pipe::Receiver)> {
        let (writer, reader) = pipe::pipe()?;
        writer.writable().await?;
        let (outlet, writer) = (Outlet::default(), Arc::new(writer));
        outlet.open(&writer);
        Ok((outlet, writer, reader))
    }

    #[tokio::test]
    async fn a_frame_that_waits_for_none_is_written_at_once() {
        let (outlet, _writer, mut reader) = opened().await.unwrap();
        assert_eq!(outlet.send(frame("one")), None);
        let mut read = [0; 8];
        reader.read_exact(&mut read).await.unwrap();
        assert_eq!(read, *b"\x03\0\0\0\x02one");
    }

    #[tokio::test]
    async fn frames_behind_one_on_its_way_over_the_tasks_follow_it_until_that_is_written() {
        let (outlet, _writer, _reader) = opened().await.unwrap();
        outlet.queued();
        assert_eq!(outlet.send(frame("two")), Some(frame("two")));
        assert_eq!(outlet.send(frame("three")), Some(frame("three")));
        outlet.written(2);
        assert!(outlet.send(frame("four")).is_some(), "one has not been written");
        outlet.written(2);
        assert_eq!(outlet.send(frame("five")), None);
    }

    #[tokio::test]
    async fn frames_that_are_long_or_that_there_is_no_room_for_go_over_the_tasks() {
        let (outlet, writer, _reader) = opened().await.unwrap();
        let long = frame(&"x".repeat(SHORT_BYTES));
        assert_eq!(outlet.send(long.clone()), Some(long));
        outlet.written(1);
        while writer.try_write(&[0; SHORT_BYTES]).is_ok() {}
        let rest = outlet.send(frame("full")).unwrap();
        assert_eq!(rest.into_bytes(), frame("full").into_bytes());
    }

    #[tokio::test]
    async fn before_the_start_and_after_the_end_of_a_process_no_frame_is_written_here() {
        assert!(Outlet::default().send(frame("early")).is_some());
        let (outlet, writer, _reader) = opened().await.unwrap();
        drop(writer);
        assert!(outlet.send(frame("late")).is_some());
    }
}
