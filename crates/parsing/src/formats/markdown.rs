//! Markdown (CommonMark with tables, task lists, footnotes, front matter).

use crate::{Input, ParseError, Parser, TreeBuilder};

/// Markdown (CommonMark with tables, task lists, footnotes, front matter).
#[derive(Debug)]
pub(crate) struct Markdown;

impl Parser for Markdown {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "markdown".into() })
    }
}
