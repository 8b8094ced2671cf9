//! Order and concurrency of inline jobs.
//!
//! Their functions never leave JavaScript: it keeps them in the order in which it submits them, and
//! the queue says how many of them may begin. First in, first out, so a count is all that crosses the
//! boundary, and `length` costs the same at one and at a million.

/// A first-in, first-out queue with a bound on how many run at once.
#[derive(Debug)]
pub struct InlineQueue {
    waiting: u64,
    running: u32,
    concurrency: u32,
}

impl InlineQueue {
    /// An empty queue that lets `concurrency` jobs run at once.
    pub fn new(concurrency: u32) -> Self {
        InlineQueue { waiting: 0, running: 0, concurrency }
    }

    /// One more job waits at the end.
    pub fn submit(&mut self) {
        self.waiting += 1;
    }

    /// `ended` jobs have settled; answers how many of those at the front may begin now.
    pub fn admit(&mut self, ended: u32) -> u32 {
        self.running = self.running.saturating_sub(ended);
        let free = self.concurrency.saturating_sub(self.running);
        let admitted = u32::try_from(self.waiting).unwrap_or(u32::MAX).min(free);
        self.waiting -= u64::from(admitted);
        self.running += admitted;
        admitted
    }

    /// Jobs that wait.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Does no job wait or run?
    pub fn is_idle(&self) -> bool {
        self.waiting == 0 && self.running == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_run_at_once_than_allowed() {
        let mut queue = InlineQueue::new(3);
        for _ in 0..5 {
            queue.submit();
        }
        assert_eq!(queue.admit(0), 3);
        assert_eq!(queue.admit(0), 0);
        assert_eq!(queue.admit(1), 1);
        assert_eq!((queue.waiting(), queue.is_idle()), (1, false));
        assert_eq!(queue.admit(3), 1);
        assert_eq!(queue.admit(1), 0);
        assert!(queue.is_idle());
    }

    #[test]
    fn an_end_reported_twice_does_not_raise_the_limit() {
        let mut queue = InlineQueue::new(2);
        queue.submit();
        assert_eq!(queue.admit(9), 1);
        for _ in 0..9 {
            queue.submit();
        }
        assert_eq!(queue.admit(0), 1);
    }
}
