//! `content_sources[]` of type `web`: pages of the web, and where their links lead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Pages of the web, and where their links lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebSourceConfig {
    /// The addresses of the pages to begin with.
    pub url_list: Vec<String>,
}
