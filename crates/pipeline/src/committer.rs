//! The one writer: ends documents in groups, a transaction a group.

use crate::PipelineError;
use crate::commit_channel::Waiting;
use crate::in_hand::InHand;
use crate::progress::Progress;
use crate::store::CommitStore;
use gdg_model::RunId;
use gdg_queue::Disposition;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Bytes of memory that a group has, unless a single document has more.
const MAX_GROUP_BYTES: usize = 8 << 20;

/// Ends documents as they come, as many at a time as have come while the last
/// group was being written: a durable commit costs much the same for one
/// document and for five hundred.
pub(crate) struct Committer {
    pub(crate) store: Arc<dyn CommitStore>,
    pub(crate) run: RunId,
    pub(crate) in_hand: Arc<InHand>,
    pub(crate) progress: Arc<Progress>,
    /// Documents that a group has at most.
    pub(crate) max_group: usize,
}

impl Committer {
    /// Runs until every sender is gone, or a commit fails.
    pub(crate) async fn run(self, mut waiting: mpsc::Receiver<Waiting>) -> Result<(), PipelineError> {
        while let Some(first) = waiting.recv().await {
            let group = self.gather(first, &mut waiting);
            self.commit(group).await?;
        }
        Ok(())
    }

    fn gather(&self, first: Waiting, waiting: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
        let mut bytes = first.ended.memory();
        let mut group = vec![first];
        while group.len() < self.max_group && bytes < MAX_GROUP_BYTES {
            let Ok(next) = waiting.try_recv() else { break };
            bytes += next.ended.memory();
            group.push(next);
        }
        group
    }

    async fn commit(&self, group: Vec<Waiting>) -> Result<(), PipelineError> {
        let fences: Vec<_> = group.iter().map(|waiting| waiting.ended.fence()).collect();
        let documents = fences.len();
        // The shares of memory are given back once the transaction has dropped the documents.
        let (group, _shares): (Vec<_>, Vec<_>) = group.into_iter().map(Waiting::into_parts).unzip();
        let report = self.store.commit(&self.run, Arc::new(group)).await?;
        self.progress.committed(&report);
        for (doc_id, failure, disposition) in &report.failures {
            log_failure(doc_id, failure, disposition);
        }
        if report.refused > 0 {
            tracing::warn!(
                refused = report.refused,
                "claims were no longer this worker's; nothing was stored for them"
            );
        }
        tracing::debug!(documents, followed = report.followed, "group committed");
        self.in_hand.let_go(fences);
        Ok(())
    }
}

fn log_failure(doc_id: &gdg_model::DocId, failure: &gdg_queue::Failure, disposition: &Disposition) {
    let (class, error) = (failure.class.as_str(), failure.message.as_str());
    let attempt = failure.fence.attempt;
    match disposition {
        Disposition::Retried(delay) => {
            tracing::debug!(%doc_id, attempt, class, error, retry_in_ms = delay.as_millis() as u64, "document failed; it is tried again");
        }
        Disposition::Dead => tracing::debug!(%doc_id, attempt, class, error, "document failed"),
        Disposition::Refused => {}
    }
}
