//! Leases and electors on a server.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod elector;
mod lease;
mod partitions;
mod support;
