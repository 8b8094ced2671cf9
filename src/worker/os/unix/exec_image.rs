//! A command in the form that `execve` takes.

use crate::worker::os::{ChildCommand, SpawnError};
use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

/// Program, arguments and environment as C strings and null-terminated arrays of them.
pub(crate) struct ExecImage {
    program: CString,
    argv: CStringArray,
    env: CStringArray,
}

impl ExecImage {
    /// Prepares `command`.
    ///
    /// # Errors
    /// [`SpawnError::UnpassableText`] for a NUL byte anywhere.
    pub(crate) fn new(command: &ChildCommand) -> Result<ExecImage, SpawnError> {
        let argv = command.argv.iter().map(|argument| c_string(argument.as_bytes(), "argument"));
        let env = command.env.variables().iter().map(|(name, value)| variable(name, value));
        Ok(ExecImage {
            program: c_string(command.program.as_bytes(), "program")?,
            argv: CStringArray::new(argv.collect::<Result<_, _>>()?),
            env: CStringArray::new(env.collect::<Result<_, _>>()?),
        })
    }

    pub(crate) fn program(&self) -> &CStr {
        &self.program
    }

    /// The arguments, ended by a null pointer; valid as long as `self`.
    pub(crate) fn argv(&self) -> *const *const c_char {
        self.argv.pointers.as_ptr()
    }

    /// The environment, ended by a null pointer; valid as long as `self`.
    pub(crate) fn env(&self) -> *const *const c_char {
        self.env.pointers.as_ptr()
    }
}

/// The pointers point into the heap blocks of the strings, so moving this moves nothing they point
/// to.
struct CStringArray {
    pointers: Vec<*const c_char>,
    _strings: Vec<CString>,
}

impl CStringArray {
    fn new(strings: Vec<CString>) -> CStringArray {
        let pointers = strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect();
        CStringArray { pointers, _strings: strings }
    }
}

fn variable(name: &OsStr, value: &OsStr) -> Result<CString, SpawnError> {
    c_string(&[name.as_bytes(), b"=", value.as_bytes()].concat(), "environment variable")
}

fn c_string(bytes: &[u8], part: &'static str) -> Result<CString, SpawnError> {
    CString::new(bytes).map_err(|_| SpawnError::UnpassableText { part })
}
