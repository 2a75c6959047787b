//! `content_sources[]` of type `parquet`: rows of Parquet files.

use super::source::{type_key, with_keys};
use super::{AzureSourceConfig, GcsSourceConfig, S3SourceConfig, SymlinkPolicy};
use crate::ByteSize;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::PathBuf;

/// Rows of Parquet files. Columns within groups are named with dots: `body.text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParquetSourceConfig {
    /// The folder of the files, where they are no objects of a `store`. Relative paths start at the directory the worker
    /// was started in.
    pub base_path: PathBuf,
    /// The object store of the files, in place of `base_path`.
    pub store: Option<ParquetStoreConfig>,
    /// Glob patterns of files, relative to `base_path` or to the store's `prefix`; `**` crosses directories.
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
            store: None,
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

/// The object store that Parquet files are in: `type`, and the keys that a source of this type has. Which objects are
/// files of the source is said by the source's own `include` and `exclude`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ParquetStoreConfig {
    /// A bucket of S3, or of a store that speaks its protocol.
    S3(Box<S3SourceConfig>),
    /// A bucket of Google Cloud Storage.
    Gcs(Box<GcsSourceConfig>),
    /// A container of Azure Blob Storage.
    Azure(Box<AzureSourceConfig>),
}

impl ParquetStoreConfig {
    /// The keys `include` and `exclude`.
    pub fn patterns_mut(&mut self) -> (&mut Vec<String>, &mut Vec<String>) {
        match self {
            Self::S3(keys) => (&mut keys.include, &mut keys.exclude),
            Self::Gcs(keys) => (&mut keys.include, &mut keys.exclude),
            Self::Azure(keys) => (&mut keys.include, &mut keys.exclude),
        }
    }
}

impl JsonSchema for ParquetStoreConfig {
    fn schema_name() -> Cow<'static, str> {
        "ParquetStoreConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let alternatives = [
            ("s3", S3SourceConfig::json_schema(generator)),
            ("gcs", GcsSourceConfig::json_schema(generator)),
            ("azure", AzureSourceConfig::json_schema(generator)),
        ];
        let alternatives = alternatives.map(|(store, keys)| with_keys(keys, [("type", type_key(store))]));
        json_schema!({
            "description": "The object store that Parquet files are in. `type` says what it is, and which keys it has.",
            "oneOf": alternatives
        })
    }
}
