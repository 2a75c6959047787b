//! `content_sources[]` of type `parquet`: rows of Parquet files.

use super::SymlinkPolicy;
use crate::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Rows of Parquet files. Columns within groups are named with dots: `body.text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParquetSourceConfig {
    /// The folder of the files. Relative paths start at the directory the worker was started in.
    pub base_path: PathBuf,
    /// Glob patterns of files, relative to `base_path`; `**` crosses directories.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub include: Vec<String>,
    /// Glob patterns of files to leave out; they win over `include`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub exclude: Vec<String>,
    /// What is done with symbolic links.
    pub symlinks: SymlinkPolicy,
    /// Columns whose values together name a row within its file. Empty: a row is named by its number.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub id_columns: Vec<String>,
    /// The column of the documents.
    pub content_column: String,
    /// The media type of all documents. Without it, text is `text/plain`, and groups, lists and maps are
    /// `application/json`.
    pub content_type: Option<String>,
    /// The column of the documents' media types. Where it is NULL, `content_type` holds.
    pub content_type_column: Option<String>,
    /// The column of titles.
    pub title_column: Option<String>,
    /// Columns that become metadata of the documents.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub metadata_columns: Vec<String>,
    /// The column of times or versions that change with a row. Without it, a row has changed when its file has.
    pub updated_column: Option<String>,
    /// Whether folders of the form `key=value` become metadata.
    pub hive_partitioning: bool,
    /// Rows that are decoded together, at most.
    pub page_size: u32,
    /// A larger document fails with an error that names this key.
    pub max_size: Option<ByteSize>,
}

impl Default for ParquetSourceConfig {
    fn default() -> Self {
        Self {
            base_path: PathBuf::from("."),
            include: vec!["**/*.parquet".to_owned()],
            exclude: Vec::new(),
            symlinks: SymlinkPolicy::default(),
            id_columns: Vec::new(),
            content_column: String::new(),
            content_type: None,
            content_type_column: None,
            title_column: None,
            metadata_columns: Vec::new(),
            updated_column: None,
            hive_partitioning: true,
            page_size: 1024,
            max_size: None,
        }
    }
}
