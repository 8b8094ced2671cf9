//! Commands in the form that `CreateProcessW` takes: one string of arguments, one block of
//! variables, both UTF-16.

use crate::worker::os::{EnvBlock, SpawnError};
use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::OsStrExt;

const NUL: u16 = 0;
const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const SPACE: u16 = b' ' as u16;
const TAB: u16 = b'\t' as u16;

/// A string with its terminating NUL.
///
/// # Errors
/// [`SpawnError::UnpassableText`] for a NUL inside.
pub(super) fn wide(text: &OsStr, part: &'static str) -> Result<Vec<u16>, SpawnError> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&NUL) {
        return Err(SpawnError::UnpassableText { part });
    }
    units.push(NUL);
    Ok(units)
}

/// The arguments, quoted so that the C runtime of the process takes them apart again
/// ("Parsing C command-line arguments" in Microsoft's documentation of its C runtime).
///
/// # Errors
/// [`SpawnError::UnpassableText`] for a NUL inside.
pub(super) fn command_line(argv: &[OsString]) -> Result<Vec<u16>, SpawnError> {
    let mut line = Vec::new();
    for argument in argv {
        if !line.is_empty() {
            line.push(SPACE);
        }
        let argument = wide(argument, "argument")?;
        push_quoted(&mut line, argument.strip_suffix(&[NUL]).unwrap_or(&argument));
    }
    line.push(NUL);
    Ok(line)
}

fn push_quoted(line: &mut Vec<u16>, argument: &[u16]) {
    let needs_quotes = argument.is_empty() || argument.iter().any(|unit| [SPACE, TAB, QUOTE].contains(unit));
    if !needs_quotes {
        return line.extend(argument);
    }
    line.push(QUOTE);
    // Backslashes mean themselves, except in front of a quote: there each needs another.
    let mut backslashes = 0;
    for &unit in argument {
        match unit {
            BACKSLASH => backslashes += 1,
            QUOTE => {
                line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        line.push(unit);
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
}

/// The variables, each `NAME=VALUE` and NUL, sorted by name as the system expects, and one more NUL.
///
/// # Errors
/// [`SpawnError::UnpassableText`] for a NUL inside.
pub(super) fn environment(env: &EnvBlock) -> Result<Vec<u16>, SpawnError> {
    let part = "environment variable";
    let mut variables = env.variables().iter().collect::<Vec<_>>();
    variables.sort_by_cached_key(|(name, _)| name.to_ascii_uppercase());
    let mut block = Vec::new();
    for (name, value) in variables {
        let mut text = name.clone();
        text.push("=");
        text.push(value);
        block.extend(wide(&text, part)?);
    }
    if block.is_empty() {
        block.push(NUL);
    }
    block.push(NUL);
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(argv: &[&str]) -> String {
        let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
        String::from_utf16(&command_line(&argv).unwrap()).unwrap()
    }

    #[test]
    fn arguments_are_quoted_only_where_needed() {
        assert_eq!(line(&["node.exe", "a", "", "b c"]), "node.exe a \"\" \"b c\"\0");
        assert_eq!(line(&[r"C:\a\b\", r"C:\Program Files\"]), "C:\\a\\b\\ \"C:\\Program Files\\\\\"\0");
        assert_eq!(line(&[r#"say "x\" \"#]), "\"say \\\"x\\\\\\\" \\\\\"\0");
    }

    #[test]
    fn variables_are_sorted_and_the_block_ended() {
        let block = environment(&EnvBlock::new([("b", "2"), ("A", "1"), ("=C:", "C:\\")])).unwrap();
        assert_eq!(String::from_utf16(&block).unwrap(), "=C:=C:\\\0A=1\0b=2\0\0");
        assert_eq!(environment(&EnvBlock::default()).unwrap(), [0, 0]);
    }

    #[test]
    fn a_nul_is_refused() {
        let error = command_line(&["a\0b".into()]).unwrap_err();
        assert_eq!(error, SpawnError::UnpassableText { part: "argument" });
    }
}
