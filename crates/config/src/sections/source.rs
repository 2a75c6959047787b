//! `content_sources[]`: where documents come from.

use super::FileSourceConfig;
use crate::redaction::redact_section;
use gdg_model::SourceName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt;

/// The type of a folder of documents.
const FILE: &str = "file";

/// The types that are known by name. What a worker was built with decides which of them it can read.
const OTHER_TYPES: [&str; 8] = ["s3", "gcs", "azure", "http", "web", "database", "parquet", "rest"];

/// A place where documents come from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// Its name, unique among the sources. Documents are named after it.
    pub name: SourceName,
    /// What it is, and how it is reached.
    pub kind: SourceKind,
}

/// What a source is: the key `type` and the keys that belong to it.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceKind {
    /// A folder.
    File(FileSourceConfig),
    /// A type whose keys are not interpreted here.
    Other(OtherSource),
}

/// A source whose keys are kept as they were written. Its credentials are redacted wherever it is shown.
#[derive(Clone, PartialEq)]
pub struct OtherSource {
    /// The key `type`.
    pub source_type: String,
    /// All keys but `name` and `type`.
    pub keys: Map<String, Value>,
}

impl fmt::Debug for OtherSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = redact_section(&self.keys);
        f.debug_struct("OtherSource").field("source_type", &self.source_type).field("keys", &keys).finish()
    }
}

impl SourceKind {
    /// The key `type`.
    pub fn source_type(&self) -> &str {
        match self {
            Self::File(_) => FILE,
            Self::Other(other) => &other.source_type,
        }
    }
}

/// Keys that hold credentials are written redacted, like everywhere in the configuration.
impl Serialize for SourceConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = match &self.kind {
            SourceKind::File(file) => serde_json::to_value(file).map_err(S::Error::custom)?,
            SourceKind::Other(other) => Value::Object(redact_section(&other.keys)),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("type", self.kind.source_type())?;
        for (key, value) in keys.as_object().into_iter().flatten() {
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
        let kind = if source_type == FILE {
            SourceKind::File(serde_json::from_value(Value::Object(keys)).map_err(D::Error::custom)?)
        } else if OTHER_TYPES.contains(&source_type.as_str()) {
            SourceKind::Other(OtherSource { source_type, keys })
        } else {
            return Err(D::Error::custom(format_args!("`{source_type}` is no type of source")));
        };
        Ok(Self { name, kind })
    }
}

impl JsonSchema for SourceConfig {
    fn schema_name() -> Cow<'static, str> {
        "SourceConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = json!({
            "description": "Its name, unique among the sources and without a colon. Documents are named after it.",
            "type": "string",
            "minLength": 1
        });
        let mut file = FileSourceConfig::json_schema(generator);
        let file_keys = file.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut properties = Map::new();
        properties.insert("name".into(), name.clone());
        properties.insert("type".into(), json!({ "type": "string", "const": FILE }));
        properties.extend(file_keys);
        file.insert("properties".into(), Value::Object(properties));
        file.insert("required".into(), json!(["name", "type"]));
        json_schema!({
            "description": "A place where documents come from. `type` says what it is, and which keys it has.",
            "oneOf": [
                file,
                {
                    "description": "A source whose keys are checked by the workers that can read it.",
                    "type": "object",
                    "properties": { "name": name, "type": { "type": "string", "enum": OTHER_TYPES } },
                    "required": ["name", "type"]
                }
            ]
        })
    }
}
