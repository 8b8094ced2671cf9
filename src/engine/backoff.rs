//! How long a run waits between two attempts: a pure function of the retry's number and of one
//! random number.
//!
//! The words are those of `BullMQ` (`attempts`, `backoff`), the default delays those of a Kubernetes
//! Job (10 s, doubled, capped), and the jitter is `BullMQ`'s: it only ever shortens a delay, so that
//! `max` holds.

use std::sync::Arc;
use std::time::Duration;

/// The pause before a retry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Backoff {
    /// One delay for each retry; the last one repeats.
    List(Arc<[Duration]>),
    /// A delay that follows a rule.
    Curve(Curve),
    /// The host is asked each time.
    Asked,
}

/// A delay by rule: `min(max, delay · factor^(n − 1))` before retry n, then a random point in the last
/// `jitter` of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Curve {
    /// Before the first retry.
    pub delay: Duration,
    /// What each further delay is multiplied by, in thousandths; 1,000 keeps it.
    pub factor_thousandths: u32,
    /// No delay is longer.
    pub max: Duration,
    /// The part of a delay that is left to chance, in thousandths: 500 gives half to all of it.
    pub jitter_thousandths: u32,
}

impl Curve {
    /// 10 s, 20 s, 40 s … up to 10 min, each shortened by up to a half.
    pub const DEFAULT: Curve = Curve {
        delay: Duration::from_secs(10),
        factor_thousandths: 2_000,
        max: Duration::from_secs(600),
        jitter_thousandths: 500,
    };

    fn delay_before(self, retry: u32, random: Random) -> Duration {
        let factor = f64::from(self.factor_thousandths) / 1_000.0;
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.delay.as_secs_f64() * factor.powi(exponent);
        let longest = seconds.min(self.max.as_secs_f64());
        let jitter = f64::from(self.jitter_thousandths.min(1_000)) / 1_000.0;
        Duration::try_from_secs_f64(longest * (1.0 - jitter * random.0)).unwrap_or(self.max)
    }
}

/// A random number from 0 to 1: an input of the engine, so that its tests are repeatable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Random(pub f64);

impl Backoff {
    /// The pause before retry number `retry` (1 is the first); `None` when the host has to be asked.
    pub fn delay_before(&self, retry: u32, random: Random) -> Option<Duration> {
        match self {
            Backoff::List(delays) => {
                let index = (retry.saturating_sub(1) as usize).min(delays.len().saturating_sub(1));
                Some(delays.get(index).copied().unwrap_or_default())
            }
            Backoff::Curve(curve) => Some(curve.delay_before(retry, random)),
            Backoff::Asked => None,
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::Curve(Curve::DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Random = Random(1.0);
    const MOST: Random = Random(0.0);

    fn seconds(backoff: &Backoff, random: Random, retries: u32) -> Vec<f64> {
        (1..=retries).map(|retry| backoff.delay_before(retry, random).unwrap().as_secs_f64()).collect()
    }

    #[test]
    fn a_list_gives_each_delay_once_and_repeats_the_last() {
        let list = Backoff::List([1, 10, 60].map(Duration::from_secs).into());
        assert_eq!(seconds(&list, MOST, 5), [1.0, 10.0, 60.0, 60.0, 60.0]);
    }

    #[test]
    fn the_default_doubles_from_ten_seconds_up_to_ten_minutes() {
        let default = Backoff::default();
        let longest = seconds(&default, MOST, 9);
        assert_eq!(longest, [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0, 600.0]);
        let shortest = seconds(&default, LEAST, 9);
        assert_eq!(shortest, longest.iter().map(|delay| delay / 2.0).collect::<Vec<_>>());
    }

    #[test]
    fn the_default_waits_as_long_in_all_as_the_documentation_says() {
        let in_all =
            |attempts: u32, random| seconds(&Backoff::default(), random, attempts - 1).iter().sum::<f64>();
        assert_eq!((in_all(3, LEAST), in_all(3, MOST)), (15.0, 30.0));
        assert_eq!((in_all(5, LEAST), in_all(5, MOST)), (75.0, 150.0));
        assert_eq!((in_all(10, LEAST) / 60.0, in_all(10, MOST) / 60.0), (20.25, 40.5));
    }

    #[test]
    fn a_fixed_delay_has_the_factor_one_and_no_jitter_is_exact() {
        let curve = Curve {
            delay: Duration::from_secs(5),
            factor_thousandths: 1_000,
            max: Duration::from_secs(600),
            jitter_thousandths: 0,
        };
        assert_eq!(seconds(&Backoff::Curve(curve), Random(0.7), 3), [5.0, 5.0, 5.0]);
    }

    #[test]
    fn no_number_of_retries_overflows() {
        let delay = Backoff::default().delay_before(u32::MAX, MOST);
        assert_eq!(delay, Some(Duration::from_secs(600)));
    }

    #[test]
    fn a_function_of_the_host_is_asked() {
        assert_eq!(Backoff::Asked.delay_before(1, MOST), None);
    }
}
