//! A service that fails in every way.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod service;

use gdg_config::{EmbeddingConfig, Seconds};
use gdg_embedding::{Embedder, EmbeddingError};
use gdg_model::ErrorClass;
use serde_json::{Value, json};
use service::{Reply, Service, environment};
use std::num::NonZeroU32;

async fn error_after_opening(reply: Reply) -> EmbeddingError {
    let service = Service::opened_then(vec![reply]).await;
    let embedder = service.open().await.unwrap();
    embedder.embed(&["one", "two"]).await.unwrap_err()
}

#[tokio::test]
async fn texts_are_asked_for_in_batches_with_the_key() {
    let service = Service::good().await;
    let config = EmbeddingConfig { batch_size: NonZeroU32::new(2).unwrap(), ..service.config() };
    let embedder = service.open_with(&config).await.unwrap();
    assert_eq!(embedder.model(), "openai:text-embedding-test");
    assert_eq!(embedder.dimensions(), 64);
    embedder.embed(&["a", "b", " ", "c"]).await.unwrap();

    let questions = service.questions();
    let inputs: Vec<&Value> = questions.iter().map(|(question, _)| &question["input"]).collect();
    assert_eq!(inputs, [&json!(["dimensions"]), &json!(["a", "b"]), &json!(["c"])]);
    assert_eq!(questions[1].1.as_deref(), Some("Bearer sk-secret-of-tests"));
    assert_eq!(questions[1].0.get("dimensions"), None);
}

#[tokio::test]
async fn dimensions_that_are_wanted_are_asked_for() {
    let service = Service::good().await;
    let config = EmbeddingConfig { dimensions: NonZeroU32::new(32), ..service.config() };
    assert_eq!(service.open_with(&config).await.unwrap().dimensions(), 32);
    assert_eq!(service.questions()[0].0["dimensions"], json!(32));
}

#[tokio::test]
async fn a_service_that_gives_other_dimensions_is_refused_at_the_start() {
    let shorten = |answer: &mut Value| answer["data"][0]["embedding"] = json!([1.0, 2.0]);
    let service = Service::replying(vec![Reply::Changed(shorten)]).await;
    let config = EmbeddingConfig { dimensions: NonZeroU32::new(32), ..service.config() };
    let error = service.open_with(&config).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent);
    let text = error.to_string();
    assert!(text.contains("embedding.dimensions: 32") && text.contains("vectors of 2"), "{text}");
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for failure in [429, 500, 503] {
        let service =
            Service::opened_then(vec![Reply::Status(failure), Reply::Status(failure), Reply::Good]).await;
        let vectors = service.open().await.unwrap().embed(&["one"]).await.unwrap();
        assert_eq!(vectors.len(), 1);
        assert_eq!(service.questions().len(), 4, "{failure}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_given_up_and_transient() {
    let service = Service::opened_then(vec![Reply::Status(500)]).await;
    let error = service.open().await.unwrap().embed(&["one"]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert_eq!(service.questions().len(), 1 + 4);
    let text = error.to_string();
    assert!(text.contains("4 tries") && text.contains("500"), "{text}");
}

#[tokio::test]
async fn a_refusal_is_permanent_asked_for_once_and_shows_no_key() {
    for status in [400, 401, 404, 501] {
        let service = Service::opened_then(vec![Reply::Status(status)]).await;
        let error = service.open().await.unwrap().embed(&["one"]).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent, "{status}");
        assert_eq!(service.questions().len(), 2, "{status}");
        let text = error.to_string();
        assert!(text.contains(&status.to_string()) && text.contains("[redacted]"), "{text}");
        assert!(!text.contains("sk-secret"), "{text}");
    }
}

#[tokio::test]
async fn a_service_that_is_silent_is_a_transient_error() {
    let service = Service::replying(vec![Reply::Silence]).await;
    let config = EmbeddingConfig { timeout: Seconds::milliseconds(20), ..service.config() };
    let error = service.open_with(&config).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(error.to_string().contains("timed out"), "{error}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_a_transient_error() {
    let service = Service::good().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    let config = EmbeddingConfig { base_url, ..service.config() };
    let error = service.open_with(&config).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
}

#[tokio::test]
async fn answers_that_are_wrong_are_permanent_errors_that_say_how() {
    let item = |numbers: &str| format!("{{\"data\": [{{\"index\": 0, \"embedding\": {numbers}}}]}}");
    let two = |first: &str| {
        let good = vec!["0.5"; 64].join(",");
        format!(
            "{{\"data\":[{{\"index\":0,\"embedding\":[{first}]}},{{\"index\":1,\"embedding\":[{good}]}}]}}"
        )
    };
    let infinite = vec!["1e39"; 64].join(",");
    let replies: Vec<(Reply, &str)> = vec![
        (Reply::Body("no JSON".into()), "no JSON"),
        (Reply::Body(item("[NaN]")), "NaN"),
        (Reply::Body(item("[1e999]")), "out of range"),
        (Reply::Body(two(&infinite)), "not finite"),
        (Reply::Body(two("1,2,3")), "3 numbers, not 64"),
        (
            Reply::Changed(|answer| drop(answer["data"].as_array_mut().unwrap().pop())),
            "1 vectors for 2 texts",
        ),
        (Reply::Changed(|answer| answer["data"].as_array_mut().unwrap().reverse()), "number 1"),
        (Reply::Changed(|answer| answer["padding"] = json!("x".repeat(1 << 20))), "longer than"),
    ];
    for (reply, problem) in replies {
        let shown = format!("{reply:.60?}");
        let error = error_after_opening(reply).await;
        assert_eq!(error.class(), ErrorClass::Permanent, "{shown}");
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
}

#[tokio::test]
async fn a_vector_of_zeros_stays_one() {
    let zero = |answer: &mut Value| answer["data"][0]["embedding"] = json!(vec![0.0; 64]);
    let service = Service::opened_then(vec![Reply::Changed(zero)]).await;
    let vectors = service.open().await.unwrap().embed(&["one"]).await.unwrap();
    assert!(vectors[0].iter().all(|number| *number == 0.0));
}

#[tokio::test]
async fn keys_that_are_missing_or_cannot_be_sent_are_named() {
    let service = Service::good().await;
    for (config, key) in [
        (EmbeddingConfig { model: None, ..service.config() }, "embedding.model"),
        (
            EmbeddingConfig { api_key_env: Some("ANOTHER".into()), ..service.config() },
            "embedding.api_key_env",
        ),
        (EmbeddingConfig { base_url: Some("http://[".into()), ..service.config() }, "embedding.base_url"),
    ] {
        let error = service.open_with(&config).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert!(error.to_string().starts_with(key), "{error}");
    }
    assert!(service.questions().is_empty());
    assert!(environment().get("EMBEDDING_KEY").is_some());
}
