//! How the database is.

use schemars::JsonSchema;
use serde::Serialize;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// A server, shared by many.
    Postgresql,
    /// A file.
    Sqlite,
}

/// How the database is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DatabaseHealth {
    /// Which database it is.
    pub backend: Backend,
    /// The version of its schema.
    pub schema_version: Option<u32>,
    /// The version of the schema that this program was made for.
    pub schema_expected: u32,
    /// Its size; null when that may not be known.
    pub size_bytes: Option<u64>,
    /// Its connections; null for a file.
    pub connections: Option<Connections>,
    /// The transaction that has been open longest; null when there is none, or it may not be known.
    pub longest_transaction: Option<LongTransaction>,
    /// Tables with dead rows, as the server's statistics say; empty for a file.
    pub tables: Vec<TableHealth>,
}

/// Connections of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Connections {
    /// Those that are open, of all programs and databases.
    pub used: u64,
    /// Those that it takes.
    pub max: u64,
}

/// A transaction that has been open for a while.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LongTransaction {
    /// Seconds since it began.
    pub seconds: f64,
    /// The process of the server that runs it.
    pub backend_pid: i32,
    /// What its program calls itself.
    pub application_name: String,
    /// Whether it runs a statement or is idle: `active`, `idle in transaction`.
    pub state: String,
}

/// How a table is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TableHealth {
    /// The table.
    pub table: String,
    /// Its rows, estimated.
    pub live_rows: u64,
    /// Rows that are gone and still take up room, estimated.
    pub dead_rows: u64,
    /// Bytes of the table and its indexes.
    pub size_bytes: u64,
    /// Seconds since it was vacuumed last; null when it never was.
    pub vacuumed_seconds_ago: Option<f64>,
}
