//! One worker at a time on a database file.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Holds a database for this process: an advisory lock on `<database>.lock`,
/// which the operating system lets go of when the process ends, however it ends.
/// The file stays, and says who holds the lock or held it last.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
    database: PathBuf,
    /// Device and inode of the database that was opened under the lock.
    identity: Option<(u64, u64)>,
}

/// Why a database could not be held.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is in use by {holder}; one worker at a time works on a SQLite database: wait for it to end, or give this one a database of its own (storage.path)", database.display())]
    Held {
        /// The database.
        database: PathBuf,
        /// Who holds it, as the lock file tells.
        holder: String,
    },
    /// The lock file cannot be written.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DatabaseLock {
    /// Takes the lock of `database` for `holder` (a worker's name), or says who has it.
    pub fn take(database: &Path, holder: &str) -> Result<Self, LockError> {
        let path = lock_path(database);
        let io_error = |source| LockError::Io { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { database: database.into(), holder: read_holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(io_error(source)),
        }
        write_holder(&mut file, holder).map_err(io_error)?;
        Ok(Self { _file: file, database: database.to_owned(), identity: None })
    }

    /// Remembers which file the database is, now that it is open.
    pub(super) fn remember_database(&mut self) {
        self.identity = identity(&self.database);
    }

    /// Whether the database's name still leads to the file that was opened.
    /// Where it was removed or replaced, what is written is lost.
    pub fn database_is_in_place(&self) -> bool {
        identity(&self.database) == self.identity
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(1_000).read_to_string(&mut text);
    match read {
        Ok(length) if length > 0 => text.trim_end().to_owned(),
        _ => "another process".to_owned(),
    }
}

fn write_holder(file: &mut File, holder: &str) -> io::Result<()> {
    let mut text = format!("worker {holder} (process {}", std::process::id());
    if let Ok(host) = rustix::system::uname().nodename().to_str() {
        // Writing to a string cannot fail.
        let _ = write!(text, " on {host}");
    }
    text.push_str(")\n");
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("documents.db");
        let first = DatabaseLock::take(&database, "worker-01").unwrap();
        let error = DatabaseLock::take(&database, "worker-02").unwrap_err().to_string();
        assert!(error.contains("in use by worker worker-01 (process"), "{error}");
        drop(first);
        DatabaseLock::take(&database, "worker-02").unwrap();
    }
}
