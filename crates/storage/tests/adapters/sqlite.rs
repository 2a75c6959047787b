//! The graph on `SQLite`, as the suite uses it.

use gdg_model::{DocId, DocumentRef, Format, RunId, SourceName, Stamp, WorkerId};
use gdg_storage::conformance::{GraphStore, Relation, StoredElement, StoredLikeness, StoredRelationship};
use gdg_storage::{
    Alert, ComparableDocument, DependencyPage, DocumentHeader, Findings, GraphDocument, KnownDocument,
    ListingGap, ListingProgress, MeaningCounters, RelatingTerms, Run, RunCounters, RunStatus, StoredCopy,
    StoredVector, SweepProgress, VanishedPage, sqlite,
};
use rusqlite::{Connection, Row};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A database in memory.
pub(crate) struct InMemory(pub(crate) Connection);

impl InMemory {
    pub(crate) fn new() -> Self {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(sqlite::TEST_SCHEMA).unwrap();
        database.pragma_update(None, "foreign_keys", true).unwrap();
        Self(database)
    }

    fn rows<T>(
        &self,
        statement: &str,
        doc_id: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut statement = self.0.prepare(statement).unwrap();
        statement.query_map([doc_id], read).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

fn parse(json: Option<String>) -> Option<Value> {
    json.map(|json| serde_json::from_str(&json).unwrap())
}

impl GraphStore for InMemory {
    async fn store(&self, run: &RunId, graphs: &[&GraphDocument]) {
        for graph in graphs {
            sqlite::store_document(&self.0, run, graph).unwrap();
        }
    }

    async fn skip(&self, run: &RunId, headers: &[&DocumentHeader]) {
        for header in headers {
            sqlite::store_skipped(&self.0, run, header).unwrap();
        }
    }

    async fn known(&self, doc_ids: &[DocId]) -> HashMap<DocId, KnownDocument> {
        let find = |doc_id: &DocId| Some((doc_id.clone(), sqlite::find_known(&self.0, doc_id).unwrap()?));
        doc_ids.iter().filter_map(find).collect()
    }

    async fn mark_seen(&self, run: &RunId, documents: &[(DocId, Stamp)]) {
        for (doc_id, stamp) in documents {
            sqlite::mark_seen(&self.0, run, doc_id, stamp).unwrap();
        }
    }

    async fn seen_among(&self, run: &RunId, doc_ids: &[DocId]) -> HashSet<DocId> {
        let is_seen = |doc_id: &&DocId| sqlite::is_seen(&self.0, run, doc_id).unwrap();
        doc_ids.iter().filter(is_seen).cloned().collect()
    }

    async fn forget(&self, doc_ids: &[DocId]) {
        for doc_id in doc_ids {
            sqlite::forget_document(&self.0, doc_id).unwrap();
        }
    }

    async fn open_dependencies(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
    ) -> DependencyPage {
        sqlite::open_dependencies(&self.0, run, source, after, limit).unwrap()
    }

    async fn dependencies_of(&self, doc_ids: &[DocId]) -> Vec<DocumentRef> {
        doc_ids.iter().flat_map(|doc_id| sqlite::dependencies_of(&self.0, doc_id).unwrap()).collect()
    }

    async fn find_copy(&self, header: &DocumentHeader, format: Format) -> Option<StoredCopy> {
        sqlite::find_copy(&self.0, header, format).unwrap()
    }

    async fn give_up(&self, run: &RunId, document: &DocumentRef) {
        let statement = "INSERT INTO dead_letter_queue
                (run_id, doc_id, source_name, locator, link_depth, priority, retry_count, error_class, error_message,
                 attempts, died_at)
            VALUES (?1, ?2, ?3, ?4, 0, 1, 0, 'permanent', '', '[]', 0)";
        let values =
            [run.as_str(), document.doc_id.as_str(), document.source_name.as_str(), &document.locator];
        self.0.execute(statement, values).unwrap();
    }

    async fn has_lost_links(&self, run: &RunId, source: &SourceName) -> bool {
        sqlite::has_lost_links(&self.0, run, source).unwrap()
    }

    async fn vanished_documents(
        &self,
        run: &RunId,
        source: &SourceName,
        after: i64,
        limit: u32,
        lost_links: bool,
    ) -> VanishedPage {
        sqlite::vanished_documents(&self.0, run, source, after, limit, lost_links).unwrap()
    }

    async fn bury(&self, run: &RunId, source: &SourceName, numbers: &[i64], to: i64) {
        for number in numbers {
            sqlite::bury_document(&self.0, run, *number).unwrap();
        }
        sqlite::advance_sweep(&self.0, run, source, Some(to)).unwrap();
    }

    async fn finish_sweep(&self, run: &RunId, source: &SourceName) {
        sqlite::advance_sweep(&self.0, run, source, None).unwrap();
    }

    async fn sweep_progress(&self, run: &RunId, source: &SourceName) -> SweepProgress {
        sqlite::sweep_progress(&self.0, run, source).unwrap()
    }

    async fn vanished_count(&self, run: &RunId) -> u64 {
        sqlite::vanished_count(&self.0, run).unwrap()
    }

    async fn raise_alert(&self, run: &RunId, alert: &Alert) {
        sqlite::raise_alert(&self.0, run, alert).unwrap();
    }

    async fn alerts(&self, run: &RunId) -> Vec<Alert> {
        sqlite::alerts(&self.0, run).unwrap()
    }

    async fn load_vectors(&self, model: &str, after: (i64, u32, u32), limit: u32) -> Vec<StoredVector> {
        sqlite::load_vectors(&self.0, model, after, limit).unwrap()
    }

    async fn comparable_documents(&self, terms: &RelatingTerms) -> Vec<ComparableDocument> {
        sqlite::comparable_documents(&self.0, terms, 0, 100).unwrap()
    }

    async fn due_documents(&self, terms: &RelatingTerms, range: (i64, i64)) -> Vec<i64> {
        sqlite::due_documents(&self.0, terms, range).unwrap()
    }

    async fn plan_relating(&self, terms: &RelatingTerms, size: u32) -> Vec<(i64, i64)> {
        sqlite::plan_relating(&self.0, terms, size).unwrap()
    }

    async fn unrelate_from_changed(&self, run: &RunId) {
        sqlite::unrelate_from_changed(&self.0, run).unwrap();
    }

    async fn store_findings(&self, terms: &RelatingTerms, findings: &Findings) {
        sqlite::store_findings(&self.0, terms, findings).unwrap();
    }

    async fn add_meaning_counters(&self, run: &RunId, worker: &WorkerId, counters: &MeaningCounters) {
        sqlite::add_meaning_counters(&self.0, run, worker, counters).unwrap();
    }

    async fn meaning_counters(&self, run: &RunId) -> MeaningCounters {
        sqlite::meaning_counters(&self.0, run).unwrap()
    }

    async fn related(&self, doc_id: &str) -> Vec<StoredLikeness> {
        self.rows(StoredLikeness::STATEMENT, doc_id, |row| {
            Ok(StoredLikeness {
                position: row.get(0)?,
                relationship_type: row.get(1)?,
                target_doc_id: row.get(2)?,
                target_position: row.get(3)?,
                score: row.get(4)?,
                model: row.get(5)?,
            })
        })
    }

    async fn duplicates(&self) -> Vec<(i64, i64, bool)> {
        let statement = "SELECT document_number, duplicate_of, is_exact FROM document_duplicates
                         WHERE ?1 IS NOT NULL ORDER BY document_number";
        self.rows(statement, "", |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    async fn resume_or_start_run(&self, fingerprint: &str) -> Run {
        sqlite::resume_or_start_run(&self.0, fingerprint, "snapshot").unwrap()
    }

    async fn complete_run(&self, run: &RunId) {
        sqlite::set_run_status(&self.0, run, RunStatus::Completed).unwrap();
    }

    async fn listing_progress(&self, run: &RunId, source: &SourceName) -> ListingProgress {
        sqlite::listing_progress(&self.0, run, source).unwrap()
    }

    async fn advance_listing(&self, run: &RunId, source: &SourceName, cursor: &str, listed: u64) {
        sqlite::advance_listing(&self.0, run, source, cursor, listed).unwrap();
    }

    async fn finish_listing(&self, run: &RunId, source: &SourceName) {
        sqlite::finish_listing(&self.0, run, source).unwrap();
    }

    async fn record_listing_problems(&self, run: &RunId, source: &SourceName, problems: &[ListingGap]) {
        for problem in problems {
            sqlite::record_listing_problem(&self.0, run, source, problem).unwrap();
        }
    }

    async fn listing_problems(&self, run: &RunId, limit: u32) -> Vec<(String, String)> {
        sqlite::listing_problems(&self.0, run, limit).unwrap()
    }

    async fn add_counters(&self, run: &RunId, worker: &WorkerId, counters: &RunCounters) {
        sqlite::add_counters(&self.0, run, worker, counters).unwrap();
    }

    async fn counters(&self, run: &RunId) -> RunCounters {
        sqlite::counters(&self.0, run).unwrap()
    }

    async fn count(&self, relation: Relation) -> u64 {
        let count = self.0.query_row(relation.count_statement(), [], |row| row.get::<_, i64>(0));
        count.unwrap().cast_unsigned()
    }

    async fn elements(&self, doc_id: &str) -> Vec<StoredElement> {
        self.rows("SELECT * FROM element_details WHERE doc_id = ?1 ORDER BY position", doc_id, |row| {
            Ok(StoredElement {
                element_id: row.get("element_id")?,
                parent_id: row.get("parent_id")?,
                position: row.get("position")?,
                parent_position: row.get("parent_position")?,
                ordinal: row.get("ordinal")?,
                depth: row.get("depth")?,
                element_type: row.get("element_type")?,
                text: row.get("text")?,
                content_location: row.get("content_location")?,
                attributes: parse(row.get("attributes")?),
            })
        })
    }

    async fn relationships(&self, doc_id: &str) -> Vec<StoredRelationship> {
        let statement = "SELECT r.position, r.target_doc_id, r.target_position, r.fragment
                         FROM relationships r JOIN documents d USING (document_number)
                         WHERE d.doc_id = ?1 AND r.relationship_type = 'explicit'";
        self.rows(statement, doc_id, |row| {
            Ok(StoredRelationship {
                position: row.get(0)?,
                target_doc_id: row.get(1)?,
                target_position: row.get(2)?,
                fragment: row.get(3)?,
            })
        })
    }

    async fn description(&self, doc_id: &str) -> (Option<String>, Option<Value>) {
        let statement = "SELECT title, metadata FROM documents WHERE doc_id = ?1";
        self.rows(statement, doc_id, |row| Ok((row.get(0)?, parse(row.get(1)?)))).remove(0)
    }

    async fn outline(&self, doc_id: &str) -> Vec<String> {
        let statement = "SELECT outline FROM document_outline WHERE doc_id = ?1 ORDER BY position";
        self.rows(statement, doc_id, |row| row.get(0))
    }
}
