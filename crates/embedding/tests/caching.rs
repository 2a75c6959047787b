//! What the cache asks for, and what it does not.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use async_trait::async_trait;
use gdg_embedding::{CachingEmbedder, Embedder, EmbeddingError, HashEmbedder};
use std::sync::{Arc, Mutex};

/// Writes down what it is asked for, and fails on `bad`.
#[derive(Debug)]
struct Recorder {
    inner: HashEmbedder,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Recorder {
    fn new() -> Arc<Self> {
        Arc::new(Self { inner: HashEmbedder::new(10), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Embedder for Recorder {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        self.asked.lock().unwrap().push(texts.iter().map(ToString::to_string).collect());
        if texts.contains(&"bad") {
            return Err(EmbeddingError::Model { model: "recorder".into(), reason: "a bad text".into() });
        }
        self.inner.embed(texts).await
    }
}

#[tokio::test]
async fn equal_texts_are_embedded_once_in_a_call_and_across_calls() {
    let recorder = Recorder::new();
    let caching = CachingEmbedder::new(Arc::clone(&recorder) as Arc<dyn Embedder>, 1 << 20);
    let first = caching.embed(&["a", "b", "a"]).await.unwrap();
    assert_eq!(recorder.asked(), [["a", "b"]]);
    assert_eq!(first[0], first[2]);
    let second = caching.embed(&["c", "b"]).await.unwrap();
    assert_eq!(recorder.asked(), [["c"]]);
    assert_eq!(second[1], first[1]);
}

#[tokio::test]
async fn texts_are_handed_on_in_batches() {
    let recorder = Recorder::new();
    let caching = CachingEmbedder::new(Arc::clone(&recorder) as Arc<dyn Embedder>, 0).with_batch_size(2);
    assert_eq!(caching.embed(&["a", "b", "c"]).await.unwrap().len(), 3);
    assert_eq!(recorder.asked(), [vec!["a", "b"], vec!["c"]]);
}

#[tokio::test]
async fn what_was_not_asked_for_the_longest_is_forgotten() {
    let recorder = Recorder::new();
    // Room for two vectors of 40 bytes with what an entry takes besides.
    let caching = CachingEmbedder::new(Arc::clone(&recorder) as Arc<dyn Embedder>, 2 * (160 + 40));
    for text in ["a", "b", "a", "c"] {
        caching.embed(&[text]).await.unwrap();
    }
    assert_eq!(recorder.asked(), [["a"], ["b"], ["c"]]);
    caching.embed(&["a", "b"]).await.unwrap();
    assert_eq!(recorder.asked(), [["b"]]);
}

#[tokio::test]
async fn what_was_embedded_before_a_failure_is_remembered() {
    let recorder = Recorder::new();
    let caching =
        CachingEmbedder::new(Arc::clone(&recorder) as Arc<dyn Embedder>, 1 << 20).with_batch_size(1);
    caching.embed(&["good", "bad"]).await.unwrap_err();
    recorder.asked();
    caching.embed(&["good"]).await.unwrap();
    assert!(recorder.asked().is_empty());
}
