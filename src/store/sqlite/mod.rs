//! The only code that names SQLite: the file as tables, and the errors of both as faults.

mod apply;
pub(super) mod fault;
mod log;
mod open;
mod prune;
mod recover;
mod runs;
mod schema;
mod waiting;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub(super) use log::Log;
pub(super) use open::open;
pub(super) use prune::Pruner;
pub use runs::{Attempt, KeptRun, Reader, RunFilter, Stage};
pub(super) use waiting::read_window;

use super::change::{RunKey, Write};
use super::error::Fault;
use super::found::KnownRun;

/// Commits writes in one transaction. For each, the known run because of which nothing of it was kept.
///
/// # Errors
/// Nothing of them is kept.
pub(super) fn commit(
    connection: &mut Connection,
    writes: &[Write],
    first_key: RunKey,
) -> Result<Vec<Option<KnownRun>>, Fault> {
    try_commit(connection, writes, first_key).map_err(|error| fault::of_sqlite(&error))
}

fn try_commit(
    connection: &mut Connection,
    writes: &[Write],
    first_key: RunKey,
) -> rusqlite::Result<Vec<Option<KnownRun>>> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let known = writes.iter().map(|write| perform(&transaction, write, first_key));
    let known = known.collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(known)
}

/// A run that is known already keeps all of its write out: it comes first in it.
fn perform(connection: &Connection, write: &Write, first_key: RunKey) -> rusqlite::Result<Option<KnownRun>> {
    for change in &write.changes {
        if let Some(known) = apply::apply(connection, change, first_key)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}
