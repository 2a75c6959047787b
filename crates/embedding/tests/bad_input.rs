//! Models that are not there or damaged, and services that are slow, busy or wrong: each is told as what it is.

#![allow(clippy::unwrap_used)] // also in what several tests share

mod service;

use gdg_config::{EmbeddingConfig, Environment, Seconds};
use gdg_embedding::{Embedder, EmbeddingError, StaticEmbedder, open_embedder};
use gdg_model::ErrorClass;
use service::{DIMENSIONS, Service};
use std::fs;
use std::num::NonZeroU32;
use std::sync::Arc;

fn open(config: &EmbeddingConfig) -> Result<Arc<dyn Embedder>, EmbeddingError> {
    open_embedder(config, &Environment::from_iter([("KEY", "s3cret"), ("BAD", "a\u{7f}b")]))
}

async fn embed(service: &Service) -> Result<Vec<Vec<f32>>, EmbeddingError> {
    open(&service.config()).unwrap().embed(&["one", "two"]).await
}

#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_when_it_says() {
    let service = Service::start().await;
    service.plan(429, Some("0"), "slow down");
    service.plan(503, None, "");
    assert_eq!(embed(&service).await.unwrap().len(), 2);
    assert_eq!(service.requests().len(), 3);
}

#[tokio::test]
async fn a_service_that_stays_busy_fails_for_now() {
    let service = Service::start().await;
    (0..9).for_each(|_| service.plan(500, Some("0"), "out of \u{7} order"));
    let error = embed(&service).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(error.to_string().contains("500") && error.to_string().contains("out of  order"), "{error}");
    assert_eq!(service.requests().len(), 4);
}

#[tokio::test]
async fn an_answer_that_is_none_fails_for_good() {
    let vector = |value: &str| format!("[{}]", vec![value; DIMENSIONS as usize].join(","));
    let item = |index: u32, vector: &str| format!("{{\"index\":{index},\"embedding\":{vector}}}");
    let good = vector("0.5");
    let data = |items: &[String]| format!("{{\"data\":[{}]}}", items.join(","));
    for (status, body, message) in [
        (401, "no".to_owned(), "refuses: 401"),
        (200, "<html>".to_owned(), "no usable answer"),
        (200, data(&[item(0, &good)]), "1 vectors for 2 texts"),
        (200, data(&[item(0, &good), item(0, &good)]), "index 0"),
        (200, data(&[item(0, &good), item(7, &good)]), "index 7"),
        (200, data(&[item(0, &good), item(1, "[1.0]")]), "embedding.dimensions"),
        (200, data(&[item(0, &good), item(1, &vector("null"))]), "no finite number"),
        (200, data(&[item(0, &good), item(1, &vector("1e99"))]), "no finite number"),
        (200, "x".repeat(1 << 20), "longer than"),
    ] {
        let service = Service::start().await;
        service.plan(status, None, body);
        let error = embed(&service).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
        assert!(error.to_string().contains(message), "{error} lacks {message}");
        assert_eq!(service.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_fails_for_now() {
    let config = EmbeddingConfig {
        base_url: Some("http://127.0.0.1:9".into()),
        timeout: Seconds::whole(1),
        ..Service::start().await.config()
    };
    let error = open(&config).unwrap().embed(&["one"]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
}

#[tokio::test]
async fn requests_are_batched_and_carry_the_key() {
    let service = Service::start().await;
    let config = EmbeddingConfig {
        batch_size: NonZeroU32::new(2).unwrap(),
        api_key_env: Some("KEY".into()),
        ..service.config()
    };
    let embedder = open(&config).unwrap();
    assert!(!format!("{embedder:?}").contains("s3cret"));
    embedder.embed(&["a", "b", "c"]).await.unwrap();
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|(headers, request)| {
        headers["authorization"] == "Bearer s3cret" && request["dimensions"] == DIMENSIONS
    }));
}

#[test]
fn what_a_configuration_lacks_is_named_with_its_key() {
    let openai = |change: fn(&mut EmbeddingConfig)| {
        let mut config =
            EmbeddingConfig { provider: gdg_config::EmbeddingProvider::Openai, ..EmbeddingConfig::default() };
        change(&mut config);
        config
    };
    for (config, message) in [
        (openai(|config| config.base_url = Some("ftp://x".into())), "embedding.base_url has to begin with"),
        (openai(|config| config.base_url = Some("::".into())), "embedding.base_url is no address"),
        (
            openai(|config| config.api_key_env = Some("NONE".into())),
            "embedding.api_key_env names the variable `NONE`",
        ),
        (openai(|config| config.api_key_env = Some("BAD".into())), "embedding.api_key_env gives a key"),
        (openai(|config| config.model = Some("mine".into())), "embedding.dimensions is missing"),
        (
            EmbeddingConfig { dimensions: NonZeroU32::new(7), ..EmbeddingConfig::default() },
            "embedding.dimensions is 7, and the model static:minilm-l6-256 has 256",
        ),
        (
            EmbeddingConfig { model: Some("/nowhere".into()), ..EmbeddingConfig::default() },
            "embedding.model names `/nowhere/tokenizer.json`, which cannot be read",
        ),
    ] {
        let error = open(&config).unwrap_err();
        assert!(error.to_string().contains(message), "{error} lacks {message}");
        assert_eq!(error.class(), ErrorClass::Permanent);
    }
}

const TOKENIZER: &str = r###"{"model": {"type": "WordPiece", "vocab": {"fire": 0, "water": 1, "##s": 2}}}"###;

/// A file of tensors with one table.
fn tensors(name: &str, shape: &str, values: &[f32]) -> Vec<u8> {
    let header = format!(
        "{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,{}]}}}}",
        4 * values.len()
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

#[tokio::test]
async fn a_model_in_a_folder_is_read_or_told_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |tokenizer: &str, tensors: &[u8]| {
        fs::write(folder.path().join("tokenizer.json"), tokenizer).unwrap();
        fs::write(folder.path().join("model.safetensors"), tensors).unwrap();
        StaticEmbedder::open(folder.path())
    };
    let table = [1.0, 0.0, 0.0, 1.0, 0.5, 0.5];
    let sound = tensors("embeddings", "[3,2]", &table);
    let embedder = write(TOKENIZER, &sound).unwrap();
    assert_eq!(embedder.embed(&["Fire", "unknown"]).await.unwrap(), [vec![1.0, 0.0], vec![0.0, 0.0]]);
    let other = write(TOKENIZER, &tensors("embeddings", "[3,2]", &[0.5; 6])).unwrap();
    assert_ne!(embedder.model(), other.model(), "another table is another model");
    let nan = tensors("embeddings", "[3,2]", &[f32::NAN; 6]);
    for (tokenizer, tensors, message) in [
        ("{", &sound[..], "no usable tokenizer.json"),
        (&TOKENIZER.replace("WordPiece", "BPE"), &sound, "another type than WordPiece"),
        (&TOKENIZER.replace("\"##s\": 2", "\"##s\": 9"), &sound, "more tokens than vectors"),
        (TOKENIZER, &sound[..sound.len() - 1], "no usable model.safetensors"),
        (TOKENIZER, &tensors("others", "[3,2]", &table), "no tensor `embeddings`"),
        (TOKENIZER, &tensors("embeddings", "[6]", &table), "is no table"),
        (TOKENIZER, &nan, "no finite number"),
    ] {
        let error = write(tokenizer, tensors).unwrap_err().to_string();
        assert!(
            error.starts_with("embedding.model names") && error.contains(message),
            "{error} lacks {message}"
        );
    }
}
