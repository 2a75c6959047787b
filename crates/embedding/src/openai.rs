//! Services that speak `OpenAI`'s interface.

use crate::embedder::normalise;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use gdg_config::{EmbeddingConfig, Environment, Secret};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::time::{Duration, SystemTime};

/// Where `OpenAI` itself is.
const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
/// How often a batch is tried.
const TRIES: u32 = 4;
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Bytes of an answer at the most: so many for each text, which is enough for 10,000 numbers, and some besides.
const MAX_BYTES_PER_TEXT: usize = 256 * 1024;
const MAX_OTHER_BYTES: usize = 64 * 1024;
/// Bytes of the answer that an error shows.
const SHOWN_BYTES: usize = 300;

/// Asks a service for vectors: `OpenAI`, or any other with the same interface.
///
/// What may pass by itself (429, answers of 500 and above, timeouts,
/// connections) is tried four times, after waits that grow, and are those that
/// the service asks for, up to 20 seconds.
#[derive(Debug)]
pub struct OpenAiEmbedder {
    model: String,
    /// The service's name of it.
    asked_model: String,
    /// What is sent; none if the model decides.
    wanted_dimensions: Option<u32>,
    dimensions: usize,
    client: Client,
    url: Url,
    key: Option<Secret>,
    batch_size: usize,
    longest_wait: Duration,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// Why one try failed.
enum Failed {
    /// Another may not; not before this long.
    ForNow {
        reason: String,
        wait: Option<Duration>,
    },
    For(EmbeddingError),
}

impl OpenAiEmbedder {
    /// Prepares requests as `config` has it, with the key from the variable that it names, and asks for the vector of
    /// one word: the service must know the model and give the dimensions that are wanted.
    pub async fn open(config: &EmbeddingConfig, environment: &Environment) -> Result<Self, EmbeddingError> {
        Self::open_with_waits(config, environment, LONGEST_WAIT).await
    }

    /// [`open`](Self::open), where no wait between tries is longer than `longest_wait`.
    pub async fn open_with_waits(
        config: &EmbeddingConfig,
        environment: &Environment,
        longest_wait: Duration,
    ) -> Result<Self, EmbeddingError> {
        let model = config.model.clone().filter(|model| !model.trim().is_empty()).ok_or_else(|| {
            unusable(
                "embedding.model",
                "nothing",
                "provider `openai` needs the service's name of a model, such as text-embedding-3-small",
            )
        })?;
        let mut embedder = Self {
            model: format!("openai:{model}"),
            asked_model: model,
            wanted_dimensions: config.dimensions.map(std::num::NonZeroU32::get),
            dimensions: 0,
            client: client(config.timeout())?,
            url: url(config.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?,
            key: key(config, environment)?,
            batch_size: config.batch_size.get() as usize,
            longest_wait,
        };
        let vectors = embedder.ask_until_answered(&["dimensions"]).await?;
        embedder.dimensions = vectors.first().map_or(0, Vec::len);
        match config.dimensions {
            Some(wanted) if wanted.get() as usize != embedder.dimensions => Err(unusable(
                "embedding.dimensions",
                &wanted.to_string(),
                &format!("the service gives vectors of {} for {}", embedder.dimensions, embedder.asked_model),
            )),
            _ if embedder.dimensions == 0 => Err(embedder.malformed("a vector without numbers")),
            _ => Ok(embedder),
        }
    }

    async fn ask_until_answered(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (reason, wait) = match self.ask(texts).await {
                Ok(vectors) => return Ok(vectors),
                Err(Failed::For(error)) => return Err(error),
                Err(Failed::ForNow { reason, wait }) => (reason, wait),
            };
            if tries == TRIES {
                return Err(EmbeddingError::Unavailable { model: self.model.clone(), tries, reason });
            }
            let doubled = SHORTEST_WAIT.saturating_mul(1 << tries).mul_f64(0.5 + rand::random::<f64>() / 2.0);
            let wait = doubled.max(wait.unwrap_or_default()).min(self.longest_wait);
            tracing::debug!(model = self.model, tries, reason, ?wait, "the embedding service is tried again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One request. Its timeout is that of the client, to the end of the answer.
    async fn ask(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Failed> {
        let question = Question {
            model: &self.asked_model,
            input: texts,
            encoding_format: "float",
            dimensions: self.wanted_dimensions,
        };
        let mut request = self.client.post(self.url.clone()).json(&question);
        if let Some(key) = &self.key {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| Failed::For(no_header()))?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        let response = request.send().await.map_err(|error| for_now(&error))?;
        let status = response.status();
        let wait = retry_after(&response);
        let limit = texts.len().saturating_mul(MAX_BYTES_PER_TEXT).saturating_add(MAX_OTHER_BYTES);
        let body = self.body(response, limit).await?;
        if status.is_success() {
            return self.vectors(&body, texts.len()).map_err(Failed::For);
        }
        let reason = format!("{status}: {}", self.shown(&body));
        Err(if may_pass(status) {
            Failed::ForNow { reason, wait }
        } else {
            Failed::For(EmbeddingError::Refused { model: self.model.clone(), reason })
        })
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| for_now(&error))? {
            if body.len() + piece.len() > limit {
                return Err(Failed::For(self.malformed(&format!("it is longer than {limit} bytes"))));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn vectors(&self, body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|error| self.malformed(&format!("{error}, in: {}", self.shown(body))))?;
        if answer.data.len() != texts {
            let count = answer.data.len();
            return Err(self.malformed(&format!("{count} vectors for {texts} texts")));
        }
        let mut vectors = Vec::with_capacity(texts);
        for (place, Item { index, mut embedding }) in answer.data.into_iter().enumerate() {
            if index != place {
                return Err(self.malformed(&format!("the vector at place {place} says it is number {index}")));
            }
            if !embedding.iter().all(|number| number.is_finite()) {
                return Err(self.malformed(&format!("vector {place} has numbers that are not finite")));
            }
            // Before the model is tried, any length is right.
            if self.dimensions != 0 && embedding.len() != self.dimensions {
                let (found, wanted) = (embedding.len(), self.dimensions);
                return Err(self.malformed(&format!("vector {place} has {found} numbers, not {wanted}")));
            }
            normalise(&mut embedding);
            vectors.push(embedding);
        }
        Ok(vectors)
    }

    fn malformed(&self, reason: &str) -> EmbeddingError {
        EmbeddingError::Malformed { model: self.model.clone(), reason: reason.to_owned() }
    }

    /// The beginning of an answer on one line, without the key, which some services repeat.
    fn shown(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN_BYTES)]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match &self.key {
            Some(key) => text.replace(key.expose(), "[redacted]"),
            None => text,
        }
    }
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
        let mut vectors = vec![vec![0.0; self.dimensions]; texts.len()];
        // Services refuse empty texts.
        let places: Vec<usize> = (0..texts.len()).filter(|place| !texts[*place].trim().is_empty()).collect();
        for batch in places.chunks(self.batch_size) {
            let asked: Vec<&str> = batch.iter().map(|place| texts[*place]).collect();
            let answered = self.ask_until_answered(&asked).await?;
            for (place, vector) in batch.iter().zip(answered) {
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }
}

fn client(timeout: Duration) -> Result<Client, EmbeddingError> {
    // Another part of the program may have chosen it already; it is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(timeout).redirect(redirect::Policy::none()).build();
    client.map_err(|error| {
        unusable("embedding.provider", "openai", &format!("no HTTP client: {}", chain(&error)))
    })
}

fn url(base: &str) -> Result<Url, EmbeddingError> {
    let url = format!("{}/embeddings", base.trim_end_matches('/'));
    Url::parse(&url).map_err(|error| unusable("embedding.base_url", &format!("`{base}`"), &error.to_string()))
}

fn key(config: &EmbeddingConfig, environment: &Environment) -> Result<Option<Secret>, EmbeddingError> {
    let Some(variable) = &config.api_key_env else { return Ok(None) };
    let key = environment.get(variable).map(str::trim).filter(|key| !key.is_empty()).ok_or_else(|| {
        unusable("embedding.api_key_env", &format!("`{variable}`"), "no such variable is set, or it is empty")
    })?;
    if HeaderValue::from_str(key).is_err() {
        return Err(no_header());
    }
    Ok(Some(Secret::new(key)))
}

fn no_header() -> EmbeddingError {
    unusable("embedding.api_key_env", "the variable's value", "a key has visible characters only")
}

fn unusable(key: &'static str, found: &str, allowed: &str) -> EmbeddingError {
    EmbeddingError::Unusable { key, found: found.to_owned(), allowed: allowed.to_owned() }
}

fn may_pass(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
        || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
}

fn for_now(error: &reqwest::Error) -> Failed {
    Failed::ForNow { reason: chain(error), wait: None }
}

/// How long the service wants to be left alone: seconds, or a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).ok(),
    }
}

/// What happened, with its causes. The URL is left out: it may hold a credential.
fn chain(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
