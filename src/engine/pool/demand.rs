//! Which spares are worth booting for runs that the host asks for without a due time, going by its recent
//! requests. Runs with a due time are no part of this: their spares are booted one lead ahead.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::effect::WarmUp;
use crate::engine::job::BootProfile;
use crate::timer::{MonoMs, TimerKey};

/// Requests within this time after the first are one burst, which needs as many processes at once.
const BURST: Duration = Duration::from_millis(50);
/// After a longer gap the host has begun anew: what was known of its gaps says nothing any more.
const LONGEST_GAP: Duration = Duration::from_secs(15);
/// A spare waits for so many times the longest gap remembered, within these bounds.
const WAIT_IN_GAPS: u32 = 4;
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Gaps that are remembered, and how many of them make a pattern.
const GAPS_REMEMBERED: usize = 4;
const GAPS_NEEDED: usize = 2;
/// Each request earns one credit. A spare needs so many, and they are lost if it ends unused: however wrong the
/// guesses are, at most a quarter as many processes are booted in vain as were asked for.
const CREDITS_OF_SPARE: u32 = 4;
/// Enough for two spares: so many guesses in a row may be wrong.
const MOST_CREDITS: u32 = 2 * CREDITS_OF_SPARE;
/// Kinds of processes whose requests are remembered; what was asked for longest ago is forgotten.
const KINDS_REMEMBERED: usize = 16;
/// What a boot is taken to last until one has been measured.
const UNMEASURED_BOOT: Duration = Duration::from_millis(50);

/// The recent requests for processes, by what these must be booted with.
#[derive(Debug)]
pub(super) struct Demand {
    kinds: Vec<(Arc<BootProfile>, Requests)>,
    /// What boots last, smoothed.
    boot: Duration,
}

/// The recent requests for one kind of process.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requests {
    /// The first request of the latest burst.
    last: MonoMs,
    size: usize,
    /// Runs of the latest burst that have not ended.
    going: usize,
    /// The bursts before it, the latest at the end.
    earlier: VecDeque<Burst>,
    credits: u32,
    /// The latest one was for an ES module.
    is_module: bool,
    /// When a spare is to be booted though runs of the latest burst still go.
    wake: Option<TimerKey<MonoMs>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Burst {
    size: usize,
    /// From its first request to the first one of the next burst.
    gap: Duration,
}

/// Spares that are worth having.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Forecast {
    count: usize,
    warm_up: WarmUp,
    /// They are booted from here on.
    boot_from: MonoMs,
    /// They are given up then.
    until: MonoMs,
}

/// The spares worth having after these requests, if a boot lasts `boot`.
///
/// - As many as each of the recent bursts wanted and the credits allow, from the second gap on.
/// - None if requests come about as fast as processes boot: each run would wait for a spare that boots.
/// - Booted when the runs have ended, so that they do not share their processors with a boot; halfway to the
///   next request at the latest.
/// - Given up after a few times the longest recent gap.
fn forecast(requests: &Requests, boot: Duration) -> Option<Forecast> {
    let Requests { last, going, earlier, credits, is_module, .. } = requests;
    if earlier.len() < GAPS_NEEDED {
        return None;
    }
    let allowed = usize::try_from(credits / CREDITS_OF_SPARE).unwrap_or(usize::MAX);
    let count = earlier.iter().map(|burst| burst.size).min()?.min(allowed);
    let mut gaps: Vec<Duration> = earlier.iter().map(|burst| burst.gap).collect();
    gaps.sort_unstable();
    let typical = *gaps.get((gaps.len() - 1) / 2)?;
    if count == 0 || typical < boot * 3 / 2 {
        return None;
    }
    let wait = (*gaps.last()? * WAIT_IN_GAPS).clamp(SHORTEST_WAIT, LONGEST_WAIT);
    let boot_from = if *going == 0 { *last } else { last.plus(typical / 2) };
    let warm_up = if *is_module { WarmUp::BriefForModule } else { WarmUp::Brief };
    Some(Forecast { count, warm_up, boot_from, until: last.plus(wait) })
}

impl Requests {
    fn first(at: MonoMs, is_module: bool) -> Self {
        Requests { last: at, size: 1, going: 1, earlier: VecDeque::new(), credits: 1, is_module, wake: None }
    }

    fn note(&mut self, at: MonoMs) {
        self.credits = (self.credits + 1).min(MOST_CREDITS);
        let gap = at.since(self.last);
        if gap < BURST {
            self.size += 1;
            self.going += 1;
            return;
        }
        if gap > LONGEST_GAP {
            self.earlier.clear();
        } else {
            self.earlier.push_back(Burst { size: self.size, gap });
            if self.earlier.len() > GAPS_REMEMBERED {
                self.earlier.pop_front();
            }
        }
        (self.last, self.size, self.going) = (at, 1, 1);
    }
}

impl Demand {
    pub(super) fn new() -> Self {
        Demand { kinds: Vec::new(), boot: UNMEASURED_BOOT }
    }

    /// A boot has lasted so long.
    pub(super) fn measured(&mut self, boot: Duration) {
        self.boot = (self.boot * 3 + boot) / 4;
    }

    /// The host asks for a run now.
    pub(super) fn requested(&mut self, profile: &Arc<BootProfile>, is_module: bool, at: MonoMs) {
        if let Some(requests) = self.requests_mut(profile) {
            requests.is_module = is_module;
            return requests.note(at);
        }
        if self.kinds.len() == KINDS_REMEMBERED {
            let oldest = self.kinds.iter().enumerate().min_by_key(|(_, (_, requests))| requests.last);
            if let Some((index, _)) = oldest {
                self.kinds.swap_remove(index);
            }
        }
        self.kinds.push((Arc::clone(profile), Requests::first(at, is_module)));
    }

    /// A run that the host had asked for has ended.
    pub(super) fn ended(&mut self, profile: &BootProfile) {
        if let Some(requests) = self.requests_mut(profile) {
            requests.going = requests.going.saturating_sub(1);
        }
    }

    /// A spare has ended unused.
    pub(super) fn wasted(&mut self, profile: &BootProfile) {
        if let Some(requests) = self.requests_mut(profile) {
            requests.credits = requests.credits.saturating_sub(CREDITS_OF_SPARE);
        }
    }

    /// The spares to boot now, unless they are there.
    pub(super) fn to_boot(&self, now: MonoMs) -> impl Iterator<Item = (&Arc<BootProfile>, usize, WarmUp)> {
        let is_time = move |forecast: &Forecast| forecast.boot_from <= now && now < forecast.until;
        let booted = self.forecasts(now).filter(move |(_, it)| is_time(it));
        booted.map(|(profile, it)| (profile, it.count, it.warm_up))
    }

    /// The spares to keep if they are there.
    pub(super) fn to_keep(&self, now: MonoMs) -> impl Iterator<Item = (&Arc<BootProfile>, usize, WarmUp)> {
        let kept = self.forecasts(now).filter(move |(_, it)| now < it.until);
        kept.map(|(profile, it)| (profile, it.count, it.warm_up))
    }

    /// How long a spare of this kind is kept from now on, if it is.
    pub(super) fn rest(&self, profile: &BootProfile, now: MonoMs) -> Option<Duration> {
        let (_, forecast) = self.forecasts(now).find(|(kind, _)| ***kind == *profile)?;
        Some(forecast.until.since(now)).filter(|rest| !rest.is_zero())
    }

    /// When spares of this kind are to be booted though runs still go.
    pub(super) fn wake_at(&self, profile: &BootProfile, now: MonoMs) -> Option<MonoMs> {
        let (_, forecast) = self.forecasts(now).find(|(kind, _)| ***kind == *profile)?;
        Some(forecast.boot_from).filter(|at| *at > now)
    }

    /// Sets the deadline at [`Demand::wake_at`], and returns the one before, to be cancelled.
    pub(super) fn set_wake(
        &mut self,
        profile: &BootProfile,
        wake: Option<TimerKey<MonoMs>>,
    ) -> Option<TimerKey<MonoMs>> {
        let requests = self.requests_mut(profile)?;
        std::mem::replace(&mut requests.wake, wake)
    }

    fn forecasts(&self, now: MonoMs) -> impl Iterator<Item = (&Arc<BootProfile>, Forecast)> {
        let recent = self.kinds.iter().filter(move |(_, it)| now.since(it.last) < LONGEST_WAIT);
        recent.filter_map(|(profile, requests)| Some((profile, forecast(requests, self.boot)?)))
    }

    fn requests_mut(&mut self, profile: &BootProfile) -> Option<&mut Requests> {
        self.kinds.iter_mut().find(|(kind, _)| **kind == *profile).map(|(_, requests)| requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST_MS: u64 = 100_000;

    /// Bursts as (size, gap in ms), runs that go, credits, what a boot lasts in ms; and the count, the start of
    /// boots and the end of waiting, in ms after the last request.
    type Row = (&'static [(usize, u64)], usize, u32, u64, Option<(usize, u64, u64)>);

    #[test]
    fn what_is_worth_booting() {
        let table: &[Row] = &[
            // Steady: booted when the run has ended, or halfway; given up after four gaps, within the bounds.
            (&[(1, 100), (1, 100)], 0, 4, 40, Some((1, 0, 1_000))),
            (&[(1, 100), (1, 100)], 1, 4, 40, Some((1, 50, 1_000))),
            (&[(1, 1_000), (1, 1_000)], 1, 4, 40, Some((1, 500, 4_000))),
            (&[(1, 5_000); 4], 0, 8, 40, Some((1, 0, 20_000))),
            (&[(1, 10_000); 4], 0, 8, 40, Some((1, 0, 30_000))),
            (&[(1, 15_000); 4], 0, 8, 40, Some((1, 0, 30_000))),
            // Too few gaps, too few credits.
            (&[], 0, 8, 40, None),
            (&[(1, 100)], 0, 8, 40, None),
            (&[(1, 100), (1, 100)], 0, 3, 40, None),
            // As fast as processes boot.
            (&[(1, 100), (1, 100)], 0, 4, 66, Some((1, 0, 1_000))),
            (&[(1, 100), (1, 100)], 0, 4, 67, None),
            // Irregular: the middle gap decides, the longest one is waited for; one quick request changes nothing.
            (&[(1, 3_000), (1, 60), (1, 700), (1, 2_000)], 1, 8, 60, Some((1, 350, 12_000))),
            // Bursts: what each of them wanted, as far as the credits go.
            (&[(3, 1_000), (3, 1_000)], 0, 8, 40, Some((2, 0, 4_000))),
            (&[(3, 1_000), (3, 1_000)], 0, 7, 40, Some((1, 0, 4_000))),
            (&[(3, 1_000), (1, 1_000), (3, 1_000)], 0, 8, 40, Some((1, 0, 4_000))),
        ];
        for (bursts, going, credits, boot_ms, expected) in table {
            let burst = |&(size, gap_ms)| Burst { size, gap: Duration::from_millis(gap_ms) };
            let requests = Requests {
                last: MonoMs(LAST_MS),
                size: 1,
                going: *going,
                earlier: bursts.iter().map(burst).collect(),
                credits: *credits,
                is_module: false,
                wake: None,
            };
            let found = forecast(&requests, Duration::from_millis(*boot_ms))
                .map(|it| (it.count, it.boot_from.0 - LAST_MS, it.until.0 - LAST_MS));
            assert_eq!(found, *expected, "{bursts:?}, {going} going, {credits} credits, boot {boot_ms} ms");
        }
    }

    #[test]
    fn requests_close_together_are_one_burst() {
        let mut requests = Requests::first(MonoMs(0), false);
        for at in [10, 49, 1_000, 1_020, 2_000] {
            requests.note(MonoMs(at));
        }
        let burst = |size| Burst { size, gap: Duration::from_secs(1) };
        assert_eq!(requests.earlier, [burst(3), burst(2)]);
        assert_eq!((requests.size, requests.going, requests.credits), (1, 1, 6));
    }

    #[test]
    fn a_long_gap_begins_anew_with_the_credits_there_are() {
        let mut requests = Requests::first(MonoMs(0), false);
        for second in 1..=20 {
            requests.note(MonoMs(second * 1_000));
        }
        assert_eq!((requests.earlier.len(), requests.credits), (GAPS_REMEMBERED, MOST_CREDITS));
        requests.note(MonoMs(3_600_000));
        assert_eq!((requests.earlier.len(), requests.credits), (0, MOST_CREDITS));
    }

    #[test]
    fn no_more_kinds_are_remembered_than_that() {
        let mut demand = Demand::new();
        let profile = |index: usize| {
            Arc::new(BootProfile { exec_args: vec![format!("--own={index}")], ..BootProfile::default() })
        };
        for index in 0..=KINDS_REMEMBERED {
            demand.requested(&profile(index), false, MonoMs(u64::try_from(index).unwrap()));
        }
        assert_eq!(demand.kinds.len(), KINDS_REMEMBERED);
        assert!(demand.requests_mut(&profile(0)).is_none(), "the oldest one");
        assert!(demand.requests_mut(&profile(1)).is_some());
    }
}
