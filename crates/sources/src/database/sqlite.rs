//! SQLite: a file, read on threads that may block.

use super::session::{Cell, ColumnType, Failure, Kind, Row, Session, Statement, Trouble};
use crate::blocking::on_blocking_thread;
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, ToSql};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a writer is waited for that holds the file, where statements take any time.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A connection to a file.
pub(super) struct SqliteSession {
    /// Away while a statement runs.
    connection: Option<Connection>,
    interrupt: Arc<InterruptHandle>,
}

impl SqliteSession {
    pub(super) async fn open(path: PathBuf, timeout: Option<Duration>) -> Result<Self, Failure> {
        on_blocking_thread(move || {
            let connection = connect(&path, timeout).map_err(|error| explain(&error))?;
            let encoding: String = connection
                .query_row("PRAGMA encoding", [], |row| row.get(0))
                .map_err(|error| explain(&error))?;
            if encoding != "UTF-8" {
                let told = format!("its texts are in {encoding}; only files with texts in UTF-8 are read");
                return Err(Failure::unusable(told));
            }
            let interrupt = Arc::new(connection.get_interrupt_handle());
            Ok(Self { connection: Some(connection), interrupt })
        })
        .await
    }

    /// Runs `work` on a blocking thread. Where nobody waits for it any more, it is interrupted.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let Some(connection) = self.connection.take() else {
            return Err(Failure::unavailable("a statement was broken off"));
        };
        let guard = InterruptOnDrop(Some(Arc::clone(&self.interrupt)));
        let (connection, outcome) = on_blocking_thread(move || {
            let outcome = work(&connection);
            (connection, outcome)
        })
        .await;
        guard.disarm();
        self.connection = Some(connection);
        outcome.map_err(|error| explain(&error))
    }
}

struct InterruptOnDrop(Option<Arc<InterruptHandle>>);

impl InterruptOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        if let Some(interrupt) = &self.0 {
            interrupt.interrupt();
        }
    }
}

fn connect(path: &Path, timeout: Option<Duration>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(timeout.unwrap_or(LONGEST_WAIT))?;
    // The file may be someone else's: its views and triggers call nothing that has effects.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")?;
    Ok(connection)
}

#[async_trait]
impl Session for SqliteSession {
    async fn describe(&mut self, statement: &str) -> Result<Vec<ColumnType>, Failure> {
        let text = statement.to_owned();
        let (columns, reads_only) = self
            .run(move |connection| {
                let statement = connection.prepare(&text)?;
                Ok((statement.column_count(), statement.readonly()))
            })
            .await?;
        if !reads_only {
            return Err(Failure::unusable("the statement writes"));
        }
        let column = ColumnType { kind: Kind::Dynamic, name: "dynamic".into() };
        Ok(vec![column; columns])
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        self.run(|connection| connection.execute_batch("BEGIN")).await
    }

    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        self.run(move |connection| {
            let mut prepared = connection.prepare_cached(&statement.text)?;
            let columns = prepared.column_count();
            let mut found = prepared.query(rusqlite::params_from_iter(statement.values.iter().map(Bound)))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(
                    (0..columns).map(|column| row.get_ref(column).map(cell)).collect::<Result<_, _>>()?,
                );
            }
            Ok(rows)
        })
        .await
    }

    async fn end(&mut self) -> Result<(), Failure> {
        self.run(
            |connection| {
                if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") }
            },
        )
        .await
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(text.to_vec()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Real(number) => ValueRef::Real(*number),
            Cell::Text(text) => ValueRef::Text(text),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn explain(error: &rusqlite::Error) -> Failure {
    let trouble = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::OperationInterrupted
            | ErrorCode::OutOfMemory
            | ErrorCode::SchemaChanged
            | ErrorCode::FileLockingProtocolFailed,
        ) => Trouble::Unavailable,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => Trouble::Denied,
        _ => Trouble::Unusable,
    };
    Failure::new(trouble, error.to_string())
}
