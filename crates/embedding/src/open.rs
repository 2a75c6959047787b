//! From a configuration to what computes vectors.

use crate::{Embedder, EmbeddingError, HashEmbedder, OpenAiEmbedder, StaticEmbedder};
use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

/// Opens the model of a configuration, and checks it as far as that goes without a service. Reads files: blocks.
pub fn open_embedder(
    config: &EmbeddingConfig,
    environment: &Environment,
) -> Result<Arc<dyn Embedder>, EmbeddingError> {
    let dimensions = config.dimensions.map(NonZeroU32::get);
    let embedder: Arc<dyn Embedder> = match config.provider {
        EmbeddingProvider::Static => Arc::new(match &config.model {
            Some(folder) => StaticEmbedder::open(Path::new(folder))?,
            None => StaticEmbedder::shipped()?,
        }),
        EmbeddingProvider::Hash => Arc::new(HashEmbedder::new(dimensions.map(|number| number as usize))),
        EmbeddingProvider::Openai => Arc::new(OpenAiEmbedder::open(config, environment)?),
        EmbeddingProvider::Onnx => {
            return Err(EmbeddingError::Configuration {
                key: "provider",
                problem:
                    "is `onnx`, which this version does not have; `static`, `openai` and `hash` are there"
                        .into(),
            });
        }
    };
    match dimensions.filter(|wanted| *wanted as usize != embedder.dimensions()) {
        Some(wanted) => Err(EmbeddingError::Configuration {
            key: "dimensions",
            problem: format!("is {wanted}, and the model {} has {}", embedder.model(), embedder.dimensions()),
        }),
        None => Ok(embedder),
    }
}
