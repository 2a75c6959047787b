//! The database, as an operator's program opens it.

use gdg_config::{Config, Environment, StorageBackend, StorageConfig};
use gdg_postgres::{Postgres, PostgresError, Settings};
use rusqlite::OpenFlags;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// The version of the schema that this program was made for.
pub const SCHEMA_VERSION: u32 = 5;

/// How long whoever looks on waits for a writer of another process, and how long a writer does.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest that a statement may take on the server: whoever looks on must not be in the way.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that one program opens.
const CONNECTIONS: u32 = 2;

const VERSION: &str = "SELECT max(version) FROM refinery_schema_history";

/// A database that holds runs.
#[derive(Debug, Clone)]
pub enum Database {
    /// Of distributed mode.
    Postgres(Postgres),
    /// Of single mode.
    Sqlite(tokio_rusqlite::Connection),
}

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// `PostgreSQL` failed or refused.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// There is no such file.
    #[error("there is no database at {}: check storage.path, or run `worker` first", .0.display())]
    Missing(PathBuf),
    /// The file cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// `SQLite` failed.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// There is no schema.
    #[error("the database has no schema yet: run `worker migrate`")]
    SchemaMissing,
    /// The schema is another one than this program's.
    #[error("the schema of the database is at version {found}, this program needs {needed}: {advice}")]
    SchemaVersion {
        /// The version of the schema.
        found: u32,
        /// The version that is needed.
        needed: u32,
        /// What to do.
        advice: &'static str,
    },
    /// The database's thread is gone.
    #[error("the connection to the database is closed")]
    Closed,
}

impl DatabaseError {
    /// Whether the configuration has to be mended, rather than the database or the way to it.
    pub fn is_about_configuration(&self) -> bool {
        matches!(self, Self::Postgres(PostgresError::Configuration(_) | PostgresError::Certificate { .. }))
    }

    /// Whether the database can be reached but has another schema.
    pub fn is_about_schema(&self) -> bool {
        matches!(self, Self::SchemaMissing | Self::SchemaVersion { .. })
    }
}

impl From<tokio_rusqlite::Error<Self>> for DatabaseError {
    fn from(error: tokio_rusqlite::Error<Self>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(error) => error,
            tokio_rusqlite::Error::Close((_, error)) => error.into(),
            _ => Self::Closed,
        }
    }
}

impl Database {
    /// Opens the database that `config` names to be read and written, and checks its schema.
    /// `application_name` is what the server's lists show.
    ///
    /// Fails when it cannot be reached, is not there, or has another schema; it makes and migrates nothing.
    pub async fn open(
        config: &Config,
        environment: &Environment,
        application_name: &str,
    ) -> Result<Self, DatabaseError> {
        let database = match config.storage.backend {
            StorageBackend::Postgresql => {
                let mut settings = Settings::from_config(&config.storage, environment, application_name)?;
                settings.max_connections = CONNECTIONS.min(settings.max_connections);
                Self::Postgres(Postgres::new(settings)?)
            }
            StorageBackend::Sqlite => Self::Sqlite(open_to_write(&config.storage.path)?.into()),
        };
        database.check_schema().await?;
        Ok(database)
    }

    /// The database that `config` names, to be read only: the replica that `storage.read_url` names, where it is set.
    /// `application_name` is what the server's lists show. A server is not connected to before the first statement.
    ///
    /// Fails when the configuration cannot be used, or a file is not there.
    pub fn read_only(
        config: &Config,
        environment: &Environment,
        application_name: &str,
    ) -> Result<Self, DatabaseError> {
        Ok(match config.storage.backend {
            StorageBackend::Postgresql => {
                let mut settings =
                    Settings::from_config(&replica(&config.storage), environment, application_name)?;
                settings.max_connections = CONNECTIONS.min(settings.max_connections);
                settings.read_only = true;
                let timeout = settings.statement_timeout.unwrap_or(STATEMENT_TIMEOUT);
                settings.statement_timeout = Some(timeout.min(STATEMENT_TIMEOUT));
                Self::Postgres(Postgres::new(settings)?)
            }
            StorageBackend::Sqlite => Self::Sqlite(open_to_read(&config.storage.path)?.into()),
        })
    }

    /// Checks that the schema is the one that this program was made for.
    pub async fn check_schema(&self) -> Result<(), DatabaseError> {
        let found = self.schema_version().await?.ok_or(DatabaseError::SchemaMissing)?;
        let advice = match found {
            SCHEMA_VERSION => return Ok(()),
            found if found < SCHEMA_VERSION => "run `worker migrate` of this version",
            _ => "use the program of a newer version",
        };
        Err(DatabaseError::SchemaVersion { found, needed: SCHEMA_VERSION, advice })
    }

    /// The version that the schema has; `None` when there is none.
    pub async fn schema_version(&self) -> Result<Option<u32>, DatabaseError> {
        let version: Option<i32> = match self {
            Self::Postgres(postgres) => match postgres.query(VERSION, &[]).await {
                Ok(rows) => rows.first().and_then(|row| row.get(0)),
                Err(error) if error.is_missing_table() => None,
                Err(error) => return Err(error.into()),
            },
            Self::Sqlite(connection) => {
                connection
                    .call(|connection| {
                        let known =
                            "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
                        if connection.query_row(known, [], |row| row.get::<_, i64>(0))? == 0 {
                            return Ok(None);
                        }
                        Ok::<_, DatabaseError>(connection.query_row(VERSION, [], |row| row.get(0))?)
                    })
                    .await?
            }
        };
        Ok(version.and_then(|version| u32::try_from(version).ok()))
    }
}

/// The section `storage`, with the address of the replica, if there is one.
fn replica(storage: &StorageConfig) -> StorageConfig {
    let uri = storage.read_url.clone().or_else(|| storage.uri.clone());
    StorageConfig { uri, ..storage.clone() }
}

fn open_to_read(path: &Path) -> Result<rusqlite::Connection, DatabaseError> {
    open_sqlite(path, OpenFlags::SQLITE_OPEN_READ_ONLY, READ_TIMEOUT)
}

fn open_to_write(path: &Path) -> Result<rusqlite::Connection, DatabaseError> {
    let connection = open_sqlite(path, OpenFlags::SQLITE_OPEN_READ_WRITE, WRITE_TIMEOUT)?;
    // What is committed is durable, as the worker's commits are.
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    Ok(connection)
}

fn open_sqlite(
    path: &Path,
    access: OpenFlags,
    timeout: Duration,
) -> Result<rusqlite::Connection, DatabaseError> {
    if !path.exists() {
        return Err(DatabaseError::Missing(path.to_owned()));
    }
    let open_error = |source| DatabaseError::Open { path: path.to_owned(), source };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(open_error)?;
    connection.busy_timeout(timeout).map_err(open_error)?;
    // The first read tells a file of another kind.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(open_error)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use gdg_config::ConnectionUri;

    #[test]
    fn the_schema_that_is_needed_is_the_last_one_of_the_migrations() {
        for database in ["postgres", "sqlite"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
            let versions = std::fs::read_dir(folder).unwrap().map(|file| {
                let name = file.unwrap().file_name().into_string().unwrap();
                name[1..].split_once("__").unwrap().0.parse::<u32>().unwrap()
            });
            assert_eq!(versions.max(), Some(SCHEMA_VERSION), "{database}");
        }
    }

    #[test]
    fn a_replica_is_read_where_there_is_one() {
        let mut storage = StorageConfig {
            uri: Some(ConnectionUri::new("postgresql://main/d")),
            ..StorageConfig::default()
        };
        assert_eq!(replica(&storage).uri, storage.uri);
        storage.read_url = Some(ConnectionUri::new("postgresql://replica/d"));
        assert_eq!(replica(&storage).uri, storage.read_url);
    }

    #[test]
    fn a_file_that_is_not_there_or_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.db");
        assert!(open_to_read(&path).unwrap_err().to_string().starts_with("there is no database at "));
        std::fs::write(&path, "not a database, but long enough to look at\n".repeat(100)).unwrap();
        assert!(open_to_read(&path).unwrap_err().to_string().starts_with("cannot open "));
    }
}
