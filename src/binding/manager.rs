//! The native class behind a `JobManager`. Each method passes one input to the engine.

use std::cell::RefCell;
use std::sync::Arc;

use napi::bindgen_prelude::{Either, Function, Uint8Array, Uint8ArraySlice};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;
use once_cell::sync::Lazy;

use super::error::{Error, refused, system};
use super::event::EventBatch;
use super::handlers::{HandlerRequest, RunOptions};
use super::request::{DueRequest, JobOptions, ManagerOptions};
use super::steering::RunAnswer;
use super::store::{Inspector, Opened, StoreRequest};
use super::values::{duration, payload};
use crate::driver::{EventQueue, Keeper, Manager, NodeCommand, Outputs};
use crate::engine::{Engine, InlineOutcome, Input, Reply, RequestId, RunId, RunNumbers, RunRequest, Setup};
use crate::worker::environment::Environment;

/// Events handed over in one batch, so that the host's loop gets its turn.
const BATCH_EVENTS: usize = 256;

pub(super) static RUN_NUMBERS: Lazy<RunNumbers> = Lazy::new(RunNumbers::default);

/// A function without arguments, called on the host's loop from any thread.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The native side of a `JobManager`.
#[napi]
pub struct NativeManager {
    pub(super) manager: Arc<Manager>,
    /// Referenced by the host's event loop while its process should not exit by itself. Never called.
    keep_alive: RefCell<Wake>,
    /// Reads the store, while there is one.
    pub(super) inspector: RefCell<Option<Inspector>>,
}

#[napi]
#[expect(
    clippy::too_many_arguments,
    reason = "addJob: one call from JavaScript, where an object costs more than its fields"
)]
impl NativeManager {
    /// Starts a manager. `onEvents` is called on the host's loop when there are events to take; it
    /// must not throw.
    ///
    /// # Errors
    /// The system refuses a thread.
    #[napi(constructor)]
    pub fn new(env: Env, options: ManagerOptions, on_events: Function<(), ()>) -> Result<Self, Error> {
        let [wake, keep_alive] = [weak(&on_events)?, weak(&on_events)?];
        let events = EventQueue::new(move || {
            // Refused only when the environment is ending, and with it this manager.
            let _status = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        let opened = options.store.as_ref().map(StoreRequest::open).transpose()?;
        let engine = Engine::new(Setup {
            limits: options.pool_limits(),
            cancel_message: payload(&options.cancel_message)?,
            run_numbers: RUN_NUMBERS.clone(),
            seed: options.seed.to_bits(),
            instance: Arc::from(options.instance.as_str()),
        });
        let command =
            NodeCommand { exec_path: options.exec_path.into(), bootstrap: options.bootstrap_path.into() };
        let (keeper, setup, inspector) = match opened {
            Some(Opened { keeper, setup, inspector }) => (keeper, Some(setup), Some(inspector)),
            None => (Keeper::default(), None, None),
        };
        let outputs = Outputs::new(options.output_budget as usize);
        let manager = Manager::start(engine, command, events, keeper, outputs)
            .map_err(|error| system(format!("the scheduler's thread cannot be started: {error}")))?;
        if let Some(setup) = setup {
            // A fact: never refused.
            let _accepted = manager.submit(Input::StoreOpened(Box::new(setup)));
        }
        let manager = Arc::new(manager);
        if let Some(lead_ms) = options.cluster_lead_ms {
            // A fact: never refused.
            let _accepted = manager.submit(Input::JoinCluster { lead: duration("lead", lead_ms)? });
            super::cluster::register(&options.instance, &manager);
        }
        let closing = Arc::downgrade(&manager);
        env.add_env_cleanup_hook(closing, |manager| {
            if let Some(manager) = manager.upgrade() {
                manager.close();
            }
        })
        .map_err(|error| system(error.reason.clone()))?;
        Ok(NativeManager {
            manager,
            keep_alive: RefCell::new(keep_alive),
            inspector: RefCell::new(inspector),
        })
    }

    /// Registers a job. `job` is what `lib/worker/bootstrap.js` is given; absent for an inline job. With
    /// `replaceFinished` a job of this name without live run or due time gives way; with `isHeld` the
    /// schedule waits for `scheduleJob`. Answers 'accepted', 'past' (its one due time is over) or 'running'.
    ///
    /// # Errors
    /// What is wrong with the job, or `JOB_DUPLICATE_NAME`, `SCHEDULE_NEVER_DUE`,
    /// `MANAGER_SHUTTING_DOWN`, `MANAGER_SHUT_DOWN`.
    #[napi]
    pub fn add_job(
        &self,
        name: String,
        due: DueRequest,
        options: &JobOptions,
        job: Option<Either<String, Uint8Array>>,
        replace_finished: bool,
        is_held: bool,
        handler: Option<HandlerRequest>,
    ) -> Result<&'static str, Error> {
        let mut spec = options.spec(name, due, job)?;
        if let Some(handler) = handler {
            spec.work = handler.work(spec.work)?;
        }
        self.submit(Input::AddJob { spec, replace_finished, is_held })
    }

    /// Whether a job of that name is registered and due, queued or running.
    #[napi]
    pub fn is_busy(&self, name: String) -> bool {
        self.manager.is_busy(&name)
    }

    /// Arms the due times of a registered job that was held or stopped.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`, `JOB_ALREADY_STARTED`, `MANAGER_SHUTTING_DOWN`, `MANAGER_SHUT_DOWN`.
    #[napi]
    pub fn schedule_job(&self, name: String) -> Result<&'static str, Error> {
        self.submit(Input::ScheduleJob(Arc::from(name)))
    }

    /// Asks for a run of a job. Answers with its number, or with what there is instead of a new run. With a store
    /// `flushStore` has to be called, once for all runs of a turn; a run of a handler is then accepted or refused by
    /// an event.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`, `QUEUE_FULL`, `MANAGER_SHUTTING_DOWN`.
    #[napi]
    pub fn request_run(
        &self,
        name: String,
        data: Option<&[u8]>,
        options: Option<RunOptions>,
    ) -> Result<Either<u32, RunAnswer>, Error> {
        let request = match options {
            Some(options) => options.request()?,
            None => RunRequest::default(),
        };
        let request = RunRequest { data: data.map(payload).transpose()?, ..request };
        let reply = self
            .manager
            .submit_unflushed(Input::RequestRun { name: Arc::from(name), request })
            .map_err(refused)?;
        match (reply, RunAnswer::of(reply)) {
            (_, Some(answer)) => Ok(Either::B(answer)),
            (Reply::Run(run), None) => Ok(Either::A(run.0)),
            _ => Err(system("the engine has not named the run")),
        }
    }

    /// Stops a run. Settled by an event when it has ended.
    ///
    /// # Errors
    /// `RUN_UNKNOWN`.
    #[napi]
    pub fn cancel_run(&self, run: u32, request: u32) -> Result<&'static str, Error> {
        self.submit(Input::CancelRun { run: RunId(run), request: RequestId(request) })
    }

    /// Starts a run now.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`, `MANAGER_SHUTTING_DOWN`, `MANAGER_SHUT_DOWN`.
    #[napi]
    pub fn run_job(&self, name: String) -> Result<&'static str, Error> {
        self.submit(Input::RunJob(Arc::from(name)))
    }

    /// Disarms a job and cancels its runs. Settled by an event.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`.
    #[napi]
    pub fn stop_job(&self, name: String, request: u32) -> Result<&'static str, Error> {
        self.submit(Input::StopJob { name: Arc::from(name), request: RequestId(request) })
    }

    /// As `stopJob`, and unregisters the job.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`.
    #[napi]
    pub fn remove_job(&self, name: String, request: u32) -> Result<&'static str, Error> {
        self.submit(Input::RemoveJob { name: Arc::from(name), request: RequestId(request) })
    }

    /// Sends structured-clone bytes to a run's `parentPort`.
    ///
    /// # Errors
    /// `RUN_UNKNOWN`, or more bytes than fit into a frame.
    #[napi]
    pub fn post_message(&self, run: u32, bytes: &[u8]) -> Result<&'static str, Error> {
        self.submit(Input::PostMessage { run: RunId(run), bytes: payload(bytes)? })
    }

    /// Kills a run's processes at once.
    ///
    /// # Errors
    /// `RUN_UNKNOWN`.
    #[napi]
    pub fn terminate(&self, run: u32) -> Result<&'static str, Error> {
        self.submit(Input::Terminate(RunId(run)))
    }

    /// A message of the run cannot be deserialized: the run is killed.
    #[napi]
    pub fn bad_message(&self, run: u32) {
        // A fact: never refused.
        let _accepted = self.manager.submit(Input::BadMessage(RunId(run)));
    }

    /// The host program has read so many bytes of a captured stream: as many more are read from the
    /// run. Beyond 1 MiB unread the run's `write` waits.
    #[napi]
    pub fn output_read(&self, run: u32, is_stderr: bool, bytes: u32) {
        let read = Input::OutputRead { run: RunId(run), is_stderr, bytes: bytes as usize };
        // A fact: never refused.
        let _accepted = self.manager.submit(read);
    }

    /// Disarms everything, takes nothing more, and stops what is no run of a handler that goes or waits to.
    /// Settled by an event when those have ended.
    #[napi]
    pub fn drain(&self, request: u32) {
        // Never refused.
        let _accepted = self.submit(Input::Drain { request: RequestId(request) });
    }

    /// Disarms everything and stops every run. Settled by an event, after `timeoutMs` at the latest.
    ///
    /// # Errors
    /// A time-out that is no duration.
    #[napi]
    pub fn shutdown(&self, request: u32, timeout_ms: f64) -> Result<&'static str, Error> {
        let timeout = duration("timeout", timeout_ms)?;
        self.submit(Input::Shutdown { request: RequestId(request), timeout })
    }

    /// The host's environment variables as they are now, as "KEY=VALUE".
    #[napi]
    pub fn set_environment(&self, variables: Vec<String>) {
        // A fact: never refused.
        let _accepted = self.manager.submit(Input::SetEnvironment(Arc::new(Environment::new(variables))));
    }

    /// The function for an inline run has settled. `failed` is absent for one that returned; true when
    /// trying again is of no use. With a store `bytes` are what it has returned, or the envelope of its error, and
    /// `flushStore` has to be called.
    #[napi]
    pub fn inline_ended(&self, run: u32, failed: Option<bool>, bytes: Option<&[u8]>) {
        let outcome =
            failed.map_or(InlineOutcome::Completed, |is_permanent| InlineOutcome::Failed { is_permanent });
        // A fact: never refused.
        let has_bytes = bytes.is_some();
        let ended = Input::InlineEnded { run: RunId(run), outcome, bytes: bytes.map(Arc::from) };
        let _accepted =
            if has_bytes { self.manager.submit_unflushed(ended) } else { self.manager.submit(ended) };
    }

    /// How long a run waits before its next attempt; absent for no more attempts.
    ///
    /// # Errors
    /// `INVALID_OPTION` for what is no duration.
    #[napi]
    pub fn set_backoff(&self, run: u32, delay_ms: Option<f64>) -> Result<&'static str, Error> {
        let delay = delay_ms.map(|ms| duration("backoff", ms)).transpose()?;
        self.submit(Input::SetBackoff { run: RunId(run), delay })
    }

    /// Takes the events that wait, some at a time. Their bytes are put into `scratch` if they fit there.
    #[napi]
    pub fn take_events(&self, mut scratch: Uint8ArraySlice) -> Option<EventBatch> {
        // SAFETY: JavaScript waits for this call, so nobody else looks at the array meanwhile.
        let scratch = unsafe { scratch.as_mut() };
        let (events, has_more) = self.manager.events().take(BATCH_EVENTS);
        (!events.is_empty()).then(|| EventBatch::new(events, has_more, scratch))
    }

    /// The strongest reason for the host process to stay alive: 0 for none, 1 for due times of jobs with `unref`, 2 for
    /// other due times, 3 for runs that are queued or running and for requests that are not settled.
    #[napi]
    pub fn activity(&self) -> u32 {
        self.manager.activity() as u32
    }

    /// Whether the host's process stays alive, where it would exit by itself. Not at first.
    ///
    /// # Errors
    /// The environment is ending.
    #[napi]
    pub fn keep_alive(&self, env: Env, is_kept: bool) -> Result<(), Error> {
        set_referenced(&mut self.keep_alive.borrow_mut(), env, is_kept)
    }

    pub(super) fn submit(&self, input: Input) -> Result<&'static str, Error> {
        match self.manager.submit(input).map_err(refused)? {
            Reply::Accepted | Reply::Run(_) | Reply::Promoted(_) | Reply::Waiting(_) => Ok("accepted"),
            Reply::InThePast => Ok("past"),
            Reply::AlreadyRunning { .. } => Ok("running"),
            Reply::Declined(reason) => Ok(reason.name()),
        }
    }
}

/// Calls `function` on the host's loop, from any thread, and keeps the host's process alive only once it is told to.
fn weak(function: &Function<(), ()>) -> Result<Wake, Error> {
    function
        .build_threadsafe_function::<()>()
        .callee_handled::<false>()
        .weak::<true>()
        .build()
        .map_err(|error| system(error.reason.clone()))
}

#[expect(
    deprecated,
    reason = "what shall be used instead, a new one for each change, costs a run of a handler 10 µs"
)]
fn set_referenced(function: &mut Wake, env: Env, is_referenced: bool) -> Result<(), Error> {
    let changed = if is_referenced { function.refer(&env) } else { function.unref(&env) };
    changed.map_err(|error| system(error.reason.clone()))
}

impl Drop for NativeManager {
    fn drop(&mut self) {
        self.manager.close();
    }
}
