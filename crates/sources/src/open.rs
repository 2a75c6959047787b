//! From a source's configuration to the source.

use crate::{FileSource, Source};
use gdg_config::{SourceConfig, SourceKind};
use gdg_model::SourceName;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// The types of sources that this build can read.
pub const SOURCE_TYPES: &[&str] = &["file"];

/// Why a source cannot be opened. Each names the source, the key and what was found.
#[derive(Debug, Error)]
pub enum OpenSourceError {
    /// This build cannot read sources of the type.
    #[error(
        "source `{source_name}`: this build cannot read sources of type `{found}`; it can read: {}",
        SOURCE_TYPES.join(", ")
    )]
    UnknownType {
        /// The source.
        source_name: SourceName,
        /// Its type.
        found: String,
    },
    /// The folder is not there, or is no folder that can be read.
    #[error("source `{source_name}`: base_path `{path}` is no folder that can be read: {reason}", path = path.display())]
    NoFolder {
        /// The source.
        source_name: SourceName,
        /// The folder, as an absolute path.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A pattern is malformed.
    #[error("source `{source_name}`: {key} holds `{pattern}`, which is no glob pattern: {reason}")]
    InvalidPattern {
        /// The source.
        source_name: SourceName,
        /// `include` or `exclude`.
        key: &'static str,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The patterns are too many or too large to be matched.
    #[error("source `{source_name}`: the patterns of {key} cannot be matched together: {reason}")]
    TooManyPatterns {
        /// The source.
        source_name: SourceName,
        /// `include` or `exclude`.
        key: &'static str,
        /// What is wrong with them.
        reason: String,
    },
}

/// Opens a source. `path_mappings` are beginnings of absolute paths and URLs
/// in links, with what they are replaced by.
pub fn open_source(
    config: &SourceConfig,
    path_mappings: &BTreeMap<String, String>,
) -> Result<Arc<dyn Source>, OpenSourceError> {
    match &config.kind {
        SourceKind::File(file) => Ok(Arc::new(FileSource::open(config.name.clone(), file, path_mappings)?)),
        SourceKind::Other(other) => Err(OpenSourceError::UnknownType {
            source_name: config.name.clone(),
            found: other.source_type.clone(),
        }),
    }
}
