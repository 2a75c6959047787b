//! Detection, parsers and sandbox in one.

use crate::detection::detect;
use crate::sandbox::{Sandbox, SandboxCommand, is_sandboxed};
use crate::{Input, ParseError, parse_as};
use gdg_config::ParsingLimits;
use gdg_model::{Format, ParsedDocument};
use std::fmt;

/// Raised whenever parsers or detection give other trees than before for some
/// document, so that documents parsed with an older one are parsed again.
pub const PARSER_REVISION: u32 = 1;

/// Parses documents of every format, in this process or in a child process as
/// their format and size demand. It is shared between threads; its calls block.
#[derive(Debug)]
pub struct DocumentParser {
    limits: ParsingLimits,
    sandbox: Sandbox,
}

/// A document that could not be parsed.
#[derive(Debug, Clone)]
pub struct ParseFailure {
    /// Why.
    pub error: ParseError,
    /// The format that it has, where that is known.
    pub format: Option<Format>,
}

impl fmt::Display for ParseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for ParseFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl DocumentParser {
    /// A parser with `limits` for each document, that starts child processes
    /// with `sandbox`, at most `parse_threads` at a time.
    pub fn new(limits: ParsingLimits, sandbox: SandboxCommand, parse_threads: usize) -> Self {
        let sandbox = Sandbox::new(sandbox, limits.clone(), parse_threads);
        Self { limits, sandbox }
    }

    /// The limits of each document.
    pub fn limits(&self) -> &ParsingLimits {
        &self.limits
    }

    /// The format that [`parse`](Self::parse) would parse `input` as.
    pub fn format_of(&self, input: &Input<'_>, content_type: Option<&str>) -> Result<Format, ParseError> {
        detect(input, content_type)
    }

    /// Detects the format of `input` and parses it; `content_type` is the
    /// media type that its source gave, if any. Blocks until the document is
    /// parsed, at most a little longer than the deadline.
    pub fn parse(
        &self,
        input: &Input<'_>,
        content_type: Option<&str>,
    ) -> Result<ParsedDocument, ParseFailure> {
        let format = detect(input, content_type)
            .map_err(|error| ParseFailure { format: format_blamed_by(&error), error })?;
        let parsed = if is_sandboxed(format, input.bytes.len()) {
            self.sandbox.parse(format, input)
        } else {
            parse_as(format, input, &self.limits)
        };
        parsed.map_err(|error| ParseFailure { error, format: Some(format) })
    }
}

/// The format that a failed detection was sure of.
fn format_blamed_by(error: &ParseError) -> Option<Format> {
    match error {
        ParseError::Malformed { format, .. } | ParseError::Encrypted { format } => Some(*format),
        _ => None,
    }
}
