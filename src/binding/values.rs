//! Checks and converts single values from JavaScript.

use std::sync::Arc;
use std::time::Duration;

use super::error::{Error, bad_value};
use crate::timer::EpochMs;
use crate::worker::ipc::MAX_PAYLOAD_BYTES;

/// Bytes that fit into a frame.
pub(super) fn payload(bytes: &[u8]) -> Result<Arc<[u8]>, Error> {
    // Room for the header that leads a job.
    const LEAD_BYTES: usize = 1024 * 1024;
    if bytes.len() > MAX_PAYLOAD_BYTES - LEAD_BYTES {
        return Err(bad_value(format!(
            "{} bytes of data exceed the limit of {MAX_PAYLOAD_BYTES} bytes for one message to a worker",
            bytes.len()
        )));
    }
    Ok(Arc::from(bytes))
}

pub(super) fn duration(option: &str, ms: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(ms / 1000.0)
        .map_err(|_| bad_value(format!("{option} is {ms}, expected a number of milliseconds from 0 up")))
}

pub(super) fn instant(option: &str, ms: f64) -> Result<EpochMs, Error> {
    // The range of Date: 100,000,000 days either side of 1970 (ECMAScript, "Time Values").
    const LIMIT_MS: f64 = 8.64e15;
    if ms.is_finite() && ms.abs() <= LIMIT_MS {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        return Ok(EpochMs(ms as i64));
    }
    Err(bad_value(format!("{option} is not a valid date")))
}

pub(super) fn whole(option: &str, number: f64) -> Result<u64, Error> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    if (1.0..=LIMIT).contains(&number) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked"
        )]
        return Ok(number as u64);
    }
    Err(bad_value(format!("{option} is out of range")))
}
