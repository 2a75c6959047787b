//! `content_sources[]` of type `s3`: a bucket of S3, or of a store that speaks its protocol.

use crate::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bucket of S3, or of a store that speaks its protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct S3SourceConfig {
    /// The bucket.
    pub bucket: String,
    /// The secret of the access key.
    pub secret_access_key: Option<Secret>,
}
