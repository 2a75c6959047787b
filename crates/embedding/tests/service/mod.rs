//! A service with the interface of `OpenAI`, as far as embeddings go; each test has one of its own.

#![allow(dead_code)] // each program of tests uses some of it

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use gdg_config::{EmbeddingConfig, EmbeddingProvider};
use gdg_embedding::{Embedder, HashEmbedder};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The length of its vectors.
pub(crate) const DIMENSIONS: u32 = 16;

#[derive(Default)]
struct Shared {
    /// What the next requests get instead of vectors.
    planned: VecDeque<(u16, Option<&'static str>, String)>,
    requests: Vec<(HeaderMap, Value)>,
}

pub(crate) struct Service {
    address: String,
    shared: Arc<Mutex<Shared>>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/embeddings", post(embeddings)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, shared }
    }

    pub(crate) fn config(&self) -> EmbeddingConfig {
        EmbeddingConfig {
            provider: EmbeddingProvider::Openai,
            model: Some("test".into()),
            dimensions: NonZeroU32::new(DIMENSIONS),
            base_url: Some(self.address.clone()),
            ..EmbeddingConfig::default()
        }
    }

    /// Plans the answer to the next request that has none yet.
    pub(crate) fn plan(&self, status: u16, retry_after: Option<&'static str>, body: impl Into<String>) {
        self.shared.lock().unwrap().planned.push_back((status, retry_after, body.into()));
    }

    pub(crate) fn requests(&self) -> Vec<(HeaderMap, Value)> {
        self.shared.lock().unwrap().requests.clone()
    }

    /// Texts that were asked for.
    pub(crate) fn texts(&self) -> usize {
        self.requests().iter().map(|(_, request)| request["input"].as_array().unwrap().len()).sum()
    }
}

async fn embeddings(
    State(shared): State<Arc<Mutex<Shared>>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let planned = {
        let mut shared = shared.lock().unwrap();
        shared.requests.push((headers, request.clone()));
        shared.planned.pop_front()
    };
    if let Some((status, retry_after, body)) = planned {
        let status = StatusCode::from_u16(status).unwrap();
        let headers: HeaderMap =
            retry_after.map(|after| (header::RETRY_AFTER, after.parse().unwrap())).into_iter().collect();
        return (status, headers, body).into_response();
    }
    let texts: Vec<&str> =
        request["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let vectors = HashEmbedder::new(Some(DIMENSIONS as usize)).embed(&texts).await.unwrap();
    // Services do not promise an order.
    let data: Vec<Value> = vectors
        .iter()
        .enumerate()
        .rev()
        .map(|(index, vector)| json!({ "index": index, "embedding": vector }))
        .collect();
    Json(json!({ "data": data, "model": "test" })).into_response()
}
