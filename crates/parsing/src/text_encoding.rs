//! Bytes to text: byte order marks, UTF-8, UTF-16, and a guess for the rest.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Text decoded from a document's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodedText<'a> {
    /// The text, without a byte order mark.
    pub(crate) text: Cow<'a, str>,
    /// The encoding's name (`UTF-8`, `windows-1252`).
    pub(crate) encoding: &'static str,
    /// Bytes of the byte order mark, which offsets into `text` leave out. Offsets into the source are
    /// offsets into `text` plus this while `encoding` is UTF-8 and `lossless`.
    pub(crate) mark_length: u64,
    /// Whether every byte was understood; where one was not, the text has U+FFFD.
    pub(crate) lossless: bool,
}

/// Decodes text. A byte order mark decides; then UTF-16 without a mark, told
/// by its zero bytes; then UTF-8 that is valid, or damaged in few places; then
/// a guess from the bytes.
pub(crate) fn decode(bytes: &[u8]) -> DecodedText<'_> {
    if let Some(decoded) = utf32_with_mark(bytes) {
        return decoded;
    }
    if let Some((encoding, mark_length)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, &bytes[mark_length..], mark_length as u64);
    }
    // UTF-16 of plain English is valid UTF-8 too, with zero bytes in it.
    if let Some(encoding) = utf16_without_mark(bytes) {
        return decode_as(encoding, bytes, 0);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return DecodedText {
            text: Cow::Borrowed(text),
            encoding: UTF_8.name(),
            mark_length: 0,
            lossless: true,
        };
    }
    decode_as(guess(bytes), bytes, 0)
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8], mark_length: u64) -> DecodedText<'a> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    DecodedText { text, encoding: encoding.name(), mark_length, lossless: !had_errors }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if is_damaged_utf8(bytes) {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// Whether text is UTF-8 that was cut off or damaged in a few places, rather
/// than text in another encoding: sequences of several bytes that are right
/// hardly come about by chance.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong, mut is_cut_off) = (0_usize, 0_usize, false);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
        is_cut_off = chunk.invalid().len() > 1;
    }
    right >= 4 * wrong || (wrong == 1 && is_cut_off)
}

/// Text that begins with the byte order mark of UTF-32, which begins like that of UTF-16.
fn utf32_with_mark(bytes: &[u8]) -> Option<DecodedText<'_>> {
    let (read, encoding): (fn([u8; 4]) -> u32, _) = match bytes {
        [0xFF, 0xFE, 0, 0, ..] => (u32::from_le_bytes, "UTF-32LE"),
        [0, 0, 0xFE, 0xFF, ..] => (u32::from_be_bytes, "UTF-32BE"),
        _ => return None,
    };
    let (units, rest) = bytes[4..].as_chunks::<4>();
    let mut lossless = rest.is_empty();
    let text: String = units
        .iter()
        .map(|unit| {
            char::from_u32(read(*unit)).unwrap_or_else(|| {
                lossless = false;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    Some(DecodedText { text: Cow::Owned(text), encoding, mark_length: 4, lossless })
}

/// UTF-16 of mostly Latin text has a zero in nearly every other byte.
pub(crate) fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 4 || !sample.contains(&0) {
        return None;
    }
    let zeros_at = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros_at(0), zeros_at(1), sample.len() / 2);
    match (even, odd) {
        (0, odd) if odd * 10 >= pairs * 7 => Some(UTF_16LE),
        (even, 0) if even * 10 >= pairs * 7 => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        let plain = utf16le("plain words in two bytes each");
        assert_eq!(decode(&plain).text, "plain words in two bytes each");
        let marked = [&[0xFF, 0xFE], plain.as_slice()].concat();
        assert_eq!(decode(&marked).text, "plain words in two bytes each");
        assert_eq!(decode(&marked).encoding, "UTF-16LE");
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let whole = "Größe, naïve café, 日本語 😀. ".repeat(20);
        for (before, damage, after) in
            [(&*whole, &b"\xf0\x9f\x98"[..], ""), (&whole, b"\xff", &whole), ("# abc ", b"\xf0\x9f\x98", "")]
        {
            let decoded = [before.as_bytes(), damage, after.as_bytes()].concat();
            assert_eq!(decode(&decoded).text, format!("{before}\u{fffd}{after}"));
        }
    }

    #[test]
    fn utf32_is_read_by_its_mark() {
        let bytes: Vec<u8> =
            "\u{feff}# Tidé 😀".chars().flat_map(|character| u32::from(character).to_le_bytes()).collect();
        assert_eq!(decode(&bytes).text, "# Tidé 😀");
    }

    #[test]
    fn legacy_text_is_guessed() {
        let decoded = decode(b"Caf\xe9 au lait, d\xe9j\xe0 vu");
        assert_eq!(decoded.text, "Café au lait, déjà vu");
        assert_eq!(decoded.encoding, "windows-1252");
    }

    proptest! {
        #[test]
        fn valid_utf8_is_kept_as_it_is(text in "[^\u{feff}].*") {
            let decoded = decode(text.as_bytes());
            prop_assert_eq!(&*decoded.text, text.as_str());
            prop_assert!(decoded.lossless);
        }

        #[test]
        fn any_bytes_decode(bytes: Vec<u8>) {
            decode(&bytes);
        }
    }
}
