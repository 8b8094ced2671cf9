//! The native side of an adapter of a cluster. It may be made in another thread than the manager: what it does needs no
//! turn of the host's event loop.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use once_cell::sync::Lazy;

use super::error::{Error, bad_value, refused, system};
use super::event::{epoch_ms, number};
use super::values::{duration, instant};
use crate::driver::Manager;
use crate::engine::{ClusterEvent, Fence, Grant, Input, Reply, Resumed, SkipReason};
use crate::timer::BootMs;

/// The managers of this process that are in a cluster, by their instance.
static MANAGERS: Lazy<Mutex<HashMap<String, Weak<Manager>>>> = Lazy::new(Mutex::default);

pub(super) fn register(instance: &str, manager: &Arc<Manager>) {
    let mut managers = MANAGERS.lock().unwrap_or_else(PoisonError::into_inner);
    managers.retain(|_, manager| manager.strong_count() > 0);
    managers.insert(instance.to_owned(), Arc::downgrade(manager));
}

/// Permission to run something, for so long.
#[napi(object)]
pub struct GrantRequest {
    /// Names the run in the cluster, and is its id.
    pub id: String,
    /// Grows with each host that is granted this run.
    pub fence: u32,
    /// The instant of `bootMs()` at which the run is killed.
    pub lease_until_ms: f64,
    /// The attempt that comes next, of a run of which attempts have failed on another host.
    pub attempt: Option<u32>,
    /// That attempt begins then at the earliest.
    pub retry_at_ms: Option<f64>,
    /// When the first attempt began.
    pub first_started_ms: Option<f64>,
    /// It is late only because it has waited for earlier slots of its job.
    pub has_waited: Option<bool>,
}

impl GrantRequest {
    pub(super) fn grant(self) -> Result<Grant, Error> {
        Ok(Grant {
            resumed: self.resumed()?,
            has_waited: self.has_waited == Some(true),
            id: Arc::from(self.id),
            fence: Fence::new(self.fence).ok_or_else(|| bad_value("a grant has a number from 1 up"))?,
            lease_until: boot_instant(self.lease_until_ms)?,
        })
    }

    fn resumed(&self) -> Result<Option<Resumed>, Error> {
        let at = |what, ms: Option<f64>| ms.map(|ms| instant(what, ms)).transpose();
        let Some(attempt) = self.attempt.and_then(NonZeroU32::new).filter(|attempt| attempt.get() > 1) else {
            return Ok(None);
        };
        Ok(Some(Resumed {
            attempt,
            begin_at: at("the next attempt", self.retry_at_ms)?,
            first_started: at("the first attempt", self.first_started_ms)?,
        }))
    }
}

/// Something that the adapter has to do.
#[napi(discriminant = "type", discriminant_case = "camelCase", object_from_js = false)]
pub enum ClusterNews {
    /// A due time is near: it is to be claimed.
    SlotNear {
        /// The job.
        name: String,
        /// The due time.
        due_ms: f64,
    },
    /// A slot that was granted gets no run.
    Declined {
        /// The id of the grant.
        id: String,
        /// 'overlap', 'missed' or 'paused'.
        reason: &'static str,
    },
    /// A lease was over, and its run was killed.
    LeaseLost {
        /// The id of the grant.
        id: String,
    },
    /// A slot that was granted is none of this host's any more: another host may have it.
    Returned {
        /// The id of the grant.
        id: String,
    },
}

/// What an adapter does with a manager.
#[napi]
pub struct ClusterLink {
    manager: Weak<Manager>,
}

#[napi]
impl ClusterLink {
    /// `onNews` is called on the event loop of this thread when there is something to take; it must not throw.
    ///
    /// # Errors
    /// There is no such manager in this process, or it is in no cluster.
    #[napi(constructor)]
    pub fn new(instance: String, on_news: Function<(), ()>) -> Result<Self, Error> {
        let managers = MANAGERS.lock().unwrap_or_else(PoisonError::into_inner);
        let manager = managers.get(&instance).cloned().unwrap_or_default();
        let Some(found) = manager.upgrade() else {
            return Err(system(format!("no manager {instance} is in a cluster")));
        };
        let wake = on_news
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(|error| system(error.reason.clone()))?;
        found.cluster().wake_by(move || {
            // Refused only when the environment is ending.
            let _status = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(ClusterLink { manager })
    }

    /// Takes everything that waits.
    #[napi]
    pub fn take(&self) -> Vec<ClusterNews> {
        let events = self.manager.upgrade().map(|manager| manager.cluster().take()).unwrap_or_default();
        events.into_iter().map(ClusterNews::of).collect()
    }

    /// This host runs a slot: at its due time, or now if that has passed. Answers 'accepted', or why there is no run: 'overlap',
    /// 'missed' or 'paused'.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`, `LEASE_OVER`, `MANAGER_SHUTTING_DOWN`, `MANAGER_SHUT_DOWN`.
    #[napi]
    pub fn grant(&self, name: String, due_ms: f64, grant: GrantRequest) -> Result<&'static str, Error> {
        let (due, grant) = (instant("due", due_ms)?, grant.grant()?);
        match self.submit(Input::GrantSlot { name: Arc::from(name), due, grant })? {
            Reply::Declined(reason) => Ok(reason.name()),
            _ => Ok("accepted"),
        }
    }

    /// Whether the lease was there to be renewed.
    ///
    /// # Errors
    /// An instant that is none.
    #[napi]
    pub fn renew(&self, id: String, until_ms: f64) -> Result<bool, Error> {
        let until = boot_instant(until_ms)?;
        Ok(self.submit(Input::RenewLease { id: Arc::from(id), until }).is_ok())
    }

    /// Ends the run of a grant at once: this host has it no more.
    #[napi]
    pub fn revoke(&self, id: String) {
        // A fact: never refused. The manager may be gone.
        let _accepted = self.submit(Input::RevokeLease(Arc::from(id)));
    }

    /// A newer due time takes the place of the run of a grant: it is asked to stop, as on one host.
    #[napi]
    pub fn replace(&self, id: String) {
        // A run that has ended meanwhile is none to be stopped.
        let _accepted = self.submit(Input::ReplaceRun(Arc::from(id)));
    }

    /// Nobody runs a slot, or `count` of them from that on: 'overlap' or 'missed'.
    ///
    /// # Errors
    /// A date that is none.
    #[napi]
    pub fn skip(&self, name: String, due_ms: f64, reason: String, count: u32) -> Result<(), Error> {
        let reason = if reason == "overlap" { SkipReason::Overlap } else { SkipReason::Missed };
        let due = instant("due", due_ms)?;
        self.submit(Input::SkipSlot { name: Arc::from(name), due, reason, count }).map(drop)
    }

    /// The last slot of a job that any host has claimed: what has passed since is made up for, as the job says.
    ///
    /// # Errors
    /// A date that is none.
    #[napi]
    pub fn resume(&self, name: String, answered_ms: f64) -> Result<(), Error> {
        let answered = instant("answered", answered_ms)?;
        self.submit(Input::ResumeSlots { name: Arc::from(name), answered }).map(drop)
    }

    /// The wall clock of the cluster is ahead of this system's by so much.
    ///
    /// # Errors
    /// A number that is no offset.
    #[napi]
    pub fn set_clock_offset(&self, offset_ms: f64) -> Result<(), Error> {
        let offset = instant("the clock offset", offset_ms)?;
        if let Some(manager) = self.manager.upgrade() {
            manager.set_clock_offset(offset.0);
        }
        Ok(())
    }

    /// The wall clock of the cluster, as the manager has it.
    #[napi]
    pub fn now_ms(&self) -> f64 {
        self.manager.upgrade().map_or(f64::NAN, |manager| epoch_ms(manager.now().wall))
    }

    fn submit(&self, input: Input) -> Result<Reply, Error> {
        let Some(manager) = self.manager.upgrade() else { return Err(system("the manager is gone")) };
        manager.submit(input).map_err(refused)
    }
}

impl ClusterNews {
    fn of(event: ClusterEvent) -> Self {
        match event {
            ClusterEvent::SlotNear { name, due } => {
                ClusterNews::SlotNear { name: name.to_string(), due_ms: epoch_ms(due) }
            }
            ClusterEvent::Declined { id, reason } => {
                ClusterNews::Declined { id: id.to_string(), reason: reason.name() }
            }
            ClusterEvent::LeaseLost { id } => ClusterNews::LeaseLost { id: id.to_string() },
            ClusterEvent::Returned { id } => ClusterNews::Returned { id: id.to_string() },
        }
    }
}

/// Milliseconds of the clock that leases follow: it goes on while the machine is suspended.
#[napi]
pub fn boot_ms() -> f64 {
    number(BootMs::now().0)
}

fn boot_instant(ms: f64) -> Result<BootMs, Error> {
    let since_boot =
        duration("the end of a lease", ms.max(0.0)).map_err(|_| bad_value("a lease needs an end"))?;
    Ok(BootMs(0).plus(since_boot))
}
