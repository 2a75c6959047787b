//! MySQL and MariaDB.

use super::session::{Cell, ColumnType, Failure, Kind, Row, Session, Statement, Trouble};
use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Executor, Row as _, SqlSafeStr, Statement as _, Type,
    TypeInfo,
};
use std::io;
use std::time::Duration;

/// Bytes of a value that sorting looks at: more than an id may have.
const SORT_LENGTH: usize = 4 * super::key::MAX_LENGTH;

/// A connection to a server.
pub(super) struct MysqlSession {
    connection: MySqlConnection,
}

impl MysqlSession {
    pub(super) async fn connect(
        options: &MySqlConnectOptions,
        timeout: Option<Duration>,
    ) -> Result<Self, Failure> {
        let connection = options.connect().await.map_err(explain)?;
        let mut session = Self { connection };
        let version = session.run_and_read("SELECT version()").await?;
        session.run(&format!("SET SESSION max_sort_length = {SORT_LENGTH}")).await?;
        session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
        if let Some(timeout) = timeout {
            let limit = if version.contains("MariaDB") {
                format!("SET SESSION max_statement_time = {}", timeout.as_secs_f64())
            } else {
                format!("SET SESSION max_execution_time = {}", timeout.as_millis())
            };
            // Servers before 5.7 know neither: there, only this side's clock ends a statement.
            if let Err(failure) = session.run(&limit).await
                && failure.trouble != Trouble::Unusable
            {
                return Err(failure);
            }
        }
        Ok(session)
    }

    async fn run(&mut self, statement: &str) -> Result<(), Failure> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement));
        self.connection.execute(statement).await.map(drop).map_err(explain)
    }

    async fn run_and_read(&mut self, statement: &str) -> Result<String, Failure> {
        let statement = Statement { text: statement.to_owned(), values: Vec::new() };
        let rows = self.rows(statement).await?;
        Ok(rows.into_iter().flatten().next().and_then(Cell::into_text).unwrap_or_default())
    }
}

#[async_trait]
impl Session for MysqlSession {
    async fn describe(&mut self, statement: &str) -> Result<Vec<ColumnType>, Failure> {
        let text = AssertSqlSafe(statement.to_owned()).into_sql_str();
        let prepared = (&mut self.connection).prepare(text).await.map_err(explain)?;
        let columns = prepared.columns().iter();
        Ok(columns
            .map(|column| {
                let (name, is_text) = (column.type_info().name(), str::compatible(column.type_info()));
                ColumnType { kind: kind_of(name, is_text), name: name.to_owned() }
            })
            .collect())
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        self.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await
    }

    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let mut query = sqlx::query(AssertSqlSafe(statement.text));
        for value in statement.values {
            query = match value {
                Cell::Null => query.bind(None::<Vec<u8>>),
                Cell::Integer(number) => query.bind(number),
                Cell::Real(number) => query.bind(number),
                Cell::Bytes(bytes) => query.bind(bytes),
                Cell::Text(text) => match String::from_utf8(text) {
                    Ok(text) => query.bind(text),
                    Err(error) => query.bind(error.into_bytes()),
                },
            };
        }
        let mut found = query.fetch(&mut self.connection);
        let mut rows = Vec::new();
        while let Some(row) = found.try_next().await.map_err(explain)? {
            rows.push(cells(&row).map_err(explain)?);
        }
        Ok(rows)
    }

    async fn end(&mut self) -> Result<(), Failure> {
        self.run("ROLLBACK").await
    }
}

/// Everything is selected as text or bytes, and comes as bytes.
fn cells(row: &MySqlRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|index| {
            let value: Option<&[u8]> = row.try_get_unchecked(index)?;
            Ok(value.map_or(Cell::Null, |bytes| Cell::Bytes(bytes.to_vec())))
        })
        .collect()
}

/// `is_text` is whether the column has a collation other than that of bytes: of text that is compared by its bytes, the
/// name says that it were bytes.
fn kind_of(type_name: &str, is_text: bool) -> Kind {
    match type_name {
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "TINYINT UNSIGNED"
        | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED" | "BIGINT UNSIGNED" => Kind::Integer,
        "BOOLEAN" => Kind::Boolean,
        "FLOAT" | "DOUBLE" | "DECIMAL" => Kind::Number,
        "DATE" | "DATETIME" | "TIMESTAMP" => Kind::Time,
        "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" => Kind::Text,
        "ENUM" | "SET" => Kind::TextLike,
        "JSON" => Kind::Json,
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" if is_text => Kind::Text,
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => Kind::Bytes,
        _ => Kind::Other,
    }
}

/// What a server says of a connection that it ends: a shutdown, a kill, too long a silence.
const ENDED: [u16; 7] = [1053, 1077, 1078, 1079, 1080, 1927, 4031];

/// Errors that pass: too many connections, no memory, a network that fails, locks, limits of time.
const PASSING: [u16; 18] = [
    1021, 1040, 1041, 1042, 1043, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 1317, 1969,
    3024,
];

/// Errors about who may do what.
const DENIED: [u16; 9] = [1044, 1045, 1142, 1143, 1227, 1251, 1370, 1698, 3118];

fn explain(error: sqlx::Error) -> Failure {
    let trouble = match &error {
        sqlx::Error::Database(told) => {
            match told.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number) {
                Some(number) if ENDED.contains(&number) => Trouble::Lost,
                Some(number) if PASSING.contains(&number) => Trouble::Unavailable,
                Some(number) if DENIED.contains(&number) => Trouble::Denied,
                _ => Trouble::Unusable,
            }
        }
        sqlx::Error::Io(error) if is_about_certificates(error) => Trouble::Unusable,
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => Trouble::Lost,
        _ => Trouble::Unusable,
    };
    let message = match error {
        sqlx::Error::Database(told) => told.to_string(),
        other => other.to_string(),
    };
    Failure::new(trouble, message)
}

/// Whether the two sides do not trust each other.
fn is_about_certificates(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)))
}
