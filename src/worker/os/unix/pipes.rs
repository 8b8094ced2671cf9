//! The pipes between the host and one process.

use crate::worker::os::{ChildCommand, Output};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// Both ends of every pipe of one process. All are close-on-exec in the host; the start of the
/// process puts its own ends in their places.
pub(crate) struct Pipes {
    pub(crate) host: HostEnds,
    pub(crate) child: ChildEnds,
}

/// The ends that the host keeps.
#[derive(Debug)]
pub(crate) struct HostEnds {
    pub(crate) channel_writer: OwnedFd,
    pub(crate) channel_reader: OwnedFd,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
}

/// The ends that the process gets; the host closes its copies once the process has them.
pub(crate) struct ChildEnds {
    pub(crate) channel_reader: OwnedFd,
    pub(crate) channel_writer: OwnedFd,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
}

impl Pipes {
    /// Makes the pipes that `command` asks for.
    ///
    /// # Errors
    /// What the system answers; no descriptor is left open then.
    pub(crate) fn open(command: &ChildCommand) -> io::Result<Pipes> {
        let (child_reader, host_writer) = pipe()?;
        let (host_reader, child_writer) = pipe()?;
        let (host_stdout, child_stdout) = output_pipe(command.stdout)?;
        let (host_stderr, child_stderr) = output_pipe(command.stderr)?;
        Ok(Pipes {
            host: HostEnds {
                channel_writer: host_writer,
                channel_reader: host_reader,
                stdout: host_stdout,
                stderr: host_stderr,
            },
            child: ChildEnds {
                channel_reader: child_reader,
                channel_writer: child_writer,
                stdout: child_stdout,
                stderr: child_stderr,
            },
        })
    }
}

fn output_pipe(output: Output) -> io::Result<(Option<OwnedFd>, Option<OwnedFd>)> {
    match output {
        Output::Inherit | Output::Null => Ok((None, None)),
        Output::Pipe => {
            let (reader, writer) = pipe()?;
            Ok((Some(reader), Some(writer)))
        }
    }
}

/// The reading and the writing end of a new pipe.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((beyond_standard_streams(reader.into())?, beyond_standard_streams(writer.into())?))
}

/// A host that has closed its standard output has no end of a pipe there for its children to
/// inherit.
fn beyond_standard_streams(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(descriptor);
    }
    Ok(rustix::io::fcntl_dupfd_cloexec(&descriptor, libc::STDERR_FILENO + 1)?)
}
