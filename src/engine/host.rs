//! What a process takes over from the host when it boots.

use std::sync::Arc;

use crate::timer::MonoMs;
use crate::worker::environment::Environment;
use crate::worker::os::Rights;

/// The host as the engine knows it. A spare keeps what there was when it was booted.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Its environment variables.
    pub(super) environment: Arc<Environment>,
    /// Its user, groups, limits and so on; `None` as long as no process was started.
    pub(super) rights: Option<Rights>,
    /// When they were read last.
    pub(super) rights_read: Option<MonoMs>,
}
