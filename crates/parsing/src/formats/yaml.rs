//! YAML.

use crate::{Input, ParseError, Parser, TreeBuilder};

/// YAML.
#[derive(Debug)]
pub(crate) struct Yaml;

impl Parser for Yaml {
    fn parse(&self, _input: &Input<'_>, _tree: &mut TreeBuilder) -> Result<(), ParseError> {
        Err(ParseError::Unsupported { detected: "yaml".into() })
    }
}
