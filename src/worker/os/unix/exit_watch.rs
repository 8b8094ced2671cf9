//! Notices when a process has ended, without reaping it.

use super::wait::block_until_exited;
use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

/// How the end of one process is noticed.
#[derive(Debug)]
pub(crate) enum ExitWatch {
    /// A descriptor that becomes readable.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has one"))]
    Descriptor(OwnedFd),
    /// A thread that blocks on it, for systems without such a descriptor.
    Thread(oneshot::Receiver<()>),
}

/// Watches `pid` with a thread of its own.
///
/// # Errors
/// No thread could be started.
pub(crate) fn watch_by_thread(pid: libc::pid_t) -> io::Result<ExitWatch> {
    let (ended, watch) = oneshot::channel();
    thread::Builder::new().name("job-watch".into()).stack_size(64 << 10).spawn(move || {
        // An error means that it is no child of ours any more, which is an end as well.
        let _ = block_until_exited(pid);
        let _ = ended.send(());
    })?;
    Ok(ExitWatch::Thread(watch))
}

/// An [`ExitWatch`] registered with the runtime.
#[derive(Debug)]
pub(super) enum AsyncExitWatch {
    Descriptor(AsyncFd<OwnedFd>),
    Thread(oneshot::Receiver<()>),
    Ended,
}

impl AsyncExitWatch {
    pub(super) fn new(watch: ExitWatch) -> io::Result<AsyncExitWatch> {
        match watch {
            ExitWatch::Descriptor(descriptor) => {
                // SAFETY: an `OwnedFd` stays open, and the same, as long as it lives.
                let registered = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE)? };
                Ok(AsyncExitWatch::Descriptor(registered))
            }
            ExitWatch::Thread(receiver) => Ok(AsyncExitWatch::Thread(receiver)),
        }
    }

    /// Returns once the process has ended. Cancel-safe, and immediate from then on.
    pub(super) async fn ended(&mut self) -> io::Result<()> {
        match self {
            AsyncExitWatch::Descriptor(descriptor) => {
                descriptor.readable().await?.retain_ready();
            }
            AsyncExitWatch::Thread(receiver) => {
                // The sender is dropped without a value if the thread panicked: treat that as the end.
                let _ = receiver.await;
                *self = AsyncExitWatch::Ended;
            }
            AsyncExitWatch::Ended => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::Process;
    use super::*;
    use crate::worker::os::ExitStatus;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    #[tokio::test]
    #[expect(clippy::zombie_processes, reason = "it is waited for by other means")]
    async fn a_thread_sees_the_end_and_leaves_the_status() {
        let mut command = Command::new("/bin/sh");
        let mut started =
            command.args(["-c", "read line; exit 6"]).stdin(Stdio::piped()).process_group(0).spawn().unwrap();
        let mut process = Process::new(started.id().cast_signed(), 0);
        let mut watch = AsyncExitWatch::new(watch_by_thread(process.pid()).unwrap()).unwrap();
        tokio::select! {
            biased;
            ended = watch.ended() => unreachable!("{ended:?}"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(process.try_reap().unwrap(), None);
        drop(started.stdin.take());
        watch.ended().await.unwrap();
        watch.ended().await.unwrap();
        assert_eq!(process.try_reap().unwrap().unwrap().status, ExitStatus::Code(6));
    }
}
