//! XML.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// XML.
#[derive(Debug)]
pub(crate) struct Xml;

impl Parser for Xml {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "xml".into() })
    }
}
