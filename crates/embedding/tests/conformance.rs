//! What every embedder does, whatever computes its vectors.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod service;

use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment};
use gdg_embedding::{CachingEmbedder, Embedder, HashEmbedder, StaticEmbedder, open_embedder};
use service::Service;
use std::sync::Arc;

/// The checks. `is_about_meaning` is whether other words for the same thing are nearer than words for another.
async fn check(embedder: &dyn Embedder, is_about_meaning: bool) {
    let texts = ["The cat sat on the mat.", "", "The cat sat on the mat.", "Stocks fell sharply on Monday."];
    let vectors = embedder.embed(&texts).await.unwrap();
    assert_eq!(vectors.len(), texts.len());
    assert!(vectors.iter().all(|vector| vector.len() == embedder.dimensions()));
    assert_eq!(vectors[0], vectors[2]);
    assert_ne!(vectors[0], vectors[3]);
    for vector in [&vectors[0], &vectors[3]] {
        assert!((dot(vector, vector) - 1.0).abs() < 1e-4, "{}", embedder.model());
    }
    // The same whatever it comes with.
    assert_eq!(embedder.embed(&[texts[3]]).await.unwrap()[0], vectors[3]);
    assert_eq!(embedder.embed(&[]).await.unwrap(), Vec::<Vec<f32>>::new());
    assert!(embedder.model().contains(':'));
    if is_about_meaning {
        check_meaning(embedder).await;
    }
}

async fn check_meaning(embedder: &dyn Embedder) {
    for [text, near, far] in [
        ["The cat sat on the mat.", "A kitten lay on the rug.", "Stocks fell sharply on Monday."],
        ["How do I reset my password?", "I forgot my login credentials.", "The soup needs more salt."],
        [
            "The printer is on fire.",
            "Smoke comes out of the office printer.",
            "Quarterly revenue grew by 8%.",
        ],
        ["Annual report of the company", "Yearly business results of the firm", "Recipe for apple pie"],
        [
            "PostgreSQL connection pool settings",
            "Configure the database connections",
            "Hiking trails in the Alps",
        ],
        ["The patient has a fever.", "A sick person with high temperature", "The compiler reports an error."],
        ["Train tickets to Paris", "Travel to France by railway", "Install the package with cargo."],
        [
            "Rust ownership and borrowing",
            "Memory safety in a programming language",
            "The river floods in spring.",
        ],
        ["Invoice for consulting services", "Bill for advisory work", "A picture of a mountain"],
        [
            "The court rejected the appeal.",
            "Judges dismissed the lawsuit.",
            "The team won the football match.",
        ],
    ] {
        let vectors = embedder.embed(&[text, near, far]).await.unwrap();
        let (near_score, far_score) = (dot(&vectors[0], &vectors[1]), dot(&vectors[0], &vectors[2]));
        assert!(near_score > far_score, "{text}: {near} {near_score}, {far} {far_score}");
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[tokio::test]
async fn the_static_model_that_is_shipped() {
    let embedder = StaticEmbedder::shipped().unwrap();
    assert_eq!((embedder.model(), embedder.dimensions()), ("static:minilm-l6-256", 256));
    check(&embedder, true).await;
    // Nothing that it knows: no direction.
    assert!(embedder.embed(&["\u{1f980}\u{1f980}"]).await.unwrap()[0].iter().all(|value| *value == 0.0));
}

#[tokio::test]
async fn hashes_of_words() {
    check(&HashEmbedder::new(None), false).await;
    check(&HashEmbedder::new(Some(7)), false).await;
}

#[tokio::test]
async fn a_service_with_the_interface_of_openai() {
    let service = Service::start().await;
    let config = EmbeddingConfig { provider: EmbeddingProvider::Openai, ..service.config() };
    check(&*open_embedder(&config, &Environment::default()).unwrap(), false).await;
}

#[tokio::test]
async fn a_cache_before_any_of_them() {
    let service = Service::start().await;
    let inner = open_embedder(&service.config(), &Environment::default()).unwrap();
    let cached = CachingEmbedder::new(Arc::clone(&inner), 1 << 20, 2);
    check(&cached, false).await;
    let before = service.texts();
    cached.embed(&["Stocks fell sharply on Monday.", "new", "new", "new"]).await.unwrap();
    assert_eq!(service.texts(), before + 1, "only what is new is asked for, and once");
    // Without room it still computes.
    check(&CachingEmbedder::new(inner, 0, 2), false).await;
}
