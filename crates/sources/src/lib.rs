//! Where documents come from.
//!
//! A [`Source`] lists documents and fetches them; it knows nothing of what is
//! in them, of queues or of databases. A listing is a stream of batches with a
//! [`Cursor`] each: whoever keeps the cursor of the last batch it took in goes
//! on behind it after a crash, with nothing lost and nothing listed twice. A
//! fetch gives [`Content`] that has not been read yet, so that reading it (and
//! the memory for it) is the business of the thread that parses it.
//!
//! [`open_source`] makes a source of its configuration. One module implements
//! one type of source; each passes the suite in `conformance` (a feature).
//!
//! ```
//! use futures::TryStreamExt;
//! use gdg_config::{FileSourceConfig, SourceConfig, SourceKind};
//! use gdg_model::SourceName;
//! use gdg_sources::{Fetch, SourceContext, open_source};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("start.md"), "# Start")?;
//! let file = FileSourceConfig { base_path: folder.path().into(), ..FileSourceConfig::default() };
//! let config = SourceConfig { name: SourceName::new("manuals"), kind: SourceKind::File(Box::new(file)) };
//! let source = open_source(&config, &SourceContext::default())?;
//!
//! let mut batches = source.list(None, 1_000);
//! while let Some(batch) = batches.try_next().await? {
//!     for document in batch.documents {
//!         assert_eq!(document.doc_id.as_str(), "manuals:start.md");
//!         let Fetch::Document(fetched) = source.fetch(&document, None).await? else { continue };
//!         assert_eq!(fetched.content.read(1 << 20)?, b"# Start");
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocking;
#[cfg(feature = "conformance")]
pub mod conformance;
mod content;
mod database;
mod error;
mod file;
mod http_client;
mod http_files;
mod naming;
mod object_store;
mod open;
mod parquet;
mod paths;
mod rest;
mod secrets;
mod source;
mod spool;
mod times;
mod web;

pub use self::object_store::ObjectSource;
pub use content::{Content, Fetch, Fetched};
pub use database::DatabaseSource;
pub use error::SourceError;
pub use file::FileSource;
pub use http_files::HttpSource;
pub use open::{OpenSourceError, SourceContext, open_source};
pub use parquet::ParquetSource;
pub use rest::RestSource;
pub use source::{Cursor, ListedBatch, ListingProblem, ProblemScope, ResolvedLink, Source};
pub use spool::Spool;
pub use web::WebSource;
