//! Why a document could not be parsed.

use crate::Limit;
use gdg_model::{ErrorClass, Format};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;
use thiserror::Error;

/// Why a document could not be parsed.
#[derive(Debug, Clone, Error, Serialize, Deserialize)]
pub enum ParseError {
    /// It has no bytes.
    #[error("the document is empty (0 bytes)")]
    Empty,
    /// No parser knows its format.
    #[error("no parser for {detected}")]
    Unsupported {
        /// What it was found to be: a media type, or a description.
        detected: String,
    },
    /// It is not what its format demands.
    #[error("malformed {format}: {detail}")]
    Malformed {
        /// The format it was parsed as.
        format: Format,
        /// What is wrong, and where.
        detail: String,
    },
    /// It can only be read with a password.
    #[error("the {format} document is encrypted")]
    Encrypted {
        /// The format it was parsed as.
        format: Format,
    },
    /// It goes over a limit.
    #[error("{limit}: more than the allowed {allowed}; raise `{}` to allow it", limit.key())]
    LimitExceeded {
        /// Which one.
        limit: Limit,
        /// Its value, with the unit.
        allowed: String,
    },
    /// The child process that parsed it ended without an answer.
    #[error("the {format} parser crashed: {detail}")]
    Crashed {
        /// The format it was parsed as.
        format: Format,
        /// How the process ended.
        detail: String,
    },
    /// The parser panicked; a bug of ours or of a library's.
    #[error("the {format} parser panicked: {detail}")]
    Panicked {
        /// The format it was parsed as.
        format: Format,
        /// The panic's message.
        detail: String,
    },
    /// No child process could be started or spoken to.
    #[error("could not run the parser process: {detail}")]
    SandboxUnavailable {
        /// What the operating system said.
        detail: String,
    },
}

impl ParseError {
    /// A [`Malformed`](Self::Malformed) error with the text of `detail`.
    #[allow(clippy::needless_pass_by_value)] // callers hand over errors and texts as they have them
    pub fn malformed(format: Format, detail: impl ToString) -> Self {
        Self::Malformed { format, detail: detail.to_string() }
    }

    /// The error for a deadline that passed.
    pub fn deadline(allowed: Duration) -> Self {
        Self::LimitExceeded { limit: Limit::Deadline, allowed: format!("{} seconds", allowed.as_secs()) }
    }

    /// An error of reading `format`: the limit that a [`Metered`](crate::Metered) reader hit, else malformed.
    pub fn from_io(format: Format, error: &io::Error) -> Self {
        Self::within(error).unwrap_or_else(|| Self::malformed(format, error))
    }

    /// The parse error that `error` or one of its sources carries, if any: a
    /// [`Metered`](crate::Metered) reader's error comes back through the library that read from it.
    pub fn within(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found.clone());
            }
            // An `io::Error` made of another error shows that error's source as its own, not the error itself.
            if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
                && let Some(found) = Self::within(inner)
            {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Empty
            | Self::Unsupported { .. }
            | Self::Malformed { .. }
            | Self::Encrypted { .. }
            | Self::LimitExceeded {
                limit: Limit::Inflated | Limit::Text | Limit::Elements | Limit::Depth | Limit::Size,
                ..
            } => ErrorClass::Permanent,
            Self::LimitExceeded { limit: Limit::Deadline | Limit::ChildMemory, .. }
            | Self::Crashed { .. }
            | Self::Panicked { .. } => ErrorClass::Poison,
            Self::SandboxUnavailable { .. } => ErrorClass::Transient,
        }
    }
}
