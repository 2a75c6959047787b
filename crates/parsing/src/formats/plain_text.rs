//! Plain text.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Plain text.
#[derive(Debug)]
pub(crate) struct PlainText;

impl Parser for PlainText {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "text".into() })
    }
}
