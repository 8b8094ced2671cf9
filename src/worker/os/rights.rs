//! What a process inherits from the host at its start, besides environment and descriptors.

use super::platform;
use std::hash::{DefaultHasher, Hasher};

/// Stands for the rights and limits of the host at one moment: user, groups, capabilities, file mode
/// mask, niceness, processors, control group, resource limits, and whether its output is a terminal. A process keeps those of its start
/// whatever the host does later; where two of these are equal, so are the rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(u64);

impl Rights {
    /// The host's rights now. On Linux this takes about 20 µs, most of it for two files in `/proc`;
    /// where those cannot be read, their contents are left out. On Windows a process keeps its
    /// rights for life, so all are equal.
    pub fn read() -> Rights {
        let mut hasher = DefaultHasher::new();
        platform::hash_rights(&mut hasher);
        Rights(hasher.finish())
    }

    /// Rights that equal only those made of the same number, for tests.
    #[cfg(test)]
    pub(crate) fn numbered(number: u64) -> Rights {
        Rights(number)
    }
}
