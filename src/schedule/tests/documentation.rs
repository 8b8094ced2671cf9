//! The page on schedules: each row of its tables of forms says what the code does.

use std::path::Path;

use super::{ClockChange, Schedule, runs_on};

/// The instant that the page names: Sunday, a quarter past ten and ten seconds.
const FROM: &str = "2026-03-01T10:15:10Z";

/// Rows of three cells under the heading of the tables of forms.
fn rows(page: &str) -> Vec<(&str, &str, &str)> {
    let mut rows = Vec::new();
    let mut in_table = false;
    for line in page.lines() {
        if line == "| `at` | What it means | Next runs |" {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table
            && let Some(cells) = line.strip_prefix("| `").and_then(|line| line.strip_suffix(" |"))
            && let Some((at, rest)) = cells.split_once("` | ")
            && let Some((meaning, runs)) = rest.split_once(" | ")
        {
            rows.push((at, meaning, runs));
        }
    }
    rows
}

#[test]
fn each_form_means_what_the_page_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schedules.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rows = rows(&page);
    assert!(rows.len() >= 100, "only {} rows", rows.len());
    for (at, meaning, expected) in rows {
        assert_eq!(Schedule::parse(at).unwrap().describe(), meaning, "{at}");
        let runs = runs_on("UTC", ClockChange::Debian, at, FROM, 3);
        let runs: Vec<&str> = runs.iter().map(|run| run.trim_end_matches(" +00:00")).collect();
        let runs = if runs.is_empty() { "never".to_owned() } else { runs.join(", ") };
        assert_eq!(runs, expected, "{at}");
    }
}
