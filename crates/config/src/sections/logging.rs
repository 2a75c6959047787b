//! `logging`: what is written down of what happens.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::path::PathBuf;

/// What is written down of what happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoggingConfig {
    /// The least important events that are logged.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
    /// The file that lines are appended to. Unset: standard error.
    pub file: Option<PathBuf>,
}

/// How important an event is. Upper and lower case are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = other_names)]
pub enum LogLevel {
    /// Nothing is logged.
    Off,
    /// What failed.
    Error,
    /// What may fail soon; `warning` is the same.
    #[serde(alias = "warning")]
    Warn,
    /// What a person who watches wants to know.
    #[default]
    Info,
    /// What a person who looks for a fault wants to know: a line a document, and more.
    Debug,
    /// Everything.
    Trace,
}

/// Enters `warning` beside `warn`, for editors and for the check of values.
fn other_names(schema: &mut Schema) {
    if let Some(levels) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        levels.push(json!({
            "description": "Another name of `warn`.",
            "type": "string",
            "const": "warning",
            "deprecated": true
        }));
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        })
    }
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}
