//! PostgreSQL.

use super::session::{Cell, ColumnType, Failure, Kind, Row, Session, Statement, Trouble};
use async_trait::async_trait;
use gdg_postgres::{Parameter, Postgres, PostgresError, Type};
use std::error::Error as _;
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::types::Kind as TypeKind;

/// A connection to a server.
pub(super) struct PostgresSession {
    client: Client,
    begin: String,
}

impl PostgresSession {
    pub(super) async fn connect(postgres: &Postgres, timeout: Option<Duration>) -> Result<Self, Failure> {
        let client = postgres.connect_alone().await.map_err(explain_connection)?;
        // Within the transaction, for proxies that give each one another session. What is set is what values
        // look like as text.
        let milliseconds =
            timeout.map_or(0, |timeout| i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1));
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {milliseconds}; \
             SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; \
             SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3"
        );
        Ok(Self { client, begin })
    }
}

#[async_trait]
impl Session for PostgresSession {
    async fn describe(&mut self, statement: &str) -> Result<Vec<ColumnType>, Failure> {
        let prepared = self.client.prepare(statement).await.map_err(explain)?;
        Ok(prepared.columns().iter().map(|column| column_type(column.type_())).collect())
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        self.client.batch_execute(&self.begin).await.map_err(explain)
    }

    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        // All values are bound as text, and cast by the statement.
        let texts: Vec<Option<String>> = statement.values.into_iter().map(Cell::into_text).collect();
        let parameters: Vec<Parameter<'_>> = texts.iter().map(|text| (text as _, Type::TEXT)).collect();
        let rows = self.client.query_typed(&statement.text, &parameters).await.map_err(explain)?;
        rows.iter().map(|row| cells(row).map_err(explain)).collect()
    }

    async fn end(&mut self) -> Result<(), Failure> {
        self.client.batch_execute("ROLLBACK").await.map_err(explain)
    }
}

/// Everything is selected as text or bytes.
fn cells(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let columns = row.columns().iter().enumerate();
    columns
        .map(|(index, column)| {
            if *column.type_() == Type::BYTEA {
                return Ok(row.try_get::<_, Option<Vec<u8>>>(index)?.map_or(Cell::Null, Cell::Bytes));
            }
            Ok(row.try_get::<_, Option<String>>(index)?.map_or(Cell::Null, Cell::text))
        })
        .collect()
}

fn column_type(found: &Type) -> ColumnType {
    let kind = match *found {
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Kind::Integer,
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => Kind::Number,
        Type::BOOL => Kind::Boolean,
        Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ => Kind::Time,
        Type::UUID => Kind::Ordered,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => Kind::Text,
        Type::NAME | Type::XML | Type::CHAR => Kind::TextLike,
        Type::JSON | Type::JSONB => Kind::Json,
        Type::BYTEA => Kind::Bytes,
        _ if matches!(found.kind(), TypeKind::Enum(_)) || found.name() == "citext" => Kind::TextLike,
        _ => Kind::Other,
    };
    ColumnType { kind, name: found.name().to_owned() }
}

/// The error in the server's own words: those of the pool speak of keys that are not this source's.
fn explain_connection(error: PostgresError) -> Failure {
    match error {
        PostgresError::Server { error, .. } => explain(error),
        other if other.is_transient() => Failure::unavailable(other.to_string()),
        other => Failure::unusable(other.to_string()),
    }
}

fn explain(error: tokio_postgres::Error) -> Failure {
    let mut message = match error.as_db_error() {
        Some(answer) => format!("{} [{}]", answer.message(), answer.code().code()),
        None => error.to_string(),
    };
    let mut cause = if error.as_db_error().is_some() { None } else { error.source() };
    while let Some(reason) = cause {
        message = format!("{message}: {reason}");
        cause = reason.source();
    }
    let code = error.code().map(|code| code.code().to_owned());
    let trouble = match code.as_deref() {
        Some("42501") => Trouble::Denied,
        Some(code) if code.starts_with("28") => Trouble::Denied,
        // Ended by an administrator, a shutdown, or for being idle.
        Some("57P01" | "57P02" | "57P05" | "25P03" | "08006" | "08003") => Trouble::Lost,
        None if error.is_closed() => Trouble::Lost,
        // The statement writes.
        Some("25006") => Trouble::Unusable,
        _ if (PostgresError::Server { server: String::new(), error }).is_transient() => Trouble::Unavailable,
        _ => Trouble::Unusable,
    };
    Failure::new(trouble, message)
}
