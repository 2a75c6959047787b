//! HTML.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// HTML.
#[derive(Debug)]
pub(crate) struct Html;

impl Parser for Html {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "html".into() })
    }
}
