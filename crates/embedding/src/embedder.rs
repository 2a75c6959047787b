//! What computes vectors.

use crate::EmbeddingError;
use async_trait::async_trait;
use std::fmt::Debug;

/// Computes vectors of texts. Every implementation passes the checks in `tests/conformance.rs`.
#[async_trait]
pub trait Embedder: Send + Sync + Debug {
    /// The name of the model, which is stored with every vector: vectors of two models are never compared.
    fn model(&self) -> &str;

    /// The length of a vector.
    fn dimensions(&self) -> usize;

    /// The vectors of texts, in their order, each of length 1 (or zero, where a text holds nothing that the model knows).
    /// The same text has the same vector each time, whatever it comes with. Dropping the future is safe.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError>;
}

/// Makes the length of a vector 1. One without a direction stays as it is.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}
