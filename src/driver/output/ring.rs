//! What is kept of the output of one run: its beginning and its end.
//!
//! All that the run printed and logged counts as one sequence of bytes. The first quarter of the limit holds the
//! beginning, the rest the end; what is between them is left out.

use std::collections::VecDeque;

use crate::engine::Source;
use crate::timer::EpochMs;

/// The part of the limit that the beginning has.
const HEAD_SHARE: usize = 4;
/// Pieces of one stream that come within so many milliseconds have one time.
const SAME_MOMENT_MS: u64 = 1_000;
/// A piece takes room, too: there may be one for so many bytes of the limit.
const BYTES_PER_PIECE: usize = 64;
const LEAST_PIECES: usize = 16;
/// A longer line is cut in the middle.
const LONGEST_LINE_BYTES: usize = 64 * 1024;

/// What the run has written, as far as it is kept.
#[derive(Debug)]
pub(super) struct Ring {
    limit: usize,
    head: Vec<u8>,
    head_pieces: Vec<Piece>,
    tail: VecDeque<u8>,
    tail_pieces: VecDeque<Piece>,
    total: u64,
    attempt: u32,
    ends_in_line: bool,
}

/// Bytes that were written to one stream at about the same time. It ends where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins, counted from the first byte of the run.
    pub start: u64,
    /// When the first of it was read.
    pub at: EpochMs,
    /// Who wrote it.
    pub source: Source,
    /// The attempt that wrote it.
    pub attempt: u32,
    /// Of a line of the log: the bytes of its message, which its fields follow.
    pub message_bytes: u32,
    /// Of a line of the log: the bytes ahead of its message.
    pub lead_bytes: u32,
}

/// A part of the output, from some byte on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// As written. Where bytes are left out, those before them and those after them follow each other.
    pub bytes: Vec<u8>,
    /// The place of the first byte, or of the first one that is left out.
    pub from: u64,
    /// All that the run has written so far.
    pub total: u64,
    /// Bytes that are left out.
    pub dropped: u64,
    /// Where they would stand in `bytes`.
    pub gap_at: usize,
    /// What `bytes` consists of.
    pub pieces: Vec<Part>,
}

/// What is shown of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where it begins among the bytes.
    pub at_byte: usize,
    /// Its first bytes are not among them.
    pub is_cut: bool,
    /// The piece.
    pub piece: Piece,
}

impl Ring {
    pub(super) fn new(limit: usize) -> Self {
        Ring {
            limit,
            head: Vec::new(),
            head_pieces: Vec::new(),
            tail: VecDeque::new(),
            tail_pieces: VecDeque::new(),
            total: 0,
            attempt: 1,
            ends_in_line: false,
        }
    }

    /// All that the run has written.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How much of that is kept.
    pub(super) fn kept(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Adds what a stream gave. A later attempt than the last one is marked.
    pub(super) fn print(&mut self, source: Source, at: EpochMs, attempt: u32, bytes: &[u8]) {
        self.mark(attempt, at);
        self.push(Piece { start: 0, at, source, attempt, message_bytes: 0, lead_bytes: 0 }, bytes);
    }

    /// Adds a line of the log, which begins a line of its own: `lead`, then `message`, then `rest`.
    pub(super) fn log(&mut self, at: EpochMs, attempt: u32, [lead, message, rest]: [&str; 3]) {
        self.mark(attempt, at);
        self.end_line();
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let piece = Piece {
            start: 0,
            at,
            source: Source::Log,
            attempt,
            message_bytes: length(message),
            lead_bytes: length(lead),
        };
        self.push(piece, format!("{lead}{message}{rest}\n").as_bytes());
    }

    fn mark(&mut self, attempt: u32, at: EpochMs) {
        if attempt <= self.attempt {
            return;
        }
        self.attempt = attempt;
        self.end_line();
        let piece = Piece { start: 0, at, source: Source::Attempt, attempt, message_bytes: 0, lead_bytes: 0 };
        self.push(piece, format!("… attempt {attempt} …\n").as_bytes());
    }

    fn end_line(&mut self) {
        let last = self.tail_pieces.back().or(self.head_pieces.last()).copied();
        if let (true, Some(last)) = (self.ends_in_line, last) {
            self.push(last, b"\n");
        }
    }

    fn push(&mut self, piece: Piece, bytes: &[u8]) {
        let Some(&last) = bytes.last() else { return };
        self.ends_in_line = last != b'\n';
        let piece = Piece { start: self.total, ..piece };
        self.total += bytes.len() as u64;
        let room = if self.tail.is_empty() && self.head.len() as u64 == piece.start {
            self.head_limit().saturating_sub(self.head.len())
        } else {
            0
        };
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        if !first.is_empty() {
            self.head.extend_from_slice(first);
            if !self.head_pieces.last().is_some_and(|last| last.goes_on_with(&piece)) {
                self.head_pieces.push(piece);
            }
        }
        if !rest.is_empty() {
            self.push_tail(piece, rest);
        }
    }

    fn push_tail(&mut self, piece: Piece, bytes: &[u8]) {
        let limit = self.tail_limit();
        let skipped = bytes.len().saturating_sub(limit);
        let (_, bytes) = bytes.split_at(skipped);
        let excess = (self.tail.len() + bytes.len()).saturating_sub(limit);
        self.tail.drain(..if skipped > 0 { self.tail.len() } else { excess.min(self.tail.len()) });
        self.tail.extend(bytes);
        if !self.tail_pieces.back().is_some_and(|last| last.goes_on_with(&piece)) {
            self.tail_pieces.push_back(piece);
        }
        self.forget_pieces();
    }

    /// Drops the pieces of which nothing is kept any more, and the first ones where there are too many.
    fn forget_pieces(&mut self) {
        let most = (self.limit / BYTES_PER_PIECE).max(LEAST_PIECES);
        while let Some(second) = self.tail_pieces.get(1).copied() {
            let has_gone = second.start <= self.tail_start();
            if !has_gone && self.tail_pieces.len() <= most {
                return;
            }
            let rest = usize::try_from(second.start.saturating_sub(self.tail_start())).unwrap_or(usize::MAX);
            self.tail.drain(..rest.min(self.tail.len()));
            self.tail_pieces.pop_front();
        }
    }

    /// Keeps no more than this from now on.
    pub(super) fn shrink(&mut self, limit: usize) {
        self.limit = limit;
        self.head.truncate(self.head_limit());
        let head_end = self.head.len() as u64;
        self.head_pieces.retain(|piece| piece.start < head_end);
        let excess = self.tail.len().saturating_sub(self.tail_limit());
        self.tail.drain(..excess);
        self.forget_pieces();
        self.fit();
    }

    /// Nothing more comes: gives back memory that was taken ahead.
    pub(super) fn fit(&mut self) {
        self.head.shrink_to_fit();
        self.tail.shrink_to_fit();
        self.head_pieces.shrink_to_fit();
        self.tail_pieces.shrink_to_fit();
    }

    fn head_limit(&self) -> usize {
        self.limit / HEAD_SHARE
    }

    fn tail_limit(&self) -> usize {
        self.limit - self.head_limit()
    }

    fn tail_start(&self) -> u64 {
        self.total - self.tail.len() as u64
    }

    /// What is kept from this byte on. Where bytes are left out the rest is cut at the ends of lines.
    pub(super) fn read(&self, from: u64) -> Excerpt {
        let from = from.min(self.total);
        let head_end = self.head.len() as u64;
        let is_whole = head_end == self.tail_start();
        let cut_end = if is_whole { head_end } else { line_end(&self.head) as u64 };
        let tail_from = match from.checked_sub(self.tail_start()) {
            // The reader has what came before.
            Some(_) => from,
            None if is_whole => self.tail_start(),
            None => self.tail_start() + self.line_start() as u64,
        };
        let mut excerpt =
            Excerpt { bytes: Vec::new(), from, total: self.total, dropped: 0, gap_at: 0, pieces: Vec::new() };
        if from < cut_end {
            excerpt.bytes.extend_from_slice(self.head.get(index(from)..index(cut_end)).unwrap_or_default());
            excerpt.take_pieces(self.head_pieces.iter(), (from, cut_end));
        }
        excerpt.gap_at = excerpt.bytes.len();
        excerpt.dropped = tail_from - from.max(cut_end).min(tail_from);
        let skipped = index(tail_from - self.tail_start());
        let (front, back) = self.tail.as_slices();
        let in_front = skipped.min(front.len());
        for (slice, skipped) in [(front, in_front), (back, skipped - in_front)] {
            excerpt.bytes.extend_from_slice(slice.get(skipped..).unwrap_or_default());
        }
        excerpt.take_pieces(self.tail_pieces.iter(), (tail_from, self.total));
        excerpt
    }

    /// Where a line begins in the tail, near its front; else where a character does.
    fn line_start(&self) -> usize {
        let near = LONGEST_LINE_BYTES.min(self.tail.len() / 2);
        let line = self.tail.iter().take(near).position(|&byte| byte == b'\n').map(|at| at + 1);
        line.unwrap_or_else(|| self.tail.iter().take(3).take_while(|&&byte| is_continuation(byte)).count())
    }
}

impl Piece {
    /// Whether the other one is more of this one.
    fn goes_on_with(&self, next: &Piece) -> bool {
        matches!(self.source, Source::Stdout | Source::Stderr)
            && self.source == next.source
            && self.attempt == next.attempt
            && next.at.0.abs_diff(self.at.0) < SAME_MOMENT_MS
    }
}

impl Excerpt {
    /// Adds the pieces of the bytes from `from` to `end`, which stand at the end of `bytes`.
    fn take_pieces<'a>(&mut self, pieces: impl Iterator<Item = &'a Piece>, (from, end): (u64, u64)) {
        let offset = self.bytes.len() - index(end - from);
        let mut pieces = pieces.copied().peekable();
        while let Some(piece) = pieces.next() {
            let next = pieces.peek().map_or(end, |next| next.start);
            if from < next && piece.start < end && from < end {
                let at_byte = offset + index(piece.start.saturating_sub(from));
                self.pieces.push(Part { at_byte, is_cut: piece.start < from, piece });
            }
        }
    }
}

/// The end of the last whole line, if that is not far from the end; else that of the last whole character.
fn line_end(bytes: &[u8]) -> usize {
    let near = bytes.len() - LONGEST_LINE_BYTES.min(bytes.len() / 2);
    let (_, end) = bytes.split_at(near);
    let line = end.iter().rposition(|&byte| byte == b'\n').map(|at| near + at + 1);
    line.unwrap_or_else(|| character_end(bytes))
}

fn character_end(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Places of kept bytes are far below what a pointer can name.
fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const NOW: EpochMs = EpochMs(1_800_000_000_000);

    fn printed(limit: usize, texts: &[&str]) -> Ring {
        let mut ring = Ring::new(limit);
        for text in texts {
            ring.print(Source::Stdout, NOW, 1, text.as_bytes());
        }
        ring
    }

    fn text(excerpt: &Excerpt) -> String {
        let (head, tail) = excerpt.bytes.split_at(excerpt.gap_at);
        let gap = if excerpt.dropped > 0 { format!("<{}>", excerpt.dropped) } else { String::new() };
        format!("{}{gap}{}", str::from_utf8(head).unwrap(), str::from_utf8(tail).unwrap())
    }

    #[test]
    fn all_is_kept_within_the_limit() {
        let ring = printed(16, &["one\n", "two\n", "three\n"]);
        assert_eq!(text(&ring.read(0)), "one\ntwo\nthree\n");
        assert_eq!(text(&ring.read(2)), "e\ntwo\nthree\n");
        assert_eq!(text(&ring.read(9)), "hree\n");
        let end = ring.read(100);
        assert_eq!((end.from, end.total, text(&end)), (14, 14, String::new()));
    }

    #[test]
    fn the_first_quarter_and_the_last_three_are_kept_and_cut_at_the_ends_of_lines() {
        let lines: Vec<String> = (0..100).map(|number| format!("line {number:02}\n")).collect();
        let ring = printed(80, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((ring.kept(), ring.total()), (80, 800));
        let kept = ring.read(0);
        // The beginning has 20 bytes, two whole lines; the end has 60, seven whole lines.
        let expected: String = lines[93..].concat();
        assert_eq!(text(&kept), format!("{}<728>{expected}", lines[..2].concat()));
        assert_eq!(kept.total, 800);
    }

    #[test]
    fn a_reader_who_follows_gets_what_it_has_not_got() {
        let lines: Vec<String> = (0..100).map(|number| format!("line {number:02}\n")).collect();
        let ring = printed(80, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(text(&ring.read(792)), "line 99\n");
        // From the middle of a line that is kept: the reader has its beginning.
        assert_eq!(text(&ring.read(742)), format!("2\n{}", lines[93..].concat()));
        // From what is left out.
        assert_eq!(text(&ring.read(400)), format!("<344>{}", lines[93..].concat()));
    }

    #[test]
    fn a_line_longer_than_what_is_kept_is_cut_between_characters() {
        let ring = printed(40, &["ä".repeat(100).as_str()]);
        let kept = ring.read(0);
        assert_eq!(text(&kept), format!("{}<160>{}", "ä".repeat(5), "ä".repeat(15)));
        let ring = printed(44, &["ä".repeat(100).as_str()]);
        assert_eq!(text(&ring.read(0)), format!("{}<158>{}", "ä".repeat(5), "ä".repeat(16)));
    }

    #[test]
    fn pieces_larger_than_everything_leave_their_end() {
        let large = "x".repeat(1000);
        let ring = printed(8, &["ab\n", large.as_str(), "end\n"]);
        assert_eq!(text(&ring.read(0)), "ab<999>xxend\n");
    }

    #[test]
    fn nothing_is_kept_without_room_and_all_is_counted() {
        let ring = printed(0, &["one\n", "two\n"]);
        let kept = ring.read(0);
        assert_eq!((ring.kept(), kept.total, kept.dropped, kept.bytes.len()), (0, 8, 8, 0));
    }

    #[test]
    fn the_log_begins_lines_of_its_own_and_attempts_are_marked() {
        let mut ring = printed(1000, &["no end of line"]);
        ring.log(NOW, 1, ["info ", "sent", " {}"]);
        ring.print(Source::Stderr, NOW, 2, b"again\n");
        let kept = ring.read(0);
        assert_eq!(text(&kept), "no end of line\ninfo sent {}\n… attempt 2 …\nagain\n");
        let sources: Vec<_> = kept.pieces.iter().map(|part| (part.at_byte, part.piece.source)).collect();
        assert_eq!(
            sources,
            [(0, Source::Stdout), (15, Source::Log), (28, Source::Attempt), (46, Source::Stderr)]
        );
        assert_eq!((kept.pieces[1].piece.lead_bytes, kept.pieces[1].piece.message_bytes), (5, 4));
    }

    #[test]
    fn the_pieces_of_an_excerpt_tell_whether_they_are_cut() {
        let mut ring = Ring::new(80);
        for number in 0..100 {
            let source = if number % 2 == 0 { Source::Stdout } else { Source::Stderr };
            ring.print(source, NOW, 1, format!("line {number:02}\n").as_bytes());
        }
        let kept = ring.read(0);
        let places: Vec<_> = kept.pieces.iter().map(|part| (part.at_byte, part.is_cut)).collect();
        assert_eq!(places, [0, 8, 16, 24, 32, 40, 48, 56, 64].map(|at| (at, false)));
        let rest = ring.read(797);
        assert_eq!((rest.pieces.len(), rest.pieces[0].is_cut, rest.pieces[0].at_byte), (1, true, 0));
    }

    #[test]
    fn many_short_pieces_do_not_take_more_room_than_the_output() {
        let mut ring = Ring::new(64 * 1024);
        for number in 0..100_000_u32 {
            let source = if number % 2 == 0 { Source::Stdout } else { Source::Stderr };
            ring.print(source, NOW, 1, b"x");
        }
        assert!(ring.tail_pieces.len() <= 1024, "{}", ring.tail_pieces.len());
        assert_eq!(ring.total(), 100_000);
        let kept = ring.read(0);
        assert_eq!(kept.dropped + kept.bytes.len() as u64, 100_000);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written_and_the_rest_is_counted(
            limit in 0_usize..200,
            writes in vec((0_u8..3, "[a-cä\n]{0,40}", 1_u32..3), 0..40),
            from in 0_u64..2_000,
        ) {
            let mut ring = Ring::new(limit);
            let mut whole = Vec::new();
            for (source, text, attempt) in writes {
                let before = ring.total();
                match source {
                    0 => ring.print(Source::Stdout, NOW, attempt, text.as_bytes()),
                    1 => ring.print(Source::Stderr, NOW, attempt, text.as_bytes()),
                    _ => ring.log(NOW, attempt, ["lead ", &text, " {}"]),
                }
                // What is added besides is whole lines ahead of it.
                let text = if source == 2 { format!("lead {text} {{}}\n") } else { text };
                let added = usize::try_from(ring.total() - before).unwrap() - text.len();
                whole.extend(vec![b'?'; added]);
                whole.extend_from_slice(text.as_bytes());
                prop_assert!(ring.kept() <= limit);
            }
            let is_same = |found: &[u8], expected: &[u8]| {
                found.len() == expected.len()
                    && found.iter().zip(expected).all(|(found, byte)| *byte == b'?' || found == byte)
            };
            let kept = ring.read(from);
            let total = whole.len() as u64;
            prop_assert_eq!((kept.total, kept.from), (total, from.min(total)));
            let (head, tail) = kept.bytes.split_at(kept.gap_at);
            prop_assert_eq!(kept.from + kept.bytes.len() as u64 + kept.dropped, total);
            prop_assert!(is_same(head, &whole[index(kept.from)..index(kept.from) + head.len()]));
            prop_assert!(is_same(tail, &whole[whole.len() - tail.len()..]));
            prop_assert!(kept.pieces.is_sorted_by_key(|part| part.at_byte));
            prop_assert!(kept.bytes.is_empty() || kept.pieces.first().is_some_and(|part| part.at_byte == 0));
        }
    }

    #[test]
    fn a_ring_that_shrinks_keeps_its_ends() {
        let mut ring = printed(80, &["0123456789".repeat(8).as_str()]);
        ring.shrink(8);
        assert_eq!(text(&ring.read(0)), "01<72>456789");
        ring.print(Source::Stdout, NOW, 1, b"ab");
        assert_eq!(text(&ring.read(0)), "01<74>6789ab");
        ring.shrink(0);
        assert_eq!(text(&ring.read(0)), "<82>");
    }
}
