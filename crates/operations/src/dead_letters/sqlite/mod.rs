//! Dead letters on `SQLite`.

mod writing;

use super::analysis::{Dimension, GroupRow, ShareRow};
use super::letter::{media_type, read_attempts, read_class};
use super::retry::{Batch, Revived, RunPlan};
use super::store::{LetterStore, Page};
use super::{DeadLetterError, Filter, Letter, Timestamp};
use async_trait::async_trait;
use gdg_model::{ErrorClass, RunId};
use gdg_storage::RunStatus;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, TransactionBehavior, params_from_iter};

/// Puts the filter's conditions between what asks and what orders.
macro_rules! filtered {
    ($ask:literal, $($order:literal),+) => {
        concat!(
            include_str!(concat!("sql/", $ask, ".sql")),
            include_str!("sql/filter.sql"),
            $(include_str!(concat!("sql/", $order, ".sql"))),+
        )
    };
}
use filtered;

/// The dead letters of a database of single mode.
#[derive(Debug)]
pub(super) struct SqliteLetters {
    connection: tokio_rusqlite::Connection,
}

/// A filter, as statements take it: their parameters 1 to 9.
struct FilterColumns {
    filter: Filter,
    class: Option<&'static str>,
    since: Option<i64>,
    until: Option<i64>,
    /// As a JSON array.
    ids: Option<String>,
}

impl FilterColumns {
    fn of(filter: Filter) -> Self {
        let ids = filter.ids.as_ref().map(|ids| {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!("[{}]", ids.join(","))
        });
        Self {
            class: filter.class.map(ErrorClass::as_str),
            since: filter.since.map(|time| time.0),
            until: filter.until.map(|time| time.0),
            ids,
            filter,
        }
    }

    /// Its parameters, and those of the statement itself.
    fn and<'p>(&'p self, own: &[&'p dyn ToSql]) -> impl rusqlite::Params + use<'p> {
        let run_id = self.filter.run_id.as_ref().map(|run| run.as_str().to_owned());
        let mut parameters: Vec<Box<dyn ToSql + 'p>> = vec![
            Box::new(run_id),
            Box::new(&self.filter.source_name),
            Box::new(self.class),
            Box::new(&self.filter.format),
            Box::new(&self.filter.fingerprint),
            Box::new(self.since),
            Box::new(self.until),
            Box::new(self.filter.never_revived),
            Box::new(&self.ids),
        ];
        for parameter in own {
            parameters.push(Box::new(*parameter));
        }
        params_from_iter(parameters)
    }
}

impl SqliteLetters {
    pub(super) fn new(connection: tokio_rusqlite::Connection) -> Self {
        Self { connection }
    }

    /// Runs `operation` on the database's own thread.
    async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, DeadLetterError> + Send + 'static,
    ) -> Result<T, DeadLetterError> {
        Ok(self.connection.call(move |connection| operation(connection)).await?)
    }

    /// Runs `operation` in a write transaction, on the database's own thread.
    async fn transact<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, DeadLetterError> + Send + 'static,
    ) -> Result<T, DeadLetterError> {
        let outcome = self
            .connection
            .call(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let outcome = operation(&transaction)?;
                transaction.commit()?;
                Ok::<_, DeadLetterError>(outcome)
            })
            .await?;
        Ok(outcome)
    }
}

#[async_trait]
impl LetterStore for SqliteLetters {
    async fn now(&self) -> Result<Timestamp, DeadLetterError> {
        let statement = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
        self.read(move |connection| Ok(Timestamp(connection.query_row(statement, [], |row| row.get(0))?)))
            .await
    }

    async fn latest_run(&self) -> Result<Option<RunId>, DeadLetterError> {
        let statement =
            "SELECT run_id FROM processing_runs ORDER BY created_at DESC, generation DESC LIMIT 1";
        self.read(move |connection| {
            let run = connection.query_row(statement, [], |row| row.get::<_, String>(0)).optional()?;
            Ok(run.map(RunId::new))
        })
        .await
    }

    async fn runs_named(&self, prefix: &str) -> Result<Vec<RunId>, DeadLetterError> {
        let prefix = prefix.to_owned();
        let statement = "SELECT run_id FROM processing_runs WHERE substr(run_id, 1, length(?1)) = ?1
                         UNION SELECT run_id FROM dead_letter_queue WHERE run_id = ?1
                         ORDER BY 1 LIMIT 10";
        self.read(move |connection| {
            let mut statement = connection.prepare(statement)?;
            let runs = statement.query_map([prefix], |row| Ok(RunId::new(row.get::<_, String>(0)?)))?;
            Ok(runs.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn page(&self, filter: &Filter, page: Page, limit: u32) -> Result<Vec<Letter>, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.read(move |connection| {
            let (statement, after) = match page {
                Page::LatestFirst { after } => (filtered!("letters", "latest_first"), after),
                Page::OldestFirst { after } => (filtered!("letters", "oldest_first"), Some(after)),
            };
            let mut statement = connection.prepare(statement)?;
            let mut rows = statement.query(filter.and(&[&after, &limit]))?;
            let mut letters = Vec::new();
            while let Some(row) = rows.next()? {
                letters.push(read_letter(row)?);
            }
            Ok(letters)
        })
        .await
    }

    async fn without_fingerprint(&self, limit: u32) -> Result<Vec<(i64, String)>, DeadLetterError> {
        let statement = "SELECT dead_letter_id, error_message FROM dead_letter_queue
                         WHERE fingerprint IS NULL ORDER BY dead_letter_id LIMIT ?1";
        self.read(move |connection| {
            let mut statement = connection.prepare(statement)?;
            let letters = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(letters.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn set_fingerprints(&self, fingerprints: Vec<(i64, String)>) -> Result<(), DeadLetterError> {
        let statement = "UPDATE dead_letter_queue SET fingerprint = ?2 WHERE dead_letter_id = ?1";
        self.transact(move |transaction| {
            let mut statement = transaction.prepare(statement)?;
            for (dead_letter_id, fingerprint) in fingerprints {
                statement.execute((dead_letter_id, fingerprint))?;
            }
            Ok(())
        })
        .await
    }

    async fn groups(&self, filter: &Filter, limit: u32) -> Result<Vec<GroupRow>, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.read(move |connection| {
            let mut statement = connection.prepare(filtered!("groups", "groups_order"))?;
            let mut rows = statement.query(filter.and(&[&limit]))?;
            let mut groups = Vec::new();
            while let Some(row) = rows.next()? {
                let example_id = row.get("example_id")?;
                let class = read_class(&row.get::<_, String>("error_class")?, example_id)?;
                let fingerprint = row.get("name")?;
                groups.push(GroupRow { fingerprint, class, row: read_share(row)?, example_id });
            }
            Ok(groups)
        })
        .await
    }

    async fn shares(
        &self,
        filter: &Filter,
        dimension: Dimension,
        limit: u32,
    ) -> Result<Vec<ShareRow>, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.read(move |connection| {
            let mut statement = connection.prepare(filtered!("shares", "shares_order"))?;
            let shares = statement.query_map(filter.and(&[&dimension.as_str(), &limit]), read_share)?;
            Ok(shares.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn plan(&self, filter: &Filter) -> Result<Vec<RunPlan>, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.read(move |connection| {
            let mut statement = connection.prepare(filtered!("plan", "plan_order"))?;
            let plans = statement.query_map(filter.and(&[]), read_plan)?;
            Ok(plans.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn revive(&self, filter: &Filter, batch: &Batch) -> Result<Revived, DeadLetterError> {
        let (filter, batch) = (FilterColumns::of(filter.clone()), batch.clone());
        self.transact(move |transaction| writing::revive(transaction, &filter, &batch)).await
    }

    async fn count_removable(&self, filter: &Filter) -> Result<u64, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.read(move |connection| {
            let statement = filtered!("count", "removable");
            let count: i64 = connection.query_row(statement, filter.and(&[]), |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
        .await
    }

    async fn remove(&self, filter: &Filter, limit: u32) -> Result<u64, DeadLetterError> {
        let filter = FilterColumns::of(filter.clone());
        self.transact(move |transaction| {
            let statement = filtered!("remove", "removable", "remove_order");
            Ok(transaction.execute(statement, filter.and(&[&limit]))? as u64)
        })
        .await
    }

    async fn insert(&self, letters: Vec<Letter>) -> Result<u64, DeadLetterError> {
        self.transact(move |transaction| writing::insert(transaction, &letters)).await
    }
}

fn read_plan(row: &Row<'_>) -> rusqlite::Result<RunPlan> {
    Ok(RunPlan {
        run_id: RunId::new(row.get::<_, String>("run_id")?),
        status: row.get::<_, Option<String>>("status")?.as_deref().and_then(RunStatus::from_name),
        followed_by: row.get::<_, Option<String>>("followed_by")?.map(RunId::new),
        matched: row.get::<_, i64>("letters")?.cast_unsigned(),
        last_id: row.get("last_id")?,
    })
}

fn read_letter(row: &Row<'_>) -> Result<Letter, DeadLetterError> {
    let dead_letter_id = row.get("dead_letter_id")?;
    let format: String = row.get("format")?;
    Ok(Letter {
        dead_letter_id,
        run_id: RunId::new(row.get::<_, String>("run_id")?),
        doc_id: row.get("doc_id")?,
        source_name: row.get("source_name")?,
        locator: row.get("locator")?,
        link_depth: row.get("link_depth")?,
        priority: row.get("priority")?,
        etag: row.get("etag")?,
        modified_at: row.get("modified_at")?,
        size_bytes: row.get("size_bytes")?,
        media_type: media_type(&format),
        format,
        error_class: read_class(&row.get::<_, String>("error_class")?, dead_letter_id)?,
        error_message: row.get("error_message")?,
        fingerprint: row.get("fingerprint")?,
        retry_count: row.get("retry_count")?,
        revived_count: row.get("revived_count")?,
        worker_id: row.get("worker_id")?,
        died_at: Timestamp(row.get("died_at")?),
        attempts: read_attempts(&row.get::<_, String>("attempts")?, dead_letter_id)?,
    })
}

fn read_share(row: &Row<'_>) -> rusqlite::Result<ShareRow> {
    Ok(ShareRow {
        name: row.get("name")?,
        count: row.get::<_, i64>("letters")?.cast_unsigned(),
        first_seen: Timestamp(row.get("first_seen")?),
        last_seen: Timestamp(row.get("last_seen")?),
        total: row.get::<_, i64>("total")?.cast_unsigned(),
    })
}
