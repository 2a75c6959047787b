//! What can go wrong with vectors.

use gdg_model::ErrorClass;
use thiserror::Error;

/// What can go wrong with vectors.
#[derive(Debug, Error)]
pub enum EmbeddingError {
    /// A key of the configuration holds what cannot be used.
    #[error("{key}: {found} cannot be used: {allowed}")]
    Unusable {
        /// The key, such as `embedding.model`.
        key: &'static str,
        /// What was found there.
        found: String,
        /// What is wrong with it, and what is allowed.
        allowed: String,
    },
    /// The model failed on texts.
    #[error("embedding: the model {model} failed: {reason}")]
    Model {
        /// Its name.
        model: String,
        /// What it said.
        reason: String,
    },
    /// The service cannot answer now: it is overloaded, out of reach, too slow, or broke off.
    #[error("embedding: the service of {model} cannot be used at the moment ({tries} tries): {reason}")]
    Unavailable {
        /// The name of the model.
        model: String,
        /// How often it was asked.
        tries: u32,
        /// What it said, or how it failed to.
        reason: String,
    },
    /// The service does not want to answer, and would not the next time.
    #[error("embedding: the service of {model} refuses: {reason}")]
    Refused {
        /// The name of the model.
        model: String,
        /// What it said.
        reason: String,
    },
    /// The service's answer is not what it should be.
    #[error("embedding: the service of {model} gave an answer that cannot be used: {reason}")]
    Malformed {
        /// The name of the model.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl EmbeddingError {
    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Unavailable { .. } => ErrorClass::Transient,
            Self::Unusable { .. } | Self::Model { .. } | Self::Refused { .. } | Self::Malformed { .. } => {
                ErrorClass::Permanent
            }
        }
    }
}
