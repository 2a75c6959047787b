//! A service with `OpenAI`'s interface on the loopback interface.

#![allow(dead_code)] // not every test needs all of it

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment, Seconds};
use gdg_embedding::{Embedder, EmbeddingError, HashEmbedder, OpenAiEmbedder};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the service answers to one question.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Right vectors.
    Good,
    /// A status, with a header `Retry-After` of 0 seconds.
    Status(u16),
    /// These bytes, with status 200.
    Body(String),
    /// Right vectors, changed.
    Changed(fn(&mut Value)),
    /// Nothing, ever.
    Silence,
}

/// A running service. It gives the replies in their order, and the last one for ever.
pub(crate) struct Service {
    base_url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    replies: Mutex<Vec<Reply>>,
    questions: Mutex<Vec<(Value, Option<String>)>>,
}

impl Service {
    pub(crate) async fn good() -> Self {
        Self::replying(vec![Reply::Good]).await
    }

    /// One that answers the question at opening well, and then gives `replies`.
    pub(crate) async fn opened_then(replies: Vec<Reply>) -> Self {
        Self::replying([vec![Reply::Good], replies].concat()).await
    }

    pub(crate) async fn replying(mut replies: Vec<Reply>) -> Self {
        replies.reverse();
        let shared = Arc::new(Shared { replies: Mutex::new(replies), questions: Mutex::default() });
        let router = Router::new().route("/v1/embeddings", post(answer)).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, shared }
    }

    pub(crate) fn config(&self) -> EmbeddingConfig {
        EmbeddingConfig {
            provider: EmbeddingProvider::Openai,
            model: Some("text-embedding-test".into()),
            base_url: Some(self.base_url.clone()),
            api_key_env: Some("EMBEDDING_KEY".into()),
            timeout: Seconds::whole(20),
            ..EmbeddingConfig::default()
        }
    }

    pub(crate) async fn open(&self) -> Result<OpenAiEmbedder, EmbeddingError> {
        self.open_with(&self.config()).await
    }

    pub(crate) async fn open_with(&self, config: &EmbeddingConfig) -> Result<OpenAiEmbedder, EmbeddingError> {
        OpenAiEmbedder::open_with_waits(config, &environment(), Duration::from_millis(2)).await
    }

    /// What was asked so far, with the header `Authorization`.
    pub(crate) fn questions(&self) -> Vec<(Value, Option<String>)> {
        self.shared.questions.lock().unwrap().clone()
    }
}

pub(crate) fn environment() -> Environment {
    [("EMBEDDING_KEY", "sk-secret-of-tests\n")].into_iter().collect()
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let question: Value = serde_json::from_str(&body).unwrap();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.questions.lock().unwrap().push((question.clone(), authorization));
    let reply = {
        let mut replies = shared.replies.lock().unwrap();
        if replies.len() > 1 { replies.pop() } else { replies.last().cloned() }
    };
    match reply.unwrap() {
        Reply::Good => vectors(&question).await.to_string().into_response(),
        Reply::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("retry-after", "0")], "{\"error\": \"the key sk-secret-of-tests\"}").into_response()
        }
        Reply::Body(body) => body.into_response(),
        Reply::Changed(change) => {
            let mut answer = vectors(&question).await;
            change(&mut answer);
            answer.to_string().into_response()
        }
        Reply::Silence => std::future::pending().await,
    }
}

/// Vectors of hashes, twice as long as they should be.
async fn vectors(question: &Value) -> Value {
    let dimensions = question["dimensions"].as_u64().unwrap_or(64) as usize;
    let texts: Vec<&str> =
        question["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let vectors = HashEmbedder::new(dimensions).embed(&texts).await.unwrap();
    let doubled = |vector: Vec<f32>| vector.into_iter().map(|number| number * 2.0).collect::<Vec<f32>>();
    let data: Vec<Value> = vectors
        .into_iter()
        .enumerate()
        .map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": doubled(vector) }))
        .collect();
    json!({ "object": "list", "model": question["model"], "data": data })
}
