//! What a program tells of itself while it runs: logs.
//!
//! Log messages are lowercase, one line an event, with structured fields
//! (`run_id`, `doc_id`, `attempt`). This crate decides where they go and how
//! they look; what is logged is for the other crates to say, through `tracing`.

mod logging;

pub use logging::{LoggingError, init_logging};
