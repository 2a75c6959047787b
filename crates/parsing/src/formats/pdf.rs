//! PDF.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// PDF.
#[derive(Debug)]
pub(crate) struct Pdf;

impl Parser for Pdf {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "pdf".into() })
    }
}
