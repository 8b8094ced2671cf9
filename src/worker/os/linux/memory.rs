//! Resident memory, from `/proc`, and whom the kernel takes when there is none left.

use std::fs::{self, File};
use std::io::{self, Read};
use std::mem::MaybeUninit;

/// More than the part of `/proc/PID/status` that tells of memory: it comes in the first read, in the
/// second third of some 1,400 bytes.
const STATUS_BYTES: usize = 4096;

/// How much likelier than the host the kernel takes a job, in thousandths of the memory there is.
const MORE_LIKELY: i32 = 500;
const MOST_LIKELY: i32 = 1000;

/// The most resident memory this process has held.
pub(crate) fn host_peak_bytes() -> u64 {
    // SAFETY: rusage is plain data, for which zero is a value.
    let mut usage: libc::rusage = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: `usage` is valid for writing during the call.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    max_rss_bytes(&usage)
}

/// The most resident memory that a usage record tells of.
pub(crate) fn max_rss_bytes(usage: &libc::rusage) -> u64 {
    u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024)
}

/// The most resident memory that the program now running as `pid` has held; `None` once it has
/// ended.
pub(crate) fn peak_memory_bytes(pid: libc::pid_t) -> Option<u64> {
    let mut start = [0; STATUS_BYTES];
    let length = File::open(format!("/proc/{pid}/status")).ok()?.read(&mut start).ok()?;
    let status = String::from_utf8_lossy(&start[..length]);
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Resident memory now of all processes in the group led by `pid`. Pages that they share count in
/// each.
///
/// Reads one small file for each process of the system (about 10 µs each): not for a thread that
/// must not be held up.
///
/// # Errors
/// `/proc` cannot be read.
pub fn tree_memory_bytes(pid: u32) -> io::Result<u64> {
    let page_bytes = rustix::param::page_size() as u64;
    let pages = fs::read_dir("/proc")?
        .filter_map(|entry| fs::read(entry.ok()?.path().join("stat")).ok())
        .filter_map(|stat| parse_stat(&stat))
        .filter(|stat| stat.group == pid)
        .map(|stat| stat.resident_pages)
        .sum::<u64>();
    Ok(pages * page_bytes)
}

/// Makes the kernel take the process rather than the host when memory runs out. What the system does
/// not allow (no `/proc`, a file that is read-only) stays as it is.
pub(crate) fn prefer_as_victim(pid: libc::pid_t) {
    let host = fs::read_to_string("/proc/self/oom_score_adj").ok();
    if let Some(adjustment) = host.and_then(|text| text.trim().parse::<i32>().ok()) {
        let adjustment = (adjustment + MORE_LIKELY).min(MOST_LIKELY);
        let _ = fs::write(format!("/proc/{pid}/oom_score_adj"), adjustment.to_string());
    }
}

struct Stat {
    group: u32,
    resident_pages: u64,
}

/// Reads one `/proc/PID/stat`: `PID (NAME) STATE PPID PGRP …`, the 24th field being the resident
/// pages. NAME may contain anything, so the fields are counted from its last parenthesis.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let fields = std::str::from_utf8(stat.get(after_name..)?).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let group = fields.nth(2)?.parse().ok()?;
    let resident_pages = fields.nth(18)?.parse().ok()?;
    Some(Stat { group, resident_pages })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_past_any_name() {
        let line =
            b"42 (a) b (c) S 7 40 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 99 4096 123 18446744073709551615";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.group, stat.resident_pages), (40, 123));
    }

    #[test]
    fn a_stat_line_cut_short_counts_for_nothing() {
        assert!(parse_stat(b"42 (a) S 7").is_none());
        assert!(parse_stat(b"").is_none());
    }
}
