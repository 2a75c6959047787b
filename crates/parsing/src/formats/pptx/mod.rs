//! Presentations (Office Open XML).

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Presentations (Office Open XML).
#[derive(Debug)]
pub(crate) struct Pptx;

impl Parser for Pptx {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "pptx".into() })
    }
}
