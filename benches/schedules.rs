//! How fast the engine reads a schedule and finds its next five runs, without the way to JavaScript.
//!
//! `cargo bench --bench schedules -- --at TEXT...`; `bench/` sets it beside `@breejs/later`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use job_manager::schedule::{ClockChange, Place, Schedule, zone};

const RUNS: usize = 5;
const DURATION: Duration = Duration::from_secs(1);
/// Rounds between two looks at the clock.
const ROUNDS: u32 = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut texts: Vec<String> = std::env::args().skip_while(|arg| arg != "--at").skip(1).collect();
    // What cargo adds.
    texts.retain(|text| text != "--bench");
    if texts.is_empty() {
        texts = vec!["0 1/5 * * * *".to_owned(), "every 5 minutes".to_owned()];
    }
    // In the middle of 29 February 2024.
    let from = Timestamp::from_second(1_709_208_150)?;
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < DURATION {
        for _ in 0..ROUNDS {
            for text in &texts {
                next_runs(black_box(text), from)?;
                count += 1;
            }
        }
    }
    report(f64::from(count) / started.elapsed().as_secs_f64());
    Ok(())
}

fn next_runs(text: &str, from: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
    let schedule = Schedule::parse(text)?;
    let place = Place { zone: zone::resolve(None)?, clock_change: ClockChange::Debian, anchor: from };
    for due in schedule.upcoming(from, &place).take(RUNS) {
        black_box(due);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn report(schedules_per_second: f64) {
    println!("{schedules_per_second:.0} schedules/s");
}
