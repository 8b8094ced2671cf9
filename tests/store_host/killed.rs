//! Kills busy hosts, one after the other on the same file, and counts.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;
use job_manager::store::{HOST_DIED, Reader, RunFilter};

use crate::busy::attempts_of;
use crate::{command, start};

const ROUNDS: u32 = 300;
const LONGEST_LIFE_US: u64 = 8_000;
/// What a host prints when it has opened the file.
const OPEN: &str = "open\n";

/// What the hosts printed about one run.
#[derive(Debug, Default)]
struct Said {
    accepted: u32,
    begun: u32,
    ended: u32,
    died: u32,
    begun_after_end: u32,
}

pub(crate) fn three_hundred_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let mut said: HashMap<i64, Said> = HashMap::new();
    for round in 0..ROUNDS {
        kill_one(round, &file, &mut said);
    }
    let output = command("last", &file).output().unwrap();
    assert!(output.status.success());
    note(&String::from_utf8(output.stdout).unwrap(), &mut said);
    compare(&file, &said);
}

/// One host in three is killed at any moment from its start on, the others while they work.
fn kill_one(round: u32, file: &Path, said: &mut HashMap<i64, Said>) {
    let (mut host, mut lines) = start("busy", file);
    let (opened, is_open) = bounded(1);
    let reader = thread::spawn(move || {
        let mut text = String::new();
        while lines.read_line(&mut text).unwrap() > 0 {
            if text.ends_with(OPEN) {
                opened.send(()).unwrap();
            }
        }
        text
    });
    if !round.is_multiple_of(3) {
        is_open.recv().unwrap();
    }
    // The moment is the point here: at any step of its life.
    thread::sleep(Duration::from_micros(fastrand::u64(0..LONGEST_LIFE_US)));
    host.kill().unwrap();
    host.wait().unwrap();
    note(&reader.join().unwrap(), said);
}

fn note(text: &str, said: &mut HashMap<i64, Said>) {
    for line in text.lines() {
        // Anything but "open".
        let Some((what, key)) = line.split_once(' ') else { continue };
        let of_run = said.entry(key.parse().unwrap()).or_default();
        match what {
            "A" => of_run.accepted += 1,
            "B" => {
                of_run.begun += 1;
                of_run.begun_after_end += of_run.ended + of_run.died;
            }
            "E" => of_run.ended += 1,
            "D" => of_run.died += 1,
            _ => unreachable!("{line}"),
        }
    }
}

fn compare(file: &Path, said: &HashMap<i64, Said>) {
    let runs =
        Reader::open(file).unwrap().runs(&RunFilter { limit: u32::MAX, ..RunFilter::default() }).unwrap();
    let kept: HashMap<i64, _> = runs.iter().map(|run| (run.key.0, run)).collect();
    assert_eq!(kept.len(), runs.len());
    assert!(runs.iter().all(|run| run.ended_at.is_some()), "all runs have ended");
    let mut sums = [0; 5];
    for (key, said) in said {
        assert!(said.accepted <= 1 && said.ended + said.died <= 1, "run {key}: {said:?}");
        assert_eq!(said.begun_after_end, 0, "run {key} was begun after its end was reported");
        assert!(said.begun <= attempts_of(*key), "run {key}: {said:?}");
        let run = kept.get(key);
        // Only a run whose number was never given out by a commit may be missing.
        assert!(run.is_some() || said.accepted + said.begun + said.ended == 0, "run {key} is lost: {said:?}");
        if said.died > 0 {
            assert_eq!(run.and_then(|run| run.cause.as_deref()), Some(HOST_DIED), "run {key}");
        }
        if said.ended > 0 {
            assert_ne!(run.and_then(|run| run.cause.as_deref()), Some(HOST_DIED), "run {key} ended twice");
        }
        for (sum, count) in sums.iter_mut().zip([said.accepted, said.begun, said.ended, said.died, 1]) {
            *sum += count;
        }
    }
    let [accepted, begun, ended, died, known] = sums;
    println!(
        "{ROUNDS} hosts were killed: {accepted} runs acknowledged, {} in the file, {begun} attempts begun, \
         {ended} ends acknowledged, {died} reported as died with their host, {known} mentioned",
        runs.len()
    );
    assert!(accepted > ROUNDS, "the hosts did live for a while");
    assert!(died > 0, "some runs died with their hosts");
}
