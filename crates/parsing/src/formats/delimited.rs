//! Delimiter-separated values: CSV and TSV.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Delimiter-separated values: CSV and TSV.
#[derive(Debug)]
pub(crate) struct Delimited {
    /// The byte between two values, unless the document shows another.
    pub(crate) delimiter: u8,
}

impl Parser for Delimited {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "csv".into() })
    }
}
