//! Where the file is: its folder, the kind of its file system, and whether it is still the same file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Fault;

/// The file by a path without links, so that each name of it leads to the same lock.
///
/// # Errors
/// Its folder does not exist or cannot be entered, or it is on a network file system.
pub(super) fn locate(path: &Path) -> Result<PathBuf, Fault> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or(Fault::NotAFile)?;
    let folder = fs::canonicalize(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Fault::FolderMissing { folder: folder.to_path_buf() }
        }
        _ => super::sqlite::fault::of_system(&error),
    })?;
    if !folder.is_dir() {
        return Err(Fault::FolderMissing { folder });
    }
    let path = match fs::canonicalize(folder.join(name)) {
        Ok(path) if path.is_dir() => return Err(Fault::NotAFile),
        Ok(path) => path,
        Err(_) => folder.join(name),
    };
    match system::network(path.parent().unwrap_or(&folder)) {
        Some(kind) => Err(Fault::Network { kind: kind.to_owned() }),
        None => Ok(path),
    }
}

/// Tells whether the file and its log are still the ones that were opened. The log goes when another program
/// closes the file as its last user, and takes itself for that where a piece of code in this process has opened
/// and closed the file by other means than SQLite: the system then drops all locks of the process.
#[derive(Debug)]
pub(super) struct Landmark {
    path: PathBuf,
    log: PathBuf,
    identities: [Option<system::Identity>; 2],
}

impl Landmark {
    pub(super) fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        Landmark { identities: [path, &log].map(system::identity), path: path.to_path_buf(), log }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_there(&self) -> bool {
        [&*self.path, &*self.log].map(system::identity) == self.identities
    }
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    pub(super) type Identity = (u64, u64);

    /// Device and number of the file.
    pub(super) fn identity(path: &Path) -> Option<Identity> {
        let facts = fs::metadata(path).ok()?;
        Some((facts.dev(), facts.ino()))
    }

    /// The name of the network file system that the folder is on.
    #[cfg(target_os = "linux")]
    pub(super) fn network(folder: &Path) -> Option<&'static str> {
        let facts = rustix::fs::statfs(folder).ok()?;
        // The width of the field differs between architectures; the numbers have 32 bits.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the numbers have 32 bits"
        )]
        let number = facts.f_type as u32;
        name_of(number)
    }

    /// The numbers are those of statfs(2).
    #[cfg(target_os = "linux")]
    pub(super) fn name_of(number: u32) -> Option<&'static str> {
        Some(match number {
            0x6969 => "NFS",
            0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "SMB",
            0x5346_414F | 0x6B41_4653 => "AFS",
            0x7375_7245 => "Coda",
            0x00C3_6400 => "Ceph",
            0x0BD0_0BD0 => "Lustre",
            0x0116_1970 => "GFS2",
            0x7461_636F => "OCFS2",
            _ => return None,
        })
    }

    #[cfg(target_os = "macos")]
    pub(super) fn network(folder: &Path) -> Option<&'static str> {
        let facts = rustix::fs::statfs(folder).ok()?;
        (facts.f_flags & libc::MNT_LOCAL.cast_unsigned() == 0).then_some("not local")
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    pub(super) fn network(_folder: &Path) -> Option<&'static str> {
        None
    }
}

#[cfg(windows)]
mod system {
    use std::os::windows::ffi::OsStrExt;
    use std::path::{Component, Path};

    use windows_sys::Win32::Storage::FileSystem::GetDriveTypeW;
    use windows_sys::Win32::System::WindowsProgramming::DRIVE_REMOTE;

    /// An open file cannot be removed there.
    pub(super) type Identity = ();

    pub(super) fn identity(path: &Path) -> Option<Identity> {
        path.exists().then_some(())
    }

    pub(super) fn network(folder: &Path) -> Option<&'static str> {
        let Some(Component::Prefix(prefix)) = folder.components().next() else { return None };
        let mut root: Vec<u16> = prefix.as_os_str().encode_wide().collect();
        root.extend([u16::from(b'\\'), 0]);
        // SAFETY: the text ends with 0.
        (unsafe { GetDriveTypeW(root.as_ptr()) } == DRIVE_REMOTE).then_some("a network drive")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let folder = PathBuf::from("/there-is-no-such-folder");
        assert_eq!(locate(&folder.join("jobs.db")), Err(Fault::FolderMissing { folder }));
    }

    #[test]
    fn a_file_for_a_folder_is_a_missing_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let fault = locate(&file.path().join("jobs.db")).unwrap_err();
        assert_eq!(fault, Fault::FolderMissing { folder: file.path().canonicalize().unwrap() });
    }

    #[test]
    fn a_folder_is_not_a_store() {
        assert_eq!(locate(tempfile::tempdir().unwrap().path()), Err(Fault::NotAFile));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("jobs.db");
        std::fs::write(&file, "").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(locate(&link), Ok(file));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn network_file_systems_are_known_by_their_number() {
        assert_eq!(system::name_of(0x6969), Some("NFS"));
        assert_eq!(system::name_of(0xFF53_4D42), Some("SMB"));
        assert_eq!(system::name_of(0xEF53), None, "ext4");
        assert_eq!(system::name_of(0x0102_1994), None, "tmpfs");
    }
}
