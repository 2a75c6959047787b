//! Discovery: a source's listing into the queue.

use crate::PipelineError;
use crate::progress::Progress;
use crate::store::{DiscoveryBatch, DiscoveryStore};
use futures::StreamExt;
use gdg_model::{DocumentRef, RunId};
use gdg_sources::{Cursor, ListedBatch, ListingProblem, ProblemScope, Source};
use gdg_storage::ListingGap;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Documents a batch of a listing has at most: what one transaction takes in.
const LISTING_BATCH: usize = 1_000;
/// Documents whose links are looked through at a time.
const LINKING_PAGE: u32 = 500;

/// Lists one source into the queue of a run.
pub(crate) struct Discovery {
    pub(crate) store: Arc<dyn DiscoveryStore>,
    pub(crate) run: RunId,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) parse_fingerprint: Arc<str>,
    pub(crate) progress: Arc<Progress>,
    /// Told when documents were enqueued.
    pub(crate) enqueued: Arc<Notify>,
}

impl Discovery {
    /// Lists the source from where the run's cursor stands to its end, then
    /// follows the links of what was stored meanwhile. Returns early when `cancelled`.
    ///
    /// Links are followed only once the listing is done: what a source lists
    /// is thus never taken for something that only a link leads to, whichever
    /// the pipeline comes across first.
    pub(crate) async fn run(self, cancelled: CancellationToken) -> Result<(), PipelineError> {
        let progress = self.store.listing_progress(&self.run, self.source.name()).await?;
        if !progress.finished {
            let mut batches = self.source.list(progress.cursor.map(Cursor::new), LISTING_BATCH);
            while let Some(batch) = cancelled.run_until_cancelled(batches.next()).await.flatten() {
                self.take_in(batch?).await?;
            }
            if cancelled.is_cancelled() {
                return Ok(());
            }
        }
        // From here on links are enqueued as documents are stored; those of documents stored before are caught up on.
        self.store.begin_following(&self.run, self.source.name()).await?;
        if !progress.finished {
            self.follow_links_so_far().await?;
            self.store.finish_listing(&self.run, self.source.name()).await?;
        }
        Ok(())
    }

    async fn take_in(&self, batch: ListedBatch) -> Result<(), PipelineError> {
        let problems: Vec<_> = batch.problems.into_iter().map(gap_of).collect();
        for ListingGap { locator, message, .. } in &problems {
            tracing::warn!(source = %self.source.name(), locator, message, "the listing goes on without what it cannot read");
        }
        let batch = DiscoveryBatch {
            source: self.source.name().clone(),
            documents: batch.documents,
            problems,
            cursor: batch.cursor.as_str().to_owned(),
            parse_fingerprint: Arc::clone(&self.parse_fingerprint),
        };
        let discovered = self.store.discover(&self.run, batch).await?;
        self.progress.discovered(discovered);
        self.enqueued.notify_one();
        Ok(())
    }

    async fn follow_links_so_far(&self) -> Result<(), PipelineError> {
        let mut after = 0;
        loop {
            let page =
                self.store.open_dependencies(&self.run, self.source.name(), after, LINKING_PAGE).await?;
            let Some(last) = page.last else { return Ok(()) };
            after = last;
            let source = Arc::clone(&self.source);
            // A source may look at its files to tell whether a link can be followed.
            let looking = tokio::task::spawn_blocking(move || {
                page.targets.into_iter().filter(|target| source.may_follow(target)).collect()
            });
            let linked: Vec<DocumentRef> = looking.await.unwrap_or_default();
            let added = self.store.enqueue_linked(&self.run, linked).await?;
            self.progress.followed(added);
            self.enqueued.notify_one();
        }
    }
}

fn gap_of(problem: ListingProblem) -> ListingGap {
    ListingGap {
        locator: problem.locator,
        message: problem.error.to_string(),
        hides_source: problem.scope == ProblemScope::Source,
    }
}
