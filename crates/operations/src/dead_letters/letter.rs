//! One dead letter.

use super::{DeadLetterError, Timestamp};
use gdg_model::{ErrorClass, Format, RunId};
use serde::{Deserialize, Serialize};

/// A document that was given up, as exports and `--json` have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Names it to `--show` and `--retry`. Another one each time the document dies.
    pub dead_letter_id: i64,
    /// The run that gave it up.
    pub run_id: RunId,
    /// The document.
    pub doc_id: String,
    /// The source it came from.
    pub source_name: String,
    /// Where it is in its source.
    pub locator: String,
    /// How many links away from what its source lists.
    pub link_depth: i32,
    /// Which documents are claimed first: 0, 1 or 2.
    pub priority: i16,
    /// The tag its source gave it.
    pub etag: Option<String>,
    /// When it was changed, in nanoseconds since 1970-01-01 UTC, by its source.
    pub modified_at: Option<i64>,
    /// Its size in bytes, by its source.
    pub size_bytes: Option<i64>,
    /// The name of its format, or `unknown`.
    pub format: String,
    /// The media type of that format.
    #[serde(skip_deserializing)]
    pub media_type: Option<&'static str>,
    /// The class of the last failure.
    pub error_class: ErrorClass,
    /// Why the last attempt failed.
    pub error_message: String,
    /// Stands for the error with its variables taken out.
    pub fingerprint: String,
    /// How often it was retried before it was given up.
    pub retry_count: i32,
    /// How often it was put back from the dead letters.
    pub revived_count: i32,
    /// The worker of the last attempt.
    pub worker_id: Option<String>,
    /// When it was given up.
    pub died_at: Timestamp,
    /// Its attempts, the first one first.
    pub attempts: Vec<Attempt>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number. Where one is missing, a worker gave the document back untouched.
    pub attempt: i32,
    /// The worker.
    pub worker_id: String,
    /// When it claimed the document.
    pub started_at: Timestamp,
    /// When it failed.
    pub ended_at: Timestamp,
    /// The class of the failure.
    pub error_class: ErrorClass,
    /// Why it failed.
    pub error_message: String,
}

/// The media type of the format of that name.
pub(super) fn media_type(format: &str) -> Option<&'static str> {
    format.parse::<Format>().ok().map(Format::media_type)
}

/// The class of that name, in the row `dead_letter_id`.
pub(super) fn read_class(name: &str, dead_letter_id: i64) -> Result<ErrorClass, DeadLetterError> {
    ErrorClass::from_name(name)
        .ok_or_else(|| DeadLetterError::Damaged { dead_letter_id, detail: format!("class {name}") })
}

/// The history that is kept in the row `dead_letter_id`.
pub(super) fn read_attempts(text: &str, dead_letter_id: i64) -> Result<Vec<Attempt>, DeadLetterError> {
    serde_json::from_str(text)
        .map_err(|error| DeadLetterError::Damaged { dead_letter_id, detail: error.to_string() })
}
