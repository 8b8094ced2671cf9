//! Spares that no longer fit: another environment, other rights, or more than are wanted.

use super::*;
use crate::worker::environment::Environment;

const NO_CHANGE: u64 = 0;
const CHANGED: u64 = 1;
/// What a boot takes; spares are wanted for what is due within twice that.
const BOOT_MS: u64 = 200;

fn keeping(count: usize) -> Bench {
    Bench::with(PoolLimits { warm_workers: WarmWorkers::Count(count), ..PoolLimits::default() })
}

fn retired(bench: &mut Bench) -> Vec<WorkerId> {
    let retired = |effect: &Effect| match effect {
        Effect::Retire(worker) => Some(*worker),
        _ => None,
    };
    bench.take().iter().filter_map(retired).collect()
}

fn set_environment(bench: &mut Bench, variable: &str) {
    let environment = Environment::new(vec![variable.to_owned()]);
    bench.send(Input::SetEnvironment(Arc::new(environment))).unwrap();
}

fn set_rights(bench: &mut Bench, rights: u64) {
    bench.send(Input::SetRights(Rights::numbered(rights))).unwrap();
}

/// A spare that boots, for a job that is due in 400 ms.
fn booting_spare() -> Bench {
    let mut bench = Bench::with(PoolLimits::default());
    bench.add(offloaded("job", in_ms(400))).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
    bench.send(Input::WorkerStarted { worker: FIRST, pid: 101, rights: Rights::numbered(0) }).unwrap();
    bench
}

fn idle_spare() -> Bench {
    let mut bench = booting_spare();
    bench.pass_ms(BOOT_MS);
    bench.frame(FIRST, WorkerFrame::Ready);
    bench
}

#[test]
fn a_spare_is_let_go_as_soon_as_what_node_reads_at_start_has_changed() {
    for mut bench in [booting_spare(), idle_spare()] {
        bench.take();
        set_environment(&mut bench, "A=1");
        assert!(retired(&mut bench).is_empty(), "it can be given that one");
        set_environment(&mut bench, "NODE_OPTIONS=--no-warnings");
        let effects = bench.take();
        assert!(
            matches!(effects[..], [Effect::Retire(FIRST), Effect::Boot { worker: SECOND, .. }]),
            "{effects:?}"
        );
    }
}

#[test]
fn spares_do_not_pile_up_however_often_the_environment_changes() {
    let mut bench = keeping(1);
    bench.add(offloaded("yearly", in_ms(3_600_000))).unwrap();
    for change in 0..8 {
        let spare = *bench.boots().first().unwrap();
        bench.frame(spare, WorkerFrame::Ready);
        set_environment(&mut bench, &format!("NODE_ENV={change}"));
        assert!(
            bench.effects.iter().any(|effect| matches!(effect, Effect::Retire(worker) if *worker == spare))
        );
        bench.exit(spare, ExitStatus::Code(0));
    }
    assert_eq!(bench.engine.pool.all().len(), 1);
}

#[test]
fn a_spare_that_is_one_too_many_leaves_and_the_other_stays() {
    let mut bench = Bench::with(PoolLimits::default());
    for name in ["a", "b"] {
        bench.add(offloaded(name, in_ms(400))).unwrap();
    }
    bench.pass_ms(BOOT_MS);
    for spare in bench.boots() {
        bench.frame(spare, WorkerFrame::Ready);
    }
    for name in ["a", "b"] {
        bench.send(Input::RemoveJob { name: Arc::from(name), request: RequestId(1) }).unwrap();
    }
    bench.add(offloaded("later", in_ms(10_400))).unwrap();
    bench.pass_ms(10_000);
    assert_eq!(retired(&mut bench), [FIRST]);
    bench.pass_ms(200);
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Go(SECOND))));
}

#[test]
fn as_many_spares_as_are_to_be_kept_stay_when_a_job_is_due_soon() {
    let mut bench = keeping(2);
    bench.add(offloaded("job", in_ms(10_400))).unwrap();
    bench.pass_ms(BOOT_MS);
    for spare in bench.boots() {
        bench.frame(spare, WorkerFrame::Ready);
    }
    bench.pass_ms(10_000);
    assert!(retired(&mut bench).is_empty());
}

#[test]
fn a_spare_is_let_go_when_the_host_has_changed_its_rights_and_the_next_has_the_new_ones() {
    for mut bench in [booting_spare(), idle_spare()] {
        bench.take();
        set_rights(&mut bench, NO_CHANGE);
        assert!(bench.take().is_empty());
        set_rights(&mut bench, CHANGED);
        let effects = bench.take();
        assert!(
            matches!(effects[..], [Effect::Retire(FIRST), Effect::Boot { worker: SECOND, .. }]),
            "{effects:?}"
        );
        let rights = Rights::numbered(CHANGED);
        bench.send(Input::WorkerStarted { worker: SECOND, pid: 102, rights }).unwrap();
        bench.frame(SECOND, WorkerFrame::Ready);
        set_rights(&mut bench, CHANGED);
        bench.pass_ms(400);
        assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Go(SECOND))));
    }
}

#[test]
fn a_primed_spare_with_other_rights_runs_nothing() {
    let mut bench = idle_spare();
    bench.pass_ms(195);
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Start { worker: FIRST, .. })));
    set_rights(&mut bench, CHANGED);
    bench.pass_ms(5);
    let effects = bench.take();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Retire(FIRST))), "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Go(FIRST))), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Go(SECOND))), "{effects:?}");
}

#[test]
fn rights_are_read_only_for_inputs_that_may_give_a_spare_to_a_job() {
    let run = Input::RunJob(Arc::from("job"));
    let now = || Input::AddJob { spec: offloaded("now", When::Now), replace_finished: false, is_held: false };
    let later = Input::AddJob { spec: offloaded("a", in_ms(9_000)), replace_finished: false, is_held: false };
    let Bench { engine, now: at, .. } = idle_spare();
    for input in [&run, &now(), &Input::TimePassed] {
        assert!(engine.wants_rights(input, at), "{input:?}");
    }
    assert!(!engine.wants_rights(&later, at), "registration stays cheap");
    assert!(
        !engine.wants_rights(
            &Input::Frame { worker: FIRST, frame: WorkerFrame::Message(Vec::new().into()) },
            at
        )
    );
    assert!(!Bench::new().engine.wants_rights(&now(), at), "there is no spare to compare");
}
