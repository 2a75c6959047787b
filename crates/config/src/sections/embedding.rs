//! `embedding`: vectors for elements.

use super::positive;
use crate::{ByteSize, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::time::Duration;

/// Vectors for elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingConfig {
    /// Whether elements get vectors.
    pub enabled: bool,
    /// What computes them.
    pub provider: EmbeddingProvider,
    /// The model: a folder for `static` (unset: the one within the program) and `onnx`, the provider's name of it for
    /// `openai`.
    pub model: Option<String>,
    /// The length of a vector. Unset: what the model gives.
    pub dimensions: Option<NonZeroU32>,
    /// The longest text that gets one vector, in tokens; a longer one is cut into chunks.
    pub chunk_size: NonZeroU32,
    /// Tokens that a chunk shares with the one before it; less than `chunk_size`.
    pub overlap: u32,
    /// Whether an element's vector also takes in the elements around it.
    pub contextual: bool,
    /// Elements before it that are taken in.
    pub predecessor_count: u32,
    /// Elements after it that are taken in.
    pub successor_count: u32,
    /// Levels above it whose headings are taken in.
    pub ancestor_depth: u32,
    /// Neighbours under one heading that are embedded together, at most, where each is short. 1 embeds each by itself.
    pub window_size: NonZeroU32,
    /// Texts that a window shares with the one before it; less than `window_size`.
    pub overlap_size: u32,
    /// Texts that the provider gets at once.
    pub batch_size: NonZeroU32,
    /// How much memory the vectors of texts may take that are remembered, so that equal texts are embedded once.
    pub cache_size: ByteSize,
    /// Where the provider is reached, if it is a service; for `openai`, any address of the same interface.
    pub base_url: Option<String>,
    /// The name of the environment variable that holds the key to the service.
    pub api_key_env: Option<String>,
    /// Seconds that the service may take for a batch.
    pub timeout: Seconds,
}

/// What computes the vectors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingProvider {
    /// A table of word vectors: small, fast, no network.
    #[default]
    Static,
    /// A transformer model in the ONNX format, run in the worker.
    Onnx,
    /// A service that speaks `OpenAI`'s interface.
    Openai,
    /// Hashes of words: no model and no meaning, for trying things out.
    Hash,
}

impl EmbeddingConfig {
    /// [`timeout`](Self::timeout) as a duration.
    pub const fn timeout(&self) -> Duration {
        self.timeout.duration()
    }
}

impl Default for EmbeddingConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            provider: EmbeddingProvider::default(),
            model: None,
            dimensions: None,
            chunk_size: positive(512),
            overlap: 128,
            contextual: false,
            predecessor_count: 1,
            successor_count: 1,
            ancestor_depth: 2,
            window_size: positive(1),
            overlap_size: 0,
            batch_size: positive(64),
            cache_size: ByteSize::mebibytes(64),
            base_url: None,
            api_key_env: None,
            timeout: Seconds::whole(60),
        }
    }
}
