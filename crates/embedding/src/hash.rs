//! Vectors without a model: texts with the same words are alike, and meaning is nothing to it.

use crate::embedder::normalise;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;

/// The length of a vector where nobody says another.
const DIMENSIONS: usize = 256;

/// Adds up words, each in a direction of its own.
#[derive(Debug)]
pub struct HashEmbedder {
    name: String,
    dimensions: usize,
}

impl HashEmbedder {
    /// Vectors of so many dimensions, or 256.
    pub fn new(dimensions: Option<usize>) -> Self {
        let dimensions = dimensions.unwrap_or(DIMENSIONS);
        Self { name: format!("hash:{dimensions}"), dimensions }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimensions];
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let hash = blake3::hash(word.to_lowercase().as_bytes());
            for pair in hash.as_bytes().chunks_exact(8).take(2) {
                let number = pair.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
                let place = (number >> 1) as usize % self.dimensions.max(1);
                if let Some(value) = sum.get_mut(place) {
                    *value += if number & 1 == 0 { 1.0 } else { -1.0 };
                }
            }
        }
        normalise(&mut sum);
        sum
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}
