//! The corpus of the fuzz target, replayed: each text is a schedule whose runs come in order, or an error that
//! points into the text.

use std::path::Path;

use jiff::Timestamp;

use super::{ClockChange, Schedule, place};

/// As in `fuzz/fuzz_targets/schedule.rs`.
const ZONES: [&str; 6] =
    ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Africa/Casablanca"];

fn replay(bytes: &[u8]) -> Option<()> {
    let (&[choice, a, b, c, d], text) = bytes.split_first_chunk()?;
    let text = std::str::from_utf8(text).ok()?;
    let anchor = Timestamp::from_second(u32::from_be_bytes([a, b, c, d]).into()).unwrap();
    let clock_change = if choice & 1 == 0 { ClockChange::Debian } else { ClockChange::Upstream };
    let place = place(ZONES[usize::from(choice >> 1) % ZONES.len()], clock_change, anchor);
    match Schedule::parse(text) {
        Err(error) => assert!(text.get(error.span()).is_some(), "{text:?}: {error}"),
        Ok(schedule) => {
            assert!(!schedule.describe().is_empty(), "{text:?}");
            let mut last = anchor;
            for due in schedule.upcoming(anchor, &place).take(4) {
                assert!(due > last, "{text:?}: {due} after {last}");
                last = due;
            }
        }
    }
    Some(())
}

#[test]
fn the_corpus_of_the_fuzz_target_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/schedule");
    let inputs = std::fs::read_dir(&folder).unwrap();
    let replayed = inputs.filter_map(|entry| replay(&std::fs::read(entry.unwrap().path()).unwrap())).count();
    assert!(replayed > 150, "only {replayed} inputs in {}", folder.display());
}
