//! The whole configuration.

use crate::sections::{
    ElectionConfig, EmbeddingConfig, LoggingConfig, ParsingConfig, ProcessingConfig,
    RelationshipDetectionConfig, SourceConfig, StorageConfig, TelemetryConfig, WorkQueueConfig,
};
use crate::{ConfigError, LoadOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The configuration of Go-Doc-Go. Every section and every key may be left out.
///
/// Serialising it redacts what is secret; there is no other way to write it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the work is shared out, and when it ends.
    pub processing: ProcessingConfig,
    /// Claims, heartbeats and retries.
    pub work_queue: WorkQueueConfig,
    /// The database of the graph, and of the queue.
    pub storage: StorageConfig,
    /// Where documents come from.
    pub content_sources: Vec<SourceConfig>,
    /// What is parsed, and how much of it.
    pub parsing: ParsingConfig,
    /// Vectors for elements.
    pub embedding: EmbeddingConfig,
    /// What is related to what.
    pub relationship_detection: RelationshipDetectionConfig,
    /// Who leads.
    pub election: ElectionConfig,
    /// What is written down of what happens.
    pub logging: LoggingConfig,
    /// What other systems see of a worker.
    pub telemetry: TelemetryConfig,
    /// Beginnings of paths and what they are replaced by where links between documents are followed.
    pub path_mappings: BTreeMap<String, String>,
}

impl Config {
    /// Finds, reads and checks the configuration.
    ///
    /// All problems that are found are in the error. A configuration that
    /// loads is consistent in itself; whether a worker can start with it is
    /// for [`Loaded::ready_to_start`](crate::Loaded::ready_to_start) to say.
    pub fn load(options: LoadOptions) -> Result<Self, ConfigError> {
        options.load().map(|loaded| loaded.config)
    }
}
