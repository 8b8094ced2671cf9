//! Clocks, and an ordered set of deadlines.

mod clock;
mod heap;

pub use clock::{BootMs, EpochMs, MonoMs, Now};
pub use heap::{TimerHeap, TimerKey};
