//! Documents for one worker, from the queue that all share.

use super::database::{Database, with_known};
use super::patience::patiently;
use super::wakeups::Wakeups;
use crate::PipelineError;
use crate::in_hand::InHand;
use crate::progress::Progress;
use crate::pump::{Supplied, Supply};
use async_trait::async_trait;
use gdg_model::{DocId, DocumentRef, RunId};
use gdg_queue::{Claim, Fence};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Claims documents of one run.
pub(crate) struct QueueSupply {
    pub(crate) database: Arc<Database>,
    pub(crate) run: RunId,
    pub(crate) in_hand: Arc<InHand>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) wakeups: Arc<Wakeups>,
    /// The run takes no more work.
    pub(crate) over: CancellationToken,
    pub(crate) poll_interval: Duration,
}

#[async_trait]
impl Supply for QueueSupply {
    async fn next(&self, limit: u32, halt: &CancellationToken) -> Result<Supplied, PipelineError> {
        if self.over.is_cancelled() {
            return Ok(Supplied::Over);
        }
        let claiming = patiently("claim documents", halt, || self.database.claim(&self.run, limit));
        let Some(claims) = claiming.await? else { return Ok(Supplied::LookAgain) };
        if claims.is_empty() {
            self.wait(halt).await;
            return Ok(Supplied::LookAgain);
        }
        self.take(claims, halt).await
    }
}

impl QueueSupply {
    async fn take(&self, claims: Vec<Claim>, halt: &CancellationToken) -> Result<Supplied, PipelineError> {
        let claims: Vec<(Fence, DocumentRef)> = claims
            .into_iter()
            .map(|claim| {
                let document = claim.document().clone();
                (claim.settle(), document)
            })
            .collect();
        // In hand from here on: kept alive, and given back if nothing comes of them.
        self.in_hand.take(claims.iter().map(|(fence, _)| *fence));
        self.progress.claimed(claims.len() as u64);
        let doc_ids: Vec<DocId> = claims.iter().map(|(_, document)| document.doc_id.clone()).collect();
        let finding = patiently("look up documents", halt, || self.database.find_known(&doc_ids));
        let Some(known) = finding.await? else { return Ok(Supplied::LookAgain) };
        Ok(Supplied::Documents(with_known(claims, known)))
    }

    /// Waits until there may be something to claim. While notifications arrive,
    /// the heartbeat is the only other thing that looks.
    async fn wait(&self, halt: &CancellationToken) {
        let drained = async {
            loop {
                if self.in_hand.len() == 0 {
                    // If this worker leads: the run may be done.
                    self.wakeups.conductor.notify_one();
                }
                self.in_hand.changed().await;
            }
        };
        tokio::select! {
            () = self.wakeups.documents.notified() => {}
            () = self.over.cancelled() => {}
            () = halt.cancelled() => {}
            () = self.wakeups.poll(self.poll_interval) => {}
            () = drained => {}
        }
    }
}
