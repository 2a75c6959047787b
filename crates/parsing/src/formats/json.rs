//! JSON.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// JSON.
#[derive(Debug)]
pub(crate) struct Json;

impl Parser for Json {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "json".into() })
    }
}

/// JSON Lines: one JSON value a line.
#[derive(Debug)]
pub(crate) struct JsonLines;

impl Parser for JsonLines {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "json".into() })
    }
}
