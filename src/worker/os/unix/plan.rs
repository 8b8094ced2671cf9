//! The description of a new process, which the platform's starter carries out.

use super::{ExecImage, Pipes};
use crate::worker::os::{ChildCommand, Output};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// How many descriptors a process gets at most: 0, 1, 2 and the two ends of the channel.
pub(crate) const MAX_PLACES: usize = 5;

/// What one of its descriptors is to be.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// The null device.
    Null,
    /// What the host has there, or the null device where it has nothing.
    Inherit,
    /// A copy of this descriptor of the host.
    Descriptor(RawFd),
}

/// How it is bound to the host.
#[derive(Clone, Copy)]
pub(crate) enum Tie {
    /// Where the system can do so, it is killed when the thread that started it ends, and writes its
    /// group to the guard's socket, `line`.
    ToHost {
        #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux can do so"))]
        line: Option<RawFd>,
    },
    /// It outlives the host.
    None,
}

/// A process to start. It leads a session, and so a process group, of its own.
pub(crate) struct Plan<'a> {
    pub(crate) image: &'a ExecImage,
    /// Its descriptors from 0 up, [`MAX_PLACES`] at most; it gets no others.
    pub(crate) places: &'a [Source],
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux can tie a process"))]
    pub(crate) tie: Tie,
}

/// The descriptors of a worker: nothing to read, the host's output or pipes, and the channel.
pub(super) fn worker_places(command: &ChildCommand, pipes: &Pipes) -> [Source; MAX_PLACES] {
    let ends = &pipes.child;
    [
        Source::Null,
        output(command.stdout, ends.stdout.as_ref()),
        output(command.stderr, ends.stderr.as_ref()),
        Source::Descriptor(ends.channel_reader.as_raw_fd()),
        Source::Descriptor(ends.channel_writer.as_raw_fd()),
    ]
}

/// The descriptors of the guard: its line, and nowhere to print.
pub(super) fn guard_places(line: RawFd) -> [Source; 3] {
    [Source::Descriptor(line), Source::Null, Source::Null]
}

fn output(output: Output, pipe: Option<&OwnedFd>) -> Source {
    match (output, pipe) {
        (Output::Null, _) => Source::Null,
        (_, Some(pipe)) => Source::Descriptor(pipe.as_raw_fd()),
        (_, None) => Source::Inherit,
    }
}
