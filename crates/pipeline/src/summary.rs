//! What a run came to, for whoever reports it.

use gdg_model::RunId;
use gdg_queue::DeadLetter;
use gdg_storage::{Alert, MeaningCounters, Outcome, OutcomeKey, RunCounters, RunStatus, Tally};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a run came to. Counts are of the whole run, also of what earlier
/// processes did in it; times and rates are of this process.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// The run.
    pub run_id: RunId,
    /// Which generation of the work it is.
    pub generation: u32,
    /// How far it is.
    pub status: RunStatus,
    /// Whether an earlier process began it.
    pub resumed: bool,
    /// Whether it was stopped before its end; running again goes on with it.
    pub interrupted: bool,
    /// What became of its documents.
    pub counters: RunCounters,
    /// What was embedded and related.
    pub meaning: MeaningCounters,
    /// Documents that were given up, the latest first; not all where there are very many.
    pub failures: Vec<DeadLetter>,
    /// What the listings could not read: locators, each with the reason.
    pub listing_problems: Vec<(String, String)>,
    /// Documents that were removed because they are no longer in their sources.
    pub vanished: u64,
    /// What a person should look at.
    pub alerts: Vec<Alert>,
    /// Documents still to be done, where it was interrupted.
    pub remaining: u64,
    /// Documents that this process stored, passed over or gave up.
    pub processed_here: u64,
    /// Time from the start of this process's work to its end.
    pub elapsed: Duration,
}

impl RunSummary {
    /// How many documents were given up.
    pub fn failed(&self) -> u64 {
        self.counters.of_outcome(Outcome::Failed).documents
    }

    /// Documents a second that this process stored, passed over or gave up.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.processed_here as f64 / seconds } else { 0.0 }
    }

    /// Counts by outcome and format, summed over the sources.
    pub fn by_outcome_and_format(&self) -> BTreeMap<(Outcome, String), Tally> {
        let mut rows: BTreeMap<(Outcome, String), Tally> = BTreeMap::new();
        for (OutcomeKey { outcome, format, .. }, tally) in self.counters.iter() {
            rows.entry((*outcome, format.clone())).or_default().add(tally);
        }
        rows
    }

    /// The summary as JSON, for programs.
    pub fn to_json(&self) -> Value {
        let total = self.counters.total();
        let outcomes: serde_json::Map<String, Value> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome.to_string(), json!(self.counters.of_outcome(outcome).documents)))
            .collect();
        let formats: Vec<Value> = self
            .by_outcome_and_format()
            .into_iter()
            .map(|((outcome, format), tally)| {
                json!({
                    "outcome": outcome.as_str(),
                    "format": format,
                    "documents": tally.documents,
                    "elements": tally.elements,
                    "bytes": tally.bytes,
                })
            })
            .collect();
        let failures: Vec<Value> = self
            .failures
            .iter()
            .map(|failure| {
                json!({ "doc_id": failure.doc_id, "class": failure.class, "error": failure.message, "retries": failure.retry_count })
            })
            .collect();
        let problems: Vec<Value> = self
            .listing_problems
            .iter()
            .map(|(locator, message)| json!({ "locator": locator, "error": message }))
            .collect();
        let alerts: Vec<Value> = self
            .alerts
            .iter()
            .map(|alert| json!({ "kind": alert.kind, "source": alert.source_name, "message": alert.message }))
            .collect();
        json!({
            "run_id": self.run_id,
            "generation": self.generation,
            "status": self.status.as_str(),
            "resumed": self.resumed,
            "interrupted": self.interrupted,
            "remaining": self.remaining,
            "documents": outcomes,
            "elements": total.elements,
            "structural_relationships": total.structural_relationships,
            "explicit_relationships": total.explicit_relationships,
            "vectors": self.meaning.vectors,
            "semantic_relationships": self.meaning.semantic_relationships,
            "cross_document_relationships": self.meaning.cross_document_relationships,
            "duplicates": self.meaning.duplicates,
            "bytes": total.bytes,
            "seconds": self.elapsed.as_secs_f64(),
            "documents_per_second": self.rate(),
            "by_format": formats,
            "failures": failures,
            "listing_problems": problems,
            "vanished": self.vanished,
            "alerts": alerts,
        })
    }
}
