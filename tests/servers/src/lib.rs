//! Servers on the loopback interface, for the tests of sources: one on a port
//! of its own for each test, gone with the value that stands for it, and ready
//! to fail as real ones do.

// What fails here fails the test that needs it.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod azure;
pub mod bucket;
pub mod faults;
pub mod files;
pub mod gcs;
pub mod loopback;
pub mod reply;
pub mod s3;
