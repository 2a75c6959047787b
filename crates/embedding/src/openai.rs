//! Services with the interface of `OpenAI`: `POST {base_url}/embeddings`.

use crate::embedder::normalise;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use gdg_config::{EmbeddingConfig, Environment};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;

const DEFAULT_URL: &str = "https://api.openai.com/v1";
const DEFAULT_MODEL: &str = "text-embedding-3-small";
const DEFAULT_DIMENSIONS: usize = 1_536;
/// How often a batch is asked for before its documents are tried again later.
const ATTEMPTS: u32 = 4;
/// How long the service is waited for where it says how long.
const MAX_WAIT: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Requests at a time.
const CONCURRENCY: usize = 4;
/// Bytes of an answer for each number of a vector, beyond which it is not read.
const MAX_BYTES_PER_NUMBER: usize = 64;

/// A service that computes vectors.
#[derive(Debug)]
pub struct OpenAiEmbedder {
    client: Client,
    url: Url,
    /// The address as messages show it.
    service: String,
    /// The service's name of the model.
    asked_model: String,
    /// The name that is stored.
    model: String,
    dimensions: usize,
    /// Whether the service is told how long vectors are to be.
    asks_dimensions: bool,
    batch: usize,
    turns: Semaphore,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<AnswerItem>,
}

#[derive(Deserialize)]
struct AnswerItem {
    index: Option<usize>,
    embedding: Vec<Option<f32>>,
}

/// What an attempt came to.
enum Attempt {
    Failed(EmbeddingError),
    /// With what the service said of when.
    Later(EmbeddingError, Option<Duration>),
}

impl OpenAiEmbedder {
    /// The service of a configuration, which is not asked for anything yet.
    pub fn open(config: &EmbeddingConfig, environment: &Environment) -> Result<Self, EmbeddingError> {
        let failed = |key: &'static str, problem: String| EmbeddingError::Configuration { key, problem };
        let base = config.base_url.as_deref().unwrap_or(DEFAULT_URL).trim_end_matches('/');
        let url: Url = format!("{base}/embeddings")
            .parse()
            .map_err(|error| failed("base_url", format!("is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.password().is_some() {
            return Err(failed(
                "base_url",
                "has to begin with https:// or http://, without a password".into(),
            ));
        }
        let mut headers = HeaderMap::new();
        if let Some(variable) = &config.api_key_env {
            let key = environment.get(variable).ok_or_else(|| {
                failed("api_key_env", format!("names the variable `{variable}`, which is not set"))
            })?;
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
                .map_err(|_| failed("api_key_env", "gives a key that no header can have".into()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // Whoever was first has chosen already, and the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .default_headers(headers)
            .timeout(config.timeout())
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("go-doc-go/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed("base_url", format!("cannot be reached from here: {error}")))?;
        let model = config.model.clone().unwrap_or_else(|| DEFAULT_MODEL.into());
        let dimensions = config.dimensions.map(NonZeroU32::get);
        if dimensions.is_none() && model != DEFAULT_MODEL {
            return Err(failed("dimensions", format!("is missing: nothing else tells those of `{model}`")));
        }
        let asks_dimensions = dimensions.is_some();
        let dimensions = dimensions.map_or(DEFAULT_DIMENSIONS, |number| number as usize);
        Ok(Self {
            client,
            service: format!("{}://{}", url.scheme(), url.authority()),
            url,
            model: format!("openai:{model}:{dimensions}"),
            asked_model: model,
            dimensions,
            asks_dimensions,
            batch: config.batch_size.get() as usize,
            turns: Semaphore::new(CONCURRENCY),
        })
    }

    async fn batch(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        // Never closed, so that a turn always comes.
        let _turn = self.turns.acquire().await;
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            match self.attempt(texts).await {
                Ok(vectors) => return Ok(vectors),
                Err(Attempt::Failed(error)) => return Err(error),
                Err(Attempt::Later(error, _)) if attempt == ATTEMPTS => return Err(error),
                Err(Attempt::Later(error, after)) => {
                    let wait_now = after.unwrap_or(wait).min(MAX_WAIT);
                    tracing::debug!(%error, attempt, ms = wait_now.as_millis() as u64, "the embedding service is asked again");
                    tokio::time::sleep(wait_now.mul_f64(1.0 + rand::random::<f64>() / 4.0)).await;
                    wait *= 4;
                }
            }
        }
        Ok(Vec::new())
    }

    async fn attempt(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Attempt> {
        let mut request = json!({ "model": self.asked_model, "input": texts, "encoding_format": "float" });
        if self.asks_dimensions
            && let Some(request) = request.as_object_mut()
        {
            request.insert("dimensions".into(), self.dimensions.into());
        }
        let answer = self.client.post(self.url.clone()).json(&request).send().await;
        let answer = answer.map_err(|error| Attempt::Later(self.unavailable(causes(&error)), None))?;
        let status = answer.status();
        if status.is_success() {
            let limit = 4_096 + texts.len() * self.dimensions * MAX_BYTES_PER_NUMBER;
            let body = self.body(answer, limit).await?;
            return self
                .vectors(&body, texts.len())
                .map_err(|reason| Attempt::Failed(self.malformed(reason)));
        }
        let after = retry_after(&answer);
        let body = self.body(answer, 4_096).await.unwrap_or_default();
        let said: String =
            String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(300).collect();
        let reason = format!("{status}: {said}");
        let is_transient = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        Err(if is_transient {
            Attempt::Later(self.unavailable(reason), after)
        } else {
            Attempt::Failed(EmbeddingError::Refused { service: self.service.clone(), reason })
        })
    }

    /// Reads an answer of at most `limit` bytes.
    async fn body(&self, mut answer: Response, limit: usize) -> Result<Vec<u8>, Attempt> {
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(piece)) if body.len() + piece.len() <= limit => body.extend_from_slice(&piece),
                Ok(Some(_)) => {
                    let reason = format!("it is longer than {limit} bytes");
                    return Err(Attempt::Failed(self.malformed(reason)));
                }
                Ok(None) => return Ok(body),
                Err(error) => return Err(Attempt::Later(self.unavailable(causes(&error)), None)),
            }
        }
    }

    /// The vectors of an answer, in the order of the texts.
    fn vectors(&self, body: &[u8], wanted: usize) -> Result<Vec<Vec<f32>>, String> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if answer.data.len() != wanted {
            return Err(format!("it has {} vectors for {wanted} texts", answer.data.len()));
        }
        let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); wanted];
        for (place, item) in answer.data.into_iter().enumerate() {
            let index = item.index.unwrap_or(place);
            let Some(slot) = vectors.get_mut(index).filter(|slot| slot.is_empty()) else {
                return Err(format!("it has no vector, or two, for a text (index {index})"));
            };
            let numbers = item.embedding.into_iter().map(|number| number.filter(|number| number.is_finite()));
            let mut vector: Vec<f32> =
                numbers.collect::<Option<_>>().ok_or("a vector holds what is no finite number")?;
            if vector.len() != self.dimensions {
                let (found, expected) = (vector.len(), self.dimensions);
                return Err(format!(
                    "a vector has {found} dimensions where {expected} are wanted (embedding.dimensions)"
                ));
            }
            normalise(&mut vector);
            *slot = vector;
        }
        Ok(vectors)
    }

    fn unavailable(&self, reason: String) -> EmbeddingError {
        EmbeddingError::Unavailable { service: self.service.clone(), reason }
    }

    fn malformed(&self, reason: String) -> EmbeddingError {
        EmbeddingError::Malformed { service: self.service.clone(), reason }
    }
}

/// When the service wants to be asked again: in so many seconds, or at a time.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()
}

/// An error with its causes, but without the address, which may hold what is secret.
fn causes(error: &reqwest::Error) -> String {
    let mut reason =
        if error.is_timeout() { "it took too long".to_owned() } else { "it cannot be reached".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reason.push_str(": ");
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    reason
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.batch.max(1)) {
            vectors.extend(self.batch(batch).await?);
        }
        Ok(vectors)
    }
}
