//! The sections of the configuration, a file each: plain data, its defaults,
//! and nothing that needs another section.

mod election;
mod embedding;
mod file_source;
mod logging;
mod parsing;
mod processing;
mod relationship_detection;
mod source;
mod storage;
mod telemetry;
mod work_queue;

pub use election::ElectionConfig;
pub use embedding::{EmbeddingConfig, EmbeddingProvider};
pub use file_source::{FileSourceConfig, Ignored, SymlinkPolicy};
pub use logging::{LogFormat, LogLevel, LoggingConfig};
pub use parsing::{ParsingConfig, ParsingLimits, UnsupportedPolicy};
pub use processing::{ProcessingConfig, ProcessingMode};
pub use relationship_detection::{CrossDocumentConfig, RelationshipDetectionConfig};
pub use source::{OtherSource, SourceConfig, SourceKind};
pub use storage::{SslMode, StorageBackend, StorageConfig};
pub use telemetry::TelemetryConfig;
pub use work_queue::WorkQueueConfig;

use std::num::NonZeroU32;

/// A default that is a count of at least one.
const fn positive(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}
