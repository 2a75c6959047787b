//! What a document may cost, counted as it is spent.

use crate::ParseError;
use gdg_config::ParsingLimits;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::Instant;

/// A bound on what one document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Size of the document.
    Size,
    /// Bytes inflated.
    Inflated,
    /// Bytes of text kept.
    Text,
    /// Elements in the tree.
    Elements,
    /// Levels of the tree.
    Depth,
    /// Time.
    Deadline,
    /// Memory of the child process.
    ChildMemory,
}

impl Limit {
    /// The configuration key that raises it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Size => "parsing.limits.max_document_size",
            Self::Inflated => "parsing.limits.max_inflated_size",
            Self::Text => "parsing.limits.max_text_size",
            Self::Elements => "parsing.limits.max_elements",
            Self::Depth => "parsing.limits.max_depth",
            Self::Deadline => "parsing.limits.deadline",
            Self::ChildMemory => "parsing.limits.max_child_memory",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "document too large",
            Self::Inflated => "compressed content too large",
            Self::Text => "too much text",
            Self::Elements => "too many elements",
            Self::Depth => "nested too deeply",
            Self::Deadline => "parsing took too long",
            Self::ChildMemory => "parsing took too much memory",
        })
    }
}

/// The budget of one document. Clones share the counters, so that a reader
/// can hold one while the tree is built.
#[derive(Debug, Clone)]
pub struct Budget(Rc<Counters>);

#[derive(Debug)]
struct Counters {
    limits: ParsingLimits,
    started: Instant,
    inflated: Cell<u64>,
    text: Cell<u64>,
    elements: Cell<u32>,
}

/// How many elements may pass between two looks at the clock.
const ELEMENTS_PER_CLOCK_READ: u32 = 256;

impl Budget {
    /// A full budget, whose time runs from now.
    pub fn new(limits: &ParsingLimits) -> Self {
        Self(Rc::new(Counters {
            limits: limits.clone(),
            started: Instant::now(),
            inflated: Cell::new(0),
            text: Cell::new(0),
            elements: Cell::new(0),
        }))
    }

    /// The limits that the budget was made from.
    pub fn limits(&self) -> &ParsingLimits {
        &self.0.limits
    }

    /// Fails once the deadline has passed. Parsers call it in loops that add no elements.
    pub fn check_deadline(&self) -> Result<(), ParseError> {
        let allowed = self.0.limits.deadline();
        if self.0.started.elapsed() > allowed { Err(ParseError::deadline(allowed)) } else { Ok(()) }
    }

    /// Spends `bytes` of inflated data.
    pub fn spend_inflated(&self, bytes: u64) -> Result<(), ParseError> {
        let allowed = self.0.limits.max_inflated_size;
        let spent = self.0.inflated.get().saturating_add(bytes);
        self.0.inflated.set(spent);
        if spent > allowed.bytes() {
            return Err(ParseError::LimitExceeded { limit: Limit::Inflated, allowed: allowed.to_string() });
        }
        Ok(())
    }

    /// Spends `bytes` of kept text.
    pub fn spend_text(&self, bytes: usize) -> Result<(), ParseError> {
        let allowed = self.0.limits.max_text_size;
        let spent = self.0.text.get().saturating_add(bytes as u64);
        self.0.text.set(spent);
        if spent > allowed.bytes() {
            return Err(ParseError::LimitExceeded { limit: Limit::Text, allowed: allowed.to_string() });
        }
        Ok(())
    }

    /// Spends one element, and looks at the clock now and then.
    pub fn spend_element(&self) -> Result<(), ParseError> {
        let allowed = self.0.limits.max_elements;
        let spent = self.0.elements.get() + 1;
        self.0.elements.set(spent);
        if spent > allowed {
            return Err(ParseError::LimitExceeded { limit: Limit::Elements, allowed: allowed.to_string() });
        }
        if spent.is_multiple_of(ELEMENTS_PER_CLOCK_READ) { self.check_deadline() } else { Ok(()) }
    }

    /// Fails when `depth` levels are too many; the root is level 1. For parsers that meet depth before elements.
    pub fn check_depth(&self, depth: usize) -> Result<(), ParseError> {
        let allowed = self.0.limits.max_depth;
        if depth > allowed as usize {
            return Err(ParseError::LimitExceeded {
                limit: Limit::Depth,
                allowed: format!("{allowed} levels"),
            });
        }
        Ok(())
    }

    /// Counts what is read from `reader` as inflated, and fails the read that goes over.
    pub fn metered<R: Read>(&self, reader: R) -> Metered<R> {
        Metered { reader, budget: self.clone() }
    }
}

/// A reader of decompressed data whose every byte is spent from a [`Budget`].
/// Its errors carry a [`ParseError`] that [`ParseError::from_io`] takes out again.
#[derive(Debug)]
pub struct Metered<R> {
    reader: R,
    budget: Budget,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.budget
            .spend_inflated(read as u64)
            .and_then(|()| self.budget.check_deadline())
            .map_err(io::Error::other)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::ByteSize;
    use gdg_model::Format;

    #[test]
    fn a_metered_read_over_the_limit_comes_back_as_the_limit() {
        let budget =
            Budget::new(&ParsingLimits { max_inflated_size: ByteSize(10), ..ParsingLimits::default() });
        let error = budget.metered(&[0_u8; 11][..]).read_to_end(&mut Vec::new()).unwrap_err();
        let error = ParseError::from_io(Format::Docx, &error);
        assert_eq!(
            error.to_string(),
            "compressed content too large: more than the allowed 10B; raise `parsing.limits.max_inflated_size` to allow it"
        );
    }

    #[test]
    fn a_deadline_of_zero_passes_at_once() {
        let budget = Budget::new(&ParsingLimits { deadline: 0, ..ParsingLimits::default() });
        assert!(budget.check_deadline().is_err());
    }
}
