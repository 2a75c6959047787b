//! Why there is no vector.

use gdg_model::ErrorClass;
use thiserror::Error;

/// Why texts could not be embedded, or a model not be opened.
#[derive(Debug, Error)]
pub enum EmbeddingError {
    /// A key of the configuration cannot be used.
    #[error("embedding.{key} {problem}")]
    Configuration {
        /// The key.
        key: &'static str,
        /// The rest of a sentence that begins with the key.
        problem: String,
    },
    /// The service cannot be reached, is busy, or fails for now.
    #[error("the embedding service {service}: {reason}")]
    Unavailable {
        /// Its address.
        service: String,
        /// What happened.
        reason: String,
    },
    /// The service refuses what it is asked for.
    #[error("the embedding service {service} refuses: {reason}")]
    Refused {
        /// Its address.
        service: String,
        /// What it says.
        reason: String,
    },
    /// The service answers something else than vectors.
    #[error("the embedding service {service} gives no usable answer: {reason}")]
    Malformed {
        /// Its address.
        service: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl EmbeddingError {
    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Unavailable { .. } => ErrorClass::Transient,
            Self::Configuration { .. } | Self::Refused { .. } | Self::Malformed { .. } => {
                ErrorClass::Permanent
            }
        }
    }
}
