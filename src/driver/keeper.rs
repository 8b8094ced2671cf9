//! The store of a manager: takes what the engine orders, and reports back to it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::shared::Shared;
use crate::engine::Input;
use crate::store::{Found, Options, Report, Store, StoreError, Write};
use crate::timer::Now;

/// The store of a manager, or none.
#[derive(Debug, Default)]
pub struct Keeper {
    store: Mutex<Option<Store>>,
    /// Who is told of what the store reports.
    manager: Arc<OnceLock<Weak<Shared>>>,
}

impl Keeper {
    /// Opens the store.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(options: &Options) -> Result<(Self, Found), StoreError> {
        let manager: Arc<OnceLock<Weak<Shared>>> = Arc::default();
        let told = Arc::clone(&manager);
        let report = move |report| {
            if let Some(manager) = told.get().and_then(Weak::upgrade) {
                take(&manager, report);
            }
        };
        let (store, found) = Store::open(options, Now::read().wall, report)?;
        Ok((Keeper { store: Mutex::new(Some(store)), manager }, found))
    }

    /// Nothing is reported before.
    pub(super) fn report_to(&self, manager: &Arc<Shared>) {
        // It is set once, by the one manager that has this store.
        let _was_set = self.manager.set(Arc::downgrade(manager));
    }

    pub(super) fn write(&self, write: Write) {
        if let Some(store) = &*self.lock() {
            store.write(write);
        }
    }

    /// Has what was written committed.
    pub(super) fn flush(&self) {
        if let Some(store) = &*self.lock() {
            // Its thread ends only with the store.
            let _sent = store.flush();
        }
    }

    pub(super) fn read(&self, job: Arc<str>, limit: usize) {
        if let Some(store) = &*self.lock() {
            // As above.
            let _sent = store.read(job, limit, Now::read().wall);
        }
    }

    /// Keeps what has been ordered, and closes the file. May be called again.
    ///
    /// # Errors
    /// Something that has happened could not be kept.
    pub(super) fn close(&self) -> Result<(), Arc<StoreError>> {
        // Its thread may report meanwhile, so the lock is not held.
        let store = self.lock().take();
        store.map_or(Ok(()), Store::close)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Store>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On the thread of the store.
fn take(manager: &Arc<Shared>, report: Report) {
    let input = match report {
        Report::Settled(settled) => Input::WritesSettled(settled),
        Report::Window(window) => Input::WindowRead(window),
        Report::Fails(error) => Input::StoreFails(error),
        Report::Works => Input::StoreWorks,
    };
    // The engine refuses no fact.
    let _accepted = manager.submit(input);
}
