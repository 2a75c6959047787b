//! A1-style references: `B3`, `A1:C9`, `$A$1`.

use crate::ParseError;
use gdg_model::Format;

/// The most rows a sheet may have.
const MAX_ROWS: u32 = 1_048_576;
/// The most columns a sheet may have; the last one is XFD.
const MAX_COLUMNS: u32 = 16_384;

/// Where a cell stands, from 0. Ordered as cells are read: by row, then by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Position {
    pub(super) row: u32,
    pub(super) column: u32,
}

impl Position {
    /// The position, if a sheet can have it.
    pub(super) fn checked(row: u32, column: u32) -> Result<Self, ParseError> {
        if row < MAX_ROWS && column < MAX_COLUMNS {
            Ok(Self { row, column })
        } else {
            Err(malformed(format!("row {row}, column {column} lies outside any sheet")))
        }
    }

    /// Reads `B3` or `$B$3`.
    pub(super) fn parse(reference: &str) -> Result<Self, ParseError> {
        let bad = || malformed(format!("`{reference:.40}` is no cell reference"));
        let digits_at = reference.find(|letter: char| letter.is_ascii_digit()).ok_or_else(bad)?;
        let (letters, digits) = reference.split_at(digits_at);
        let letter_value = |letter: u8| letter.is_ascii_alphabetic().then(|| u32::from(letter & 0x1F));
        let column = letters
            .bytes()
            .filter(|&letter| letter != b'$')
            .try_fold(0_u32, |sum, letter| sum.checked_mul(26)?.checked_add(letter_value(letter)?))
            .and_then(|column| column.checked_sub(1))
            .ok_or_else(bad)?;
        let row = digits.parse::<u32>().ok().and_then(|row| row.checked_sub(1)).ok_or_else(bad)?;
        Self::checked(row, column)
    }
}

fn malformed(detail: String) -> ParseError {
    ParseError::malformed(Format::Xlsx, detail)
}

/// Reads `A1:C9` as its first and last cell; `B3` is both.
pub(super) fn parse_range(reference: &str) -> Result<(Position, Position), ParseError> {
    let (first, last) = reference.split_once(':').unwrap_or((reference, reference));
    Ok((Position::parse(first)?, Position::parse(last)?))
}

/// Writes `B3`.
pub(super) fn cell_name(position: Position) -> String {
    let mut letters = Vec::with_capacity(3);
    let mut rest = position.column + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.push(char::from(b'A' + digit as u8));
        rest = (rest - 1) / 26;
    }
    let column: String = letters.iter().rev().collect();
    format!("{column}{}", position.row + 1)
}

/// Writes `A1:C9`, or `B3` where both are the same.
pub(super) fn range_name(first: Position, last: Position) -> String {
    if first == last { cell_name(first) } else { format!("{}:{}", cell_name(first), cell_name(last)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_corners_of_a_sheet_have_their_names() {
        assert_eq!(cell_name(Position { row: 0, column: 0 }), "A1");
        assert_eq!(cell_name(Position { row: MAX_ROWS - 1, column: MAX_COLUMNS - 1 }), "XFD1048576");
    }

    #[test]
    fn positions_outside_a_sheet_are_refused() {
        for reference in ["XFE1", "A1048577", "A0", "1", "A", "", "ZZZZZZZZ1", "A99999999999", "Ä1", "A1B"] {
            assert!(Position::parse(reference).is_err(), "{reference}");
        }
    }

    proptest! {
        #[test]
        fn names_read_back_as_their_position(row in 0..MAX_ROWS, column in 0..MAX_COLUMNS) {
            let position = Position { row, column };
            prop_assert_eq!(Position::parse(&cell_name(position)).unwrap(), position);
        }
    }
}
