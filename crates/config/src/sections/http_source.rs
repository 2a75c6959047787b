//! `content_sources[]` of type `http`: files on a web server that are listed one by one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Files on a web server that are listed one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSourceConfig {
    /// The addresses of the files.
    pub url_list: Vec<String>,
}
