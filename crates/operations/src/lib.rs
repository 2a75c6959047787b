//! What operators do: see what runs do, and mend what failed.
//!
//! [`Database`] opens the database of either mode. [`overview`] reads what a
//! run does into one document, [`alerts`] says what is wrong with it, and
//! [`metrics`] puts it into numbers; [`dead_letters`] finds and mends what
//! failed; [`search`] finds elements. This crate claims nothing, processes nothing and leads nothing; it is
//! safe to use while workers run.

pub mod alerts;
pub mod control;
mod database;
pub mod dead_letters;
pub mod metrics;
pub mod overview;
pub mod search;
pub mod units;

pub use database::{Database, DatabaseError, SCHEMA_VERSION};
