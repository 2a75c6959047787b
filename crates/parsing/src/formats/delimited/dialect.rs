//! How a document separates its values.

use csv::{Reader, ReaderBuilder, StringRecord};

/// Delimiters that a document may show.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Bytes and rows that are looked at.
const SAMPLE_BYTES: usize = 64 * 1024;
const SAMPLE_ROWS: usize = 50;

/// How a document is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The byte between two values.
    pub(super) delimiter: u8,
    /// Whether quotes around a value are no part of it.
    pub(super) quoting: bool,
}

impl Dialect {
    /// A reader of all rows of `text`.
    pub(super) fn reader(self, text: &str) -> Reader<&[u8]> {
        ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quoting(self.quoting)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
    }

    /// The first rows of `text`, the last of which may be cut short.
    pub(super) fn sample(self, text: &str) -> Vec<StringRecord> {
        let beginning = text.get(..text.floor_char_boundary(SAMPLE_BYTES)).unwrap_or(text);
        self.reader(beginning).into_records().map_while(Result::ok).take(SAMPLE_ROWS).collect()
    }
}

/// The delimiter of `text`: the `expected` one unless another clearly splits it. A delimiter does where three of four
/// rows, of two at least, have one and the same number of values, and more than one.
pub(super) fn delimiter(text: &str, expected: u8) -> u8 {
    let splits = |delimiter: &u8| {
        let rows = Dialect { delimiter: *delimiter, quoting: true }.sample(text);
        rows.len() > 1 && is_regular(&rows)
    };
    if splits(&expected) {
        return expected;
    }
    CANDIDATES.into_iter().find(splits).unwrap_or(expected)
}

fn is_regular(rows: &[StringRecord]) -> bool {
    let rows_of_width = |width: usize| rows.iter().filter(|row| row.len() == width).count();
    let widest_spread = rows.iter().map(|row| (rows_of_width(row.len()), row.len())).max();
    widest_spread.is_some_and(|(count, width)| width > 1 && count * 4 >= rows.len() * 3)
}

#[cfg(test)]
mod tests {
    use super::delimiter;

    #[test]
    fn another_delimiter_must_split_most_rows_alike() {
        assert_eq!(delimiter("name;level\na;1,5\nb;2,5\n", b','), b';');
        assert_eq!(delimiter("a;b\n1;2\n3\n4;5\n", b','), b';');
        assert_eq!(delimiter("a|b|c\n1|2|3\n", b','), b'|');
        assert_eq!(delimiter("a,b\n1,2\n", b'\t'), b',');
        assert_eq!(delimiter("a,b;c\n1,2;3\n", b','), b',');
        assert_eq!(delimiter("Hello; there\nplain line\n", b','), b',');
        assert_eq!(delimiter("one line; alone", b','), b',');
        assert_eq!(delimiter("\"a;b\",c\n\"d;e\",f\n", b','), b',');
    }
}
