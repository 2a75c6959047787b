//! `content_sources[]` of type `gcs`: a bucket of Google Cloud Storage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bucket of Google Cloud Storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GcsSourceConfig {
    /// The bucket.
    pub bucket: String,
}
