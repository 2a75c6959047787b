//! Workbooks (Office Open XML).

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Workbooks (Office Open XML).
#[derive(Debug)]
pub(crate) struct Xlsx;

impl Parser for Xlsx {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "xlsx".into() })
    }
}
