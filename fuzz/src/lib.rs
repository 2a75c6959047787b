//! What the fuzz targets share.

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::Format;
use gdg_parsing::{Input, ParseError, parse_as};

/// Parses `bytes` as `format` within limits that keep a run fast. A panic of the parser is a finding.
pub fn parse(format: Format, bytes: &[u8]) {
    let limits = ParsingLimits {
        max_inflated_size: ByteSize::mebibytes(16),
        max_text_size: ByteSize::mebibytes(16),
        max_elements: 50_000,
        deadline: 5,
        ..ParsingLimits::default()
    };
    if let Err(error @ ParseError::Panicked { .. }) = parse_as(format, &Input { name: "fuzz", bytes }, &limits) {
        panic!("{error}");
    }
}

/// A fuzz target of one parser.
#[macro_export]
macro_rules! parser_target {
    ($format:ident) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::parse(gdg_model::Format::$format, bytes));
    };
}
