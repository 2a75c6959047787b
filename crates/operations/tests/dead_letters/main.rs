//! Dead letters are found, understood and mended in the same way on both databases.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod place;
mod plans;
mod suite;
