//! Connections to `PostgreSQL`: a pool, TLS, transactions, notifications.
//!
//! - [`Postgres`] is a pool of connections, made from the section `storage` of
//!   the configuration. It opens none before the first is needed.
//! - [`Transaction`] is what every statement runs in. It begins with settings
//!   of its own, so that nothing depends on the state of a session: a proxy
//!   that pools transactions (`PgBouncer`) may give each one another session.
//! - [`Listener`] holds a connection outside the pool and passes notifications on.
//! - [`PostgresError`] says in words what to do, and whether trying again makes sense.
//!
//! This crate knows no table.

mod advice;
mod backoff;
mod error;
mod listener;
mod pool;
mod settings;
mod statement;
mod tls;
mod transaction;

pub use backoff::Backoff;
pub use error::PostgresError;
pub use listener::{ListenEvent, Listener, ListenerSession};
pub use pool::Postgres;
pub use settings::Settings;
pub use statement::{Parameter, clean_text};
pub use tokio_postgres::Row;
pub use tokio_postgres::types::{ToSql, Type};
pub use transaction::Transaction;
