//! How much `execve` takes.

use crate::worker::os::ExecRoom;
use rustix::process::{Resource, getrlimit};

/// Pages of the longest string.
const STRING_PAGES: usize = 32;
/// What is allowed however small the stack is, and however large.
const LEAST_BYTES: u64 = 128 << 10;
const MOST_BYTES: u64 = 6 << 20;
/// For the name of the program, its interpreter, what the kernel itself puts there, and the rounding
/// to pages.
const RESERVED_BYTES: u64 = 16 << 10;

/// For arguments and environment together: a quarter of what the stack may be.
pub(crate) fn exec_room() -> ExecRoom {
    let stack = getrlimit(Resource::Stack).current.unwrap_or(u64::MAX);
    let total = (stack / 4).clamp(LEAST_BYTES, MOST_BYTES) - RESERVED_BYTES;
    ExecRoom {
        string_bytes: STRING_PAGES * rustix::param::page_size(),
        total_bytes: usize::try_from(total).unwrap_or(usize::MAX),
    }
}
