//! What a registered job costs: memory on this side of the boundary, and time.
//!
//! `cargo bench --bench registered_jobs`

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use job_manager::engine::{
    BootProfile, Engine, Input, JobSpec, Limits, Missed, ModuleKind, Offloaded, Overlap, Plan, Policy,
    PoolLimits, Priority, RegistrationId, RetryPolicy, RunNumbers, Scope, Setup, When, Work,
};
use job_manager::schedule::{ClockChange, Schedule};
use job_manager::timer::Now;

const JOBS: u32 = 100_000;
/// What `lib/jobs/worker-options.js` makes of a job with a path of 40 characters and no data.
const JOB_BYTES: usize = 110;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut engine = Engine::new(Setup {
        limits: PoolLimits::default(),
        cancel_message: Arc::from(b"cancel".as_slice()),
        run_numbers: RunNumbers::default(),
        seed: 0,
        instance: Arc::from("bench"),
    });
    let plans = plans()?;
    let boot = Arc::new(BootProfile::default());
    let missed = Missed::Once { start_deadline: None };
    let policy = Arc::new(Policy {
        overlap: Overlap::Skip,
        missed,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        concurrency: None,
        priority: Priority::default(),
        queue: None,
        takes_context: false,
        is_paused: false,
        pause_after_failures: None,
        tags: Arc::default(),
        scope: Scope::Host,
        unref: false,
        module_kind: ModuleKind::CommonJs,
        output_limit: 65_536,
    });
    let now = Now::read();
    let (before, started) = (ALLOCATED.load(Ordering::Relaxed), Instant::now());
    for index in 0..JOBS {
        let plan = Arc::clone(&plans[index as usize % plans.len()]);
        let job = Arc::from(vec![0; JOB_BYTES]);
        let spec = JobSpec {
            name: Arc::from(format!("job-number-{index}")),
            registration: RegistrationId(index),
            when: When::Recurring { plan, anchor: now.wall },
            work: Work::Offloaded(Offloaded { boot: Arc::clone(&boot), job }),
            policy: Arc::clone(&policy),
        };
        engine.handle(Input::AddJob { spec, replace_finished: false, is_held: false }, now)?;
    }
    let elapsed = started.elapsed();
    let bytes = ALLOCATED.load(Ordering::Relaxed) - before;
    report(format_args!(
        "registered_jobs: {} bytes a job, of which {JOB_BYTES} are the job's own",
        bytes / JOBS as usize
    ));
    report(format_args!("registered_jobs: {:.0} jobs/s", f64::from(JOBS) / elapsed.as_secs_f64()));
    Ok(())
}

/// A few texts, as a host has them.
fn plans() -> Result<Vec<Arc<Plan>>, Box<dyn std::error::Error>> {
    let plan = |minute: usize| {
        let text = format!("0 {minute} 3 1 1 *");
        let schedule = Schedule::parse(&text)?;
        let (zone, clock_change) = (jiff::tz::TimeZone::UTC, ClockChange::Debian);
        Ok(Arc::new(Plan { text: Arc::from(text.as_str()), schedule, zone, clock_change }))
    };
    (0..60).map(plan).collect()
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn report(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}
