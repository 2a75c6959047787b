//! Word documents (Office Open XML).

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Word documents (Office Open XML).
#[derive(Debug)]
pub(crate) struct Docx;

impl Parser for Docx {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "docx".into() })
    }
}
