//! Writes output of processes to the host's own standard output and standard error.
//!
//! Whoever reads those may be slow, or not read at all: a write may wait for ever. So each has a thread of its own,
//! started with the first output. A process may be so much ahead of the reader; then its own writes wait.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How much output of one process may wait to be written.
const UNWRITTEN_BYTES: usize = 256 * 1024;

/// One of the host's streams.
#[derive(Debug)]
struct HostStream {
    is_stderr: bool,
    inbox: Mutex<Option<Sender<Order>>>,
}

#[derive(Debug)]
enum Order {
    /// Write these; the room that they take is free then.
    Write(Vec<u8>, Option<OwnedSemaphorePermit>),
    /// Answer: everything before has been written.
    Answer(oneshot::Sender<()>),
}

static STDOUT: HostStream = HostStream { is_stderr: false, inbox: Mutex::new(None) };
static STDERR: HostStream = HostStream { is_stderr: true, inbox: Mutex::new(None) };

/// Where output of one stream of a process is copied to.
#[derive(Debug)]
pub(super) struct Copier {
    stream: &'static HostStream,
    room: Arc<Semaphore>,
    /// Something of it may still wait to be written.
    is_behind: bool,
}

impl Copier {
    pub(super) fn new(is_stderr: bool) -> Self {
        let stream = if is_stderr { &STDERR } else { &STDOUT };
        Copier { stream, room: Arc::new(Semaphore::new(UNWRITTEN_BYTES)), is_behind: false }
    }

    /// Waits for room for so many bytes. Cancel-safe.
    pub(super) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let cost = u32::try_from(bytes.min(UNWRITTEN_BYTES)).unwrap_or(u32::MAX);
        // An error would mean that the semaphore is closed, which it never is.
        Arc::clone(&self.room).acquire_many_owned(cost).await.ok()
    }

    /// Has these bytes written; the room that they take is free then.
    pub(super) fn write(&mut self, bytes: Vec<u8>, room: Option<OwnedSemaphorePermit>) {
        self.is_behind = self.stream.send(Order::Write(bytes, room));
    }

    /// Returns when everything has been written; at once, if that was so before. Others may have filled the stream.
    pub(super) async fn written(&mut self) {
        let (answer, written) = oneshot::channel();
        if self.is_behind && self.stream.send(Order::Answer(answer)) {
            // Without an answer there is nothing to wait for.
            let _answer = written.await;
        }
        self.is_behind = false;
    }
}

impl HostStream {
    /// Returns false if there is no thread for it: the output is lost then.
    fn send(&'static self, order: Order) -> bool {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        if inbox.is_none() {
            let (sender, orders) = unbounded();
            let name = if self.is_stderr { "job-manager-err" } else { "job-manager-out" };
            let builder = std::thread::Builder::new().name(name.to_owned());
            if builder.spawn(move || carry_out(&orders, self.is_stderr)).is_err() {
                return false;
            }
            *inbox = Some(sender);
        }
        // The thread lives as long as the process.
        inbox.as_ref().is_some_and(|inbox| inbox.send(order).is_ok())
    }
}

fn carry_out(orders: &Receiver<Order>, is_stderr: bool) {
    for order in orders {
        match order {
            Order::Write(bytes, room) => {
                // Nobody reads: it goes where the output of the host itself goes then.
                let _lost = write(is_stderr, &bytes);
                drop(room);
            }
            // The process may have been given up meanwhile.
            Order::Answer(answer) => drop(answer.send(())),
        }
    }
}

#[cfg(unix)]
fn write(is_stderr: bool, bytes: &[u8]) -> io::Result<()> {
    let stream = if is_stderr { rustix::stdio::stderr() } else { rustix::stdio::stdout() };
    write_to(stream, bytes)
}

/// Writes all of it, also to what does not block: Node makes pipes so.
#[cfg(unix)]
fn write_to(stream: std::os::fd::BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    while !bytes.is_empty() {
        match rustix::io::write(stream, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&stream, PollFlags::OUT)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write(is_stderr: bool, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    if is_stderr {
        return std::io::stderr().write_all(bytes);
    }
    let mut stdout = std::io::stdout();
    stdout.write_all(bytes)?;
    stdout.flush()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{OFlags, fcntl_setfl};
    use std::io::Read;
    use std::os::fd::AsFd;

    #[test]
    fn all_is_written_to_a_pipe_that_does_not_block() {
        let (mut reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let expected = bytes.clone();
        let writing = std::thread::spawn(move || write_to(writer.as_fd(), &bytes));
        let mut found = Vec::new();
        reader.read_to_end(&mut found).unwrap();
        writing.join().unwrap().unwrap();
        assert!(found == expected);
    }

    #[test]
    fn output_that_nobody_reads_is_given_up() {
        let (reader, writer) = io::pipe().unwrap();
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        drop(reader);
        assert_eq!(write_to(writer.as_fd(), b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
