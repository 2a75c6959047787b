//! Vectors of hashes: no model and no meaning.

use crate::blocking::computing;
use crate::embedder::normalise;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;

/// What a whole word weighs against each of its pieces of three characters.
const WORD_WEIGHT: f32 = 2.0;

/// Counts of words and of their pieces of three characters, each at a place
/// and with a sign that its hash gives.
///
/// Texts that share words or parts of them are close; that is all it knows. It
/// gives the same vectors everywhere and forever.
#[derive(Debug, Clone)]
pub struct HashEmbedder {
    model: String,
    dimensions: usize,
}

impl HashEmbedder {
    /// The length of its vectors where the configuration does not say.
    pub const DEFAULT_DIMENSIONS: usize = 256;

    /// One whose vectors have `dimensions` numbers, which must be at least 1.
    pub fn new(dimensions: usize) -> Self {
        Self { model: format!("hash:{dimensions}"), dimensions: dimensions.max(1) }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.dimensions];
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let word = word.to_lowercase();
            self.add(&mut vector, word.as_bytes(), WORD_WEIGHT);
            let starts: Vec<usize> = word.char_indices().map(|(start, _)| start).collect();
            for (first, start) in starts.iter().enumerate().take(starts.len().saturating_sub(3) + 1) {
                let end = starts.get(first + 3).copied().unwrap_or(word.len());
                // Marked, so that a word of three characters and a piece of a longer one differ.
                self.add(&mut vector, format!("#{}", &word[*start..end]).as_bytes(), 1.0);
            }
        }
        normalise(&mut vector);
        vector
    }

    fn add(&self, vector: &mut [f32], feature: &[u8], weight: f32) {
        let hash = fnv1a(feature);
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[(hash % self.dimensions as u64) as usize] += sign * weight;
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        Ok(computing(|| texts.iter().map(|text| self.vector(text)).collect()))
    }
}

/// The hash FNV-1a, with the bits mixed at the end: the places of short features are spread by its low bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f32 {
        let embedder = HashEmbedder::new(HashEmbedder::DEFAULT_DIMENSIONS);
        embedder.vector(one).iter().zip(embedder.vector(other)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_that_share_words_or_parts_of_them_are_closer() {
        let text = "the harbour gauge was repaired";
        assert!(
            likeness(text, "repairing the gauges of the harbour")
                > likeness(text, "a quiet mountain lake") + 0.2
        );
    }

    #[test]
    fn a_vector_is_the_same_everywhere_and_forever() {
        let counts: [f32; 8] = [0.0, -1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 2.0];
        let length = counts.iter().map(|count| count * count).sum::<f32>().sqrt();
        for (number, count) in HashEmbedder::new(8).vector("TIDE!").iter().zip(counts) {
            assert!((number - count / length).abs() < 1e-6, "{number} for {count}");
        }
    }
}
