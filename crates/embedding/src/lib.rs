//! Vectors for the elements of documents: texts that say similar things have vectors that are alike.
//!
//! [`chunks`] cuts a document into texts that each get a vector, and an [`Embedder`] computes it:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), gdg_embedding::EmbeddingError> {
//! use gdg_config::{EmbeddingConfig, Environment};
//! use gdg_embedding::{ChunkElement, chunks, open_embedder};
//!
//! let config = EmbeddingConfig::default();
//! let embedder = open_embedder(&config, &Environment::default())?;
//! let element = |parent, element_type, text| ChunkElement { parent, element_type, text };
//! let elements = [element(None, "document", ""), element(Some(0), "paragraph", "The printer is on fire.")];
//! let chunks = chunks(None, &elements, &config);
//! let vectors = embedder.embed(&[chunks[0].text.as_str()]).await?;
//! assert_eq!(vectors[0].len(), embedder.dimensions());
//! # Ok(()) }
//! ```

mod cache;
mod chunk;
mod embedder;
mod error;
mod hash;
mod open;
mod openai;
mod static_model;
mod word_piece;

pub use cache::CachingEmbedder;
pub use chunk::{Chunk, ChunkElement, chunks};
pub use embedder::Embedder;
pub use error::EmbeddingError;
pub use hash::HashEmbedder;
pub use open::open_embedder;
pub use openai::OpenAiEmbedder;
pub use static_model::StaticEmbedder;
