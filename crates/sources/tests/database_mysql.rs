//! Rows of MySQL and MariaDB pass the suite, and what is particular to them.
//!
//! The server is the one that the variable `GO_DOC_GO_TEST_MYSQL_URL` names, by the URI of a user who may create
//! databases (`mysql://user:password@host:port/mysql`). Where it is not set, these tests are listed as ignored.

#![allow(clippy::unwrap_used)] // also in what several tests share

#[path = "database/mysql.rs"]
mod mysql;
#[path = "database/support.rs"]
mod support;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, mysql::trials()).exit();
}
