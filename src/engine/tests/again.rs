//! Spares for runs that the host asks for now, again and again.

use super::*;

const BOOT_MS: u64 = 30;
const RUN_MS: u64 = 5;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// A host that asks for runs, and its processes. Everything that the engine orders happens after its time.
struct Hosted {
    bench: Bench,
    /// Processes that boot: since when, and whether a run waits for them.
    booting: Vec<(WorkerId, u64)>,
    next_job: u32,
    /// Processes that were booted ahead of a run.
    spares: Vec<WorkerId>,
    retired: usize,
    profile: Arc<BootProfile>,
    /// Whether what it asks for is an ES module.
    module_kind: ModuleKind,
    /// How spares were booted.
    warm_ups: Vec<WarmUp>,
}

impl Hosted {
    fn with(limits: PoolLimits) -> Self {
        Hosted {
            bench: Bench::with(limits),
            booting: Vec::new(),
            next_job: 1,
            spares: Vec::new(),
            retired: 0,
            profile: Arc::default(),
            module_kind: ModuleKind::CommonJs,
            warm_ups: Vec::new(),
        }
    }

    fn new() -> Self {
        Self::with(PoolLimits::default())
    }

    /// Looks through what was ordered; gives the processes that jobs were given to.
    fn look(&mut self) -> Vec<WorkerId> {
        let mut given = Vec::new();
        for effect in self.bench.take() {
            match effect {
                Effect::Boot { worker, warm_up, .. } => {
                    self.booting.push((worker, self.bench.now.mono.0));
                    if warm_up != WarmUp::Cold {
                        self.warm_ups.push(warm_up);
                        self.spares.push(worker);
                    }
                }
                Effect::Start { worker, .. } => given.push(worker),
                Effect::Retire(worker) => {
                    self.booting.retain(|(booting, _)| *booting != worker);
                    self.bench.exit(worker, ExitStatus::Code(0));
                    self.retired += 1;
                }
                _ => {}
            }
        }
        given
    }

    /// Time passes in steps of the engine's own wake-ups, and spares boot.
    fn pass(&mut self, ms: u64) {
        let end = self.bench.now.mono.0 + ms;
        while self.bench.now.mono.0 < end {
            let now = self.bench.now.mono.0;
            let wake = self.bench.engine.next_wakeup().mono.map_or(end, |at| at.0);
            let booted = self.booting.iter().map(|(_, since)| since + BOOT_MS).min().unwrap_or(end);
            self.bench.pass_ms(wake.min(booted).min(end).max(now + 1) - now);
            let now = self.bench.now.mono.0;
            for (worker, since) in std::mem::take(&mut self.booting) {
                if since + BOOT_MS > now {
                    self.booting.push((worker, since));
                } else {
                    self.bench.frame(worker, WorkerFrame::Ready);
                }
            }
            self.look();
        }
    }

    /// One request; returns its process.
    fn ask(&mut self) -> WorkerId {
        let name = format!("job-{}", self.next_job);
        self.next_job += 1;
        let mut spec = offloaded_with(&name, When::Now, limits(), &self.profile);
        spec.policy = Arc::new(Policy { module_kind: self.module_kind, ..(*spec.policy).clone() });
        self.bench.add(spec).unwrap();
        let given = self.look();
        assert_eq!(given.len(), 1);
        given[0]
    }

    /// The run goes to its end.
    fn finish(&mut self, worker: WorkerId) {
        if self.booting.iter().any(|(booting, _)| *booting == worker) {
            self.pass(BOOT_MS);
        }
        self.bench.frame(worker, WorkerFrame::Online);
        self.pass(RUN_MS);
        self.bench.say_done(worker);
        self.look();
    }

    /// Asks every `gap_ms`; returns for each request whether its process was booted before it.
    fn ask_every(&mut self, gap_ms: u64, times: usize) -> Vec<bool> {
        let mut ahead = Vec::new();
        for _ in 0..times {
            let start = self.bench.now.mono.0;
            let worker = self.ask();
            ahead.push(self.spares.contains(&worker));
            self.finish(worker);
            self.pass(start + gap_ms - self.bench.now.mono.0);
        }
        ahead
    }

    /// Processes that are there.
    fn processes(&self) -> usize {
        self.bench.engine.pool.all().len()
    }

    fn is_at_rest(&self) -> bool {
        self.processes() == 0 && self.bench.engine.next_wakeup().mono.is_none()
    }
}

#[test]
fn a_host_that_asks_again_and_again_is_given_spares_from_the_fifth_request_on() {
    for gap_ms in [100, 1_000, 5_000, 10_000] {
        let ahead = Hosted::new().ask_every(gap_ms, 12);
        assert_eq!(ahead[..4], [false; 4], "every {gap_ms} ms");
        assert_eq!(ahead[4..], [true; 8], "every {gap_ms} ms");
    }
}

#[test]
fn spares_warm_up_briefly_and_load_what_an_es_module_needs_if_one_was_asked_for_last() {
    let mut host = Hosted::new();
    host.ask_every(1_000, 8);
    assert_eq!(host.warm_ups, [WarmUp::Brief; 5]);
    host.module_kind = ModuleKind::Es;
    host.ask_every(1_000, 4);
    assert_eq!(host.warm_ups[5..], [WarmUp::BriefForModule; 4]);
    host.module_kind = ModuleKind::CommonJs;
    host.ask_every(1_000, 1);
    assert_eq!(host.warm_ups[9..], [WarmUp::Brief]);
}

#[test]
fn a_spare_is_given_up_after_four_gaps_and_nothing_is_left() {
    for (gap_ms, wait_ms) in [(100, 1_000), (1_000, 4_000), (10_000, 30_000)] {
        let mut host = Hosted::new();
        host.ask_every(gap_ms, 12);
        // The last request was one gap ago.
        host.pass(wait_ms - gap_ms - 1);
        assert_eq!((host.processes(), host.retired), (1, 0), "every {gap_ms} ms");
        assert_eq!(host.bench.engine.activity(), Activity::Idle, "it keeps no host alive");
        host.pass(1);
        assert_eq!(host.retired, 1, "every {gap_ms} ms");
        assert!(host.is_at_rest());
        host.pass(HOUR_MS);
        assert_eq!(host.spares.len(), 9, "no other one follows");
    }
}

#[test]
fn a_host_that_asks_once_an_hour_has_no_spare_and_no_deadline() {
    for gap_ms in [16_000, HOUR_MS] {
        let mut host = Hosted::new();
        for _ in 0..10 {
            let ahead = host.ask_every(gap_ms, 1);
            assert_eq!(ahead, [false]);
            assert!(host.is_at_rest());
        }
        assert!(host.spares.is_empty());
    }
}

#[test]
fn with_0_no_spare_is_booted_and_nothing_is_remembered() {
    let mut host = Hosted::with(PoolLimits { warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() });
    assert_eq!(host.ask_every(1_000, 12), [false; 12]);
    assert!(host.is_at_rest());
}

#[test]
fn an_irregular_host_is_served_too() {
    let mut host = Hosted::new();
    let gaps = [300, 2_000, 150, 4_000, 700, 90, 1_500, 3_000, 250, 2_500, 120, 5_000];
    let ahead: Vec<bool> = gaps.iter().flat_map(|&gap| host.ask_every(gap, 1)).collect();
    assert_eq!(ahead[4..], [true; 8]);
    assert_eq!(host.retired, 0);
}

#[test]
fn guesses_that_are_wrong_cost_a_quarter_of_the_requests_at_most() {
    let mut host = Hosted::new();
    // Series that end just when they have become a pattern.
    for _ in 0..50 {
        host.ask_every(500, 4);
        host.pass(MINUTE_MS);
        assert!(host.is_at_rest());
    }
    assert!(host.retired > 0, "the guesses were wrong");
    assert!(host.retired * 4 <= 200, "{} of 200", host.retired);
}

#[test]
fn a_spare_is_not_booted_beside_the_run_that_has_just_begun() {
    let mut host = Hosted::new();
    host.ask_every(1_000, 6);
    let worker = host.ask();
    assert_eq!(host.processes(), 1);
    host.bench.frame(worker, WorkerFrame::Online);
    host.pass(499);
    assert_eq!(host.processes(), 1, "its processor is its own");
    host.pass(1);
    assert_eq!(host.processes(), 2, "half of the gap has passed, and it still goes");
    host.bench.say_done(worker);
    host.look();
    host.pass(1);
    assert_eq!(host.processes(), 1, "one is enough");
}

#[test]
fn a_host_that_asks_as_soon_as_a_run_has_ended_gets_no_process_that_has_just_begun_to_boot() {
    let mut host = Hosted::new();
    let ahead = host.ask_every(BOOT_MS + RUN_MS + 1, 40);
    // Several such requests count as a burst.
    for (index, is_ahead) in ahead.into_iter().enumerate() {
        assert!(!is_ahead || index > 4, "{index}");
    }
}

/// A burst of three each second; returns how many processes were booted before them.
fn bursts(host: &mut Hosted, sizes: &[usize]) -> Vec<usize> {
    let mut ahead = Vec::new();
    for &size in sizes {
        let start = host.bench.now.mono.0;
        let workers: Vec<WorkerId> = (0..size).map(|_| host.ask()).collect();
        ahead.push(workers.iter().filter(|worker| host.spares.contains(worker)).count());
        for worker in workers {
            host.finish(worker);
        }
        host.pass(start + 1_000 - host.bench.now.mono.0);
    }
    ahead
}

fn roomy() -> PoolLimits {
    PoolLimits { max_boots: 4, ..PoolLimits::default() }
}

#[test]
fn a_burst_is_given_as_many_spares_as_every_recent_one_wanted() {
    let ahead = bursts(&mut Hosted::with(roomy()), &[2; 8]);
    assert_eq!(ahead[..2], [0, 0]);
    assert_eq!(ahead[4..], [2; 4]);
    let ahead = bursts(&mut Hosted::with(roomy()), &[1, 3, 1, 3, 1, 3, 1, 3]);
    assert!(ahead.iter().all(|&count| count <= 1), "{ahead:?}");
}

#[test]
fn no_more_spares_are_booted_than_may_run_at_once() {
    let mut host = Hosted::with(PoolLimits { max_workers: Some(1), ..roomy() });
    for _ in 0..8 {
        for name in ["first", "second"] {
            let spec = offloaded_with(name, When::Now, limits(), &host.profile);
            host.bench.send(Input::AddJob { spec, replace_finished: true, is_held: false }).unwrap();
        }
        for _ in 0..2 {
            let worker = *host.bench.engine.pool.all().first().unwrap();
            host.look();
            host.finish(worker);
        }
        host.pass(1_000);
        assert!(host.processes() <= 1);
    }
    assert!(!host.spares.is_empty());
}

#[test]
fn each_kind_of_process_has_a_pattern_of_its_own() {
    let mut host = Hosted::new();
    host.ask_every(1_000, 6);
    host.profile =
        Arc::new(BootProfile { exec_args: vec!["--no-warnings".to_owned()], ..BootProfile::default() });
    assert_eq!(host.ask_every(1_000, 1), [false]);
}

#[test]
fn a_spare_that_does_not_fit_any_more_is_replaced_as_long_as_that_is_no_habit() {
    use crate::worker::environment::Environment;
    let mut host = Hosted::new();
    host.ask_every(5_000, 12);
    for value in 0..10 {
        let variable = format!("NODE_TEST_CHANGES={value}");
        host.bench.send(Input::SetEnvironment(Arc::new(Environment::new(vec![variable])))).unwrap();
        host.look();
        host.pass(100);
    }
    assert_eq!(host.retired, 2, "then the guesses have proved wrong");
    assert_eq!(host.processes(), 0);
}

#[test]
fn a_spare_that_dies_again_and_again_is_not_booted_for_ever() {
    let mut host = Hosted::new();
    host.ask_every(5_000, 12);
    let mut deaths = 0;
    while let Some(&worker) = host.bench.engine.pool.all().first() {
        host.bench.exit(worker, ExitStatus::Signal(9));
        deaths += 1;
        host.look();
        host.pass(100);
    }
    assert_eq!(deaths, 2);
}

#[test]
fn where_boots_fail_none_is_tried_for_a_run_that_nobody_has_asked_for() {
    let mut host = Hosted::new();
    for _ in 0..8 {
        let name = format!("job-{}", host.next_job);
        host.next_job += 1;
        host.bench.add(offloaded(&name, When::Now)).unwrap();
        // Until the pause after the boot before has passed.
        while host.bench.engine.pool.all().is_empty() {
            host.bench.pass_ms(100);
        }
        let worker = host.bench.engine.pool.all()[0];
        host.bench.exit(worker, ExitStatus::Code(3));
    }
    host.bench.pass_ms(10_000);
    host.look();
    assert_eq!((host.spares.len(), host.processes()), (0, 0));
}

#[test]
fn a_spare_for_a_request_goes_at_shutdown() {
    let mut host = Hosted::new();
    host.ask_every(1_000, 6);
    assert_eq!(host.processes(), 1);
    host.bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
    host.look();
    assert!(host.is_at_rest());
}

#[test]
fn runs_that_fall_due_are_no_requests() {
    let mut bench = Bench::with(PoolLimits::default());
    bench.add(offloaded("job", every("every 2 seconds"))).unwrap();
    for _ in 0..8 {
        bench.pass_ms(1_950);
        let spares = bench.boots();
        assert_eq!(spares.len(), 1);
        bench.frame(spares[0], WorkerFrame::Ready);
        bench.pass_ms(50);
        bench.frame(spares[0], WorkerFrame::Online);
        bench.say_done(spares[0]);
        bench.take();
        assert_eq!(bench.engine.pool.all().len(), 0, "none before the next one is due soon");
    }
}
