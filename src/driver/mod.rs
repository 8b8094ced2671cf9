//! Carries out the engine's effects on a thread of its own. It never waits for the host's event loop, so a
//! blocked loop delays no start, no time limit and no kill.
//!
//! Facts about processes return to the engine as inputs. The engine is behind one lock, held for
//! microseconds: the host's thread and this one pass it inputs, and all effects of one input are sent on,
//! in order, before the next input is handled.

mod cluster;
mod command;
mod events;
mod keeper;
mod manager;
mod output;
mod reports;
mod runtime;
mod shared;
mod sleep;

pub use cluster::ClusterEvents;
pub use command::NodeCommand;
pub use events::EventQueue;
pub use keeper::Keeper;
pub use manager::Manager;
pub use output::{Excerpt, Outputs, Part, Piece};
