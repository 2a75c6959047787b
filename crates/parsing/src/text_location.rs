//! Where a piece of decoded text stands in the source.

use crate::text_encoding::DecodedText;
use gdg_model::Location;
use std::ops::Range;

/// Turns ranges of a decoded text into locations: bytes of the source where
/// the two correspond byte for byte, else lines of the text.
#[derive(Debug)]
pub(crate) enum SourceMap {
    /// The text is the source from this offset on.
    Bytes(u64),
    /// The offsets at which lines begin, ascending, the first 0.
    Lines(Vec<usize>),
}

impl SourceMap {
    /// The map of `decoded`.
    pub(crate) fn new(decoded: &DecodedText<'_>) -> Self {
        if decoded.lossless && decoded.encoding == encoding_rs::UTF_8.name() {
            Self::Bytes(decoded.mark_length)
        } else {
            Self::Lines(line_starts(&decoded.text))
        }
    }

    /// The location of `range`, in bytes of the decoded text.
    pub(crate) fn locate(&self, range: Range<usize>) -> Location {
        match self {
            Self::Bytes(mark) => {
                Location::Bytes { start: range.start as u64 + mark, end: range.end as u64 + mark }
            }
            Self::Lines(starts) => {
                let line_of = |offset: usize| starts.partition_point(|start| *start <= offset) as u64 - 1;
                let start = line_of(range.start);
                let end = if range.is_empty() { start } else { line_of(range.end - 1) } + 1;
                Location::Lines { start, end }
            }
        }
    }
}

/// Offsets behind every `\n`, `\r\n` and lone `\r`, and 0.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(offset, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(offset + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_encoding::decode;

    #[test]
    fn utf8_is_located_by_bytes_behind_the_mark() {
        let decoded = decode(b"\xEF\xBB\xBFone\ntwo");
        let location = SourceMap::new(&decoded).locate(4..7);
        assert_eq!(location, Location::Bytes { start: 7, end: 10 });
    }

    #[test]
    fn other_encodings_are_located_by_lines() {
        let decoded = decode(b"caf\xe9 au lait\r\ncr\xe8me\rth\xe9\n");
        let map = SourceMap::new(&decoded);
        let range_of = |word: &str| {
            let start = decoded.text.find(word).unwrap();
            start..start + word.len()
        };
        assert_eq!(map.locate(range_of("crème")), Location::Lines { start: 1, end: 2 });
        assert_eq!(map.locate(range_of("thé\n")), Location::Lines { start: 2, end: 3 });
        assert_eq!(map.locate(0..decoded.text.len()), Location::Lines { start: 0, end: 3 });
    }
}
