//! Starts a process with five descriptors inside a job.

use super::attributes::Attributes;
use super::check;
use super::job::Job;
use super::pipes::PLACES;
use super::text;
use crate::worker::os::{ChildCommand, SpawnError, Stage};
use std::ffi::{OsStr, c_void};
use std::io;
use std::mem::size_of;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;
use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, FILE_TYPE_PIPE, GetFileType};
use windows_sys::Win32::System::Console::GetConsoleWindow;
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT, CreateProcessW,
    EXTENDED_STARTUPINFO_PRESENT, PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW,
};

/// Flags of a descriptor in the C runtime.
const OPEN: u8 = 0x01;
const PIPE: u8 = 0x08;
const DEVICE: u8 = 0x40;

/// A process that runs.
pub(super) struct Started {
    pub(super) process: OwnedHandle,
    pub(super) pid: u32,
}

/// Starts `command` in `job` with `places` as its descriptors from 0 up, and no other handle.
///
/// # Errors
/// See [`SpawnError`]; no process is left then.
pub(super) fn start(
    command: &ChildCommand,
    places: &[OwnedHandle; PLACES],
    job: &Job,
) -> Result<Started, SpawnError> {
    if is_batch_file(&command.program) {
        // It would be run by cmd.exe, which takes arguments for commands.
        return Err(SpawnError::NotExecutable { program: command.program.clone().into() });
    }
    let failed = |error: io::Error| super::spawn_error(Stage::Exec, &error, &command.program);
    let program = text::wide(&command.program, "program")?;
    let mut line = text::command_line(&command.argv)?;
    let environment = text::environment(&command.env)?;
    let handles = places.each_ref().map(AsRawHandle::as_raw_handle);
    let job = [job.raw()];
    let mut attributes = Attributes::new(&handles, &job).map_err(failed)?;
    let mut descriptors = runtime_descriptors(&handles);
    let startup = startup_information(&handles, &mut descriptors, &mut attributes);
    for handle in handles {
        // SAFETY: a handle that is ours.
        check(unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) })
            .map_err(failed)?;
    }
    let mut started = PROCESS_INFORMATION::default();
    // SAFETY: null-terminated strings, a block of variables, and a startup structure whose parts
    // all outlive the call.
    let answer = check(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            1,
            creation_flags(),
            environment.as_ptr().cast::<c_void>(),
            ptr::null(),
            (&raw const startup).cast(),
            &raw mut started,
        )
    });
    answer.map_err(failed)?;
    // SAFETY: both just created, and owned here alone; the thread's is not needed.
    let (process, _thread) = unsafe {
        (OwnedHandle::from_raw_handle(started.hProcess), OwnedHandle::from_raw_handle(started.hThread))
    };
    Ok(Started { process, pid: started.dwProcessId })
}

fn is_batch_file(program: &OsStr) -> bool {
    let extension = Path::new(program).extension();
    extension
        .is_some_and(|extension| ["bat", "cmd"].iter().any(|batch| extension.eq_ignore_ascii_case(batch)))
}

/// Ctrl-C in the host's console is the host's alone. Where it has no console, none is to appear.
fn creation_flags() -> u32 {
    let flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT | CREATE_NEW_PROCESS_GROUP;
    // SAFETY: no memory is involved.
    if unsafe { GetConsoleWindow() }.is_null() { flags | CREATE_NO_WINDOW } else { flags }
}

fn startup_information(
    handles: &[HANDLE; PLACES],
    descriptors: &mut [u8],
    attributes: &mut Attributes,
) -> STARTUPINFOEXW {
    let mut startup = STARTUPINFOEXW::default();
    #[expect(clippy::cast_possible_truncation, reason = "both have few bytes")]
    {
        startup.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
        startup.StartupInfo.cbReserved2 = descriptors.len() as u16;
    }
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    let [stdin, stdout, stderr, ..] = *handles;
    startup.StartupInfo.hStdInput = stdin;
    startup.StartupInfo.hStdOutput = stdout;
    startup.StartupInfo.hStdError = stderr;
    startup.StartupInfo.lpReserved2 = descriptors.as_mut_ptr();
    startup.lpAttributeList = attributes.raw();
    startup
}

/// What the C runtime of the process reads its descriptors from: their number, a byte of flags for
/// each, a handle for each. Microsoft does not document it; libuv hands its own over so.
#[expect(clippy::cast_possible_truncation, reason = "the number is five")]
fn runtime_descriptors(handles: &[HANDLE; PLACES]) -> Vec<u8> {
    let mut buffer = Vec::from((PLACES as u32).to_ne_bytes());
    buffer.extend(handles.map(descriptor_flags));
    buffer.extend(handles.iter().flat_map(|handle| handle.addr().to_ne_bytes()));
    buffer
}

fn descriptor_flags(handle: HANDLE) -> u8 {
    // SAFETY: a handle that is ours.
    match unsafe { GetFileType(handle) } {
        FILE_TYPE_DISK => OPEN,
        FILE_TYPE_PIPE => OPEN | PIPE,
        _ => OPEN | DEVICE,
    }
}
