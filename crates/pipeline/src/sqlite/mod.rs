//! Single mode's database: one `SQLite` file, one process, one writing connection.
//!
//! Here the queue and the graph meet: [`SqliteBackend`] ends claims and stores
//! documents in the same transaction.

mod backend;
mod lock;
mod open;
mod samples;
#[cfg(test)]
mod tests;

pub use backend::SqliteBackend;
pub(crate) use backend::is_unchanged;
pub use lock::{DatabaseLock, LockError};
pub use open::{OpenError, open};
