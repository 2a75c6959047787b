//! Vectors for texts, and what of a document gets one.
//!
//! - [`chunks`] says which texts of a document are embedded: its paragraphs,
//!   lists, tables and the like, long ones cut, small neighbours together.
//! - An [`Embedder`] turns texts into vectors of unit length.
//!   [`open_embedder`] makes the one that the configuration asks for.
//! - [`CachingEmbedder`] embeds equal texts once.
//!
//! This crate knows nothing of databases, queues, sources or formats.
//!
//! ```
//! use gdg_config::{EmbeddingConfig, Environment};
//! use gdg_embedding::{ChunkElement, chunks, open_embedder};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let config = EmbeddingConfig::default();
//! let embedder = open_embedder(&config, &Environment::default()).await?;
//!
//! let elements = [
//!     ChunkElement { parent: None, element_type: "document", text: "" },
//!     ChunkElement { parent: Some(0), element_type: "heading", text: "Depths" },
//!     ChunkElement { parent: Some(1), element_type: "paragraph", text: "The berth is four metres deep." },
//! ];
//! let chunks = chunks(None, &elements, &config);
//! assert_eq!(chunks[0].text, "Depths\nThe berth is four metres deep.");
//!
//! let vectors = embedder.embed(&[&chunks[0].text]).await?;
//! assert_eq!(vectors[0].len(), embedder.dimensions());
//! # Ok::<(), gdg_embedding::EmbeddingError>(())
//! # }).unwrap();
//! ```

mod blocking;
mod caching;
mod chunk;
#[cfg(feature = "conformance")]
pub mod conformance;
mod embedder;
mod error;
mod hash;
mod onnx;
mod open;
mod openai;
mod static_model;
mod tokenizer_file;

pub use caching::CachingEmbedder;
pub use chunk::{Chunk, ChunkElement, chunks, chunks_with_names, count_tokens};
pub use embedder::Embedder;
pub use error::EmbeddingError;
pub use hash::HashEmbedder;
pub use onnx::OnnxEmbedder;
pub use open::open_embedder;
pub use openai::OpenAiEmbedder;
pub use static_model::StaticEmbedder;
