//! The sweep at the end of a run: documents that are no longer in their sources leave the graph.

use crate::PipelineError;
use crate::store::SweepStore;
use gdg_model::{RunId, SourceName};
use gdg_storage::Alert;
use std::sync::Arc;

/// Documents that are looked at in one transaction.
const PAGE: u32 = 5_000;

/// The documents of a source, counted.
#[derive(Debug, Default)]
struct Count {
    found: u64,
    vanished: u64,
    /// A number up to which none has vanished.
    in_place_to: i64,
}

/// Removes what vanished from one source, once its listing is done and the run has drained.
///
/// It first counts: a listing that lost more than `guard` of a source's
/// documents is not believed, and nothing is removed. Then it removes page by
/// page; an interrupted sweep goes on where it was, and does not count again.
pub(crate) struct Sweep {
    pub(crate) store: Arc<dyn SweepStore>,
    pub(crate) run: RunId,
    pub(crate) source: SourceName,
    /// The part of a source's documents that may vanish from one run to the next, from 0 to 1.
    pub(crate) guard: f64,
}

impl Sweep {
    /// Runs to its end, and returns how many documents it removed.
    pub(crate) async fn run(&self) -> Result<u64, PipelineError> {
        let progress = self.store.sweep_progress(&self.run, &self.source).await?;
        if progress.finished {
            return Ok(0);
        }
        let lost_links = self.store.has_lost_links(&self.run, &self.source).await?;
        if progress.after > 0 {
            return self.remove(progress.after, lost_links).await;
        }
        let count = self.count(lost_links).await?;
        if let Some(alert) = self.alert(&count) {
            tracing::error!(source = %self.source, message = alert.message, "nothing is removed");
            self.store.finish_sweep(&self.run, &self.source, Some(alert)).await?;
            return Ok(0);
        }
        // The first to be removed lies behind all that is in its place.
        self.remove(count.in_place_to, lost_links).await
    }

    async fn count(&self, lost_links: bool) -> Result<Count, PipelineError> {
        let mut count = Count::default();
        let mut after = 0;
        loop {
            let page =
                self.store.vanished_documents(&self.run, &self.source, after, PAGE, lost_links).await?;
            let Some(last) = page.last else { return Ok(count) };
            after = last;
            count.found += page.found;
            count.vanished += page.vanished.len() as u64;
            if count.vanished == 0 {
                count.in_place_to = last;
            }
        }
    }

    /// What there is to say against removing what has vanished.
    fn alert(&self, count: &Count) -> Option<Alert> {
        let &Count { found, vanished, .. } = count;
        let part = vanished as f64 / (found + vanished).max(1) as f64;
        (part > self.guard).then(|| Alert {
            kind: Alert::DELETION_GUARD.into(),
            source_name: self.source.clone(),
            message: format!(
                "{vanished} of {} documents have vanished from source `{}`, more than processing.deletion_guard \
                 allows ({} %); nothing was removed. If they are really gone, set it higher for one run",
                found + vanished,
                self.source,
                (self.guard * 100.0).round(),
            ),
        })
    }

    /// Removes what vanished among the documents behind the number `after`, to the end of the source.
    async fn remove(&self, mut after: i64, lost_links: bool) -> Result<u64, PipelineError> {
        let mut removed = 0;
        loop {
            let page =
                self.store.vanished_documents(&self.run, &self.source, after, PAGE, lost_links).await?;
            let Some(last) = page.last else { break };
            after = last;
            if !page.vanished.is_empty() {
                removed += self.store.bury(&self.run, &self.source, page.vanished, last).await?;
            }
        }
        self.store.finish_sweep(&self.run, &self.source, None).await?;
        if removed > 0 {
            tracing::info!(source = %self.source, removed, "documents that vanished from their source were removed");
        }
        Ok(removed)
    }
}
