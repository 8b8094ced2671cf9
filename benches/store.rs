//! What the store costs: accepted runs a second, one alone, and opening a file in which many wait.
//!
//! `cargo bench --bench store`, or `cargo bench --bench store -- MEASUREMENT` for one number alone.
#![expect(clippy::print_stdout, reason = "the numbers are printed")]

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use job_manager::store::{
    Change, Durability, EndState, Ending, Failure, NewRun, Options, Report, RunKey, Store, Ticket,
    WaitingRun, Write,
};
use job_manager::timer::{EpochMs, Now};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const RUNS: u32 = 100_000;
const DATA_BYTES: usize = 100;
const WINDOW: u16 = 1_000;

/// A name, what its number is, and how it is measured.
type Measurement = (&'static str, &'static str, fn() -> Result<f64>);

const MEASUREMENTS: [Measurement; 8] = [
    ("batches", "accepted runs/s, in batches", || accepted(1_000)),
    ("raw", "rows/s, INSERTs in one transaction", raw),
    ("lives", "runs/s, accepted, begun and ended", lives),
    ("alone", "µs, one run alone", || alone(Durability::Normal)),
    ("alone-full", "µs, one run alone, durability 'full'", || alone(Durability::Full)),
    ("opening", "ms, opening with 100,000 waiting runs", || Ok(opening()?.0)),
    ("opening-bytes", "bytes, of each waiting run beyond the window", || Ok(opening()?.1)),
    ("window", "ms, reading a window of 1,000 and beginning them", window),
];

fn main() -> Result<()> {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    for (name, unit, measure) in MEASUREMENTS {
        match &wanted {
            None => println!("{:>12.1} {unit}", measure()?),
            Some(wanted) if wanted == name => println!("{}", measure()?),
            Some(_) => {}
        }
    }
    Ok(())
}

struct Host {
    store: Store,
    reports: Receiver<Report>,
    options: Options,
    folder: TempDir,
}

impl Host {
    fn start(durability: Durability) -> Result<Host> {
        let folder = tempfile::tempdir()?;
        let options = Options { durability, ..Options::new(folder.path().join("jobs.db")) };
        let (store, reports) = open(&options)?;
        Ok(Host { store, reports, options, folder })
    }

    fn write(&self, ticket: u32, change: Change) {
        let ticket = Some(Ticket(ticket.into()));
        self.store.write(Write { ticket, changes: vec![change] });
    }

    /// Sends what has been written, and waits until so many writes are settled.
    fn wait(&self, count: u32) -> Result<()> {
        let mut count = usize::try_from(count)?;
        self.store.flush()?;
        while count > 0 {
            if let Report::Settled(settled) = self.reports.recv()? {
                count -= settled.len();
            }
        }
        Ok(())
    }
}

fn open(options: &Options) -> Result<(Store, Receiver<Report>)> {
    let (sender, reports) = unbounded();
    let (store, _found) = Store::open(options, Now::read().wall, move |report| drop(sender.send(report)))?;
    Ok((store, reports))
}

fn new_run(key: u32, now: EpochMs) -> NewRun {
    NewRun {
        key: RunKey(key.into()),
        id: format!("3f9c2a10-{key}").into(),
        job: Arc::from("mail"),
        data: vec![7; DATA_BYTES].into(),
        priority: 0,
        trigger: "manual".into(),
        due: None,
        begin_at: now,
        queued_at: now,
        attempts: 3,
        timeout: None,
        retry_of: None,
    }
}

fn accept(key: u32) -> Change {
    Change::Accept(new_run(key, Now::read().wall))
}

fn per_second(count: u32, started: Instant) -> f64 {
    f64::from(count) / started.elapsed().as_secs_f64()
}

/// A host that asks for `batch` runs in each turn of its loop, and waits for them.
fn accepted(batch: u16) -> Result<f64> {
    let host = Host::start(Durability::Normal)?;
    let started = Instant::now();
    for first in (1..=RUNS).step_by(batch.into()) {
        for key in first..first + u32::from(batch) {
            host.write(key, accept(key));
        }
        host.wait(batch.into())?;
    }
    Ok(per_second(RUNS, started))
}

/// The same rows, without a store around them.
fn raw() -> Result<f64> {
    let host = Host::start(Durability::Normal)?;
    host.store.close()?;
    let connection = rusqlite::Connection::open(&host.options.path)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL; BEGIN")?;
    let started = Instant::now();
    let mut statement = connection.prepare(
        "INSERT INTO runs (run, id, job, state, trigger, priority, attempt, attempts, queued_at, begin_at, data) \
         VALUES (?1, ?2, 'mail', 'waiting', 'manual', 0, 1, 3, ?3, ?3, ?4)",
    )?;
    for key in 1..=RUNS {
        let run = new_run(key, Now::read().wall);
        statement.execute((key, run.id, run.queued_at.0, run.data))?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(per_second(RUNS, started))
}

/// Runs that are begun once they are accepted, and end once that is settled: 256 are under way at any time.
fn lives() -> Result<f64> {
    const UNDER_WAY: u32 = 256;
    let host = Host::start(Durability::Normal)?;
    let started = Instant::now();
    (1..=UNDER_WAY).for_each(|key| host.write(key, accept(key)));
    host.store.flush()?;
    let (mut next, mut ended) = (UNDER_WAY + 1, 0);
    while ended < RUNS {
        let Report::Settled(settled) = host.reports.recv()? else { continue };
        for (Ticket(ticket), _) in settled {
            let ticket = u32::try_from(ticket)?;
            if ticket > RUNS {
                ended += 1;
                if next <= RUNS {
                    host.write(next, accept(next));
                    next += 1;
                }
                continue;
            }
            let (run, at) = (RunKey(ticket.into()), Now::read().wall);
            let begin = Change::Begin { run, attempt: 1, at };
            host.store.write(Write { ticket: None, changes: vec![begin] });
            host.write(ticket + RUNS, Change::End { run, job: Arc::from("mail"), ending: ending(at) });
        }
        host.store.flush()?;
    }
    Ok(per_second(RUNS, started))
}

fn ending(at: EpochMs) -> Ending {
    Ending {
        state: EndState::Completed,
        attempt: 1,
        started_at: Some(at),
        at,
        failure: Failure::default(),
        gave_up: None,
        result: Some(vec![7; DATA_BYTES].into()),
        is_kept: true,
    }
}

/// The median of the time from a request to its commit.
fn alone(durability: Durability) -> Result<f64> {
    const SAMPLES: u32 = 1_001;
    let host = Host::start(durability)?;
    let mut times = Vec::new();
    for key in 1..=SAMPLES {
        // Each finds the thread asleep.
        std::thread::sleep(Duration::from_micros(300));
        let started = Instant::now();
        host.write(key, accept(key));
        host.wait(1)?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6)
}

/// A file in which a host has left all runs waiting.
fn left() -> Result<Host> {
    let host = Host::start(Durability::Normal)?;
    for key in 1..=RUNS {
        host.write(key, accept(key));
    }
    host.wait(RUNS)?;
    let Host { store, options, folder, .. } = host;
    store.close()?;
    let (store, reports) = open(&Options::new(options.path.with_file_name("unused.db")))?;
    Ok(Host { store, reports, options, folder })
}

/// How long it takes in ms, and the bytes for each run that has not been read.
fn opening() -> Result<(f64, f64)> {
    let host = left()?;
    let before = resident_bytes()?;
    let started = Instant::now();
    let (store, reports) = open(&host.options)?;
    let took = started.elapsed();
    store.read(Arc::from("mail"), WINDOW.into(), Now::read().wall)?;
    let window = reports.recv()?;
    let bytes = resident_bytes()? - before;
    drop(window);
    Ok((took.as_secs_f64() * 1e3, bytes / f64::from(RUNS - u32::from(WINDOW))))
}

/// Each is begun before the next is read, which is part of it.
fn window() -> Result<f64> {
    const WINDOWS: u32 = 50;
    let host = left()?;
    let (store, reports) = open(&host.options)?;
    let started = Instant::now();
    for _ in 0..WINDOWS {
        store.read(Arc::from("mail"), WINDOW.into(), Now::read().wall)?;
        let Report::Window(window) = reports.recv()? else { return Err("another report".into()) };
        let begin = |run: &WaitingRun| Change::Begin { run: run.key, attempt: 1, at: run.queued_at };
        store.write(Write { ticket: None, changes: window.runs.iter().map(begin).collect() });
    }
    Ok(started.elapsed().as_secs_f64() * 1e3 / f64::from(WINDOWS))
}

/// Linux only: elsewhere 0.
fn resident_bytes() -> Result<f64> {
    const PAGE_BYTES: f64 = 4_096.0;
    let Ok(facts) = fs::read_to_string("/proc/self/statm") else { return Ok(0.0) };
    Ok(facts.split(' ').nth(1).ok_or("statm has another form")?.parse::<f64>()? * PAGE_BYTES)
}
