//! `content_sources[]`: where documents come from.

use super::{
    AzureSourceConfig, DatabaseSourceConfig, FileSourceConfig, GcsSourceConfig, HttpSourceConfig,
    ParquetSourceConfig, RestSourceConfig, S3SourceConfig, WebSourceConfig,
};
use crate::redaction::redact_section;
use gdg_model::SourceName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A place where documents come from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// Its name, unique among the sources. Documents are named after it.
    pub name: SourceName,
    /// What it is, and how it is reached.
    pub kind: SourceKind,
}

/// Makes [`SourceKind`] of the types that there are.
macro_rules! source_kinds {
    ($($(#[$doc:meta])* $kind:ident($keys:ty) = $name:literal;)+) => {
        /// What a source is: the key `type` and the keys that belong to it.
        #[derive(Debug, Clone, PartialEq)]
        pub enum SourceKind {
            $($(#[$doc])* $kind(Box<$keys>),)+
        }

        impl SourceKind {
            /// The values that the key `type` takes.
            pub const TYPES: &[&str] = &[$($name),+];

            /// The key `type`.
            pub const fn source_type(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)+
                }
            }

            fn keys(&self) -> serde_json::Result<Value> {
                match self {
                    $(Self::$kind(keys) => serde_json::to_value(keys),)+
                }
            }

            fn from_keys<E: serde::de::Error>(source_type: &str, keys: Value) -> Result<Self, E> {
                match source_type {
                    $($name => serde_json::from_value(keys).map(Self::$kind).map_err(E::custom),)+
                    _ => Err(E::custom(format_args!("`{source_type}` is no type of source"))),
                }
            }

            /// The schema of each type's keys.
            fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
                vec![$(($name, <$keys>::json_schema(generator))),+]
            }
        }
    };
}

source_kinds! {
    /// A folder.
    File(FileSourceConfig) = "file";
    /// A bucket of S3, or of a store that speaks its protocol.
    S3(S3SourceConfig) = "s3";
    /// A bucket of Google Cloud Storage.
    Gcs(GcsSourceConfig) = "gcs";
    /// A container of Azure Blob Storage.
    Azure(AzureSourceConfig) = "azure";
    /// Files on a web server that are listed one by one.
    Http(HttpSourceConfig) = "http";
    /// Pages of the web, and where their links lead.
    Web(WebSourceConfig) = "web";
    /// Rows of a database.
    Database(DatabaseSourceConfig) = "database";
    /// Rows of Parquet files.
    Parquet(ParquetSourceConfig) = "parquet";
    /// What a service with a JSON interface tells.
    Rest(RestSourceConfig) = "rest";
}

/// Keys that hold credentials are written redacted, like everywhere in the configuration.
impl Serialize for SourceConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.kind.keys().map_err(S::Error::custom)?;
        let keys = keys.as_object().map(redact_section).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("type", self.kind.source_type())?;
        for (key, value) in &keys {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for SourceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = Map::deserialize(deserializer)?;
        let mut text = |key: &'static str| match keys.remove(key) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(D::Error::custom(format_args!("`{key}` is no text"))),
            None => Err(D::Error::missing_field(key)),
        };
        let name = SourceName::new(text("name")?);
        let source_type = text("type")?;
        Ok(Self { name, kind: SourceKind::from_keys(&source_type, Value::Object(keys))? })
    }
}

impl JsonSchema for SourceConfig {
    fn schema_name() -> Cow<'static, str> {
        "SourceConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let alternatives = SourceKind::schemas(generator).into_iter();
        let alternatives: Vec<Schema> =
            alternatives.map(|(source_type, schema)| with_name_and_type(schema, source_type)).collect();
        json_schema!({
            "description": "A place where documents come from. `type` says what it is, and which keys it has.",
            "oneOf": alternatives
        })
    }
}

/// The schema of a type's own keys, with those that every source has.
fn with_name_and_type(schema: Schema, source_type: &str) -> Schema {
    let name = json!({
        "description": "Its name, unique among the sources and without a colon. Documents are named after it.",
        "type": "string",
        "minLength": 1
    });
    with_keys(schema, [("name", name), ("type", type_key(source_type))])
}

/// The schema of a key `type` with one value.
pub(super) fn type_key(value: &str) -> Value {
    json!({ "type": "string", "const": value })
}

/// The schema with required keys before its own.
pub(super) fn with_keys<const N: usize>(mut schema: Schema, keys: [(&str, Value); N]) -> Schema {
    let own_required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let required: Vec<Value> = keys.iter().map(|(key, _)| Value::from(*key)).chain(own_required).collect();
    let own_keys = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut properties: Map<String, Value> =
        keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    properties.extend(own_keys);
    schema.insert("required".into(), required.into());
    schema.insert("properties".into(), Value::Object(properties));
    schema
}
