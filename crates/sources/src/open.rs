//! From a source's configuration to the source.

use crate::{
    DatabaseSource, FileSource, HttpSource, ObjectSource, ParquetSource, RestSource, Source, Spool, WebSource,
};
use gdg_config::{Environment, SourceConfig, SourceKind};
use gdg_model::SourceName;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// What sources need besides their own configuration.
#[derive(Debug, Clone, Default)]
pub struct SourceContext {
    /// Beginnings of absolute paths and URLs in links, with what they are replaced by.
    pub path_mappings: BTreeMap<String, String>,
    /// Where the variables that configurations name are looked up.
    pub environment: Environment,
    /// How fetched bytes are held.
    pub spool: Spool,
}

/// Why a source cannot be opened. Each names the source, the key and what was found.
#[derive(Debug, Error)]
pub enum OpenSourceError {
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
    /// A key is missing, or its value cannot be used.
    #[error("source `{source_name}`: {key} {problem}")]
    Unusable {
        /// The source.
        source_name: SourceName,
        /// The key.
        key: &'static str,
        /// What is wrong with it: the rest of a sentence that begins with the key.
        problem: String,
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

/// Opens a source. Sources on the network are not asked for anything yet.
pub fn open_source(
    config: &SourceConfig,
    context: &SourceContext,
) -> Result<Arc<dyn Source>, OpenSourceError> {
    let name = config.name.clone();
    Ok(match &config.kind {
        SourceKind::Azure(azure) => Arc::new(ObjectSource::open_azure(name, azure, context)?),
        SourceKind::Database(database) => Arc::new(DatabaseSource::open(name, database, context)?),
        SourceKind::File(file) => Arc::new(FileSource::open(name, file, &context.path_mappings)?),
        SourceKind::Gcs(gcs) => Arc::new(ObjectSource::open_gcs(name, gcs, context)?),
        SourceKind::Http(http) => Arc::new(HttpSource::open(name, http, context)?),
        SourceKind::Parquet(parquet) => Arc::new(ParquetSource::open(name, parquet, context)?),
        SourceKind::Rest(rest) => Arc::new(RestSource::open(name, rest, context)?),
        SourceKind::S3(s3) => Arc::new(ObjectSource::open_s3(name, s3, context)?),
        SourceKind::Web(web) => Arc::new(WebSource::open(name, web, context)?),
    })
}
