//! `content_sources[]` of type `file`: a folder of documents.

use crate::ByteSize;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A folder of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = other_names)]
pub struct FileSourceConfig {
    /// The folder. Relative paths start at the directory the worker was started in.
    pub base_path: PathBuf,
    /// Glob patterns of paths to list, relative to `base_path`; `**` crosses directories. Empty lists everything.
    #[serde(alias = "file_pattern", deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub include: Vec<String>,
    /// Glob patterns of paths to leave out; they win over `include`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub exclude: Vec<String>,
    /// File name extensions to list, without the dot, in any case. Empty lists every extension.
    pub include_extensions: Vec<String>,
    /// File name extensions to leave out.
    pub exclude_extensions: Vec<String>,
    /// Whether folders within the folder are listed.
    pub recursive: bool,
    /// Whether files and folders whose name begins with a dot are listed.
    pub hidden: bool,
    /// What is done with symbolic links.
    pub symlinks: SymlinkPolicy,
    /// How many relative links between documents are followed from a listed one; 0 follows none.
    pub max_link_depth: u32,
    /// A larger file is listed and fails with an error that names this key.
    pub max_size: Option<ByteSize>,
    /// Accepted from configurations of the Python system, and without effect: every run lists the folder.
    #[serde(skip_serializing)]
    #[schemars(extend("deprecated" = true))]
    pub watch_for_changes: Ignored,
}

/// Enters `file_pattern` beside `include`, for editors and for the check of keys.
fn other_names(schema: &mut Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let Some(mut include) = properties.get("include").cloned() else { return };
    if let Some(include) = include.as_object_mut() {
        include.insert("description".into(), "Another name of `include`.".into());
        include.insert("deprecated".into(), true.into());
        include.remove("default");
    }
    properties.insert("file_pattern".into(), include);
}

/// A switch that is accepted and has no effect. All of its values are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "bool")]
pub struct Ignored;

impl From<bool> for Ignored {
    fn from(_: bool) -> Self {
        Self
    }
}

/// What is done with symbolic links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SymlinkPolicy {
    /// They are passed over.
    Skip,
    /// Those that end inside `base_path` are followed; the others are passed over.
    #[default]
    Inside,
    /// All are followed, wherever they end.
    Follow,
}

impl Default for FileSourceConfig {
    fn default() -> Self {
        Self {
            base_path: PathBuf::from("."),
            include: Vec::new(),
            exclude: Vec::new(),
            include_extensions: Vec::new(),
            exclude_extensions: Vec::new(),
            recursive: true,
            hidden: false,
            symlinks: SymlinkPolicy::default(),
            max_link_depth: 1,
            max_size: None,
            watch_for_changes: Ignored,
        }
    }
}
