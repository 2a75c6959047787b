//! Services with a JSON interface pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // also in what several tests share
#![allow(clippy::unnecessary_wraps)] // keys are optional, and are written in place

mod confluence;
mod generic;
mod hostile;
mod jira;
mod servicenow;
mod support;
