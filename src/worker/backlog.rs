//! Limits how many bytes of messages and output may wait for the host.
//!
//! A message or a piece of output takes a [`Place`] here before it is reported, and frees it when the host
//! has taken it. A worker that floods a slow host therefore blocks in its own `postMessage` or `write`,
//! the memory of both is bounded, and room is left for other workers. All other frames are small, change
//! the state of a run, and never wait.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all workers of a manager may have waiting together, in bytes.
const TOTAL_BYTES: usize = 16 * 1024 * 1024;
/// What one worker may have waiting, in bytes. A larger message waits alone.
const WORKER_BYTES: usize = 1024 * 1024;
/// What a message costs besides its bytes, by a rough count.
const ENTRY_BYTES: usize = 256;

/// The places that the workers of one manager share.
#[derive(Debug)]
pub(crate) struct Backlog {
    all: Arc<Semaphore>,
}

/// The places of one worker.
#[derive(Debug, Clone)]
pub(crate) struct WorkerBacklog {
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
}

/// A place in the backlog, given back when it is dropped. The default takes none.
#[derive(Debug, Default)]
pub struct Place {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

/// Bytes on their way to the host, with the place that they occupy until it has taken them.
#[derive(Debug)]
pub struct Payload {
    bytes: Vec<u8>,
    _place: Place,
}

impl Backlog {
    pub(crate) fn new() -> Self {
        Backlog { all: Arc::new(Semaphore::new(TOTAL_BYTES)) }
    }

    /// The places of one more worker.
    pub(crate) fn for_worker(&self) -> WorkerBacklog {
        WorkerBacklog { all: Arc::clone(&self.all), own: Arc::new(Semaphore::new(WORKER_BYTES)) }
    }
}

impl WorkerBacklog {
    /// Waits for a place for so many bytes, first come first served among the workers. Cancel-safe.
    pub(crate) async fn place(&self, bytes: usize) -> Place {
        let own_cost = cost(bytes, WORKER_BYTES);
        let own = match Arc::clone(&self.own).try_acquire_many_owned(own_cost) {
            Ok(place) => Some(place),
            Err(_) => wait_for_half(&self.own, own_cost).await,
        };
        // An error would mean that the semaphore is closed, which it never is.
        let all = Arc::clone(&self.all).acquire_many_owned(cost(bytes, TOTAL_BYTES)).await.ok();
        Place { _own: own, _all: all }
    }
}

/// A full backlog is filled up again once half of it is free: to wake this reader for each message
/// that the host takes costs both of them more than the message does.
async fn wait_for_half(own: &Arc<Semaphore>, cost: u32) -> Option<OwnedSemaphorePermit> {
    let half = u32::try_from(WORKER_BYTES / 2).unwrap_or(u32::MAX);
    let mut permit = Arc::clone(own).acquire_many_owned(cost.max(half)).await.ok()?;
    permit.split(cost as usize)
}

/// More than all that there is cannot be had.
fn cost(bytes: usize, capacity: usize) -> u32 {
    u32::try_from(bytes.saturating_add(ENTRY_BYTES).min(capacity)).unwrap_or(u32::MAX)
}

impl Payload {
    pub(crate) fn new(bytes: Vec<u8>, place: Place) -> Self {
        Payload { bytes, _place: place }
    }

    /// The same bytes, with this place.
    pub(crate) fn at(self, place: Place) -> Self {
        Payload::new(self.bytes, place)
    }
}

/// Bytes that take no place.
impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Payload::new(bytes, Place::default())
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A copy takes no place of its own.
impl Clone for Payload {
    fn clone(&self) -> Self {
        Payload::from(self.bytes.clone())
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Payload {}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_ready(place: impl Future<Output = Place>) -> Option<Place> {
        tokio::select! {
            biased;
            place = place => Some(place),
            () = tokio::task::yield_now() => None,
        }
    }

    #[tokio::test]
    async fn a_flood_of_one_worker_leaves_room_for_the_others() {
        let backlog = Backlog::new();
        let (flooding, other) = (backlog.for_worker(), backlog.for_worker());
        let mut held = Vec::new();
        while let Some(place) = is_ready(flooding.place(1000)).await {
            held.push(place);
        }
        assert_eq!(held.len(), WORKER_BYTES / (1000 + ENTRY_BYTES));
        assert!(is_ready(other.place(1000)).await.is_some());
    }

    #[tokio::test]
    async fn a_full_backlog_is_filled_again_once_half_of_it_is_free() {
        let worker = Backlog::new().for_worker();
        let mut held = Vec::new();
        while let Some(place) = is_ready(worker.place(1000)).await {
            held.push(place);
        }
        let next = tokio::spawn(async move { worker.place(1000).await });
        tokio::task::yield_now().await;
        held.truncate(held.len() / 2 + 1);
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        held.pop();
        let _place = next.await.unwrap();
    }

    #[tokio::test]
    async fn all_workers_together_have_a_bound_and_are_served_in_turn() {
        let backlog = Backlog::new();
        let full = TOTAL_BYTES / WORKER_BYTES;
        let workers: Vec<_> = (0..full + 2).map(|_| backlog.for_worker()).collect();
        let mut held = Vec::new();
        for worker in &workers[..full] {
            held.push(is_ready(worker.place(WORKER_BYTES - ENTRY_BYTES)).await.unwrap());
        }
        let late = [workers[full].clone(), workers[full + 1].clone()]
            .map(|worker| tokio::spawn(async move { worker.place(WORKER_BYTES - ENTRY_BYTES).await }));
        tokio::task::yield_now().await;
        assert!(late.iter().all(|waiting| !waiting.is_finished()));
        held.pop();
        let [first, second] = late;
        let _place = first.await.unwrap();
        assert!(!second.is_finished());
    }

    #[tokio::test]
    async fn a_message_larger_than_everything_waits_alone() {
        let backlog = Backlog::new();
        let (small, huge) = (backlog.for_worker(), backlog.for_worker());
        let first = is_ready(small.place(1)).await.unwrap();
        assert!(is_ready(huge.place(10 * TOTAL_BYTES)).await.is_none());
        drop(first);
        let _huge = is_ready(huge.place(10 * TOTAL_BYTES)).await.unwrap();
        assert!(is_ready(small.place(1)).await.is_none());
    }
}
