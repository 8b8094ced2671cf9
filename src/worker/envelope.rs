//! Looks into the envelope of an error (`lib/wire/error-envelope.js`) for its message, for people who read the store.
//! Everything else in it stays opaque here.

/// The key in the format of V8's serializer: a one-byte string of seven characters. It comes first in the record of the
/// error itself, after the name of its kind and its own name.
const KEY: &[u8] = b"\"\x07message";
/// A one-byte string: its length, and as many characters of Latin-1.
const ONE_BYTE: u8 = b'"';
/// A two-byte string: the number of its bytes, and as many of UTF-16, little endian.
const TWO_BYTE: u8 = b'c';
/// More is cut off.
const LONGEST: usize = 2_048;

/// The message of the error; `None` for a thrown value that is none, and for what is no envelope.
pub fn message(envelope: &[u8]) -> Option<String> {
    let at = envelope.windows(KEY.len()).position(|window| window == KEY)?;
    // Padding, so that two-byte strings are aligned.
    let mut rest = envelope.get(at + KEY.len()..)?;
    while let Some((0, after)) = rest.split_first() {
        rest = after;
    }
    let (&tag, rest) = rest.split_first()?;
    let (length, rest) = varint(rest)?;
    let characters = rest.get(..length)?;
    let text: String = match tag {
        ONE_BYTE => characters.iter().map(|&byte| char::from(byte)).collect(),
        TWO_BYTE => {
            let (pairs, _) = characters.as_chunks::<2>();
            let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => return None,
    };
    Some(text.chars().take(LONGEST).collect())
}

/// A number of seven bits in each byte, the lowest first.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_an_error_is_found() {
        // As Node.js 20 writes `new TypeError('hallo')`, up to the fields.
        let envelope = b"\xff\x0fo\"\x04type\"\x05error\"\x07recordsA\x01o\"\x04kind\"\x09TypeError\"\x04name\"\x09TypeError\
            \"\x07message\"\x05hallo\"\x06fields";
        assert_eq!(message(envelope).as_deref(), Some("hallo"));
    }

    #[test]
    fn so_is_one_with_other_characters() {
        let envelope = b"\xff\x0fo\"\x07message\x00c\x06h\x00\x42\x30!\x00\"\x06fields";
        assert_eq!(message(envelope).as_deref(), Some("h\u{3042}!"));
    }

    #[test]
    fn what_is_no_error_has_none() {
        for bytes in
            [&b""[..], b"\xff\x0fo\"\x04type\"\x05value", b"\"\x07message", b"\"\x07message\"\x7fshort"]
        {
            assert_eq!(message(bytes), None, "{bytes:?}");
        }
    }
}
