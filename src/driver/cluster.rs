//! Events on their way to the adapter of the cluster, which takes them on a thread of its own: a blocked loop of the host
//! delays neither claims nor renewals.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::ClusterEvent;

/// Kept for an adapter that does not take them: enough for every job of a large host to come due once.
const MOST_WAITING: usize = 100_000;

/// A queue with one consumer, or none.
#[derive(Default)]
pub struct ClusterEvents {
    waiting: Mutex<VecDeque<ClusterEvent>>,
    wake: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
}

impl ClusterEvents {
    /// From now on `wake` is called, from any thread, when there are events to take.
    pub fn wake_by(&self, wake: impl Fn() + Send + Sync + 'static) {
        *lock(&self.wake) = Some(Box::new(wake));
        self.wake();
    }

    /// The events that wait, all of them.
    pub fn take(&self) -> Vec<ClusterEvent> {
        lock(&self.waiting).drain(..).collect()
    }

    pub(super) fn push(&self, event: ClusterEvent) {
        let mut waiting = lock(&self.waiting);
        let was_empty = waiting.is_empty();
        if waiting.len() < MOST_WAITING {
            waiting.push_back(event);
        }
        drop(waiting);
        if was_empty {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(wake) = &*lock(&self.wake) {
            wake();
        }
    }
}

/// Each change is a single step, so a panic cannot leave a half-changed queue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for ClusterEvents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClusterEvents")
            .field("waiting", &lock(&self.waiting).len())
            .finish_non_exhaustive()
    }
}
