//! The shape of a document, told without keeping any of it.

/// What a document's quotes and delimiters come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The line, from 1, with the quote that is never closed.
    pub(super) unclosed_quote: Option<usize>,
    /// The most values in a row.
    pub(super) widest_row: usize,
}

enum State {
    BeforeValue,
    InValue,
    /// Behind a quote that opened on the line.
    InQuotes {
        line: usize,
    },
    /// Behind a quote in quotes: their end, or the first of two that stand for one.
    BehindQuote {
        line: usize,
    },
}

/// Follows the values of `text`, and with `quoting` the quotes around them (RFC 4180).
pub(super) fn scan(text: &str, delimiter: u8, quoting: bool) -> Shape {
    let mut shape = Shape::default();
    let mut state = State::BeforeValue;
    let mut line = 1;
    let mut width = 1;
    for byte in text.bytes() {
        line += usize::from(byte == b'\n');
        state = match (state, byte) {
            (State::InQuotes { line }, b'"') => State::BehindQuote { line },
            (State::InQuotes { line }, _) | (State::BehindQuote { line }, b'"') => State::InQuotes { line },
            (State::BeforeValue, b'"') if quoting => State::InQuotes { line },
            (_, b'\r' | b'\n') => {
                width = 1;
                State::BeforeValue
            }
            (_, byte) if byte == delimiter => {
                width += 1;
                State::BeforeValue
            }
            _ => State::InValue,
        };
        shape.widest_row = shape.widest_row.max(width);
    }
    if let State::InQuotes { line } = state {
        shape.unclosed_quote = Some(line);
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_delimiters_and_line_breaks() {
        let shape = |text| scan(text, b',', true);
        assert_eq!(shape("a,\"b,\n\"\"c\"\nd"), Shape { unclosed_quote: None, widest_row: 2 });
        assert_eq!(shape("a,5\" pipe\n"), Shape { unclosed_quote: None, widest_row: 2 });
        assert_eq!(shape("a\nb,\"c,d\ne"), Shape { unclosed_quote: Some(2), widest_row: 2 });
        assert_eq!(shape("\"a\"b\",\"c\""), Shape { unclosed_quote: None, widest_row: 2 });
        assert_eq!(scan("a\n\"b,c,d", b',', false), Shape { unclosed_quote: None, widest_row: 3 });
    }
}
