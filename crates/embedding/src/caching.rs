//! Equal texts are embedded once.

use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use lru::LruCache;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Key = [u8; 32];

/// Bytes of an entry besides its vector: its key twice, its links, its place in the table; rounded up.
const ENTRY_OVERHEAD: usize = 160;
/// Texts that the inner embedder gets at once, where nobody says.
const DEFAULT_BATCH_SIZE: usize = 64;

/// Remembers vectors by the content of their texts, within a bound of memory.
///
/// A key is the BLAKE3 of the model's name and the text. What was not asked for
/// the longest is forgotten first. Texts that several callers ask for at the
/// same moment may be embedded by each.
pub struct CachingEmbedder {
    inner: Arc<dyn Embedder>,
    batch_size: usize,
    capacity: usize,
    vectors: Mutex<LruCache<Key, Arc<[f32]>>>,
}

impl CachingEmbedder {
    /// Remembers vectors of `inner` in about `max_bytes`. 0 remembers none; equal texts of one call are still embedded
    /// once.
    pub fn new(inner: Arc<dyn Embedder>, max_bytes: usize) -> Self {
        let entry_bytes = inner.dimensions() * size_of::<f32>() + ENTRY_OVERHEAD;
        Self {
            batch_size: DEFAULT_BATCH_SIZE,
            capacity: max_bytes / entry_bytes,
            // Grows as it is used; the bound is kept below.
            vectors: Mutex::new(LruCache::unbounded()),
            inner,
        }
    }

    /// Hands `inner` no more than `batch_size` texts at once, and one at least. 64 without this.
    #[must_use]
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size.max(1);
        self
    }

    fn key(&self, text: &str) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.inner.model().as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        hasher.finalize().into()
    }

    /// The vectors that are remembered, and of each other text, once, its key and its place.
    fn known(&self, keys: &[Key]) -> (HashMap<Key, Arc<[f32]>>, Vec<usize>) {
        let mut vectors = self.vectors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known: HashMap<Key, Arc<[f32]>> = HashMap::with_capacity(keys.len());
        let mut missing: HashMap<Key, usize> = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            match vectors.get(key) {
                Some(vector) => {
                    known.insert(*key, Arc::clone(vector));
                }
                None => {
                    missing.entry(*key).or_insert(place);
                }
            }
        }
        let mut places: Vec<usize> = missing.into_values().collect();
        places.sort_unstable();
        (known, places)
    }

    fn remember(&self, entries: &[(Key, Arc<[f32]>)]) {
        let mut vectors = self.vectors.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, vector) in entries {
            vectors.put(*key, Arc::clone(vector));
            while vectors.len() > self.capacity {
                vectors.pop_lru();
            }
        }
    }
}

#[async_trait]
impl Embedder for CachingEmbedder {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    /// As the inner one does. After an error, what earlier batches of the call gave is remembered.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let keys: Vec<Key> = texts.iter().map(|text| self.key(text)).collect();
        let (mut known, missing) = self.known(&keys);
        for places in missing.chunks(self.batch_size) {
            let batch: Vec<&str> = places.iter().map(|place| texts[*place]).collect();
            let vectors = self.inner.embed(&batch).await?;
            let entries: Vec<(Key, Arc<[f32]>)> =
                places.iter().map(|place| keys[*place]).zip(vectors.into_iter().map(Arc::from)).collect();
            self.remember(&entries);
            known.extend(entries);
        }
        let vector = |key: &Key| known.get(key).map(|vector| vector.to_vec());
        let vectors: Option<Vec<Vec<f32>>> = keys.iter().map(vector).collect();
        vectors.ok_or_else(|| EmbeddingError::Model {
            model: self.inner.model().to_owned(),
            reason: "it gave fewer vectors than it got texts".into(),
        })
    }
}

impl fmt::Debug for CachingEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachingEmbedder")
            .field("inner", &self.inner)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
