//! Clocks and the heap of things that fall due.

mod clock;
mod heap;

pub use clock::{EpochMs, MonoMs, Now};
pub use heap::{TimerHeap, TimerKey};
