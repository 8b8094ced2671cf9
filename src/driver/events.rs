//! Events on their way to the host.
//!
//! State changes (a run started, ended, ...) go first, in the order in which the engine decided them.
//! Messages and output of runs follow, one event of each run in turn, so that a run that floods the host
//! does not delay the events of others. The events of one run stay in order: its end comes after
//! everything that it wrote.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::{JobEvent, RunId, RunRow};

/// A batch is closed once it has so many bytes, because all of them are copied once more.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// A queue with one consumer, which is woken when the queue stops being empty.
pub struct EventQueue {
    waiting: Mutex<Waiting>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// Its size is bounded where messages and output are read (`worker/backlog.rs`).
#[derive(Default)]
struct Waiting {
    decided: VecDeque<JobEvent>,
    /// Messages and output of each run that has any.
    written: HashMap<RunId, VecDeque<JobEvent>>,
    /// Runs in the order in which they are served. Runs without remaining events are skipped.
    turns: VecDeque<RunId>,
}

impl EventQueue {
    /// `wake` is called, from any thread, when there are events to take.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        EventQueue { waiting: Mutex::default(), wake: Box::new(wake) }
    }

    /// Adds an event. If this returns true, the caller has to [`wake`](EventQueue::wake) the consumer,
    /// soon.
    #[must_use]
    pub fn push(&self, event: JobEvent) -> bool {
        let mut waiting = self.lock();
        let was_empty = waiting.is_empty();
        waiting.push(event);
        was_empty
    }

    /// Notifies the consumer that there are events to take.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Takes up to `max` events, and returns whether there are more. If so, the caller has to call
    /// again by itself: `wake` is not called for them.
    pub fn take(&self, max: usize) -> (Vec<JobEvent>, bool) {
        let mut waiting = self.lock();
        let mut bytes = 0;
        let mut taken = Vec::new();
        while taken.len() < max && bytes < BATCH_BYTES {
            let Some(event) = waiting.pop() else { break };
            bytes += weight(&event);
            taken.push(event);
        }
        (taken, !waiting.is_empty())
    }

    /// The runs that have ended, and whose end the host has not been told yet; the last that ended first.
    pub fn endings(&self, is_wanted: impl Fn(&RunRow) -> bool, limit: usize) -> Vec<RunRow> {
        let waiting = self.lock();
        let rows = waiting.decided.iter().rev().filter_map(RunRow::of_end);
        rows.filter(is_wanted).take(limit).collect()
    }

    /// Ignores poisoning: each change is a single step, so a panic cannot leave a half-changed queue.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.decided.is_empty() && self.written.is_empty()
    }

    fn push(&mut self, event: JobEvent) {
        let (JobEvent::Message { run, .. } | JobEvent::Output { run, .. }) = event else {
            return self.decided.push_back(event);
        };
        let of_run = self.written.entry(run).or_default();
        if of_run.is_empty() {
            self.turns.push_back(run);
        }
        of_run.push_back(event);
    }

    fn pop(&mut self) -> Option<JobEvent> {
        if let Some(&JobEvent::RunEnded { run, .. }) = self.decided.front()
            && let Some(event) = self.pop_written(run)
        {
            return Some(event);
        }
        if let Some(event) = self.decided.pop_front() {
            return Some(event);
        }
        while let Some(run) = self.turns.pop_front() {
            if let Some(event) = self.pop_written(run) {
                if self.written.contains_key(&run) {
                    self.turns.push_back(run);
                }
                return Some(event);
            }
        }
        None
    }

    /// The next event of this run; a run without any leaves the table.
    fn pop_written(&mut self, run: RunId) -> Option<JobEvent> {
        let of_run = self.written.get_mut(&run)?;
        let event = of_run.pop_front();
        if of_run.is_empty() {
            self.written.remove(&run);
        }
        event
    }
}

impl fmt::Debug for EventQueue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.lock();
        formatter
            .debug_struct("EventQueue")
            .field("decided", &waiting.decided.len())
            .field("runs", &waiting.written.len())
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
    use crate::engine::{EndCause, RegistrationId, RunFacts, Trigger, Usage};
    use crate::timer::EpochMs;

    fn message(run: u32, length: usize) -> JobEvent {
        JobEvent::Message { run: RunId(run), handler: None, bytes: vec![0; length].into() }
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

    fn ended(run: u32) -> JobEvent {
        let cause = EndCause::Done;
        let registration = RegistrationId(1);
        JobEvent::RunEnded {
            run: RunId(run),
            name: Arc::from("job"),
            registration,
            id: None,
            facts: RunFacts {
                trigger: Trigger::Now,
                due: None,
                queued: EpochMs(0),
                started: None,
                online: None,
                attempt: 1,
                attempts: 1,
                thread: run,
            },
            cause,
            usage: Usage::default(),
            gave_up: None,
            at: EpochMs(0),
        }
    }

    fn taken(queue: &EventQueue, max: usize) -> Vec<JobEvent> {
        queue.take(max).0
    }

    #[test]
    fn a_flood_of_one_run_delays_no_other() {
        let queue = EventQueue::new(|| {});
        for _ in 0..1000 {
            let _is_first = queue.push(message(1, 10));
        }
        for event in [message(2, 20), message(3, 30), message(2, 21), ended(4)] {
            let _is_first = queue.push(event);
        }
        let expected = [
            ended(4),
            message(1, 10),
            message(2, 20),
            message(3, 30),
            message(1, 10),
            message(2, 21),
            message(1, 10),
            message(1, 10),
        ];
        assert_eq!(taken(&queue, expected.len()), expected);
    }

    #[test]
    fn a_run_whose_end_waits_can_be_seen_until_that_is_taken() {
        let queue = EventQueue::new(|| {});
        for event in [ended(1), message(2, 1), ended(2)] {
            let _is_first = queue.push(event);
        }
        let seen = |queue: &EventQueue| -> Vec<u32> {
            queue.endings(|_| true, usize::MAX).iter().map(|row| row.run.0).collect()
        };
        assert_eq!(seen(&queue), [2, 1]);
        assert_eq!(queue.endings(|row| row.run == RunId(1), 1).len(), 1);
        assert_eq!(taken(&queue, 1), [ended(1)]);
        assert_eq!(seen(&queue), [2]);
        taken(&queue, 2);
        assert!(seen(&queue).is_empty());
    }

    #[test]
    fn a_run_ends_after_all_that_it_wrote() {
        let queue = EventQueue::new(|| {});
        for event in [message(1, 1), message(2, 1), message(1, 2), message(1, 3), ended(1), ended(2)] {
            let _is_first = queue.push(event);
        }
        let expected = [message(1, 1), message(1, 2), message(1, 3), ended(1), message(2, 1), ended(2)];
        assert_eq!(taken(&queue, usize::MAX), expected);
        assert_eq!(queue.take(1), (Vec::new(), false));
        assert!(queue.push(message(3, 1)), "it was empty");
    }
}
