//! The one runtime of the process: a single thread for the drivers of all managers.
//!
//! It is started with the first manager and lives as long as the process, also when the environment
//! that loaded the addon first (a worker thread, say) ends: `build.rs` keeps the code mapped.

use std::io;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceCell<Handle> = OnceCell::new();

/// The runtime, started if this is the first call.
///
/// # Errors
/// The system cannot provide a thread or a descriptor. A later call tries again.
pub(super) fn handle() -> io::Result<&'static Handle> {
    RUNTIME.get_or_try_init(|| {
        let runtime = Builder::new_current_thread().enable_all().thread_name("job-manager-io").build()?;
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("job-manager".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(handle)
    })
}
