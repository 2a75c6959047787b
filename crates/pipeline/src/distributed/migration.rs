//! The schema: brought up to date, and checked.

use crate::PipelineError;
use gdg_postgres::{Postgres, PostgresError, Type};

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// Whoever migrates holds this advisory lock: a number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x676f_646f_6367_6f00;

/// What a migration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version that the schema had; `None` when there was none.
    pub from: Option<u32>,
    /// The version that it has now.
    pub to: u32,
}

/// Brings the schema up to date. Several at a time are safe: each waits for
/// the one before, and finds nothing left to do.
pub async fn migrate(postgres: &Postgres) -> Result<Migrated, PipelineError> {
    // Held by a transaction, so that it holds through a proxy that pools
    // transactions too. It has no timeout of its own, as a migration may take long.
    let guard = postgres.connect_alone().await?;
    let explain = |error| PostgresError::Server { server: postgres.server().to_owned(), error };
    guard.batch_execute("BEGIN").await.map_err(explain)?;
    guard
        .query_typed("SELECT pg_advisory_xact_lock($1)", &[(&MIGRATION_LOCK, Type::INT8)])
        .await
        .map_err(explain)?;
    let from = version(postgres).await?;
    if let Some(found) = from.filter(|found| *found > latest_version()) {
        return Err(PipelineError::SchemaTooNew { found, known: latest_version() });
    }
    if from == Some(latest_version()) {
        // Without a try: a role that may not create tables can ask as well.
        return Ok(Migrated { from, to: latest_version() });
    }
    let mut client = postgres.connect_alone().await?;
    // The whole migration or none of it.
    let runner = embedded::migrations::runner().set_grouped(true);
    runner.run_async(&mut client).await.map_err(|error| PipelineError::Migration(describe(&error)))?;
    guard.batch_execute("COMMIT").await.map_err(explain)?;
    Ok(Migrated { from, to: latest_version() })
}

/// What went wrong, with what the server said of it.
fn describe(error: &refinery::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        if let Some(error) =
            cause.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::as_db_error)
        {
            text = format!("{text}: {}", error.message());
        }
        source = cause.source();
    }
    text
}

/// Checks that the schema is the one that this program was made for.
pub(crate) async fn check_schema(postgres: &Postgres) -> Result<(), PipelineError> {
    match version(postgres).await? {
        None => Err(PipelineError::SchemaMissing),
        Some(found) if found < latest_version() => {
            Err(PipelineError::SchemaTooOld { found, needed: latest_version() })
        }
        Some(found) if found > latest_version() => {
            Err(PipelineError::SchemaTooNew { found, known: latest_version() })
        }
        Some(_) => Ok(()),
    }
}

/// The version that the schema has.
async fn version(postgres: &Postgres) -> Result<Option<u32>, PipelineError> {
    let statement = "SELECT max(version) FROM refinery_schema_history";
    match postgres.query(statement, &[]).await {
        Ok(rows) => Ok(rows
            .first()
            .and_then(|row| row.get::<_, Option<i32>>(0))
            .and_then(|version| u32::try_from(version).ok())),
        Err(error) if error.is_missing_table() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The version of the last migration that this program has.
fn latest_version() -> u32 {
    let migrations = embedded::migrations::runner();
    migrations.get_migrations().iter().map(|migration| migration.version().cast_unsigned()).max().unwrap_or(0)
}
