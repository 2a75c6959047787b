//! Equal texts are embedded once.

use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::Arc;

type Key = [u8; 16];

/// Remembers the vectors of texts by their content, as many as fit into some memory, and asks for the others in batches.
#[derive(Debug)]
pub struct CachingEmbedder {
    inner: Arc<dyn Embedder>,
    known: Cache<Key, Arc<[f32]>, Bytes>,
    batch: usize,
}

/// What an entry takes.
#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<Key, Arc<[f32]>> for Bytes {
    fn weight(&self, _: &Key, vector: &Arc<[f32]>) -> u64 {
        size_of_val::<[f32]>(vector) as u64 + 64
    }
}

impl CachingEmbedder {
    /// Remembers what `inner` computes in about `max_bytes`, and asks it for `batch` texts at a time.
    pub fn new(inner: Arc<dyn Embedder>, max_bytes: u64, batch: usize) -> Self {
        let entry = (inner.dimensions() * size_of::<f32>() + 64) as u64;
        let known = Cache::with_weighter((max_bytes / entry) as usize, max_bytes, Bytes);
        Self { inner, known, batch: batch.max(1) }
    }
}

fn key(text: &str) -> Key {
    let hash = blake3::hash(text.as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(hash.as_bytes().get(..16).unwrap_or_default());
    key
}

#[async_trait]
impl Embedder for CachingEmbedder {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut vectors: HashMap<Key, Arc<[f32]>> = HashMap::with_capacity(texts.len());
        let mut missing: Vec<(Key, &str)> = Vec::new();
        for (key, text) in keys.iter().zip(texts) {
            if vectors.contains_key(key) {
                continue;
            }
            // What is missing has a place already, so that it is asked for once.
            let known = self.known.get(key);
            if known.is_none() {
                missing.push((*key, *text));
            }
            vectors.insert(*key, known.unwrap_or_default());
        }
        for batch in missing.chunks(self.batch) {
            let wanted: Vec<&str> = batch.iter().map(|(_, text)| *text).collect();
            for ((key, _), vector) in batch.iter().zip(self.inner.embed(&wanted).await?) {
                let vector: Arc<[f32]> = vector.into();
                self.known.insert(*key, Arc::clone(&vector));
                vectors.insert(*key, vector);
            }
        }
        Ok(keys
            .iter()
            .map(|key| vectors.get(key).map(|vector| vector.to_vec()).unwrap_or_default())
            .collect())
    }
}
