//! Names, due times, overlap and missed slots.

use super::*;

fn due_runs(bench: &mut Bench) -> usize {
    bench.events().iter().filter(|event| matches!(event, JobEvent::InlineDue { .. })).count()
}

fn skips(bench: &mut Bench) -> Vec<(SkipReason, u32)> {
    let skip = |event| match event {
        JobEvent::Skipped { reason, skipped, .. } => Some((reason, skipped)),
        _ => None,
    };
    bench.events().into_iter().filter_map(skip).collect()
}

#[test]
fn a_name_is_registered_once_until_it_is_removed() {
    let mut bench = Bench::new();
    assert_eq!(bench.add(inline("a", in_ms(10))), Ok(Reply::Accepted));
    assert_eq!(bench.add(inline("a", in_ms(10))), Err(Refusal::DuplicateName));
    bench.send(Input::RemoveJob { name: Arc::from("a"), request: RequestId(1) }).unwrap();
    assert_eq!(bench.add(inline("a", in_ms(10))), Ok(Reply::Accepted));
}

#[test]
fn only_a_job_that_is_over_gives_way_to_another_of_its_name() {
    let mut bench = Bench::new();
    let again = |spec| Input::AddJob { spec, replace_finished: true, is_held: false };
    bench.add(offloaded("a", When::Now)).unwrap();
    assert_eq!(bench.send(again(offloaded("a", When::Now))), Err(Refusal::DuplicateName));
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    assert_eq!(bench.send(again(offloaded("a", When::Now))), Ok(Reply::Accepted));
}

#[test]
fn a_date_in_the_past_registers_the_job_and_runs_nothing() {
    let mut bench = Bench::new();
    assert_eq!(bench.add(inline("a", in_ms(-1))), Ok(Reply::InThePast));
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    assert_eq!(bench.add(inline("a", in_ms(-1))), Err(Refusal::DuplicateName));
}

#[test]
fn a_schedule_whose_times_are_past_is_registered_as_a_date_is() {
    for text in ["2020-01-01", "2020-01-01T00:00:00Z", "in 2020", "on december 25th 2021"] {
        let mut bench = Bench::new();
        assert_eq!(bench.add(inline("a", every(text))), Ok(Reply::InThePast), "{text}");
        assert!(bench.is_idle());
        assert_eq!(bench.add(inline("a", every(text))), Err(Refusal::DuplicateName));
        assert_eq!(bench.send(Input::ScheduleJob(Arc::from("a"))), Ok(Reply::InThePast));
    }
}

#[test]
fn a_schedule_that_names_no_time_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.add(inline("a", every("0 0 0 31 2 *"))), Err(Refusal::NeverDue));
    assert_eq!(bench.add(inline("a", every("0 0 0 29 2 *"))), Ok(Reply::Accepted));
}

#[test]
fn a_date_runs_once_and_not_before_its_time() {
    let mut bench = Bench::new();
    bench.add(inline("a", in_ms(500))).unwrap();
    bench.pass_ms(499);
    assert_eq!(due_runs(&mut bench), 0);
    bench.pass_ms(1);
    assert_eq!(due_runs(&mut bench), 1);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert!(bench.is_idle());
}

#[test]
fn a_held_job_waits_for_its_start() {
    let mut bench = Bench::new();
    let spec = inline("a", every("every 10 seconds"));
    bench.send(Input::AddJob { spec, replace_finished: false, is_held: true }).unwrap();
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    assert_eq!(bench.send(Input::ScheduleJob(Arc::from("a"))), Ok(Reply::Accepted));
    assert_eq!(bench.send(Input::ScheduleJob(Arc::from("a"))), Err(Refusal::AlreadyStarted));
    bench.pass_ms(10_000);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn a_recurring_job_is_due_again_and_again() {
    let mut bench = Bench::new();
    let spec = overlapping(Overlap::Allow, inline("a", every("every 10 seconds")));
    bench.add(spec).unwrap();
    for _ in 0..6 {
        bench.pass_ms(10_000);
        assert_eq!(due_runs(&mut bench), 1);
    }
}

#[test]
fn equal_due_times_fire_in_order_of_registration() {
    let mut bench = Bench::new();
    for name in ["c", "a", "b"] {
        bench.add(inline(name, in_ms(100))).unwrap();
    }
    bench.pass_ms(100);
    let names: Vec<String> = bench
        .events()
        .into_iter()
        .filter_map(|event| match event {
            JobEvent::InlineDue { name, .. } => Some(name.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["c", "a", "b"]);
}

#[test]
fn slots_missed_in_a_suspended_machine_run_once_late() {
    let mut bench = Bench::new();
    bench.add(inline("a", every("every 10 seconds"))).unwrap();
    // An hour of sleep: the wall clock goes on, the monotonic one does not.
    bench.set_wall(EpochMs(START_MS + 3_600_000 + 5_000));
    assert_eq!(due_runs(&mut bench), 1);
    bench.pass_ms(4_999);
    assert_eq!(due_runs(&mut bench), 0);
}

#[test]
fn a_missed_slot_is_skipped_where_the_job_asks_for_that() {
    for missed in [Missed::Skip, Missed::Once { start_deadline: Some(Duration::from_secs(30)) }] {
        let mut bench = Bench::new();
        let spec = inline("a", every("every 1 minutes"));
        let policy = Arc::new(Policy { missed, ..(*spec.policy).clone() });
        bench.add(JobSpec { policy, ..spec }).unwrap();
        bench.set_wall(EpochMs(START_MS + 3_600_000 + 40_000));
        assert_eq!(skips(&mut bench), [(SkipReason::Missed, 60)], "{missed:?}");
        bench.set_wall(EpochMs(START_MS + 3_660_000));
        assert_eq!(due_runs(&mut bench), 1, "{missed:?}");
    }
}

#[test]
fn a_clock_set_back_repeats_nothing() {
    let mut bench = Bench::new();
    let spec = overlapping(Overlap::Allow, inline("a", every("every 10 seconds")));
    bench.add(spec).unwrap();
    bench.pass_ms(10_000);
    assert_eq!(due_runs(&mut bench), 1);
    bench.set_wall(EpochMs(START_MS + 5_000));
    bench.pass_ms(5_000);
    assert_eq!(due_runs(&mut bench), 0, "the slot at ten seconds has been");
    bench.pass_ms(10_000);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn overlap_skip_drops_and_counts() {
    let mut bench = Bench::new();
    bench.add(inline("a", every("every 10 seconds"))).unwrap();
    bench.pass_ms(10_000);
    bench.take();
    bench.pass_ms(10_000);
    assert_eq!(skips(&mut bench), [(SkipReason::Overlap, 1)]);
    bench.pass_ms(10_000);
    assert_eq!(skips(&mut bench), [(SkipReason::Overlap, 2)]);
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    bench.pass_ms(10_000);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn overlap_queue_gives_every_due_time_its_run() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Queue, inline("a", every("every 10 seconds")))).unwrap();
    for _ in 0..3 {
        bench.pass_ms(10_000);
    }
    assert_eq!(due_runs(&mut bench), 1);
    for run in 1..=2 {
        bench
            .send(Input::InlineEnded { run: RunId(run), outcome: InlineOutcome::Completed, bytes: None })
            .unwrap();
        assert_eq!(due_runs(&mut bench), 1);
    }
    bench.send(Input::InlineEnded { run: RunId(3), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(due_runs(&mut bench), 0);
}

#[test]
fn overlap_replace_cancels_the_old_run_and_then_starts_the_new_one() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Replace, offloaded("a", every("every 10 seconds")))).unwrap();
    bench.pass_ms(10_000);
    bench.bring_online(FIRST);
    bench.take();
    bench.pass_ms(10_000);
    assert!(bench.boots().is_empty(), "the old run has not ended yet");
    bench.frame(FIRST, WorkerFrame::Cancelled(b"cancelled".to_vec()));
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_schedule_that_never_falls_due_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.add(inline("a", every("0 0 0 30 2 *"))), Err(Refusal::NeverDue));
    assert!(bench.is_idle());
}

#[test]
fn events_carry_the_registration_of_their_run_also_after_another_has_taken_the_name() {
    let mut bench = Bench::new();
    let numbered = |number, spec| JobSpec { registration: RegistrationId(number), ..spec };
    let remove = |request| Input::RemoveJob { name: Arc::from("a"), request: RequestId(request) };
    bench.add(numbered(7, offloaded("a", When::Now))).unwrap();
    bench.bring_online(FIRST);
    bench.send(remove(1)).unwrap();
    bench.add(numbered(8, offloaded("a", When::Now))).unwrap();
    bench.exit(FIRST, ExitStatus::Code(0));
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    bench.send(remove(2)).unwrap();
    bench.add(numbered(9, inline("a", When::Now))).unwrap();
    let about = |event| match event {
        JobEvent::RunStarted { registration, .. } => Some(("started", registration.0)),
        JobEvent::RunEnded { registration, .. } => Some(("ended", registration.0)),
        JobEvent::InlineDue { registration, .. } => Some(("due", registration.0)),
        _ => None,
    };
    let seen: Vec<_> = bench.events().into_iter().filter_map(about).collect();
    assert_eq!(seen, [("started", 7), ("started", 8), ("ended", 7), ("ended", 8), ("due", 9)]);
}
