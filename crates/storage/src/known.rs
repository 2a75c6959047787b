//! What is remembered of a document between runs.

use gdg_model::{ContentHash, Format, Stamp};

/// What is remembered of a document that was handled before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDocument {
    /// How it was handled.
    pub outcome: KnownOutcome,
    /// Its format, where it was found out.
    pub format: Option<Format>,
    /// What its source told of its version.
    pub stamp: Stamp,
    /// The hash of its bytes; `None` for one that was skipped unread.
    pub content_hash: Option<ContentHash>,
    /// The fingerprint of the configuration it was parsed with.
    pub parse_fingerprint: String,
    /// The last run that stored it or found it unchanged.
    pub seen_by_run: String,
    /// Its size in bytes.
    pub size: u64,
}

/// How a remembered document was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownOutcome {
    /// Its graph is stored.
    Stored,
    /// It has no parser, and the configuration says to pass over such documents.
    Skipped,
}
