//! Carries out what the engine decides, on a thread of its own: it never waits for the host's event
//! loop, and a blocked loop delays no start, no time limit and no kill.
//!
//! Facts come back as inputs. The engine sits behind one lock, held for microseconds: the host's
//! thread and this one hand it inputs, and whatever a single input causes is sent on, in order, before
//! the next one is taken.

mod command;
mod events;
mod manager;
mod reports;
mod runtime;
mod sleep;

pub use command::NodeCommand;
pub use events::EventQueue;
pub use manager::Manager;
