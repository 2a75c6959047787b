//! From the configuration to what computes vectors.

use crate::{Embedder, EmbeddingError, HashEmbedder, OnnxEmbedder, OpenAiEmbedder, StaticEmbedder};
use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment};
use std::path::Path;
use std::sync::Arc;

/// Dimensions that vectors of hashes may have.
const HASH_DIMENSIONS: std::ops::RangeInclusive<usize> = 8..=65_536;

/// Opens the model that `config` asks for, and tries it. Variables that it
/// names are looked up in `environment`.
///
/// A model that is missing or damaged, or has other dimensions than
/// `embedding.dimensions`, is a permanent error that says what is allowed. Of a
/// service, one text is asked; that it cannot be reached is a transient error.
pub async fn open_embedder(
    config: &EmbeddingConfig,
    environment: &Environment,
) -> Result<Arc<dyn Embedder>, EmbeddingError> {
    let embedder: Arc<dyn Embedder> = match config.provider {
        EmbeddingProvider::Static => Arc::new(open_static(config.model.as_deref())?),
        EmbeddingProvider::Onnx => Arc::new(OnnxEmbedder::open(config, environment)?),
        EmbeddingProvider::Openai => Arc::new(OpenAiEmbedder::open(config, environment).await?),
        EmbeddingProvider::Hash => Arc::new(open_hash(config)?),
    };
    check_dimensions(config, embedder.as_ref())?;
    Ok(embedder)
}

fn open_static(model: Option<&str>) -> Result<StaticEmbedder, EmbeddingError> {
    match model {
        None | Some(StaticEmbedder::SHIPPED_MODEL) => StaticEmbedder::shipped(),
        Some(path) if Path::new(path).exists() => StaticEmbedder::open(Path::new(path)),
        Some(path) => Err(EmbeddingError::Unusable {
            key: "embedding.model",
            found: format!("`{path}`"),
            allowed: format!(
                "there is no such file or folder; provider `static` takes {} (also if the key is left out), a folder \
                 in the format of model2vec, or a file made by xtask/distil",
                StaticEmbedder::SHIPPED_MODEL
            ),
        }),
    }
}

fn open_hash(config: &EmbeddingConfig) -> Result<HashEmbedder, EmbeddingError> {
    if let Some(model) = &config.model {
        return Err(EmbeddingError::Unusable {
            key: "embedding.model",
            found: format!("`{model}`"),
            allowed: "provider `hash` has no model: leave the key out".into(),
        });
    }
    let dimensions = config.dimensions.map_or(HashEmbedder::DEFAULT_DIMENSIONS, |given| given.get() as usize);
    if !HASH_DIMENSIONS.contains(&dimensions) {
        let (least, most) = (HASH_DIMENSIONS.start(), HASH_DIMENSIONS.end());
        return Err(EmbeddingError::Unusable {
            key: "embedding.dimensions",
            found: dimensions.to_string(),
            allowed: format!("provider `hash` takes {least} to {most}"),
        });
    }
    Ok(HashEmbedder::new(dimensions))
}

fn check_dimensions(config: &EmbeddingConfig, embedder: &dyn Embedder) -> Result<(), EmbeddingError> {
    match config.dimensions {
        Some(wanted) if wanted.get() as usize != embedder.dimensions() => Err(EmbeddingError::Unusable {
            key: "embedding.dimensions",
            found: wanted.to_string(),
            allowed: format!(
                "the model {} has {}: set that, or leave the key out",
                embedder.model(),
                embedder.dimensions()
            ),
        }),
        _ => Ok(()),
    }
}
