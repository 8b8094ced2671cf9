//! Any bytes as an `at` string: no panic, no run that is not later than the one before, no search longer
//! than 10 ms.
//!
//! The first byte chooses zone and rule, the next four the instant; the rest is the text. Run it with
//! `cargo fuzz run schedule`; on a stable compiler with `RUSTC_BOOTSTRAP=1 cargo fuzz run schedule`.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_manager::schedule::{ClockChange, Place, Schedule, zone};
use libfuzzer_sys::fuzz_target;
use rustix::time::{ClockId, clock_gettime};

static ZONES: LazyLock<Vec<TimeZone>> = LazyLock::new(|| {
    ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Africa/Casablanca"]
        .into_iter()
        .filter_map(|name| zone::resolve(Some(name)).ok())
        .collect()
});

const LONGEST_SEARCH: Duration = Duration::from_millis(10);

/// The fuzzer's instrumentation makes everything several times slower.
const SLOWDOWN: u32 = 10;

fuzz_target!(|data: &[u8]| {
    let [choice, a, b, c, d, bytes @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let clock_change = if choice & 1 == 0 { ClockChange::Debian } else { ClockChange::Upstream };
    let zone = ZONES[usize::from(choice >> 1) % ZONES.len()].clone();
    let second = i64::from(u32::from_be_bytes([*a, *b, *c, *d]));
    let Ok(anchor) = Timestamp::new(second, i32::from(*d) * 1_000_000) else { return };
    let place = Place { zone, clock_change, anchor };

    let started = processor_time();
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(error) => {
            let span = error.span();
            assert!(text.get(span).is_some(), "the error points outside of the text");
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(!schedule.describe().is_empty());
    within_limit("parsing", started);
    let mut last = anchor;
    for _ in 0..4 {
        let started = processor_time();
        let Some(due) = schedule.next_after(last, &place) else { break };
        within_limit("a search", started);
        assert!(due > last, "{due} is not after {last}");
        last = due;
    }
});

/// Time of the processor, not of the clock: a busy machine is no slow search.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn within_limit(what: &str, started: Duration) {
    let taken = processor_time().saturating_sub(started);
    assert!(taken < LONGEST_SEARCH * SLOWDOWN, "{what} took {taken:?}");
}
