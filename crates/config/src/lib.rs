//! Typed configuration of Go-Doc-Go.
//!
//! This crate finds a configuration file, reads it as YAML, puts environment
//! variables in, and makes a checked [`Config`] of it. Whatever is wrong is
//! reported at once, each problem with its file, line and column. It opens no
//! connection and knows nothing of what the values are used for.
//!
//! ```no_run
//! use gdg_config::{Config, Environment, LoadOptions};
//!
//! let options = LoadOptions { path: None, environment: Environment::of_process() };
//! match Config::load(options) {
//!     Ok(config) => println!("{} sources", config.content_sources.len()),
//!     Err(error) => eprintln!("{error}"),
//! }
//! ```
//!
//! How a file becomes a configuration: the text is read into a tree that
//! remembers where everything stands, references `${VARIABLE}` are replaced,
//! overrides `GO_DOC_GO__SECTION__KEY` are laid over it, and the result is
//! compared with the JSON schema of [`Config`], which types it too; figment
//! extracts the structs, and the rules of `validate` have the last word. The
//! schema is generated from the structs, and so is the reference in the
//! book, so that these three never disagree.

mod byte_size;
mod check;
mod config;
mod effective;
mod environment;
mod error;
mod fingerprint;
mod key_path;
mod load;
mod one_or_many;
mod overrides;
mod redaction;
mod schema;
mod seconds;
mod secret;
mod sections;
mod substitution;
mod tree;
mod validate;
mod yaml_reader;

pub use byte_size::{ByteSize, InvalidByteSize};
pub use config::Config;
pub use environment::Environment;
pub use error::{ConfigError, Fault, NamedBy, Place, Problem, Problems};
pub use key_path::KeyPath;
pub use load::{LoadOptions, Loaded};
pub use schema::json_schema;
pub use seconds::Seconds;
pub use secret::{ConnectionUri, Secret};
pub use sections::{
    AzureSourceConfig, CrossDocumentConfig, DatabaseBackend, DatabaseFieldMapping, DatabaseSourceConfig,
    ElectionConfig, EmbeddingConfig, EmbeddingProvider, FileSourceConfig, GcsSourceConfig, HttpSourceConfig,
    Ignored, LogFormat, LogLevel, LoggingConfig, ObjectKeys, ParquetSourceConfig, ParquetStoreConfig,
    ParsingConfig, ParsingLimits, ProcessingConfig, ProcessingMode, RelationshipDetectionConfig,
    RestAuthConfig, RestAuthType, RestDetailConfig, RestListConfig, RestMethod, RestPaginationConfig,
    RestPaginationType, RestParameterPlace, RestPreset, RestSourceConfig, S3SourceConfig, SourceConfig,
    SourceKind, SslMode, StorageBackend, StorageConfig, SymlinkPolicy, TelemetryConfig, UnsupportedPolicy,
    WebSourceConfig, WorkQueueConfig,
};
pub use validate::Violation;
