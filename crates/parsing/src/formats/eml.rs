//! E-mail messages (RFC 5322, MIME).

use crate::{Input, ParseError, Parser, TreeBuilder};

/// E-mail messages (RFC 5322, MIME).
#[derive(Debug)]
pub(crate) struct Eml;

impl Parser for Eml {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "eml".into() })
    }
}
