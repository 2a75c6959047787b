//! The seam between formats and the rest: one small trait.

use crate::formats;
use crate::{Budget, Limit, ParseError, TreeBuilder};
use gdg_config::ParsingLimits;
use gdg_model::{Format, ParsedDocument};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A document's bytes, and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// File name or last part of the locator, for titles and messages; may be empty.
    pub name: &'a str,
    /// The whole document.
    pub bytes: &'a [u8],
}

/// Turns the bytes of one format into a tree.
///
/// Implementations spend from the tree's [`Budget`], do not recurse on the
/// input's depth, and return an error for input that is not theirs: whatever
/// the bytes, they neither panic nor run past the deadline. The conformance
/// suite in `tests/` holds each of them to that.
pub trait Parser: Send + Sync {
    /// Adds the document's elements to `tree`.
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError>;
}

/// The parser of `format`.
pub fn parser_for(format: Format) -> &'static dyn Parser {
    match format {
        Format::Markdown => &formats::Markdown,
        Format::Html => &formats::Html,
        Format::Text => &formats::PlainText,
        Format::Csv => &formats::Delimited { delimiter: b',' },
        Format::Tsv => &formats::Delimited { delimiter: b'\t' },
        Format::Json => &formats::Json,
        Format::Jsonl => &formats::JsonLines,
        Format::Xml => &formats::Xml,
        Format::Yaml => &formats::Yaml,
        Format::Docx => &formats::Docx,
        Format::Pptx => &formats::Pptx,
        Format::Xlsx => &formats::Xlsx,
        Format::Pdf => &formats::Pdf,
        Format::Eml => &formats::Eml,
    }
}

/// Parses `input` as `format` on this thread, within `limits`. A panic of a
/// parser comes back as [`ParseError::Panicked`].
pub fn parse_as(
    format: Format,
    input: &Input<'_>,
    limits: &ParsingLimits,
) -> Result<ParsedDocument, ParseError> {
    if input.bytes.is_empty() {
        return Err(ParseError::Empty);
    }
    if input.bytes.len() as u64 > limits.max_document_size.bytes() {
        return Err(ParseError::LimitExceeded {
            limit: Limit::Size,
            allowed: limits.max_document_size.to_string(),
        });
    }
    let mut tree = TreeBuilder::new(Budget::new(limits));
    let outcome = catch_unwind(AssertUnwindSafe(|| parser_for(format).parse(input, &mut tree)));
    match outcome {
        Ok(parsed) => parsed.map(|()| tree.finish(format)),
        Err(panic) => Err(ParseError::Panicked { format, detail: panic_message(&*panic) }),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
