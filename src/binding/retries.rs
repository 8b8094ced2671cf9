//! How often a run is tried, as JavaScript writes it.

use std::time::Duration;

use napi_derive::napi;

use super::error::{Error, bad_value};
use super::values::duration;
use crate::engine::{Backoff, Cause, Causes, Curve, RetryPolicy};

/// How often a run is tried, and when again.
#[napi(object)]
pub struct RetryOptions {
    /// All tries, the first included.
    pub attempts: u32,
    /// One pause for each retry; the last one repeats.
    pub delays_ms: Option<Vec<f64>>,
    /// A pause by rule.
    pub curve: Option<BackoffCurve>,
    /// The host is asked each time, by an event without a time.
    pub is_asked: Option<bool>,
    /// Causes that are worth another try; all when absent.
    pub retry_on: Option<Vec<String>>,
    /// No attempt begins later than this after the first.
    pub give_up_after_ms: Option<f64>,
}

/// `min(max, delay · factor^(n − 1))` before retry n, shortened at random by up to `jitter` of it.
#[napi(object)]
pub struct BackoffCurve {
    /// Before the first retry.
    pub delay_ms: f64,
    /// At least 1.
    pub factor: f64,
    /// No pause is longer.
    pub max_ms: f64,
    /// From 0 to 1.
    pub jitter: f64,
}

impl RetryOptions {
    pub(super) fn policy(&self) -> Result<RetryPolicy, Error> {
        Ok(RetryPolicy {
            attempts: self.attempts.max(1),
            backoff: self.backoff()?,
            retry_on: self.causes()?,
            give_up_after: self.give_up_after_ms.map(|ms| duration("giveUpAfter", ms)).transpose()?,
        })
    }

    fn backoff(&self) -> Result<Backoff, Error> {
        if self.is_asked == Some(true) {
            return Ok(Backoff::Asked);
        }
        if let Some(delays) = &self.delays_ms {
            let delays = delays.iter().map(|&ms| duration("backoff", ms));
            return Ok(Backoff::List(delays.collect::<Result<Vec<Duration>, Error>>()?.into()));
        }
        self.curve
            .as_ref()
            .map_or_else(|| Ok(Backoff::default()), |curve| curve.convert().map(Backoff::Curve))
    }

    fn causes(&self) -> Result<Causes, Error> {
        let Some(names) = &self.retry_on else { return Ok(Causes::ALL) };
        names.iter().try_fold(Causes::NONE, |causes, name| {
            let known = Cause::NAMES.iter().find(|(known, _)| known == name);
            let (_, cause) = known.ok_or_else(|| {
                let names: Vec<&str> = Cause::NAMES.iter().map(|(name, _)| *name).collect();
                bad_value(format!("retryOn has '{name}', expected some of {}", names.join(", ")))
            })?;
            Ok(causes.with(*cause))
        })
    }
}

impl BackoffCurve {
    fn convert(&self) -> Result<Curve, Error> {
        Ok(Curve {
            delay: duration("backoff.delay", self.delay_ms)?,
            factor_thousandths: thousandths("backoff.factor", self.factor, 1.0..=1_000.0)?,
            max: duration("backoff.max", self.max_ms)?,
            jitter_thousandths: thousandths("backoff.jitter", self.jitter, 0.0..=1.0)?,
        })
    }
}

fn thousandths(option: &str, value: f64, range: std::ops::RangeInclusive<f64>) -> Result<u32, Error> {
    if range.contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked"
        )]
        return Ok((value * 1_000.0).round() as u32);
    }
    Err(bad_value(format!(
        "{option} is {value}, expected a number from {} to {}",
        range.start(),
        range.end()
    )))
}
