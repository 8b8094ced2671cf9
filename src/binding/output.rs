//! What runs print and log, as JavaScript reads it.

use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;

use super::error::{Error, bad_value};
use super::event::epoch_ms;
use super::manager::NativeManager;
use super::values::payload;
use crate::driver::{Excerpt, Part};
use crate::engine::{Input, RunId, Source, Stream};

/// The output of a run from some byte on.
#[napi(object, object_from_js = false)]
pub struct RunOutput {
    /// As written. Where bytes are left out, those before and those after them follow each other.
    pub bytes: Uint8Array,
    /// The place of the first byte, or of the first one that is left out, among all that the run has written.
    pub from_byte: f64,
    /// All that the run has written so far.
    pub total_bytes: f64,
    /// Bytes that are left out.
    pub dropped_bytes: f64,
    /// Where they would stand in `bytes`.
    pub gap_at: u32,
    /// Whom the bytes are of.
    pub pieces: OutputPieces,
}

/// Pieces of output, by index: each ends where the next one begins.
#[napi(object, object_from_js = false)]
pub struct OutputPieces {
    /// Where they begin.
    pub starts: Uint32Array,
    /// 1 for those whose beginning is not among the bytes.
    pub cut: Uint8Array,
    /// When they were written.
    pub at_ms: Float64Array,
    /// 'stdout', 'stderr', 'log' or 'attempt'.
    pub sources: Vec<&'static str>,
    /// The attempts that wrote them.
    pub attempts: Uint32Array,
    /// Of lines of the log: the bytes ahead of the message.
    pub lead_bytes: Uint32Array,
    /// Of lines of the log: the bytes of the message.
    pub message_bytes: Uint32Array,
}

#[napi]
impl NativeManager {
    /// The output of a run from this byte on; absent if it has written nothing, or is not known.
    #[napi]
    pub fn output(&self, run: u32, from: f64) -> Option<RunOutput> {
        self.manager.outputs().read(RunId(run), place(from)).map(RunOutput::new)
    }

    /// How many bytes a run has written.
    #[napi]
    pub fn output_bytes(&self, run: u32) -> f64 {
        number(self.manager.outputs().total_of(RunId(run)))
    }

    /// The run is not shown any more.
    #[napi]
    pub fn forget_output(&self, run: u32) {
        self.manager.outputs().forget(RunId(run));
    }

    /// Whether 'outputGrew' is reported, once for each run until `outputHasGrown` is called for it.
    #[napi]
    pub fn watch_output(&self, is_watched: bool) {
        self.manager.outputs().watch(is_watched);
    }

    /// Whether the run has written more since that was reported last. If not, 'outputGrew' reports the next output.
    #[napi]
    pub fn output_has_grown(&self, run: u32) -> bool {
        self.manager.outputs().has_grown(RunId(run))
    }

    /// A run on the host's event loop has written a line to its log: JSON.
    ///
    /// # Errors
    /// `INVALID_OPTION` for more bytes than fit into a frame.
    #[napi]
    pub fn inline_logged(&self, run: u32, line: &[u8]) -> Result<(), Error> {
        // A fact: never refused.
        let _accepted =
            self.manager.submit(Input::InlineLogged { run: RunId(run), line: payload(line)?.to_vec() });
        Ok(())
    }
}

impl RunOutput {
    fn new(excerpt: Excerpt) -> Self {
        let Excerpt { bytes, from, total, dropped, gap_at, pieces } = excerpt;
        RunOutput {
            bytes: bytes.into(),
            from_byte: number(from),
            total_bytes: number(total),
            dropped_bytes: number(dropped),
            gap_at: short(gap_at),
            pieces: OutputPieces::new(&pieces),
        }
    }
}

impl OutputPieces {
    fn new(parts: &[Part]) -> Self {
        let numbers = |of: fn(&Part) -> u32| Uint32Array::new(parts.iter().map(of).collect());
        OutputPieces {
            starts: numbers(|part| short(part.at_byte)),
            cut: Uint8Array::new(parts.iter().map(|part| u8::from(part.is_cut)).collect()),
            at_ms: Float64Array::new(parts.iter().map(|part| epoch_ms(part.piece.at)).collect()),
            sources: parts.iter().map(|part| source_name(part.piece.source)).collect(),
            attempts: numbers(|part| part.piece.attempt),
            lead_bytes: numbers(|part| part.piece.lead_bytes),
            message_bytes: numbers(|part| part.piece.message_bytes),
        }
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Stdout => "stdout",
        Source::Stderr => "stderr",
        Source::Log => "log",
        Source::Attempt => "attempt",
    }
}

/// What becomes of a stream of a worker.
pub(super) fn stream(option: &str, name: Option<&str>) -> Result<Stream, Error> {
    match name {
        None | Some("inherit") => Ok(Stream::Inherit),
        Some("ignore") => Ok(Stream::Ignore),
        Some("read") => Ok(Stream::Read),
        Some("capture") => Ok(Stream::Capture),
        Some("both") => Ok(Stream::Both),
        Some(other) => Err(bad_value(format!(
            "{option} is '{other}', expected 'inherit', 'ignore', 'read', 'capture' or 'both'"
        ))),
    }
}

/// A place before the first byte is that byte.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "beyond its range a cast saturates"
)]
fn place(from: f64) -> u64 {
    from as u64
}

/// What is kept of a run is far below 4 GiB.
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// JavaScript has no other numbers; these are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^53")]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}
