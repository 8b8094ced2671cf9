//! Events on their way to the host, in the order of the decisions.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::engine::JobEvent;

/// Events waiting beyond this many make the readers of workers pause, so that a worker that floods a
/// slow host waits in its own `postMessage` and the memory of both stays bounded.
const ROOM_EVENTS: usize = 4096;
/// As `ROOM_EVENTS`, for the bytes of messages and output.
const ROOM_BYTES: usize = 16 * 1024 * 1024;
/// A batch is closed when it has this many bytes: it is copied once more on its way.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// A queue whose one consumer is woken when it stops being empty.
pub struct EventQueue {
    waiting: Mutex<Waiting>,
    has_room: Notify,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<JobEvent>,
    bytes: usize,
}

impl EventQueue {
    /// `wake` is called, from any thread, when there is something to take.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        EventQueue { waiting: Mutex::default(), has_room: Notify::new(), wake: Box::new(wake) }
    }

    /// Adds an event at the end. If this says so, the caller has to [`wake`](EventQueue::wake) the
    /// consumer, soon.
    #[must_use]
    pub fn push(&self, event: JobEvent) -> bool {
        let mut waiting = self.lock();
        waiting.bytes += weight(&event);
        waiting.events.push_back(event);
        waiting.events.len() == 1
    }

    /// Tells the consumer that there is something to take.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Takes up to `max` events from the front, and says whether there are more. If so, the caller has
    /// to come again by itself.
    pub fn take(&self, max: usize) -> (Vec<JobEvent>, bool) {
        let mut waiting = self.lock();
        let mut bytes = 0;
        let mut taken = Vec::new();
        while taken.len() < max && bytes < BATCH_BYTES {
            let Some(event) = waiting.events.pop_front() else { break };
            bytes += weight(&event);
            taken.push(event);
        }
        waiting.bytes -= bytes;
        let has_more = !waiting.events.is_empty();
        drop(waiting);
        self.has_room.notify_waiters();
        (taken, has_more)
    }

    /// Waits until the host has taken enough for more to be read.
    pub async fn room(&self) {
        loop {
            let taken = self.has_room.notified();
            tokio::pin!(taken);
            // Registered before the look, so that a take in between is not missed.
            taken.as_mut().enable();
            if self.lock().has_room() {
                return;
            }
            taken.await;
        }
    }

    /// A thread that panicked while it held the lock has left a whole queue: every change is one step.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn has_room(&self) -> bool {
        self.events.len() < ROOM_EVENTS && self.bytes < ROOM_BYTES
    }
}

impl fmt::Debug for EventQueue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventQueue")
            .field("waiting", &self.lock().events.len())
            .finish_non_exhaustive()
    }
}

fn weight(event: &JobEvent) -> usize {
    match event {
        JobEvent::Message { bytes, .. } | JobEvent::Output { bytes, .. } => bytes.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::engine::RunId;

    fn message(run: u32, length: usize) -> JobEvent {
        JobEvent::Message { run: RunId(run), bytes: vec![0; length] }
    }

    #[test]
    fn one_wake_up_serves_all_that_waits() {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let queue = EventQueue::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let push = |run| {
            if queue.push(message(run, 1)) {
                queue.wake();
            }
        };
        (0..3).for_each(push);
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
        assert_eq!(queue.take(2), (vec![message(0, 1), message(1, 1)], true));
        assert_eq!(queue.take(2), (vec![message(2, 1)], false));
        push(3);
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_batch_of_large_messages_is_a_small_one() {
        let queue = EventQueue::new(|| {});
        for run in 0..3 {
            let _is_first = queue.push(message(run, BATCH_BYTES));
        }
        for run in 0..3 {
            assert_eq!(queue.take(usize::MAX), (vec![message(run, BATCH_BYTES)], run < 2));
        }
    }

    #[tokio::test]
    async fn a_reader_waits_until_the_host_has_taken_what_is_too_much() {
        let queue = Arc::new(EventQueue::new(|| {}));
        queue.room().await;
        assert!(queue.push(message(1, ROOM_BYTES)));
        let reader = Arc::clone(&queue);
        let waits = tokio::spawn(async move { reader.room().await });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        queue.take(usize::MAX);
        waits.await.unwrap();
    }
}
