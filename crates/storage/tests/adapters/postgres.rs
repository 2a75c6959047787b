//! The graph on `PostgreSQL`, as the suite uses it.

use gdg_model::{DocId, DocumentRef, Format, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Row, Transaction, Type};
use gdg_storage::conformance::{GraphStore, Relation, StoredElement, StoredLikeness, StoredRelationship};
use gdg_storage::{
    Alert, ComparableDocument, DependencyPage, DocumentHeader, Findings, GraphDocument, KnownDocument,
    ListingGap, ListingProgress, MeaningCounters, RelatingTerms, Run, RunCounters, RunStatus, StorageError,
    StoredCopy, StoredVector, SweepProgress, VanishedPage, postgres,
};
use gdg_test_database::TestDatabase;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A database of its own.
pub(crate) struct InDatabase {
    pub(crate) pool: Postgres,
    pub(crate) database: TestDatabase,
}

impl InDatabase {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        Self { pool: database.postgres(), database }
    }

    /// Runs `operation` in a transaction of its own, which commits.
    pub(crate) async fn transact<T>(
        &self,
        operation: impl AsyncFnOnce(&Transaction) -> Result<T, StorageError>,
    ) -> T {
        let transaction = self.pool.begin().await.unwrap();
        let outcome = operation(&transaction).await;
        transaction.end(outcome).await.unwrap()
    }

    async fn rows(&self, statement: &str, doc_id: &str) -> Vec<Row> {
        self.transact(async |transaction| Ok(transaction.query(statement, &[(&doc_id, Type::TEXT)]).await?))
            .await
    }
}

fn parse(json: Option<&str>) -> Option<Value> {
    json.map(|json| serde_json::from_str(json).unwrap())
}

fn number(row: &Row, column: &str) -> i64 {
    i64::from(row.get::<_, i32>(column))
}

impl GraphStore for InDatabase {
    async fn store(&self, run: &RunId, graphs: &[&GraphDocument]) {
        self.transact(async |transaction| postgres::store_documents(transaction, run, graphs).await).await;
    }

    async fn skip(&self, run: &RunId, headers: &[&DocumentHeader]) {
        self.transact(async |transaction| postgres::store_skipped(transaction, run, headers).await).await;
    }

    async fn known(&self, doc_ids: &[DocId]) -> HashMap<DocId, KnownDocument> {
        self.transact(async |transaction| postgres::find_known(transaction, doc_ids).await).await
    }

    async fn mark_seen(&self, run: &RunId, documents: &[(DocId, Stamp)]) {
        self.transact(async |transaction| postgres::mark_seen(transaction, run, documents).await).await;
    }

    async fn seen_among(&self, run: &RunId, doc_ids: &[DocId]) -> HashSet<DocId> {
        self.transact(async |transaction| postgres::seen_among(transaction, run, doc_ids).await).await
    }

    async fn forget(&self, doc_ids: &[DocId]) {
        self.transact(async |transaction| postgres::forget_documents(transaction, doc_ids).await).await;
    }

    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> DependencyPage {
        self.transact(async |transaction| {
            postgres::open_dependencies(transaction, run, source, after, limit).await
        })
        .await
    }

    async fn dependencies_of(&self, doc_ids: &[DocId]) -> Vec<DocumentRef> {
        self.transact(async |transaction| postgres::dependencies_of(transaction, doc_ids).await).await
    }

    async fn find_copy(&self, header: &DocumentHeader, format: Format) -> Option<StoredCopy> {
        self.transact(async |transaction| postgres::find_copy(transaction, header, format).await).await
    }

    async fn give_up(&self, run: &RunId, document: &DocumentRef) {
        let statement = "INSERT INTO dead_letter_queue
                (run_id, doc_id, doc_key, source_name, locator, link_depth, priority, retry_count, error_class,
                 error_message, attempts)
            VALUES ($1, $2, $3, $4, $5, 0, 1, 0, 'permanent', '', '[]')";
        let key = document.doc_id.key();
        self.transact(async |transaction| {
            let parameters: [gdg_postgres::Parameter<'_>; 5] = [
                (&run.as_str(), Type::TEXT),
                (&document.doc_id.as_str(), Type::TEXT),
                (&key.0.as_slice(), Type::BYTEA),
                (&document.source_name.as_str(), Type::TEXT),
                (&document.locator, Type::TEXT),
            ];
            Ok(transaction.execute(statement, &parameters).await?)
        })
        .await;
    }

    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> bool {
        self.transact(async |transaction| postgres::has_lost_links(transaction, run, source).await).await
    }

    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> VanishedPage {
        self.transact(async |transaction| {
            postgres::vanished_documents(transaction, run, source, after, limit, lost_links).await
        })
        .await
    }

    async fn bury(&self, run: &RunId, source: &SourceName, numbers: &[i64], to: i64) {
        self.transact(async |transaction| {
            postgres::bury_documents(transaction, run, numbers).await?;
            postgres::advance_sweep(transaction, run, source, Some(to), 1).await
        })
        .await;
    }

    async fn finish_sweep(&self, run: &RunId, source: &SourceName) {
        self.transact(async |transaction| postgres::advance_sweep(transaction, run, source, None, 1).await)
            .await;
    }

    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> SweepProgress {
        self.transact(async |transaction| postgres::sweep_progress(transaction, run, source).await).await
    }

    async fn vanished_count(&self, run: &RunId) -> u64 {
        self.transact(async |transaction| postgres::vanished_count(transaction, run).await).await
    }

    async fn raise_alert(&self, run: &RunId, alert: &Alert) {
        self.transact(async |transaction| postgres::raise_alert(transaction, run, alert).await).await;
    }

    async fn alerts(&self, run: &RunId) -> Vec<Alert> {
        self.transact(async |transaction| postgres::alerts(transaction, run).await).await
    }

    async fn load_vectors(&self, model: &str, after: (i64, u32, u32), limit: u32) -> Vec<StoredVector> {
        self.transact(async |transaction| postgres::load_vectors(transaction, model, after, limit).await)
            .await
    }

    async fn comparable_documents(&self, terms: &RelatingTerms) -> Vec<ComparableDocument> {
        self.transact(async |transaction| postgres::comparable_documents(transaction, terms, 0, 100).await)
            .await
    }

    async fn due_documents(&self, terms: &RelatingTerms, range: (i64, i64)) -> Vec<i64> {
        self.transact(async |transaction| postgres::due_documents(transaction, terms, range).await).await
    }

    async fn plan_relating(&self, terms: &RelatingTerms, size: u32) -> Vec<(i64, i64)> {
        self.transact(async |transaction| postgres::plan_relating(transaction, terms, size).await).await
    }

    async fn unrelate_from_changed(&self, run: &RunId) {
        self.transact(async |transaction| {
            let mut after = 0;
            while let Some(last) = postgres::unrelate_from_changed(transaction, run, after, 2).await? {
                after = last;
            }
            let mut after = Vec::new();
            while let Some(last) = postgres::unrelate_from_removed(transaction, run, &after, 2).await? {
                after = last;
            }
            Ok(())
        })
        .await;
    }

    async fn store_findings(&self, terms: &RelatingTerms, findings: &Findings) {
        self.transact(async |transaction| postgres::store_findings(transaction, terms, findings).await).await;
    }

    async fn add_meaning_counters(&self, run: &RunId, worker: &WorkerId, counters: &MeaningCounters) {
        self.transact(async |transaction| {
            postgres::add_meaning_counters(transaction, run, worker, counters).await
        })
        .await;
    }

    async fn meaning_counters(&self, run: &RunId) -> MeaningCounters {
        self.transact(async |transaction| postgres::meaning_counters(transaction, run).await).await
    }

    async fn related(&self, doc_id: &str) -> Vec<StoredLikeness> {
        let rows = self.rows(StoredLikeness::STATEMENT, doc_id).await;
        let read = |row: &Row| StoredLikeness {
            position: number(row, "position"),
            relationship_type: row.get("relationship_type"),
            target_doc_id: row.get("target_doc_id"),
            target_position: number(row, "target_position"),
            score: f64::from(row.get::<_, f32>("score")),
            model: row.get("model"),
        };
        rows.iter().map(read).collect()
    }

    async fn duplicates(&self) -> Vec<(i64, i64, bool)> {
        let statement = "SELECT document_number, duplicate_of, is_exact FROM document_duplicates
                         WHERE $1::text IS NOT NULL ORDER BY document_number";
        self.rows(statement, "").await.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    async fn resume_or_start_run(&self, fingerprint: &str) -> Run {
        self.transact(async |transaction| {
            let generation = match postgres::latest_run(transaction, fingerprint).await? {
                Some(latest) if !latest.run.status.is_final() => return Ok(latest.run),
                Some(latest) => latest.run.generation + 1,
                None => 1,
            };
            let started = postgres::start_run(transaction, fingerprint, generation, "snap\0shot").await?;
            Ok(started.unwrap())
        })
        .await
    }

    async fn complete_run(&self, run: &RunId) {
        let moved = self
            .transact(async |transaction| {
                postgres::set_run_status(transaction, run, RunStatus::Active, RunStatus::Completed, 1).await
            })
            .await;
        assert!(moved);
    }

    async fn listing_progress(&self, run: &RunId, source: &SourceName) -> ListingProgress {
        self.transact(async |transaction| postgres::listing_progress(transaction, run, source).await).await
    }

    async fn advance_listing(&self, run: &RunId, source: &SourceName, cursor: &str, listed: u64) {
        self.transact(async |transaction| {
            postgres::advance_listing(transaction, run, source, cursor, listed, 1).await
        })
        .await;
    }

    async fn finish_listing(&self, run: &RunId, source: &SourceName) {
        self.transact(async |transaction| postgres::finish_listing(transaction, run, source, 1).await).await;
    }

    async fn record_listing_problems(&self, run: &RunId, source: &SourceName, problems: &[ListingGap]) {
        self.transact(async |transaction| {
            postgres::record_listing_problems(transaction, run, source, problems).await
        })
        .await;
    }

    async fn listing_problems(&self, run: &RunId, limit: u32) -> Vec<(String, String)> {
        self.transact(async |transaction| postgres::listing_problems(transaction, run, limit).await).await
    }

    async fn add_counters(&self, run: &RunId, worker: &WorkerId, counters: &RunCounters) {
        self.transact(async |transaction| postgres::add_counters(transaction, run, worker, counters).await)
            .await;
    }

    async fn counters(&self, run: &RunId) -> RunCounters {
        self.transact(async |transaction| postgres::counters(transaction, run).await).await
    }

    async fn count(&self, relation: Relation) -> u64 {
        let rows = self.pool.query(relation.count_statement(), &[]).await.unwrap();
        rows[0].get::<_, i64>(0).cast_unsigned()
    }

    async fn elements(&self, doc_id: &str) -> Vec<StoredElement> {
        let statement = "SELECT *, attributes::text AS attributes_text
                         FROM element_details WHERE doc_id = $1 ORDER BY position";
        let rows = self.rows(statement, doc_id).await;
        rows.iter()
            .map(|row| StoredElement {
                element_id: row.get("element_id"),
                parent_id: row.get("parent_id"),
                position: number(row, "position"),
                parent_position: row.get::<_, Option<i32>>("parent_position").map(i64::from),
                ordinal: number(row, "ordinal"),
                depth: number(row, "depth"),
                element_type: row.get("element_type"),
                text: row.get("text"),
                content_location: row.get("content_location"),
                attributes: parse(row.get("attributes_text")),
            })
            .collect()
    }

    async fn relationships(&self, doc_id: &str) -> Vec<StoredRelationship> {
        let statement = "SELECT r.position, r.target_doc_id, r.target_position, r.fragment
                         FROM relationships r JOIN documents d USING (document_number)
                         WHERE d.doc_id = $1 AND r.relationship_type = 'explicit'";
        let rows = self.rows(statement, doc_id).await;
        rows.iter()
            .map(|row| StoredRelationship {
                position: number(row, "position"),
                target_doc_id: row.get("target_doc_id"),
                target_position: number(row, "target_position"),
                fragment: row.get("fragment"),
            })
            .collect()
    }

    async fn description(&self, doc_id: &str) -> (Option<String>, Option<Value>) {
        let rows = self.rows("SELECT title, metadata::text FROM documents WHERE doc_id = $1", doc_id).await;
        (rows[0].get(0), parse(rows[0].get(1)))
    }

    async fn outline(&self, doc_id: &str) -> Vec<String> {
        let statement = "SELECT outline FROM document_outline WHERE doc_id = $1 ORDER BY position";
        self.rows(statement, doc_id).await.iter().map(|row| row.get(0)).collect()
    }
}
