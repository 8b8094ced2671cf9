//! Resident memory, from `/proc`, and the order in which the kernel kills processes when memory runs out.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::fs::DirEntryExt;

/// Larger than the part of `/proc/PID/status` up to the lines about memory, which are in the second third
/// of some 1,400 bytes and come with the first read.
const STATUS_BYTES: usize = 4096;
/// More than `/proc/PID/stat` has up to the field that is read.
const STAT_BYTES: usize = 1024;

/// Added to the host's `oom_score_adj` for a job, so that the kernel kills a job first (thousandths of all memory).
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

/// The peak resident memory in a usage record.
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

/// How many looks it takes until each process has been read again that belonged to none of the groups
/// when it was read last: it may have joined one.
const ROUND: u32 = 16;

/// Resident memory of process groups, looked at again and again.
///
/// A look lists the processes of the system and reads the few of them that it has to: those of the
/// groups, new ones, and some of the others in turn. `docs/design/processes.md` has the cost.
#[derive(Debug, Default)]
pub struct MemoryScan {
    looks: u32,
    /// By the inode number of its `/proc/PID`: one of its own for each process, also for two with the
    /// same pid. Should the system forget it, the process counts as new.
    known: HashMap<u64, Known>,
}

#[derive(Debug)]
struct Known {
    group: u32,
    /// The last look at which it was there.
    seen_at: u32,
}

impl MemoryScan {
    /// Resident memory now, in bytes, of all processes in the group of each of `leaders`. Pages that
    /// they share count in each. A group without a process is left out; all are when `/proc` cannot be
    /// read.
    pub fn group_bytes(&mut self, leaders: &[u32]) -> HashMap<u32, u64> {
        self.looks = self.looks.wrapping_add(1);
        let leaders: HashSet<u32> = leaders.iter().copied().collect();
        let mut used = HashMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            if let Some(stat) = self.read_if_needed(pid, entry.ino(), &leaders)
                && leaders.contains(&stat.group)
            {
                let bytes = stat.resident_pages * rustix::param::page_size() as u64;
                *used.entry(stat.group).or_default() += bytes;
            }
        }
        self.known.retain(|_, known| known.seen_at == self.looks);
        used
    }

    fn read_if_needed(&mut self, pid: u32, inode: u64, leaders: &HashSet<u32>) -> Option<Stat> {
        let seen_at = self.looks;
        if let Some(known) = self.known.get_mut(&inode)
            && !leaders.contains(&known.group)
            && !pid.wrapping_add(seen_at).is_multiple_of(ROUND)
        {
            known.seen_at = seen_at;
            return None;
        }
        let stat = read_stat(pid)?;
        self.known.insert(inode, Known { group: stat.group, seen_at });
        Some(stat)
    }
}

/// `None` once the process has ended.
fn read_stat(pid: u32) -> Option<Stat> {
    let mut stat = [0; STAT_BYTES];
    let length = File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut stat).ok()?;
    parse_stat(stat.get(..length)?)
}

/// Makes the kernel kill the process rather than the host when memory runs out. Without effect where the
/// system does not allow it (no `/proc`, a read-only file).
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
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    #[test]
    fn a_stat_line_is_read_past_any_name() {
        let line =
            b"42 (a) b (c) S 7 40 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 99 4096 123 18446744073709551615";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.group, stat.resident_pages), (40, 123));
    }

    /// A process in this group, or leader of a group of its own, that ends with its standard input. It has begun:
    /// until its program is loaded it has the memory of this process.
    fn process(group: u32) -> Child {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(group.cast_signed());
        let mut child = command.spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        child
    }

    #[test]
    fn a_look_measures_groups_that_are_new_known_or_growing() {
        const NEW: u32 = 0;
        let mut scan = MemoryScan::default();
        let (first, second) = (process(NEW), process(NEW));
        let ids = [first.id(), second.id()];
        assert_eq!(scan.group_bytes(&ids[..1]).into_keys().collect::<Vec<_>>(), ids[..1]);
        // The second was known to be in none of the groups.
        let both = scan.group_bytes(&ids);
        assert!(ids.iter().all(|id| both[id] > 0), "{both:?}");
        let third = process(ids[0]);
        assert!(scan.group_bytes(&ids)[&ids[0]] > both[&ids[0]]);
        for mut process in [third, second, first] {
            drop(process.stdin.take());
            process.wait().unwrap();
        }
        assert!(scan.group_bytes(&ids).is_empty());
    }

    #[test]
    fn only_what_may_belong_to_a_group_is_read_again() {
        let mut scan = MemoryScan::default();
        let none = HashSet::new();
        assert!(scan.read_if_needed(std::process::id(), 7, &none).is_some(), "it is new");
        let again = |scan: &mut MemoryScan, leaders: &HashSet<u32>| {
            let reads = (0..ROUND).filter(|_| {
                scan.looks += 1;
                scan.read_if_needed(std::process::id(), 7, leaders).is_some()
            });
            reads.count()
        };
        assert_eq!(again(&mut scan, &none), 1);
        let own_group = rustix::process::getpgrp().as_raw_nonzero().get().unsigned_abs();
        assert_eq!(again(&mut scan, &HashSet::from([own_group])), ROUND as usize);
    }

    #[test]
    fn a_stat_line_cut_short_counts_for_nothing() {
        assert!(parse_stat(b"42 (a) S 7").is_none());
        assert!(parse_stat(b"").is_none());
    }
}
