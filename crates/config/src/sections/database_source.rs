//! `content_sources[]` of type `database`: rows of a database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSourceConfig {
    /// The statement whose rows are documents.
    pub query: String,
}
