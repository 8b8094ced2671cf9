//! Resident memory where the system lists the processes of a group itself.

use super::platform::tree_memory_bytes;
use std::collections::HashMap;

/// Resident memory of process groups, looked at again and again.
#[derive(Debug, Default)]
pub struct MemoryScan {}

impl MemoryScan {
    /// Resident memory now, in bytes, of all processes in the group of each of `leaders`. Pages that
    /// they share count in each. A group that cannot be measured is left out.
    pub fn group_bytes(&mut self, leaders: &[u32]) -> HashMap<u32, u64> {
        leaders.iter().filter_map(|&leader| Some((leader, tree_memory_bytes(leader).ok()?))).collect()
    }
}
