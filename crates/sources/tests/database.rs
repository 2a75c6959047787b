//! Rows of databases pass the suite, and what is particular to them.
//! (Those of MySQL have tests of their own, which need a server that is not everywhere.)

#![allow(clippy::unwrap_used)] // also in what several tests share

#[path = "database/opening.rs"]
mod opening;
#[path = "database/postgres.rs"]
mod postgres;
#[path = "database/sqlite.rs"]
mod sqlite;
#[path = "database/support.rs"]
mod support;
