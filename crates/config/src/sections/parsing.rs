//! `parsing`: what is parsed, and how much of it.

use crate::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The section `parsing`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParsingConfig {
    /// What becomes of a document in a format that has no parser.
    pub unsupported: UnsupportedPolicy,
    /// Bounds on what one document may cost.
    pub limits: ParsingLimits,
}

/// What becomes of a document in a format that has no parser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnsupportedPolicy {
    /// It fails, and the summary says so.
    #[default]
    Fail,
    /// It is counted as skipped.
    Skip,
}

/// Bounds on what one document may cost. A document over one of them fails
/// with an error that names the limit and the key that raises it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParsingLimits {
    /// Size of the document as it is fetched.
    pub max_document_size: ByteSize,
    /// Bytes that its compressed parts may inflate to, counted while inflating.
    pub max_inflated_size: ByteSize,
    /// Bytes of text kept of it, over all elements.
    pub max_text_size: ByteSize,
    /// Elements in its tree.
    pub max_elements: u32,
    /// Levels of its tree.
    pub max_depth: u32,
    /// Seconds that parsing may take.
    pub deadline: u64,
    /// Memory that a parser in a child process (PDF, and documents of 1 MiB or more) may use.
    pub max_child_memory: ByteSize,
}

impl ParsingLimits {
    /// [`deadline`](Self::deadline) as a duration.
    pub const fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline)
    }
}

impl Default for ParsingLimits {
    fn default() -> Self {
        Self {
            max_document_size: ByteSize::mebibytes(100),
            max_inflated_size: ByteSize::mebibytes(512),
            max_text_size: ByteSize::mebibytes(128),
            max_elements: 500_000,
            max_depth: 200,
            deadline: 60,
            max_child_memory: ByteSize::mebibytes(1024),
        }
    }
}
