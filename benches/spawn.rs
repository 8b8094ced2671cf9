//! What the start of a process costs in a small host and in a large one, by our clone and by a plain
//! fork.

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]
    #![expect(clippy::print_stdout, reason = "a bench prints")]

    use job_manager::worker::os::{ChildCommand, EnvBlock, Launcher, Output};
    use std::hint::black_box;
    use std::ptr;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    const ROUNDS: usize = 51;
    const MEBIBYTE: usize = 1 << 20;

    pub(super) fn main() {
        println!("start of /bin/true, median of {ROUNDS}, in microseconds");
        println!("{:>10} {:>10} {:>10}", "host MiB", "ours", "fork");
        for host_mebibytes in [40, 600, 2048] {
            let memory = vec![1_u8; host_mebibytes * MEBIBYTE];
            println!("{host_mebibytes:>10} {:>10} {:>10}", ours().as_micros(), fork().as_micros());
            black_box(memory);
        }
    }

    /// From the request until the new process runs its program.
    fn ours() -> Duration {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let command = ChildCommand {
            program: "/bin/true".into(),
            argv: vec!["true".into()],
            env: Arc::new(EnvBlock::default()),
            stdout: Output::Inherit,
            stderr: Output::Inherit,
        };
        let mut launcher = Launcher::new().unwrap();
        median(|| {
            let start = Instant::now();
            let started = launcher.launch(&command).unwrap();
            let elapsed = start.elapsed();
            runtime.block_on(async { started.into_child().unwrap().wait().await.unwrap() });
            elapsed
        })
    }

    /// The copying of the page tables alone; the child ends at once.
    fn fork() -> Duration {
        median(|| {
            let start = Instant::now();
            // SAFETY: the child only ends.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                // SAFETY: ends the child without running anything of this process.
                unsafe { libc::_exit(0) };
            }
            let elapsed = start.elapsed();
            // SAFETY: no memory is involved but the null status.
            unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
            elapsed
        })
    }

    fn median(mut measure: impl FnMut() -> Duration) -> Duration {
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| measure()).collect();
        times.sort();
        times.swap_remove(ROUNDS / 2)
    }
}
