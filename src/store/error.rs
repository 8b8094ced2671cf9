//! Why the store cannot be used: what is wrong, with which file, and what to do.

use std::path::{Path, PathBuf};

/// An error of the store. Displays as a sentence that names the file and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The store {} {fault}", path.display())]
pub struct StoreError {
    path: PathBuf,
    fault: Fault,
}

impl StoreError {
    pub(crate) fn new(path: &Path, fault: Fault) -> Self {
        StoreError { path: path.to_path_buf(), fault }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// What is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Another manager uses it.
    #[error(
        "is in use by {owner}: one manager at a time can use it. Shut that one down, or give this one a file of its own"
    )]
    InUse {
        /// As that manager has signed: process and host.
        owner: String,
    },
    /// Another program holds the file in a transaction.
    #[error(
        "is locked by another program, such as a shell in the middle of a transaction: end that transaction"
    )]
    Locked,
    /// The file or its folder may not be written.
    #[error(
        "cannot be written by this process: make the file and its folder writable for the user that runs it ({reason})"
    )]
    ReadOnly {
        /// What the system says.
        reason: String,
    },
    /// Its folder is missing.
    #[error("is in a folder that does not exist: create {}", folder.display())]
    FolderMissing {
        /// The folder.
        folder: PathBuf,
    },
    /// There is something else of that name.
    #[error("is not a file: name a file, such as jobs.db in that folder")]
    NotAFile,
    /// The file is something else than a database, or the database of another application.
    #[error("is not a store of job-manager ({found}): name another file; this one has not been changed")]
    NotAStore {
        /// What it is instead.
        found: String,
    },
    /// The file is damaged.
    #[error(
        "is damaged ({reason}): move it away and start with a new one, or restore a copy. `sqlite3 FILE .recover` \
         may read what is left"
    )]
    Corrupt {
        /// What SQLite says.
        reason: String,
    },
    /// A newer version of the package has written it.
    #[error(
        "has version {found}, and this version of job-manager knows versions up to {known}: install the newer \
         version again, or restore the copy that it has made beside the file"
    )]
    Newer {
        /// The version of the file.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The copy before a migration cannot be written.
    #[error("has to be migrated, and no copy of it can be written to {}: {reason}", copy.display())]
    NoCopy {
        /// The copy.
        copy: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The disk is full.
    #[error("cannot grow: the disk is full, or a quota is reached. Free some space; it goes on by itself")]
    Full,
    /// It is on a network file system.
    #[error(
        "is on a network file system ({kind}), where locks and shared memory cannot be trusted: put it on a local disk"
    )]
    Network {
        /// The name of the file system.
        kind: String,
    },
    /// The file is not there any more, or is another one.
    #[error("was removed or replaced while it was in use: nothing more can be kept in it. Restart the host")]
    Gone,
    /// SQLite cannot keep this one row.
    #[error("cannot keep this: {reason}")]
    Rejected {
        /// What SQLite says.
        reason: String,
    },
    /// Another error of the system.
    #[error("cannot be used: {reason}")]
    System {
        /// What SQLite or the system says.
        reason: String,
    },
    /// The store has been closed.
    #[error("is closed")]
    Closed,
}

impl Fault {
    fn code(&self) -> &'static str {
        match self {
            Fault::InUse { .. } => "STORE_IN_USE",
            Fault::Locked => "STORE_LOCKED",
            Fault::ReadOnly { .. } => "STORE_READ_ONLY",
            Fault::FolderMissing { .. } => "STORE_FOLDER_MISSING",
            Fault::NotAFile => "STORE_NOT_A_FILE",
            Fault::NotAStore { .. } => "STORE_NOT_A_STORE",
            Fault::Corrupt { .. } => "STORE_CORRUPT",
            Fault::Newer { .. } => "STORE_NEWER",
            Fault::NoCopy { .. } => "STORE_NO_COPY",
            Fault::Full => "STORE_FULL",
            Fault::Network { .. } => "STORE_NETWORK",
            Fault::Gone => "STORE_GONE",
            Fault::Rejected { .. } => "STORE_REJECTED",
            Fault::System { .. } => "STORE_FAILED",
            Fault::Closed => "STORE_CLOSED",
        }
    }
}
