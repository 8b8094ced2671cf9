//! Events as JavaScript reads them.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::engine::{EndCause, JobEvent, Survivor, Usage};
use crate::timer::EpochMs;
use crate::worker::ipc::ReportKind;

/// Events, and the bytes that they refer to by offset: one buffer for all, since each costs more than
/// a small message does.
#[napi(object, object_from_js = false)]
pub struct EventBatch {
    /// In the order in which they happened.
    pub events: Vec<NativeEvent>,
    /// What `start` and `end` of an event count in; absent where that is the buffer that was given.
    pub bytes: Option<Uint8Array>,
    /// Whether there are more, for which no further callback follows.
    pub has_more: bool,
}

/// One event. Which fields it has follows from its type.
#[napi(discriminant = "type", discriminant_case = "camelCase", object_from_js = false)]
pub enum NativeEvent {
    /// A run was accepted.
    RunQueued {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// 'now', 'schedule', 'date', 'manual' or 'missed'.
        trigger: String,
        /// The due time that it answers.
        due_ms: Option<f64>,
        /// Its id, of a run of a cluster.
        id: Option<String>,
        /// The number of its grant.
        fence: Option<u32>,
        /// When.
        at_ms: f64,
    },
    /// Runs that were asked for are in the store.
    RunsAccepted {
        /// The runs.
        runs: Vec<u32>,
    },
    /// A run that was asked for was not accepted.
    RunRefused {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// Stable code of what is wrong with the store.
        code: Option<String>,
        /// The same as a sentence.
        message: Option<String>,
        /// The job of the run that has its id already.
        known_job: Option<String>,
        /// The number of that run; absent for one that has ended.
        known_run: Option<u32>,
    },
    /// A run that an earlier host has accepted waits in this one.
    RunRead {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// Its id.
        id: String,
        /// As for 'runQueued'; also 'retry' and 'recovered'.
        trigger: &'static str,
        /// The due time that it answers.
        due_ms: Option<f64>,
        /// When it was accepted.
        queued_ms: f64,
        /// Which try comes next.
        attempt: u32,
        /// Tries in all.
        attempts: u32,
        /// The longest attempt, in place of what its job says.
        timeout_ms: Option<f64>,
        /// Where the data of a function on the host's event loop begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// Runs wait in the store for a job that has not been defined.
    OrphanRuns {
        /// The job that is missing.
        job: String,
        /// How many.
        runs: f64,
        /// They have failed with that.
        have_failed: bool,
    },
    /// The store cannot keep anything now.
    StoreFails {
        /// Stable.
        code: &'static str,
        /// One sentence.
        message: String,
    },
    /// The store keeps again what it is given.
    StoreWorks,
    /// An attempt of a run was given a process.
    RunStarted {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// What the job sees as `threadId`.
        thread: u32,
        /// Which try this is; 1 is the first.
        attempt: u32,
        /// Its process, if that runs already.
        pid: Option<u32>,
        /// When.
        at_ms: f64,
    },
    /// A run's process is about to run the job's module.
    RunOnline {
        /// The run.
        run: u32,
        /// Its process.
        pid: u32,
        /// When.
        at_ms: f64,
    },
    /// A process that was kept for a handler ended by itself while it had no run.
    ProcessLost {
        /// The job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// How.
        ending: RunEnd,
        /// Where the envelope of an uncaught error begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// A run posted a message.
    Message {
        /// The run.
        run: u32,
        /// The job, of a handler.
        name: Option<String>,
        /// The number that it was registered with.
        registration: Option<u32>,
        /// Where its structured-clone bytes begin.
        start: u32,
        /// Where they end.
        end: u32,
    },
    /// A run's main module exports a function.
    ExportsFunction {
        /// The run.
        run: u32,
        /// Nothing kept its event loop alive once the module had been loaded.
        is_idle: bool,
    },
    /// A run threw after it had posted 'done'.
    LateError {
        /// The run.
        run: u32,
        /// Where the envelope of the error begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// A run reported.
    Reported {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// 'progress' and 'log' (JSON), or 'result' (structured-clone bytes).
        kind: String,
        /// Where it begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// A run wrote to a captured stream.
    Output {
        /// The run.
        run: u32,
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// Where what it wrote begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// A run has printed or logged something, and the host wants to know.
    OutputGrew {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
    },
    /// An attempt failed, and another follows.
    AttemptFailed {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// Which try it was.
        attempt: u32,
        /// Tries in all.
        attempts: u32,
        /// How it ended.
        ending: RunEnd,
        /// Where the envelope of an uncaught error begins.
        start: u32,
        /// Where it ends.
        end: u32,
        /// When the first one began.
        first_started_ms: Option<f64>,
        /// When the next one begins; absent while `setBackoff` is waited for.
        retry_at_ms: Option<f64>,
        /// When it ended.
        at_ms: f64,
    },
    /// The answer by `setBackoff` has decided when the next attempt begins.
    RetryPlanned {
        /// The run.
        run: u32,
        /// When.
        retry_at_ms: f64,
    },
    /// A run ended.
    RunEnded {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// Its id, of a run that only an earlier host knew.
        id: Option<String>,
        /// Why there was a run: 'now', 'schedule', 'date', 'manual', 'retry' or 'missed'.
        trigger: &'static str,
        /// The due time that it answered.
        due_ms: Option<f64>,
        /// When it was accepted.
        queued_ms: f64,
        /// When its last attempt was given its process, or its place on the host's event loop.
        started_ms: Option<f64>,
        /// When that reached the job's first line.
        online_ms: Option<f64>,
        /// Its last attempt, or the one that it waited for; 1 is the first.
        attempt: u32,
        /// Tries in all.
        attempts: u32,
        /// What the job saw as `threadId` in its last attempt.
        thread: u32,
        /// How it ended.
        ending: RunEnd,
        /// Where the envelope of an uncaught error begins.
        start: u32,
        /// Where it ends.
        end: u32,
        /// Why a run that failed is not tried again: 'attempts', 'permanent', 'time', 'next-due', 'stopped',
        /// 'removed', 'shutdown' or 'backoff'; 'cancelled' for a run that was cancelled while it waited for its next
        /// attempt, after one that failed.
        gave_up: Option<String>,
        /// When.
        at_ms: f64,
    },
    /// The run of an inline handler is asked to stop.
    InlineAbort {
        /// The run.
        run: u32,
    },
    /// An inline job is due.
    InlineDue {
        /// The run, to be given to `inlineEnded`.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// Which try this is; 1 is the first.
        attempt: u32,
        /// Since when the run could have begun: its due time, when it was accepted, or the time that was asked for.
        wanted_ms: f64,
    },
    /// A due time got no run.
    Skipped {
        /// The job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// 'overlap': an earlier run is still running; 'missed': it passed before a run could start; 'paused'.
        reason: String,
        /// The due time, or the first of them; absent for a run that the host has asked for.
        due_ms: Option<f64>,
        /// How many since the last event of this kind; at most one a second is sent for each job.
        count: u32,
        /// Due times of the job skipped for this reason so far.
        skipped: u32,
        /// When.
        at_ms: f64,
    },
    /// A job was paused.
    JobPaused {
        /// The job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// 'host', 'operator' or 'failures'.
        by: String,
        /// Why, where the store has kept the pause.
        note: Option<String>,
        /// When.
        at_ms: f64,
    },
    /// A paused job goes on.
    JobResumed {
        /// The job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// When.
        at_ms: f64,
    },
    /// All jobs were paused; there is no `jobPaused` for each of them.
    AllPaused {
        /// 'host' or 'operator'.
        by: String,
        /// Why.
        note: Option<String>,
        /// When.
        at_ms: f64,
    },
    /// The jobs that were paused with all others go on.
    AllResumed {
        /// When.
        at_ms: f64,
    },
    /// An attempt takes longer than `warnAfter`; once for each run.
    RunSlow {
        /// The run.
        run: u32,
        /// Its job.
        name: String,
        /// The number that the job was registered with.
        registration: u32,
        /// The limit that it has passed.
        limit_ms: f64,
        /// When.
        at_ms: f64,
    },
    /// A request has been carried out.
    RequestSettled {
        /// The request.
        request: u32,
        /// The time limit was reached, and the remaining processes were killed.
        timed_out: bool,
        /// Processes that could not be killed.
        survivors: Vec<NativeSurvivor>,
    },
    /// The wall clock was set back while recurring jobs were scheduled: they are scheduled anew.
    ClockSetBack {
        /// By how many milliseconds.
        step_ms: f64,
        /// How many jobs.
        jobs: u32,
        /// Jobs at fixed times do not repeat the times that they have answered.
        repeats_nothing: bool,
    },
    /// The host's environment variables are wanted.
    EnvironmentWanted,
}

/// A process that could not be killed.
#[napi(object, object_from_js = false)]
pub struct NativeSurvivor {
    /// The process.
    pub pid: u32,
    /// The system's error, as a sentence.
    pub message: String,
}

impl NativeSurvivor {
    fn new(survivor: Survivor) -> Self {
        NativeSurvivor { pid: survivor.pid, message: survivor.to_string() }
    }
}

/// How a run ended, and what it used.
#[napi(object, object_from_js = false)]
pub struct RunEnd {
    /// 'done', 'exit', 'error', 'signal', 'cancelled', 'terminated', 'timeout', 'stalled', 'memory', 'start',
    /// 'channel', 'leaseLost' or 'notStopped'; of handlers also 'returned' and 'exited'.
    pub cause: String,
    /// The exit code; present for 'exit'.
    pub exit_code: Option<i32>,
    /// The number of the signal; present for 'signal', and for 'cancelled' by a signal from outside the host.
    pub signal: Option<i32>,
    /// Stable code of a failed start; present for 'start'.
    pub code: Option<String>,
    /// What went wrong; present for 'start', 'channel' and 'notStopped'.
    pub message: Option<String>,
    /// The limit that was passed: milliseconds for 'timeout' and 'stalled', bytes for 'memory'.
    pub limit: Option<f64>,
    /// What was measured against the limit; present for 'memory'.
    pub used: Option<f64>,
    /// From the request for a process to the end.
    pub elapsed_ms: f64,
    /// User and system time.
    pub cpu_ms: f64,
    /// Peak resident memory of the process.
    pub peak_memory_bytes: f64,
}

impl EventBatch {
    pub(super) fn new(events: Vec<JobEvent>, has_more: bool, scratch: &mut [u8]) -> Self {
        let mut bytes = Vec::new();
        let events = events.into_iter().map(|event| NativeEvent::new(event, &mut bytes)).collect();
        // A buffer of its own costs more than a short run: it has to be collected.
        let bytes = match scratch.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(&bytes);
                None
            }
            None => Some(Uint8Array::from(bytes)),
        };
        EventBatch { events, bytes, has_more }
    }
}

impl NativeEvent {
    #[expect(clippy::too_many_lines, reason = "one arm for each event, which only converts")]
    fn new(event: JobEvent, bytes: &mut Vec<u8>) -> Self {
        match event {
            JobEvent::RunQueued { run, name, registration, trigger, due, granted, at } => {
                NativeEvent::RunQueued {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    trigger: trigger.name().to_owned(),
                    due_ms: due.map(epoch_ms),
                    id: granted.as_ref().map(|(id, _)| id.to_string()),
                    fence: granted.map(|(_, fence)| fence.get()),
                    at_ms: epoch_ms(at),
                }
            }
            JobEvent::RunsAccepted { runs } => {
                NativeEvent::RunsAccepted { runs: runs.into_iter().map(|run| run.0).collect() }
            }
            JobEvent::RunRefused { run, name, registration: _, error, known } => {
                let known_run = known.as_ref().and_then(|known| known.run).map(|run| run.0);
                NativeEvent::RunRefused {
                    run: run.0,
                    name: name.to_string(),
                    code: error.as_ref().map(|error| error.code().to_owned()),
                    message: error.map(|error| error.to_string()),
                    known_job: known.map(|known| known.job.into()),
                    known_run,
                }
            }
            JobEvent::RunRead {
                run,
                name,
                registration,
                id,
                trigger,
                due,
                queued,
                attempt,
                attempts,
                timeout,
                data,
            } => {
                let (start, end) = append(bytes, data.as_deref().unwrap_or_default());
                NativeEvent::RunRead {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    id: id.to_string(),
                    trigger: trigger.name(),
                    due_ms: due.map(epoch_ms),
                    queued_ms: epoch_ms(queued),
                    attempt,
                    attempts,
                    timeout_ms: timeout.map(|timeout| timeout.as_secs_f64() * 1000.0),
                    start,
                    end,
                }
            }
            JobEvent::OrphanRuns { name, runs, have_failed } => {
                NativeEvent::OrphanRuns { job: name.to_string(), runs: number(runs), have_failed }
            }
            JobEvent::StoreFails(error) => {
                NativeEvent::StoreFails { code: error.code(), message: error.to_string() }
            }
            JobEvent::StoreWorks => NativeEvent::StoreWorks,
            JobEvent::RunStarted { run, name, registration, thread, attempt, pid, at } => {
                NativeEvent::RunStarted {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    thread,
                    attempt,
                    pid,
                    at_ms: epoch_ms(at),
                }
            }
            JobEvent::RunOnline { run, pid, at } => {
                NativeEvent::RunOnline { run: run.0, pid, at_ms: epoch_ms(at) }
            }
            JobEvent::ProcessLost { name, registration, cause } => {
                let (ending, start, end) = RunEnd::with_envelope(&cause, Usage::default(), bytes);
                NativeEvent::ProcessLost {
                    name: name.to_string(),
                    registration: registration.0,
                    ending,
                    start,
                    end,
                }
            }
            JobEvent::Message { run, handler, bytes: message } => {
                let (start, end) = append(bytes, &message);
                let (name, registration) = handler.map(|(name, number)| (name.to_string(), number.0)).unzip();
                NativeEvent::Message { run: run.0, name, registration, start, end }
            }
            JobEvent::ExportsFunction { run, is_idle } => {
                NativeEvent::ExportsFunction { run: run.0, is_idle }
            }
            JobEvent::LateError { run, bytes: envelope } => {
                let (start, end) = append(bytes, &envelope);
                NativeEvent::LateError { run: run.0, start, end }
            }
            JobEvent::Reported { run, name, registration, kind, payload } => {
                let (start, end) = append(bytes, &payload);
                let kind = match kind {
                    ReportKind::Progress => "progress",
                    ReportKind::Log => "log",
                    ReportKind::Result => "result",
                    ReportKind::Alive => "alive",
                };
                NativeEvent::Reported {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    kind: kind.to_owned(),
                    start,
                    end,
                }
            }
            JobEvent::Output { run, is_stderr, bytes: output } => {
                let (start, end) = append(bytes, &output);
                NativeEvent::Output { run: run.0, is_stderr, start, end }
            }
            JobEvent::OutputGrew { run, name, registration } => {
                NativeEvent::OutputGrew { run: run.0, name: name.to_string(), registration: registration.0 }
            }
            JobEvent::AttemptFailed {
                run,
                name,
                registration,
                attempt,
                attempts,
                cause,
                usage,
                first_started,
                retry_at,
                at,
            } => {
                let (ending, start, end) = RunEnd::with_envelope(&cause, usage, bytes);
                NativeEvent::AttemptFailed {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    attempt,
                    attempts,
                    ending,
                    start,
                    end,
                    first_started_ms: first_started.map(epoch_ms),
                    retry_at_ms: retry_at.map(epoch_ms),
                    at_ms: epoch_ms(at),
                }
            }
            JobEvent::RetryPlanned { run, retry_at } => {
                NativeEvent::RetryPlanned { run: run.0, retry_at_ms: epoch_ms(retry_at) }
            }
            JobEvent::RunEnded { run, name, registration, id, facts, cause, usage, gave_up, at } => {
                let (ending, start, end) = RunEnd::with_envelope(&cause, usage, bytes);
                NativeEvent::RunEnded {
                    run: run.0,
                    name: name.to_string(),
                    registration: registration.0,
                    id: id.map(|id| id.to_string()),
                    trigger: facts.trigger.name(),
                    due_ms: facts.due.map(epoch_ms),
                    queued_ms: epoch_ms(facts.queued),
                    started_ms: facts.started.map(epoch_ms),
                    online_ms: facts.online.map(epoch_ms),
                    attempt: facts.attempt,
                    attempts: facts.attempts,
                    thread: facts.thread,
                    ending,
                    start,
                    end,
                    gave_up: gave_up.map(|why| why.name().to_owned()),
                    at_ms: epoch_ms(at),
                }
            }
            JobEvent::InlineAbort { run } => NativeEvent::InlineAbort { run: run.0 },
            JobEvent::InlineDue { run, name, registration, attempt, wanted } => NativeEvent::InlineDue {
                run: run.0,
                name: name.to_string(),
                registration: registration.0,
                attempt,
                wanted_ms: epoch_ms(wanted),
            },
            JobEvent::Skipped { name, registration, reason, due, count, skipped, at } => {
                NativeEvent::Skipped {
                    name: name.to_string(),
                    registration: registration.0,
                    reason: reason.name().to_owned(),
                    due_ms: due.map(epoch_ms),
                    count,
                    skipped,
                    at_ms: epoch_ms(at),
                }
            }
            JobEvent::JobPaused { name, registration, by, note, at } => NativeEvent::JobPaused {
                name: name.to_string(),
                registration: registration.0,
                by: by.name().to_owned(),
                note: note.map(|note| note.to_string()),
                at_ms: epoch_ms(at),
            },
            JobEvent::JobResumed { name, registration, at } => NativeEvent::JobResumed {
                name: name.to_string(),
                registration: registration.0,
                at_ms: epoch_ms(at),
            },
            JobEvent::AllPaused { by, note, at } => NativeEvent::AllPaused {
                by: by.name().to_owned(),
                note: note.map(|note| note.to_string()),
                at_ms: epoch_ms(at),
            },
            JobEvent::AllResumed { at } => NativeEvent::AllResumed { at_ms: epoch_ms(at) },
            JobEvent::RunSlow { run, name, registration, limit, at } => NativeEvent::RunSlow {
                run: run.0,
                name: name.to_string(),
                registration: registration.0,
                limit_ms: limit.as_secs_f64() * 1000.0,
                at_ms: epoch_ms(at),
            },
            JobEvent::RequestSettled { request, timed_out, survivors } => NativeEvent::RequestSettled {
                request: request.0,
                timed_out,
                survivors: survivors.into_iter().map(NativeSurvivor::new).collect(),
            },
            JobEvent::ClockSetBack { step, jobs, repeats_nothing } => NativeEvent::ClockSetBack {
                step_ms: step.as_secs_f64() * 1000.0,
                jobs: u32::try_from(jobs).unwrap_or(u32::MAX),
                repeats_nothing,
            },
            JobEvent::EnvironmentWanted => NativeEvent::EnvironmentWanted,
        }
    }
}

impl RunEnd {
    /// The end, and where the envelope of its error stands among `bytes`.
    fn with_envelope(cause: &EndCause, usage: Usage, bytes: &mut Vec<u8>) -> (Self, u32, u32) {
        let envelope: &[u8] = match cause {
            EndCause::Error(bytes) | EndCause::Returned(bytes) => bytes,
            _ => &[],
        };
        let (start, end) = append(bytes, envelope);
        let ending = RunEnd {
            elapsed_ms: usage.elapsed.as_secs_f64() * 1000.0,
            cpu_ms: usage.cpu_time.as_secs_f64() * 1000.0,
            peak_memory_bytes: number(usage.peak_memory_bytes),
            ..RunEnd::new(cause)
        };
        (ending, start, end)
    }

    fn new(cause: &EndCause) -> Self {
        let named = || RunEnd {
            cause: cause.name().to_owned(),
            exit_code: None,
            signal: None,
            code: None,
            message: None,
            limit: None,
            used: None,
            elapsed_ms: 0.0,
            cpu_ms: 0.0,
            peak_memory_bytes: 0.0,
        };
        match cause {
            EndCause::Done
            | EndCause::Returned(_)
            | EndCause::Error(_)
            | EndCause::Cancelled
            | EndCause::Terminated
            | EndCause::LeaseLost
            | EndCause::Left => named(),
            EndCause::HandlerExited(code) | EndCause::ExitCode(code) => {
                RunEnd { exit_code: Some(*code), ..named() }
            }
            EndCause::Signal(signal) | EndCause::CancelledBySignal(signal) => {
                RunEnd { signal: Some(*signal), ..named() }
            }
            EndCause::Timeout(limit) | EndCause::Stalled(limit) => {
                RunEnd { limit: Some(limit.as_secs_f64() * 1000.0), ..named() }
            }
            EndCause::Memory { limit_bytes, used_bytes } => {
                RunEnd { limit: Some(number(*limit_bytes)), used: Some(number(*used_bytes)), ..named() }
            }
            EndCause::FailedToStart { code, message } => {
                RunEnd { code: Some((*code).to_owned()), message: Some(message.clone()), ..named() }
            }
            EndCause::NotStopped(survivor) => RunEnd { message: Some(survivor.to_string()), ..named() },
            EndCause::ChannelBroke(error) => RunEnd { message: Some(error.to_string()), ..named() },
            EndCause::HostDied => RunEnd { cause: "hostDied".to_owned(), ..named() },
        }
    }
}

/// Where the appended bytes are. A batch stays far below 4 GiB: readers wait when the host falls
/// behind.
fn append(bytes: &mut Vec<u8>, more: &[u8]) -> (u32, u32) {
    let start = bytes.len();
    bytes.extend_from_slice(more);
    let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    (offset(start), offset(bytes.len()))
}

#[expect(clippy::cast_precision_loss, reason = "instants of Date fit")]
pub(super) fn epoch_ms(at: EpochMs) -> f64 {
    at.0 as f64
}

/// JavaScript has no other numbers; these are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^53")]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}
