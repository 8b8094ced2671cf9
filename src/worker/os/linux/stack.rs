//! Memory for the stack of a child that shares the host's.

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};

/// What the child needs is a few hundred bytes; debug builds are greedier.
const STACK_BYTES: usize = 64 << 10;

/// A stack with a guard page below it.
pub(super) struct Stack {
    base: NonNull<c_void>,
}

// SAFETY: plain memory that only its owner uses.
unsafe impl Send for Stack {}

impl Stack {
    /// # Errors
    /// No memory.
    pub(super) fn new() -> io::Result<Stack> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: a new mapping, wherever the system likes.
        let base = unsafe { libc::mmap(ptr::null_mut(), mapped_bytes(), protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let stack = Stack { base: NonNull::new(base).ok_or(io::ErrorKind::OutOfMemory)? };
        // SAFETY: the first page of our own mapping.
        if unsafe { libc::mprotect(base, rustix::param::page_size(), libc::PROT_NONE) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(stack)
    }

    /// The end of the mapping: stacks grow downwards on every machine we build for.
    pub(super) fn top(&self) -> NonNull<c_void> {
        // SAFETY: one past the end of our own mapping.
        unsafe { self.base.byte_add(mapped_bytes()) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: our own mapping, which no child uses: the thread that owns it is running.
        unsafe { libc::munmap(self.base.as_ptr(), mapped_bytes()) };
    }
}

fn mapped_bytes() -> usize {
    STACK_BYTES + rustix::param::page_size()
}
