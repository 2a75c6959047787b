//! The graph on `SQLite` passes the suite.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod adapters {
    pub(crate) mod sqlite;
}

use adapters::sqlite::InMemory;

async fn make() -> InMemory {
    InMemory::new()
}

gdg_storage::graph_conformance_tests!(make);
