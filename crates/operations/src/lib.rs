//! What operators do: read what runs do, and mend what failed.
//!
//! [`Database`] opens the database of either mode for them. This crate claims
//! nothing, processes nothing and leads nothing; it is safe to use while
//! workers run.

mod database;
pub mod dead_letters;

pub use database::{Database, DatabaseError};
