//! What a failure means for the document it befell.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Says what is worth doing after a failure.
///
/// | class | retried | then |
/// |---|---|---|
/// | transient | up to `work_queue.max_retries` times, with backoff | dead letter |
/// | permanent | never | dead letter at once |
/// | poison | once | dead letter |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// It may pass by itself: a timeout, a full disk, a server that is busy.
    Transient,
    /// It will fail the same way every time: encrypted, malformed, not found.
    Permanent,
    /// It brought its parser down or to its deadline, and may do so again.
    Poison,
}

impl ErrorClass {
    /// The name that is stored and logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Poison => "poison",
        }
    }

    /// How often a failure of this class is retried when transient ones are retried `max_retries` times.
    pub const fn retries(self, max_retries: u32) -> u32 {
        match self {
            Self::Transient => max_retries,
            Self::Permanent => 0,
            Self::Poison => {
                if max_retries > 0 {
                    1
                } else {
                    0
                }
            }
        }
    }

    /// The class that `name` stands for, as [`as_str`](Self::as_str) gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Transient, Self::Permanent, Self::Poison].into_iter().find(|class| class.as_str() == name)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
