//! The sections of the configuration, a file each: plain data, its defaults,
//! and nothing that needs another section.

mod azure_source;
mod database_source;
mod election;
mod embedding;
mod file_source;
mod gcs_source;
mod http_source;
mod logging;
mod object_store;
mod parquet_source;
mod parsing;
mod processing;
mod relationship_detection;
mod rest_source;
mod s3_source;
mod source;
mod storage;
mod telemetry;
mod web_source;
mod work_queue;

pub use azure_source::AzureSourceConfig;
pub use database_source::{DatabaseBackend, DatabaseFieldMapping, DatabaseSourceConfig};
pub use election::ElectionConfig;
pub use embedding::{EmbeddingConfig, EmbeddingProvider};
pub use file_source::{FileSourceConfig, Ignored, SymlinkPolicy};
pub use gcs_source::GcsSourceConfig;
pub use http_source::HttpSourceConfig;
pub use logging::{LogFormat, LogLevel, LoggingConfig};
pub use object_store::ObjectKeys;
pub use parquet_source::{ParquetSourceConfig, ParquetStoreConfig};
pub use parsing::{ParsingConfig, ParsingLimits, UnsupportedPolicy};
pub use processing::{ProcessingConfig, ProcessingMode};
pub use relationship_detection::{CrossDocumentConfig, RelationshipDetectionConfig};
pub use rest_source::{
    RestAuthConfig, RestAuthType, RestDetailConfig, RestListConfig, RestMethod, RestPaginationConfig,
    RestPaginationType, RestParameterPlace, RestPreset, RestSourceConfig,
};
pub use s3_source::S3SourceConfig;
pub use source::{SourceConfig, SourceKind};
pub use storage::{SslMode, StorageBackend, StorageConfig};
pub use telemetry::TelemetryConfig;
pub use web_source::WebSourceConfig;
pub use work_queue::WorkQueueConfig;

use std::num::NonZeroU32;

/// A default that is a count of at least one.
const fn positive(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}
