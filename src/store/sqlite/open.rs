//! Opening, part one: from a path to a connection to a store of the newest version.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::fault::{Trouble, of_system};
use super::log::note_length;
use super::recover::recover;
use super::schema::{Identity, MIGRATIONS, Migrations, identify, migrate};
use crate::store::error::Fault;
use crate::store::found::Found;
use crate::store::options::Durability;
use crate::timer::EpochMs;

/// How long another program may hold the file.
const BUSY_LIMIT: Duration = Duration::from_secs(1);
/// More statements than there are here.
const STATEMENTS: usize = 64;
/// What is left of the log after a burst.
const LOG_BYTES: i64 = 16 << 20;

/// Opens, or creates, the file; the caller has its lock.
pub(in crate::store) fn open(
    path: &Path,
    durability: Durability,
    now: EpochMs,
) -> Result<(Connection, Found), Fault> {
    open_as(path, durability, now, MIGRATIONS).map_err(Trouble::into_fault)
}

fn open_as(
    path: &Path,
    durability: Durability,
    now: EpochMs,
    migrations: &Migrations,
) -> Result<(Connection, Found), Trouble> {
    let mut connection = connect(path)?;
    let identity = identify(&connection, migrations)?;
    configure(&connection, durability)?;
    let migrated_from = match identity {
        Identity::Store(version) if version == migrations.len() => None,
        Identity::Store(version) => {
            copy(&connection, path, version)?;
            migrate(&mut connection, version, migrations)?;
            Some(u32::try_from(version).unwrap_or(u32::MAX))
        }
        Identity::Empty => {
            migrate(&mut connection, 0, migrations)?;
            None
        }
    };
    check_length(&connection, path)?;
    let found = recover(&mut connection, now)?;
    Ok((connection, Found { migrated_from, ..found }))
}

fn connect(path: &Path) -> Result<Connection, Trouble> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Where the file may only be read, SQLite opens it for that.
    if connection.is_readonly(MAIN_DB)? {
        let reason = "it may only be read".to_owned();
        return Err(Trouble::Ours(Fault::ReadOnly { reason }));
    }
    Ok(connection)
}

/// Before anything is written: it is one of our files.
fn configure(connection: &Connection, durability: Durability) -> Result<(), Trouble> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if mode != "wal" {
        let reason =
            format!("its file system has no shared memory, so that its journal mode stays \"{mode}\"");
        return Err(Trouble::Ours(Fault::System { reason }));
    }
    let synchronous = match durability {
        Durability::Normal => "NORMAL",
        Durability::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    note_length(connection);
    Ok(())
}

/// `jobs.db-version-1` for version 1 of `jobs.db`.
fn copy_path(path: &Path, version: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("-version-{version}"));
    PathBuf::from(name)
}

/// Copies the file, before it is migrated. An earlier attempt at the same may have left a copy.
fn copy(connection: &Connection, path: &Path, version: usize) -> Result<(), Trouble> {
    let copy = copy_path(path, version);
    let refused = |reason: String| Trouble::Ours(Fault::NoCopy { copy: copy.clone(), reason });
    match fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refused(error.to_string())),
        _ => {}
    }
    let Some(name) = copy.to_str() else { return Err(refused("its name is not UTF-8".to_owned())) };
    connection.execute("VACUUM INTO ?1", (name,)).map_err(|error| refused(error.to_string()))?;
    Ok(())
}

/// A file that was cut has fewer bytes than pages. The log is written back first, since it may have the
/// rest; with a reader in the way that is left out, and SQLite notices the missing page when it needs it.
fn check_length(connection: &Connection, path: &Path) -> Result<(), Trouble> {
    let is_busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    if is_busy != 0 {
        return Ok(());
    }
    let number = |pragma: &str| connection.query_row(pragma, (), |row| row.get::<_, i64>(0));
    let expected = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
    let length = fs::metadata(path).map_err(|error| Trouble::Ours(of_system(&error)))?.len();
    if i64::try_from(length).unwrap_or(i64::MAX) < expected {
        let reason = format!("it should have {expected} bytes and has {length}");
        return Err(Trouble::Ours(Fault::Corrupt { reason }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema::MIGRATIONS;

    const NOW: EpochMs = EpochMs(5);
    const NEXT: &Migrations = &[MIGRATIONS[0], "CREATE TABLE new (x) STRICT"];
    const NEXT_THAT_FAILS: &Migrations =
        &[MIGRATIONS[0], "CREATE TABLE new (x ANY) STRICT; SELECT missing FROM new"];
    const NEXT_BUT_ONE: &Migrations =
        &[MIGRATIONS[0], "CREATE TABLE new (x ANY) STRICT", "INSERT INTO new VALUES (3)"];

    fn open_with(path: &Path, migrations: &Migrations) -> Result<(Connection, Found), Fault> {
        open_as(path, Durability::Normal, NOW, migrations).map_err(Trouble::into_fault)
    }

    fn pause(path: &Path) {
        let (connection, found) = open_with(path, MIGRATIONS).unwrap();
        assert_eq!(found.migrated_from, None);
        connection.execute_batch("INSERT INTO pauses VALUES ('mail', 1, 'host', NULL)").unwrap();
    }

    #[test]
    fn an_older_file_is_migrated_after_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        pause(&path);
        fs::write(copy_path(&path, 1), "left by an attempt that was interrupted").unwrap();
        let (connection, found) = open_with(&path, NEXT_BUT_ONE).unwrap();
        assert_eq!((found.migrated_from, found.pauses.len()), (Some(1), 1));
        let number: i64 = connection.query_row("SELECT x FROM new", (), |row| row.get(0)).unwrap();
        assert_eq!(number, 3, "all steps, in order");
        drop(connection);
        let (_connection, found) = open_with(&copy_path(&path, 1), MIGRATIONS).unwrap();
        assert_eq!(found.pauses.len(), 1, "the copy is a store of the older version");
        let fault = open_with(&path, MIGRATIONS).unwrap_err();
        assert_eq!(fault, Fault::Newer { found: 3, known: 1 });
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        pause(&path);
        for migrations in [NEXT, NEXT_THAT_FAILS] {
            open_with(&path, migrations).unwrap_err();
        }
        let (_connection, found) = open_with(&path, MIGRATIONS).unwrap();
        assert_eq!(found.pauses.len(), 1);
    }

    #[test]
    fn nothing_is_migrated_without_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        pause(&path);
        fs::create_dir(copy_path(&path, 1)).unwrap();
        let fault = open_with(&path, NEXT_BUT_ONE).unwrap_err();
        assert!(matches!(fault, Fault::NoCopy { .. }), "{fault:?}");
        open_with(&path, MIGRATIONS).unwrap();
    }
}
