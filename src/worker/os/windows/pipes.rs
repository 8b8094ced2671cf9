//! The handles of one process: pipes to the host, the host's own output, the null device.

use crate::worker::os::{ChildCommand, Output};
use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::ptr;
use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES,
    PIPE_ACCESS_INBOUND, PIPE_ACCESS_OUTBOUND,
};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_OUTPUT_HANDLE};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// As much as the pipes of Linux hold.
const PIPE_BYTES: u32 = 64 << 10;
/// How many handles a process gets: 0, 1, 2 and the two ends of the channel.
pub(super) const PLACES: usize = 5;

/// Every handle of one process. None can be inherited yet.
pub(super) struct Pipes {
    pub(super) host: HostEnds,
    /// The process's descriptors, from 0 up.
    pub(super) child: [OwnedHandle; PLACES],
}

/// The ends that the host keeps, for overlapped use.
#[derive(Debug)]
pub(super) struct HostEnds {
    pub(super) channel_writer: OwnedHandle,
    pub(super) channel_reader: OwnedHandle,
    pub(super) stdout: Option<OwnedHandle>,
    pub(super) stderr: Option<OwnedHandle>,
}

impl Pipes {
    /// # Errors
    /// What the system answers; no handle is left open then.
    pub(super) fn open(command: &ChildCommand) -> io::Result<Pipes> {
        let (channel_writer, child_reader) = pair(Direction::ToChild)?;
        let (channel_reader, child_writer) = pair(Direction::ToHost)?;
        let (stdout, child_stdout) = output(command.stdout, STD_OUTPUT_HANDLE)?;
        let (stderr, child_stderr) = output(command.stderr, STD_ERROR_HANDLE)?;
        Ok(Pipes {
            host: HostEnds { channel_writer, channel_reader, stdout, stderr },
            child: [null_device()?, child_stdout, child_stderr, child_reader, child_writer],
        })
    }
}

fn output(output: Output, own: STD_HANDLE) -> io::Result<(Option<OwnedHandle>, OwnedHandle)> {
    match output {
        Output::Inherit => Ok((None, copy_of_own(own).or_else(|_| null_device())?)),
        Output::Null => Ok((None, null_device()?)),
        Output::Pipe => pair(Direction::ToHost).map(|(reader, writer)| (Some(reader), writer)),
    }
}

fn null_device() -> io::Result<OwnedHandle> {
    Ok(OpenOptions::new().read(true).write(true).open("NUL")?.into())
}

/// # Errors
/// The host has no such stream.
fn copy_of_own(stream: STD_HANDLE) -> io::Result<OwnedHandle> {
    // SAFETY: no memory is involved.
    let own = unsafe { GetStdHandle(stream) };
    if own.is_null() || own == INVALID_HANDLE_VALUE {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut copy = ptr::null_mut();
    // SAFETY: handles of this process; `copy` is valid for writing during the call.
    super::check(unsafe {
        let this = GetCurrentProcess();
        DuplicateHandle(this, own, this, &raw mut copy, 0, 0, DUPLICATE_SAME_ACCESS)
    })?;
    // SAFETY: just created, and owned here alone.
    Ok(unsafe { OwnedHandle::from_raw_handle(copy) })
}

#[derive(Clone, Copy)]
enum Direction {
    ToChild,
    ToHost,
}

/// The host's end and the process's end of a new pipe.
fn pair(direction: Direction) -> io::Result<(OwnedHandle, OwnedHandle)> {
    // The process's end can also be asked what it is, which libuv does.
    let (host_access, child_access) = match direction {
        Direction::ToChild => (PIPE_ACCESS_OUTBOUND, GENERIC_READ | FILE_WRITE_ATTRIBUTES),
        Direction::ToHost => (PIPE_ACCESS_INBOUND, GENERIC_WRITE | FILE_READ_ATTRIBUTES),
    };
    let name = format!(r"\\.\pipe\job-manager-{:016x}{:016x}", random(), random());
    let wide_name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: a null-terminated name and no security attributes.
    let host = unsafe {
        CreateNamedPipeW(
            wide_name.as_ptr(),
            host_access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            1,
            PIPE_BYTES,
            PIPE_BYTES,
            0,
            ptr::null(),
        )
    };
    if host == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just created, and owned here alone.
    let host = unsafe { OwnedHandle::from_raw_handle(host) };
    // Not overlapped: the process reads and writes it as a file. This takes the only connection.
    let child = OpenOptions::new().access_mode(child_access).share_mode(0).open(name)?;
    Ok((host, child.into()))
}

/// From the system's generator, by way of the keys that protect hash tables.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
