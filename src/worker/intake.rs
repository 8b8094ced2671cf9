//! Decides how much of one stream of a process may be reported, and what has to wait for room.

use tokio::sync::watch;

use super::backlog::{Place, WorkerBacklog};
use super::os::ExitStatus;

/// What an exited process may have left in one pipe: the most that Linux lets a pipe hold
/// (`/proc/sys/fs/pipe-max-size`). It is reported without a place in the backlog, because the host
/// may be too busy to make room in time. Whatever comes beyond it was written by another process.
const LEFT_IN_PIPE_BYTES: usize = 1024 * 1024;

/// How the process has exited, once it has.
pub(super) type Exited = watch::Receiver<Option<ExitStatus>>;

/// Admits what one stream brings.
#[derive(Debug)]
pub(super) struct Intake {
    backlog: WorkerBacklog,
    exited: Exited,
    left_in_pipe_bytes: usize,
}

impl Intake {
    pub(super) fn new(backlog: WorkerBacklog, exited: Exited) -> Self {
        Intake { backlog, exited, left_in_pipe_bytes: LEFT_IN_PIPE_BYTES }
    }

    /// How the process has exited.
    pub(super) fn exited(&mut self) -> &mut Exited {
        &mut self.exited
    }

    /// Waits until so many bytes may be reported: for a place in the backlog once `is_free`, or for
    /// the exit of the process.
    pub(super) async fn admit(&mut self, bytes: usize, is_free: impl Future<Output = ()>) -> Place {
        let Intake { backlog, exited, left_in_pipe_bytes } = self;
        let place = async {
            is_free.await;
            backlog.place(bytes).await
        };
        tokio::select! {
            biased;
            place = place => place,
            () = is_left_in_pipe(exited, left_in_pipe_bytes, bytes) => Place::default(),
        }
    }
}

/// Returns once the process has exited, if it may have left so many bytes.
async fn is_left_in_pipe(exited: &mut Exited, left_bytes: &mut usize, bytes: usize) {
    let has_exited = exited.wait_for(Option::is_some).await.is_ok();
    match left_bytes.checked_sub(bytes) {
        Some(rest) if has_exited => *left_bytes = rest,
        _ => std::future::pending().await,
    }
}
