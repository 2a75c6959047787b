//! `content_sources[]` of type `parquet`: rows of Parquet files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows of Parquet files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParquetSourceConfig {
    /// The folder of the files.
    pub base_path: String,
}
