//! Services with a JSON interface pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // also in what several tests share

mod confluence;
mod generic;
mod hostile;
mod jira;
mod servicenow;
mod support;
