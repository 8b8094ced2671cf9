//! Job objects: all processes of one run, to be ended and measured together.

use super::check;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    CreateJobObjectW, JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION};

/// The jobs of the running processes, by pid: an entry goes before the pid is free.
static JOBS: Mutex<BTreeMap<u32, Weak<Job>>> = Mutex::new(BTreeMap::new());

/// The processes of one run. Dropped, it ends them: this is its only handle.
#[derive(Debug)]
pub(super) struct Job {
    handle: OwnedHandle,
}

impl Job {
    /// # Errors
    /// What the system answers.
    pub(super) fn new() -> io::Result<Job> {
        // SAFETY: no attributes and no name.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just created, and owned here alone.
        let job = Job { handle: unsafe { OwnedHandle::from_raw_handle(handle) } };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        // The second keeps a crash from showing a dialog that a user would have to close.
        limits.BasicLimitInformation.LimitFlags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
        // SAFETY: the structure that belongs to this class, of the size given.
        check(unsafe {
            SetInformationJobObject(
                job.raw(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast::<c_void>(),
                bytes_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>(),
            )
        })?;
        Ok(job)
    }

    pub(super) fn raw(&self) -> HANDLE {
        self.handle.as_raw_handle()
    }

    /// Ends all processes with this exit code.
    pub(super) fn terminate(&self, exit_code: u32) -> io::Result<()> {
        // SAFETY: a handle that is ours.
        check(unsafe { TerminateJobObject(self.raw(), exit_code) })
    }

    /// Processor time, user and system, of all processes that are or were in the job.
    pub(super) fn cpu_time(&self) -> io::Result<Duration> {
        let mut usage = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the structure that belongs to this class, of the size given.
        check(unsafe {
            QueryInformationJobObject(
                self.raw(),
                JobObjectBasicAccountingInformation,
                (&raw mut usage).cast::<c_void>(),
                bytes_of::<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION>(),
                ptr::null_mut(),
            )
        })?;
        let ticks = usage.TotalUserTime.saturating_add(usage.TotalKernelTime);
        // A tick is 100 ns.
        Ok(Duration::from_nanos(u64::try_from(ticks).unwrap_or(0).saturating_mul(100)))
    }

    fn members(&self) -> io::Result<Vec<usize>> {
        const HEADER: usize = offset_of!(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
        let mut words = vec![0_usize; 64];
        loop {
            let bytes = u32::try_from(words.len() * size_of::<usize>()).map_err(io::Error::other)?;
            // SAFETY: a buffer of the size given, aligned for the structure that belongs to this
            // class.
            let answer = check(unsafe {
                QueryInformationJobObject(
                    self.raw(),
                    JobObjectBasicProcessIdList,
                    words.as_mut_ptr().cast::<c_void>(),
                    bytes,
                    ptr::null_mut(),
                )
            });
            match answer {
                Ok(()) => break,
                Err(error) if error.raw_os_error() == Some(ERROR_MORE_DATA.cast_signed()) => {
                    words.resize(words.len() * 2, 0);
                }
                Err(error) => return Err(error),
            }
        }
        // SAFETY: the system has filled in the header.
        let listed =
            unsafe { (*words.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>()).NumberOfProcessIdsInList };
        Ok(words.into_iter().skip(HEADER / size_of::<usize>()).take(listed as usize).collect())
    }
}

/// Makes the job known to [`tree_memory_bytes`].
pub(super) fn register(pid: u32, job: &Arc<Job>) {
    jobs().insert(pid, Arc::downgrade(job));
}

/// The opposite of [`register`]; to be called while the process's handle keeps the pid from being reused.
pub(super) fn forget(pid: u32) {
    jobs().remove(&pid);
}

fn jobs() -> MutexGuard<'static, BTreeMap<u32, Weak<Job>>> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory now (the working sets) of all processes in the job of the worker `pid`. Pages
/// that they share count in each.
///
/// # Errors
/// The system does not report it; not found where no such worker is running.
pub(in crate::worker::os) fn tree_memory_bytes(pid: u32) -> io::Result<u64> {
    let job = jobs().get(&pid).and_then(Weak::upgrade).ok_or(io::ErrorKind::NotFound)?;
    let members = job.members()?;
    let memory = |pid| Some(memory_of(&open(u32::try_from(pid).ok()?).ok()?).ok()?.WorkingSetSize as u64);
    Ok(members.into_iter().filter_map(memory).sum())
}

/// The most resident memory that a process has held; also when it has ended.
pub(super) fn peak_memory_bytes(process: &OwnedHandle) -> io::Result<u64> {
    Ok(memory_of(process)?.PeakWorkingSetSize as u64)
}

fn open(pid: u32) -> io::Result<OwnedHandle> {
    // SAFETY: no memory is involved.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just created, and owned here alone.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

fn memory_of(process: &OwnedHandle) -> io::Result<PROCESS_MEMORY_COUNTERS> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    // SAFETY: a structure of the size given.
    check(unsafe {
        K32GetProcessMemoryInfo(
            process.as_raw_handle(),
            &raw mut counters,
            bytes_of::<PROCESS_MEMORY_COUNTERS>(),
        )
    })?;
    Ok(counters)
}

#[expect(clippy::cast_possible_truncation, reason = "the structures of the system have few bytes")]
const fn bytes_of<T>() -> u32 {
    size_of::<T>() as u32
}
