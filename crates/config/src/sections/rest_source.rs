//! `content_sources[]` of type `rest`: what a service with a JSON interface tells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a service with a JSON interface tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestSourceConfig {
    /// The address that all requests begin with.
    pub base_url: String,
}
