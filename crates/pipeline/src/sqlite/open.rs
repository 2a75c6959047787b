//! Opens the database: locked, migrated, tuned.

use super::lock::{DatabaseLock, LockError};
use rusqlite::{Connection, OpenFlags};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Why a database could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another worker holds it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Its folder is missing.
    #[error("the folder of storage.path does not exist: {}", .0.display())]
    FolderMissing(PathBuf),
    /// It cannot be written.
    #[error("{} is read-only: a worker writes to its database; change its permissions or storage.path", .0.display())]
    ReadOnly(PathBuf),
    /// It has other names, under which another worker would not see this one's lock.
    #[error("{} has other names (hard links): a worker's lock holds for one name; copy the file instead", .0.display())]
    HardLinked(PathBuf),
    /// It is a file of another kind.
    #[error("{} is not a SQLite database: move it away or change storage.path", .0.display())]
    NotADatabase(PathBuf),
    /// `SQLite` refused.
    #[error("cannot open {}: {source}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Its schema cannot be brought up to date.
    #[error("cannot bring the schema of {} up to date: {detail}", path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// Why.
        detail: String,
    },
}

/// How long a statement waits for a reader or writer of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of the writing connection. Commits are durable (`synchronous =
/// FULL`): what a summary counts survives a power cut.
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;         -- rows are removed with what hangs on them, by the statements themselves
    PRAGMA cache_size = -32768;        -- 32 MiB
    PRAGMA wal_autocheckpoint = 8192;  -- pages: 32 MiB
    PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY;
";

/// Opens the database at `path` for `holder` (a worker's name), making it
/// where it is not there yet. The lock lives as long as the returned value.
pub fn open(path: &Path, holder: &str) -> Result<(Connection, DatabaseLock), OpenError> {
    let path = resolve(path)?;
    if path.metadata().is_ok_and(|file| file.is_file() && file.nlink() > 1) {
        return Err(OpenError::HardLinked(path));
    }
    let mut lock = DatabaseLock::take(&path, holder).map_err(|error| name_read_only(error, &path))?;
    let mut connection = connect(&path).map_err(|source| classify(source, &path))?;
    migrate(&mut connection, &path)?;
    lock.remember_database();
    Ok((connection, lock))
}

/// The one name of the file, so that two ways to it meet in one lock.
fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    if let Ok(resolved) = path.canonicalize() {
        return Ok(resolved);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_else(|| "documents.db".as_ref());
    let folder = folder.canonicalize().map_err(|_| OpenError::FolderMissing(folder.into()))?;
    Ok(folder.join(name))
}

/// A lock file that cannot be made means that the database's folder cannot be written.
fn name_read_only(error: LockError, path: &Path) -> OpenError {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match error {
        LockError::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) => {
            OpenError::ReadOnly(path.into())
        }
        other => other.into(),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(PRAGMAS)?;
    // The first write tells a read-only file or disk, now rather than in the middle of a run.
    connection.execute_batch("BEGIN IMMEDIATE; CREATE TABLE write_probe (x); ROLLBACK;")?;
    Ok(connection)
}

fn classify(source: rusqlite::Error, path: &Path) -> OpenError {
    use rusqlite::ErrorCode::{CannotOpen, NotADatabase, PermissionDenied, ReadOnly};
    match source.sqlite_error_code() {
        Some(ReadOnly | PermissionDenied) => OpenError::ReadOnly(path.into()),
        Some(CannotOpen) if path.metadata().is_ok_and(|file| file.permissions().readonly()) => {
            OpenError::ReadOnly(path.into())
        }
        Some(NotADatabase) => OpenError::NotADatabase(path.into()),
        _ => OpenError::Sqlite { path: path.into(), source },
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    // The whole migration or none of it: a kill in the middle leaves the old schema.
    let report = embedded::migrations::runner().set_grouped(true).run(connection);
    report.map(drop).map_err(|error| OpenError::Migration { path: path.into(), detail: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_has_the_schema_and_is_opened_again_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.db");
        for _ in 0..2 {
            let (connection, _lock) = open(&path, "worker-01").unwrap();
            let tables: i64 = connection
                .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'document_queue'", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(tables, 1);
        }
    }

    #[test]
    fn a_database_with_two_names_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("documents.db"), folder.path().join("other.db"));
        drop(open(&path, "worker-01").unwrap());
        std::fs::hard_link(&path, &other).unwrap();
        assert!(matches!(open(&other, "worker-02"), Err(OpenError::HardLinked(_))));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = open(Path::new("/nowhere/at/all/documents.db"), "worker-01").unwrap_err();
        assert_eq!(error.to_string(), "the folder of storage.path does not exist: /nowhere/at/all");
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "not a database, but long enough to look at\n".repeat(100)).unwrap();
        let error = open(&path, "worker-01").unwrap_err();
        assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("not a database"));
    }
}
