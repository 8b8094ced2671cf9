//! Clocks, and an ordered set of deadlines.

mod clock;
mod heap;

pub use clock::{EpochMs, MonoMs, Now};
pub use heap::{TimerHeap, TimerKey};
