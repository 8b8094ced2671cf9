//! What the start of a process costs: in a small host and in a large one, by our clone and by a plain
//! fork, and by way of the spawner's thread.

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to say")]
    #![expect(clippy::print_stdout, reason = "a bench prints")]

    use job_manager::worker::os::{ChildCommand, EnvBlock, Launcher, Output};
    use job_manager::worker::spawner::Spawner;
    use std::hint::black_box;
    use std::ptr;
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use tokio::runtime::Runtime;

    const ROUNDS: usize = 51;
    const MEBIBYTE: usize = 1 << 20;

    pub(super) fn main() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        println!("start of /bin/true, in microseconds, medians of {ROUNDS}");
        println!(
            "the very first, with the spawner's thread and the guard: {}",
            spawner(&runtime).as_micros()
        );
        println!("by way of the spawner's thread: {}", median(|| spawner(&runtime)).as_micros());
        println!("{:>10} {:>10} {:>10}", "host MiB", "ours", "fork");
        let mut launcher = Launcher::new().unwrap();
        for host_mebibytes in [40, 600, 2048] {
            let memory = vec![1_u8; host_mebibytes * MEBIBYTE];
            let ours = median(|| launch(&mut launcher, &runtime)).as_micros();
            println!("{host_mebibytes:>10} {ours:>10} {:>10}", median(fork).as_micros());
            black_box(memory);
        }
    }

    fn command() -> ChildCommand {
        ChildCommand {
            nice: 0,
            program: "/bin/true".into(),
            argv: vec!["true".into()],
            env: Arc::new(EnvBlock::default()),
            stdout: Output::Inherit,
            stderr: Output::Inherit,
        }
    }

    /// From the request until the asker has the running process.
    fn spawner(runtime: &Runtime) -> Duration {
        runtime.block_on(async {
            let start = Instant::now();
            let mut child = Spawner::global().spawn(command()).await.unwrap();
            let elapsed = start.elapsed();
            child.wait().await.unwrap();
            elapsed
        })
    }

    /// From the request until the new process runs its program.
    fn launch(launcher: &mut Launcher, runtime: &Runtime) -> Duration {
        let command = command();
        let start = Instant::now();
        let started = launcher.launch(&command).unwrap();
        let elapsed = start.elapsed();
        runtime.block_on(async { started.into_child().unwrap().wait().await.unwrap() });
        elapsed
    }

    /// The copying of the page tables alone; the child ends at once.
    fn fork() -> Duration {
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
    }

    fn median(mut measure: impl FnMut() -> Duration) -> Duration {
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| measure()).collect();
        times.sort();
        times.swap_remove(ROUNDS / 2)
    }
}
