//! Dead letters on `PostgreSQL`.

use super::analysis::{Dimension, GroupRow, ShareRow};
use super::letter::{media_type, read_attempts, read_class};
use super::retry::{Batch, OPERATOR, Revived, RunPlan, refusal};
use super::store::{LetterStore, Page};
use super::{DeadLetterError, Filter, Letter, Timestamp};
use async_trait::async_trait;
use gdg_model::{DocId, RunId, WorkerId};
use gdg_postgres::{Parameter, Postgres, Row, Transaction, Type};
use gdg_storage::{RunStatus, postgres as storage};

/// The channel on which workers hear that documents of a run can be claimed; the payload is the run.
const QUEUE_CHANNEL: &str = "document_queue";

/// The channel on which workers hear that a run has begun or moved on; the payload is the run, a tab and the status.
const RUN_CHANNEL: &str = "processing_run";

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

/// The dead letters of a database of distributed mode.
#[derive(Debug)]
pub(super) struct PostgresLetters {
    postgres: Postgres,
}

/// A filter, as statements take it: their parameters 1 to 9.
struct FilterColumns<'a> {
    run_id: Option<&'a str>,
    source_name: Option<&'a str>,
    class: Option<&'static str>,
    format: Option<&'a str>,
    fingerprint: Option<&'a str>,
    since: Option<f64>,
    until: Option<f64>,
    never_revived: bool,
    ids: Option<&'a [i64]>,
}

impl<'a> FilterColumns<'a> {
    fn of(filter: &'a Filter) -> Self {
        let milliseconds = |time: Timestamp| time.0 as f64;
        Self {
            run_id: filter.run_id.as_ref().map(RunId::as_str),
            source_name: filter.source_name.as_deref(),
            class: filter.class.map(gdg_model::ErrorClass::as_str),
            format: filter.format.as_deref(),
            fingerprint: filter.fingerprint.as_deref(),
            since: filter.since.map(milliseconds),
            until: filter.until.map(milliseconds),
            never_revived: filter.never_revived,
            ids: filter.ids.as_deref(),
        }
    }

    /// Its parameters, and those of the statement itself.
    fn and<'p>(&'p self, own: &[Parameter<'p>]) -> Vec<Parameter<'p>> {
        let mut parameters: Vec<Parameter<'p>> = vec![
            (&self.run_id, Type::TEXT),
            (&self.source_name, Type::TEXT),
            (&self.class, Type::TEXT),
            (&self.format, Type::TEXT),
            (&self.fingerprint, Type::TEXT),
            (&self.since, Type::FLOAT8),
            (&self.until, Type::FLOAT8),
            (&self.never_revived, Type::BOOL),
            (&self.ids, Type::INT8_ARRAY),
        ];
        parameters.extend_from_slice(own);
        parameters
    }
}

impl PostgresLetters {
    pub(super) fn new(postgres: Postgres) -> Self {
        Self { postgres }
    }

    async fn begin(&self) -> Result<Transaction, DeadLetterError> {
        let transaction = self.postgres.begin().await?;
        transaction.query(include_str!("sql/settings.sql"), &[]).await?;
        Ok(transaction)
    }

    /// Runs one statement in a transaction of its own.
    async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, DeadLetterError> {
        let transaction = self.begin().await?;
        let outcome = transaction.query(statement, parameters).await;
        Ok(transaction.end(outcome).await?)
    }

    /// Runs one statement that looks at every row.
    async fn report(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, DeadLetterError> {
        let transaction = self.begin().await?;
        transaction.query(include_str!("sql/settings_of_reports.sql"), &[]).await?;
        let outcome = transaction.query(statement, parameters).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn revive_in(
        transaction: &Transaction,
        filter: &Filter,
        batch: &Batch,
    ) -> Result<Revived, DeadLetterError> {
        let run = batch.run_id.as_str();
        let of_run: [Parameter<'_>; 1] = [(&run, Type::TEXT)];
        // The run first, in a statement of its own: those that follow see what was committed before it was held.
        let held = transaction.query_opt(include_str!("sql/hold_run.sql"), &of_run).await?;
        let status = held.and_then(|row| RunStatus::from_name(row.get(0)));
        let followed_by = transaction.query_opt(include_str!("sql/followed_by.sql"), &of_run).await?;
        let followed_by = followed_by.map(|row| RunId::new(row.get::<_, &str>(0)));
        if let Some(refusal) = refusal(status, followed_by) {
            return Ok(Revived::Refused(refusal));
        }
        let filter = FilterColumns::of(filter);
        let limit = i64::from(batch.limit);
        let parameters = filter.and(&[
            (&run, Type::TEXT),
            (&batch.after, Type::INT8),
            (&batch.up_to, Type::INT8),
            (&limit, Type::INT8),
        ]);
        let rows = transaction.query(filtered!("batch", "batch_order"), &parameters).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        let Some(last_id) = ids.last().copied() else {
            return Ok(Revived::Queued { documents: 0, last_id: None, reopened: false });
        };
        let documents = Self::enqueue(transaction, &batch.run_id, &ids).await?;
        let reopened = documents > 0 && Self::reopen(transaction, &batch.run_id).await?;
        Ok(Revived::Queued { documents, last_id: Some(last_id), reopened })
    }

    /// Moves letters into the queue, and counts them. Returns how many documents are in the queue for it.
    async fn enqueue(transaction: &Transaction, run: &RunId, ids: &[i64]) -> Result<u64, DeadLetterError> {
        let rows = transaction.query(include_str!("sql/revive.sql"), &[(&ids, Type::INT8_ARRAY)]).await?;
        let sources: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        let formats: Vec<&str> = rows.iter().map(|row| row.get(1)).collect();
        let counts: Vec<i64> = rows.iter().map(|row| row.get(2)).collect();
        let documents = counts.iter().sum::<i64>().cast_unsigned();
        if documents > 0 {
            let parameters: [Parameter<'_>; 5] = [
                (&run.as_str(), Type::TEXT),
                (&OPERATOR, Type::TEXT),
                (&sources, Type::TEXT_ARRAY),
                (&formats, Type::TEXT_ARRAY),
                (&counts, Type::INT8_ARRAY),
            ];
            transaction.execute(include_str!("sql/uncount.sql"), &parameters).await?;
            storage::record_progress(transaction, run, &WorkerId::new(OPERATOR), documents, 0).await?;
            transaction.notify(QUEUE_CHANNEL, run.as_str()).await?;
        }
        Ok(documents)
    }

    async fn reopen(transaction: &Transaction, run: &RunId) -> Result<bool, DeadLetterError> {
        let statement = include_str!("sql/reopen.sql");
        let reopened = transaction.execute(statement, &[(&run.as_str(), Type::TEXT)]).await? == 1;
        if reopened {
            transaction.notify(RUN_CHANNEL, &format!("{run}\t{}", RunStatus::Active)).await?;
        }
        Ok(reopened)
    }
}

#[async_trait]
impl LetterStore for PostgresLetters {
    async fn now(&self) -> Result<Timestamp, DeadLetterError> {
        let statement = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let rows = self.query(statement, &[]).await?;
        Ok(Timestamp(rows.first().map_or(0, |row| row.get(0))))
    }

    async fn latest_run(&self) -> Result<Option<RunId>, DeadLetterError> {
        let statement =
            "SELECT run_id FROM processing_runs ORDER BY created_at DESC, generation DESC LIMIT 1";
        let rows = self.query(statement, &[]).await?;
        Ok(rows.first().map(|row| RunId::new(row.get::<_, &str>(0))))
    }

    async fn runs_named(&self, prefix: &str) -> Result<Vec<RunId>, DeadLetterError> {
        let statement = "SELECT run_id FROM processing_runs WHERE starts_with(run_id, $1)
                         UNION SELECT run_id FROM dead_letter_queue WHERE run_id = $1
                         ORDER BY 1 LIMIT 10";
        let rows = self.query(statement, &[(&prefix, Type::TEXT)]).await?;
        Ok(rows.iter().map(|row| RunId::new(row.get::<_, &str>(0))).collect())
    }

    async fn page(&self, filter: &Filter, page: Page, limit: u32) -> Result<Vec<Letter>, DeadLetterError> {
        let (statement, after) = match page {
            Page::LatestFirst { after } => (filtered!("letters", "latest_first"), after),
            Page::OldestFirst { after } => (filtered!("letters", "oldest_first"), Some(after)),
        };
        let filter = FilterColumns::of(filter);
        let limit = i64::from(limit);
        let parameters = filter.and(&[(&after, Type::INT8), (&limit, Type::INT8)]);
        self.query(statement, &parameters).await?.iter().map(read_letter).collect()
    }

    async fn without_fingerprint(&self, limit: u32) -> Result<Vec<(i64, String)>, DeadLetterError> {
        let statement = "SELECT dead_letter_id, error_message FROM dead_letter_queue
                         WHERE fingerprint IS NULL ORDER BY dead_letter_id LIMIT $1";
        let rows = self.query(statement, &[(&i64::from(limit), Type::INT8)]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn set_fingerprints(&self, fingerprints: Vec<(i64, String)>) -> Result<(), DeadLetterError> {
        let statement = "UPDATE dead_letter_queue letter SET fingerprint = told.fingerprint
                         FROM unnest($1::bigint[], $2::text[]) AS told (dead_letter_id, fingerprint)
                         WHERE letter.dead_letter_id = told.dead_letter_id";
        let (ids, fingerprints): (Vec<i64>, Vec<String>) = fingerprints.into_iter().unzip();
        self.query(statement, &[(&ids, Type::INT8_ARRAY), (&fingerprints, Type::TEXT_ARRAY)]).await?;
        Ok(())
    }

    async fn groups(&self, filter: &Filter, limit: u32) -> Result<Vec<GroupRow>, DeadLetterError> {
        let filter = FilterColumns::of(filter);
        let limit = i64::from(limit);
        let parameters = filter.and(&[(&limit, Type::INT8)]);
        let rows = self.report(filtered!("groups", "groups_order"), &parameters).await?;
        let groups = rows.iter().map(|row| {
            let example_id = row.get("example_id");
            Ok(GroupRow {
                fingerprint: row.get("fingerprint"),
                class: read_class(row.get("error_class"), example_id)?,
                row: read_share(row, row.get("fingerprint")),
                example_id,
            })
        });
        groups.collect()
    }

    async fn shares(
        &self,
        filter: &Filter,
        dimension: Dimension,
        limit: u32,
    ) -> Result<Vec<ShareRow>, DeadLetterError> {
        let filter = FilterColumns::of(filter);
        let (dimension, limit) = (dimension.as_str(), i64::from(limit));
        let parameters = filter.and(&[(&dimension, Type::TEXT), (&limit, Type::INT8)]);
        let rows = self.report(filtered!("shares", "shares_order"), &parameters).await?;
        Ok(rows.iter().map(|row| read_share(row, row.get("name"))).collect())
    }

    async fn plan(&self, filter: &Filter) -> Result<Vec<RunPlan>, DeadLetterError> {
        let filter = FilterColumns::of(filter);
        let rows = self.query(filtered!("plan", "plan_order"), &filter.and(&[])).await?;
        let plans = rows.iter().map(|row| RunPlan {
            run_id: RunId::new(row.get::<_, &str>("run_id")),
            status: row.get::<_, Option<&str>>("status").and_then(RunStatus::from_name),
            followed_by: row.get::<_, Option<&str>>("followed_by").map(RunId::new),
            matched: row.get::<_, i64>("letters").cast_unsigned(),
            last_id: row.get("last_id"),
        });
        Ok(plans.collect())
    }

    async fn revive(&self, filter: &Filter, batch: &Batch) -> Result<Revived, DeadLetterError> {
        let transaction = self.begin().await?;
        let outcome = Self::revive_in(&transaction, filter, batch).await;
        transaction.end(outcome).await
    }

    async fn count_removable(&self, filter: &Filter) -> Result<u64, DeadLetterError> {
        let filter = FilterColumns::of(filter);
        let rows = self.query(filtered!("count", "removable"), &filter.and(&[])).await?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).cast_unsigned()))
    }

    async fn remove(&self, filter: &Filter, limit: u32) -> Result<u64, DeadLetterError> {
        let filter = FilterColumns::of(filter);
        let limit = i64::from(limit);
        let parameters = filter.and(&[(&limit, Type::INT8)]);
        let transaction = self.begin().await?;
        let outcome =
            transaction.execute(filtered!("remove", "removable", "remove_order"), &parameters).await;
        Ok(transaction.end(outcome).await?)
    }

    async fn insert(&self, letters: Vec<Letter>) -> Result<u64, DeadLetterError> {
        let keys: Vec<String> =
            letters.iter().map(|letter| DocId::new(letter.doc_id.as_str()).key().to_string()).collect();
        let letters = serde_json::to_string(&letters).map_err(std::io::Error::from)?;
        let parameters: [Parameter<'_>; 2] = [(&letters, Type::TEXT), (&keys, Type::TEXT_ARRAY)];
        let transaction = self.begin().await?;
        let outcome = transaction.execute(include_str!("sql/insert.sql"), &parameters).await;
        Ok(transaction.end(outcome).await?)
    }
}

fn read_letter(row: &Row) -> Result<Letter, DeadLetterError> {
    let dead_letter_id = row.get("dead_letter_id");
    let format: String = row.get("format");
    Ok(Letter {
        dead_letter_id,
        run_id: RunId::new(row.get::<_, &str>("run_id")),
        doc_id: row.get("doc_id"),
        source_name: row.get("source_name"),
        locator: row.get("locator"),
        link_depth: row.get("link_depth"),
        priority: row.get("priority"),
        etag: row.get("etag"),
        modified_at: row.get("modified_at"),
        size_bytes: row.get("size_bytes"),
        media_type: media_type(&format),
        format,
        error_class: read_class(row.get("error_class"), dead_letter_id)?,
        error_message: row.get("error_message"),
        fingerprint: row.get("fingerprint"),
        retry_count: row.get("retry_count"),
        revived_count: row.get("revived_count"),
        worker_id: row.get("worker_id"),
        died_at: Timestamp(row.get("died_at")),
        attempts: read_attempts(row.get("attempts"), dead_letter_id)?,
    })
}

fn read_share(row: &Row, name: String) -> ShareRow {
    ShareRow {
        name,
        count: row.get::<_, i64>("letters").cast_unsigned(),
        first_seen: Timestamp(row.get("first_seen")),
        last_seen: Timestamp(row.get("last_seen")),
        total: row.get::<_, i64>("total").cast_unsigned(),
    }
}
