//! The attributes of a new process that `STARTUPINFO` has no room for.

use super::check;
use std::ffi::c_void;
use std::io;
use std::mem::size_of;
use std::ptr;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Threading::{
    DeleteProcThreadAttributeList, InitializeProcThreadAttributeList, LPPROC_THREAD_ATTRIBUTE_LIST,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST, UpdateProcThreadAttribute,
};

const COUNT: u32 = 2;

/// The only handles that the process inherits, and the job it is born into.
pub(super) struct Attributes<'a> {
    list: Vec<usize>,
    _values: &'a [HANDLE],
}

impl<'a> Attributes<'a> {
    /// `inherited` must be inheritable; `job` has one handle.
    ///
    /// # Errors
    /// What the system answers.
    pub(super) fn new(inherited: &'a [HANDLE], job: &'a [HANDLE]) -> io::Result<Attributes<'a>> {
        let mut bytes = 0;
        // SAFETY: asks for the size, which it does by failing.
        unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), COUNT, 0, &raw mut bytes) };
        let mut list = vec![0_usize; bytes.div_ceil(size_of::<usize>())];
        // SAFETY: a buffer of the size that was asked for.
        check(unsafe {
            InitializeProcThreadAttributeList(list.as_mut_ptr().cast(), COUNT, 0, &raw mut bytes)
        })?;
        let mut attributes = Attributes { list, _values: inherited };
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited)?;
        attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, job)?;
        Ok(attributes)
    }

    fn set(&mut self, attribute: u32, handles: &'a [HANDLE]) -> io::Result<()> {
        // SAFETY: an initialised list with room, and handles that outlive it by their lifetime.
        check(unsafe {
            UpdateProcThreadAttribute(
                self.raw(),
                0,
                attribute as usize,
                handles.as_ptr().cast::<c_void>(),
                size_of_val(handles),
                ptr::null_mut(),
                ptr::null(),
            )
        })
    }

    pub(super) fn raw(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.list.as_mut_ptr().cast()
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { DeleteProcThreadAttributeList(self.raw()) };
    }
}
