//! Which dead letters are meant.

use super::Timestamp;
use gdg_model::{ErrorClass, RunId};

/// Which dead letters are meant: those for which all that is given holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of that run.
    pub run_id: Option<RunId>,
    /// Of that source.
    pub source_name: Option<String>,
    /// Of that class.
    pub class: Option<ErrorClass>,
    /// Of that format; `unknown` are those whose format was not found out.
    pub format: Option<String>,
    /// With that fingerprint.
    pub fingerprint: Option<String>,
    /// Given up then or later.
    pub since: Option<Timestamp>,
    /// Given up before that.
    pub until: Option<Timestamp>,
    /// Never put back before.
    pub never_revived: bool,
    /// One of these.
    pub ids: Option<Vec<i64>>,
}

impl Filter {
    /// Whether it means all letters.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
