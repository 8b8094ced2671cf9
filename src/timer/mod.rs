//! Clocks, and an ordered set of deadlines.

mod clock;
mod heap;

pub use clock::{BootMs, EpochMs, MonoMs, Now, Stamp};
pub use heap::{TimerHeap, TimerKey};
