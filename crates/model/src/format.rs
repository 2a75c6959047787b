//! The document formats that are told apart.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A document format that has a parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the formats'
pub enum Format {
    Markdown,
    Html,
    Text,
    Csv,
    Tsv,
    Json,
    Jsonl,
    Xml,
    Yaml,
    Docx,
    Pptx,
    Xlsx,
    Pdf,
    Eml,
}

impl Format {
    /// Every format, in the order in which reports list them.
    pub const ALL: [Self; 14] = [
        Self::Markdown,
        Self::Html,
        Self::Text,
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Jsonl,
        Self::Xml,
        Self::Yaml,
        Self::Docx,
        Self::Pptx,
        Self::Xlsx,
        Self::Pdf,
        Self::Eml,
    ];

    /// The name that is stored, logged and used as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Xml => "xml",
            Self::Yaml => "yaml",
            Self::Docx => "docx",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
            Self::Eml => "eml",
        }
    }

    /// The registered media type (IANA) of the format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Tsv => "text/tab-separated-values",
            Self::Json => "application/json",
            Self::Jsonl => "application/jsonl",
            Self::Xml => "application/xml",
            Self::Yaml => "application/yaml",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
            Self::Eml => "message/rfc822",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A format name that no parser answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown document format `{}`", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| UnknownFormat(name.into()))
    }
}
