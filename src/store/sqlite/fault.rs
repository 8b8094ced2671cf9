//! Errors of SQLite and of the system, as faults of the store.

use std::io;

use rusqlite::{Error, ErrorCode};

use crate::store::error::Fault;

/// Why a step failed: SQLite's reason, or ours.
#[derive(Debug)]
pub(in crate::store) enum Trouble {
    Sqlite(Error),
    Ours(Fault),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Sqlite(error)
    }
}

impl Trouble {
    pub(in crate::store) fn into_fault(self) -> Fault {
        match self {
            Trouble::Sqlite(error) => of_sqlite(&error),
            Trouble::Ours(fault) => fault,
        }
    }
}

pub(in crate::store) fn of_sqlite(error: &Error) -> Fault {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Fault::Full,
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Fault::ReadOnly { reason }
        }
        Some(ErrorCode::NotADatabase) => Fault::NotAStore { found: "not a database".to_owned() },
        Some(ErrorCode::DatabaseCorrupt) => Fault::Corrupt { reason },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            Fault::Locked
        }
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            Fault::Rejected { reason }
        }
        _ => Fault::System { reason },
    }
}

pub(in crate::store) fn of_system(error: &io::Error) -> Fault {
    let reason = error.to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::ReadOnly { reason },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::Full,
        _ => Fault::System { reason },
    }
}
