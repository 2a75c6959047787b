//! `relationship_detection`: what is related to what.

use super::positive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// What is related to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelationshipDetectionConfig {
    /// Whether relationships are found at all.
    pub enabled: bool,
    /// Whether links between documents are stored as relationships. What contains and follows what is not stored but
    /// shown by a view, always.
    pub structural: bool,
    /// Whether elements of one document with like meaning are related: those whose likeness reaches
    /// `cross_document_semantic.similarity_threshold`, at most `max_per_element` each. Needs embeddings.
    pub semantic: bool,
    /// Relationships between elements of different documents.
    pub cross_document_semantic: CrossDocumentConfig,
}

/// Relationships between elements of different documents, by likeness of their vectors. Needs embeddings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrossDocumentConfig {
    /// Whether they are looked for.
    pub enabled: bool,
    /// Likeness (cosine) from which two elements are related.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub similarity_threshold: f64,
    /// Relationships that one element has, at most: those of the greatest likeness.
    pub max_per_element: NonZeroU32,
}

impl RelationshipDetectionConfig {
    /// Whether links between documents are stored as relationships.
    pub const fn stores_links(&self) -> bool {
        self.enabled && self.structural
    }
}

impl Default for RelationshipDetectionConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            structural: true,
            semantic: false,
            cross_document_semantic: CrossDocumentConfig::default(),
        }
    }
}

impl Default for CrossDocumentConfig {
    fn default() -> Self {
        Self { enabled: true, similarity_threshold: 0.7, max_per_element: positive(10) }
    }
}
