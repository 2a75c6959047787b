//! What can go wrong with the database, in words that say what to do.

use gdg_model::ErrorClass;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use tokio_postgres::error::SqlState;

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// The configuration of the connection cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// A file of certificates or keys cannot be used.
    #[error("{key}: {}: {detail}", path.display())]
    Certificate {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Every connection of the pool was in use for too long.
    #[error("no connection to the database was free for {} s (storage.pool_timeout)", .0.as_secs_f32())]
    PoolTimeout(Duration),
    /// No connection could be made within the time.
    #[error("{server} did not answer within {} s", .timeout.as_secs_f32())]
    ConnectTimeout {
        /// Host and port.
        server: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// The server refused, or the connection failed.
    #[error("{}", Explained { server, error })]
    Server {
        /// Host and port.
        server: String,
        /// What was said.
        error: tokio_postgres::Error,
    },
    /// The pool was closed.
    #[error("the connections to the database are closed")]
    Closed,
}

impl PostgresError {
    /// What is worth doing about it: what a server that starts, is busy or
    /// fails over says is transient; what only a person can mend is permanent.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Configuration(_) | Self::Certificate { .. } | Self::Closed => ErrorClass::Permanent,
            Self::PoolTimeout(_) | Self::ConnectTimeout { .. } => ErrorClass::Transient,
            Self::Server { error, .. } => match error.code() {
                Some(code) => class_of_code(code),
                // The connection failed: the server may come back.
                None => ErrorClass::Transient,
            },
        }
    }

    /// Whether trying again makes sense.
    pub fn is_transient(&self) -> bool {
        self.class() == ErrorClass::Transient
    }

    /// Whether the server refuses the values it was given (data exceptions, and
    /// values beyond its limits), so that others may go through.
    pub fn is_about_the_data(&self) -> bool {
        let Self::Server { error, .. } = self else { return false };
        match error.code() {
            Some(code) => code.code().starts_with("22") || code.code().starts_with("54"),
            // A value that could not be written into a message at all.
            None => error.to_string().starts_with("error serializing parameter"),
        }
    }

    /// Whether the server gave this code.
    pub fn has_code(&self, code: &SqlState) -> bool {
        matches!(self, Self::Server { error, .. } if error.code() == Some(code))
    }

    /// Whether a table of ours is not there: the schema was never migrated.
    pub fn is_missing_table(&self) -> bool {
        self.has_code(&SqlState::UNDEFINED_TABLE) || self.has_code(&SqlState::UNDEFINED_COLUMN)
    }
}

/// The classes of codes that a person has to do something about. Others pass:
/// resources (53), an administrator's intervention (57), deadlocks and
/// serialisation (40), connections (08), a standby that is read-only (25).
fn class_of_code(code: &SqlState) -> ErrorClass {
    let permanent = ["0A", "22", "23", "26", "28", "3D", "3F", "42", "54"];
    if permanent.iter().any(|class| code.code().starts_with(class)) {
        ErrorClass::Permanent
    } else {
        ErrorClass::Transient
    }
}

/// A server's error with what it means for whoever runs a worker.
struct Explained<'a> {
    server: &'a str,
    error: &'a tokio_postgres::Error,
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, error } = self;
        let Some(database_error) = error.as_db_error() else {
            write!(f, "{server}: {error}")?;
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                write!(f, ": {cause}")?;
                source = cause.source();
            }
            return Ok(());
        };
        write!(f, "{server}: {}", database_error.message())?;
        if let Some(detail) = database_error.detail() {
            write!(f, " ({detail})")?;
        }
        match advice(database_error.code()) {
            Some(advice) => write!(f, "; {advice}"),
            None => write!(f, " [{}]", database_error.code().code()),
        }
    }
}

fn advice(code: &SqlState) -> Option<&'static str> {
    let advice = match code {
        code if *code == SqlState::INVALID_PASSWORD => {
            "check storage.user, and storage.password, password_env or password_file"
        }
        code if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check storage.user, storage.sslmode and the server's pg_hba.conf"
        }
        code if *code == SqlState::INVALID_CATALOG_NAME => {
            "create the database (CREATE DATABASE), then run `worker migrate`"
        }
        code if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN => {
            "the schema is missing or old: run `worker migrate`"
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            "the role lacks a privilege: docs/src/database.md lists what a worker's role and a migration's role need"
        }
        code if *code == SqlState::TOO_MANY_CONNECTIONS => {
            "the server has no connection left: lower storage.worker_connections, put PgBouncer in between, or raise max_connections"
        }
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            "the server is read-only: a standby, or default_transaction_read_only"
        }
        code if *code == SqlState::DISK_FULL => "the server's disk is full: make room",
        code if *code == SqlState::QUERY_CANCELED => {
            "the statement took longer than storage.statement_timeout, or was cancelled"
        }
        code if *code == SqlState::INVALID_SQL_STATEMENT_NAME || *code == SqlState::DUPLICATE_PSTATEMENT => {
            "a proxy in between keeps no prepared statements: set storage.prepared_statements to false"
        }
        code if *code == SqlState::CANNOT_CONNECT_NOW => "it is starting or stopping",
        _ => return None,
    };
    Some(advice)
}
