//! Durations, counted by how long they are.

use std::time::Duration;

/// How many durations were at most so long, for each of some bounds, and their sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Upper bounds in milliseconds, ascending.
    pub bounds_ms: &'static [f64],
    /// Durations up to each bound and above the one before; the last place has those above all bounds.
    pub counts: Vec<u32>,
    /// In milliseconds.
    pub sum_ms: f64,
}

impl Histogram {
    /// Nothing counted. `bounds_ms` ascend.
    pub fn new(bounds_ms: &'static [f64]) -> Self {
        Histogram { bounds_ms, counts: vec![0; bounds_ms.len() + 1], sum_ms: 0.0 }
    }

    /// Counts a duration.
    pub fn observe(&mut self, duration: Duration) {
        let ms = duration.as_secs_f64() * 1_000.0;
        let place = self.bounds_ms.partition_point(|&bound| bound < ms);
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        self.sum_ms += ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_up_to_its_bound_and_not_below() {
        let mut histogram = Histogram::new(&[1.0, 2.5, 10.0]);
        for micros in [0, 1_000, 1_001, 2_500, 10_000, 10_001, 3_600_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        assert_eq!(histogram.counts, [2, 2, 1, 2]);
        let expected = 3_600_024.502;
        assert!((histogram.sum_ms - expected).abs() < 1e-6, "{}", histogram.sum_ms);
    }
}
