//! The worker of Go-Doc-Go.
fn main() {}
