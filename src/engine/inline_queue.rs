//! Order and concurrency of inline jobs.
//!
//! Their functions never leave JavaScript: it keeps them in the order in which it submits them, and
//! the queue says how many of them may begin. First in, first out, so counts are all that crosses the
//! boundary, several jobs at a time, and nothing depends on the length of the queue.

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

    /// `added` jobs wait at the end, and `ended` ones have settled; answers how many of those at the
    /// front may begin now.
    pub fn admit(&mut self, added: u32, ended: u32) -> u32 {
        self.waiting += u64::from(added);
        self.running = self.running.saturating_sub(ended);
        let free = self.concurrency.saturating_sub(self.running);
        let admitted = u32::try_from(self.waiting).unwrap_or(u32::MAX).min(free);
        self.waiting -= u64::from(admitted);
        self.running += admitted;
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_run_at_once_than_allowed() {
        let mut queue = InlineQueue::new(3);
        assert_eq!(queue.admit(5, 0), 3);
        assert_eq!(queue.admit(0, 0), 0);
        assert_eq!(queue.admit(0, 1), 1);
        assert_eq!(queue.admit(0, 3), 1);
        assert_eq!(queue.admit(0, 1), 0);
    }

    #[test]
    fn an_end_reported_twice_does_not_raise_the_limit() {
        let mut queue = InlineQueue::new(2);
        assert_eq!(queue.admit(1, 9), 1);
        assert_eq!(queue.admit(9, 0), 1);
    }
}
