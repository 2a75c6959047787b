//! JSON and JSON Lines, read as a stream of tokens.
//!
//! Numbers are kept as they are written, members in their order, one given
//! twice both times. The encoding is not held to UTF-8, and an escape of half
//! a surrogate pair reads as U+FFFD; beyond that the grammar is RFC 8259's.

mod surrogates;

use super::value_tree::{Container, ScalarType, ValueTree};
use crate::text_encoding::decode;
use crate::{Input, ParseError, Parser, TreeBuilder};
use gdg_model::{Format, Location};
use struson::reader::{
    JsonReader, JsonReaderPosition, JsonStreamReader, ReaderError, ReaderSettings, ValueType,
};

/// JSON: one value.
#[derive(Debug)]
pub(crate) struct Json;

impl Parser for Json {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        if decoded.text.trim().is_empty() {
            return Ok(());
        }
        let text = surrogates::replace_unpaired(&decoded.text);
        read(&text, &mut ValueTree::of_document(tree))
            .map_err(|failure| failure.into_parse_error(Format::Json, 0))
    }
}

/// JSON Lines: one value a line, blank lines aside. A line's value is located
/// by its line; what is inside it by a pointer into the array of all values.
#[derive(Debug)]
pub(crate) struct JsonLines;

impl Parser for JsonLines {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        let text = surrogates::replace_unpaired(&decoded.text);
        let mut values = ValueTree::of_stream(tree);
        for (number, line) in (0_u64..).zip(text.split('\n')) {
            if line.trim().is_empty() {
                continue;
            }
            values.locate_next(Location::Lines { start: number, end: number + 1 });
            read(line, &mut values).map_err(|failure| failure.into_parse_error(Format::Jsonl, number))?;
        }
        Ok(())
    }
}

/// Why a value could not be read.
enum Failure {
    Json(ReaderError),
    Tree(ParseError),
}

impl From<ReaderError> for Failure {
    fn from(error: ReaderError) -> Self {
        Self::Json(error)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Tree(error)
    }
}

impl Failure {
    /// The error for a text that begins `lines_before` lines into the document.
    fn into_parse_error(self, format: Format, lines_before: u64) -> ParseError {
        let place = |location: &JsonReaderPosition| match location.line_pos {
            Some(place) => format!("line {}, column {}", lines_before + place.line + 1, place.column + 1),
            None => "an unknown place".to_owned(),
        };
        match self {
            Self::Tree(error) => error,
            Self::Json(ReaderError::SyntaxError(error)) => ParseError::malformed(
                format,
                format!("{} at {}", spoken(&error.kind.to_string()), place(&error.location)),
            ),
            Self::Json(error) => ParseError::malformed(format, error),
        }
    }
}

/// `TrailingData` as `trailing data`.
fn spoken(kind: &str) -> String {
    let mut words = String::with_capacity(kind.len() + 4);
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Reads the one value in `text`.
fn read(text: &str, values: &mut ValueTree<'_>) -> Result<(), Failure> {
    let settings = ReaderSettings {
        track_path: false,
        max_nesting_depth: None, // the tree's own limit holds
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    let mut reader = JsonStreamReader::new_custom(text.as_bytes(), settings);
    loop {
        match values.container() {
            Some(container) if !reader.has_next()? => {
                match container {
                    Container::Object => reader.end_object()?,
                    Container::Array => reader.end_array()?,
                }
                values.end();
            }
            container => {
                if container == Some(Container::Object) {
                    values.name_next(reader.next_name_owned()?);
                }
                read_token(&mut reader, values)?;
            }
        }
        if values.container().is_none() {
            return Ok(reader.consume_trailing_whitespace()?);
        }
    }
}

/// Reads a scalar, or the beginning of an object or array.
fn read_token(reader: &mut JsonStreamReader<&[u8]>, values: &mut ValueTree<'_>) -> Result<(), Failure> {
    match reader.peek()? {
        ValueType::Object => {
            reader.begin_object()?;
            values.begin(Container::Object)?;
        }
        ValueType::Array => {
            reader.begin_array()?;
            values.begin(Container::Array)?;
        }
        ValueType::String => values.scalar(reader.next_str()?, ScalarType::String)?,
        ValueType::Number => values.scalar(reader.next_number_as_str()?, ScalarType::Number)?,
        ValueType::Boolean => {
            let text = if reader.next_bool()? { "true" } else { "false" };
            values.scalar(text, ScalarType::Boolean)?;
        }
        ValueType::Null => {
            reader.next_null()?;
            values.scalar("null", ScalarType::Null)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Input, parse_as};
    use gdg_config::ParsingLimits;
    use gdg_model::{Format, Outline};

    fn outcome(format: Format, text: &str) -> String {
        let input = Input { name: "", bytes: text.as_bytes() };
        match parse_as(format, &input, &ParsingLimits::default()) {
            Ok(document) => Outline(&document).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_top_level_scalar_is_an_item() {
        insta::assert_snapshot!(outcome(Format::Json, " 12 "), @r#"
        document
          json_item "12" {"value_type":"number"}
        "#);
    }

    #[test]
    fn whitespace_alone_is_an_empty_document() {
        assert_eq!(outcome(Format::Json, " \n\t"), "document\n");
        assert_eq!(outcome(Format::Jsonl, "\n\r\n"), "document\n");
    }

    #[test]
    fn names_are_escaped_in_pointers_and_kept_when_given_twice() {
        insta::assert_snapshot!(outcome(Format::Json, r#"{"a/b~c": 1, "a/b~c": {"": [null, true]}}"#), @r#"
        document
          json_object
            json_field "1" {"name":"a/b~c","value_type":"number"} @/a~1b~0c
            json_object {"name":"a/b~c"} @/a~1b~0c
              json_array {"name":""} @/a~1b~0c/
                json_item "null" {"index":0,"value_type":"null"} @/a~1b~0c//0
                json_item "true" {"index":1,"value_type":"boolean"} @/a~1b~0c//1
        "#);
    }

    #[test]
    fn numbers_are_kept_as_written() {
        let text = format!("[1e999, -0.10, {}]", "9".repeat(200));
        let outline = outcome(Format::Json, &text);
        assert!(outline.contains(r#""1e999""#), "{outline}");
        assert!(outline.contains(r#""-0.10""#), "{outline}");
        assert!(outline.contains(&"9".repeat(200)), "{outline}");
    }

    #[test]
    fn half_a_surrogate_pair_reads_as_a_replacement_character() {
        insta::assert_snapshot!(outcome(Format::Json, r#"["\ud83c\udf0a", "\ud83c", "\udf0a\\ud83c"]"#), @r#"
        document
          json_array
            json_item "🌊" {"index":0,"value_type":"string"} @/0
            json_item "�" {"index":1,"value_type":"string"} @/1
            json_item "�\\ud83c" {"index":2,"value_type":"string"} @/2
        "#);
    }

    #[test]
    fn malformed_json_says_what_and_where() {
        let malformed = |text| outcome(Format::Json, text);
        insta::assert_snapshot!(malformed("{\"a\": [1,\n 2"), @"malformed json: incomplete document at line 2, column 3");
        insta::assert_snapshot!(malformed("{} {}"), @"malformed json: trailing data at line 1, column 4");
        insta::assert_snapshot!(malformed("[1,]"), @"malformed json: trailing comma not enabled at line 1, column 3");
        insta::assert_snapshot!(malformed("{\"a\": nul}"), @"malformed json: invalid literal at line 1, column 7");
        insta::assert_snapshot!(malformed("[\"\\ud83c\\u00zz\"]"), @"malformed json: malformed escape sequence at line 1, column 9");
    }

    #[test]
    fn depth_over_the_limit_names_the_key() {
        for depth in [300, 100_000] {
            let error = outcome(Format::Json, &"[".repeat(depth));
            assert!(error.contains("parsing.limits.max_depth"), "{error}");
        }
    }

    #[test]
    fn a_line_is_located_by_line_and_what_is_in_it_by_pointer() {
        insta::assert_snapshot!(outcome(Format::Jsonl, "{\"a\": 1}\r\n\n[\"x\"]\n7\n"), @r#"
        document
          json_object {"index":0} @line=0,1
            json_field "1" {"name":"a","value_type":"number"} @/0/a
          json_array {"index":1} @line=2,3
            json_item "x" {"index":0,"value_type":"string"} @/1/0
          json_item "7" {"index":2,"value_type":"number"} @line=3,4
        "#);
    }

    #[test]
    fn a_malformed_line_is_named() {
        insta::assert_snapshot!(outcome(Format::Jsonl, "{\"a\": 1}\n\n{\"a\": \n"), @"malformed jsonl: incomplete document at line 3, column 7");
        insta::assert_snapshot!(outcome(Format::Jsonl, "1\n2 3\n"), @"malformed jsonl: trailing data at line 2, column 3");
    }
}
