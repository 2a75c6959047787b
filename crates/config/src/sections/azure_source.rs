//! `content_sources[]` of type `azure`: a container of Azure Blob Storage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A container of Azure Blob Storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AzureSourceConfig {
    /// The container.
    pub container: String,
}
