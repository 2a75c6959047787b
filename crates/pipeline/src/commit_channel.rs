//! The way from the parsers to the writer, bounded by memory.

use crate::ended::Ended;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Memory that parsed documents may take together while they wait for the
/// writer. One document that is larger than all of it passes alone.
const BUDGET_KIBIBYTES: u32 = 64 << 10;

/// A document on its way to the writer, with its share of the memory.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) ended: Ended,
    share: Option<OwnedSemaphorePermit>,
}

impl Waiting {
    /// The document, and its share of the memory, which is free again when it is dropped.
    pub(crate) fn into_parts(self) -> (Ended, Option<OwnedSemaphorePermit>) {
        (self.ended, self.share)
    }
}

/// The parsers' end.
#[derive(Debug, Clone)]
pub(crate) struct CommitSender {
    sender: mpsc::Sender<Waiting>,
    budget: Arc<Semaphore>,
}

/// The two ends of a channel that holds at most `documents` documents.
pub(crate) fn commit_channel(documents: usize) -> (CommitSender, mpsc::Receiver<Waiting>) {
    let (sender, receiver) = mpsc::channel(documents);
    let budget = Arc::new(Semaphore::new(BUDGET_KIBIBYTES as usize));
    (CommitSender { sender, budget }, receiver)
}

impl CommitSender {
    /// Sends a document to the writer, once there is room for it. It is
    /// dropped where the writer is gone: its claim is given back with the
    /// others that are still in hand. Cancel-safe in that sense.
    pub(crate) async fn send(&self, ended: Ended) {
        let kibibytes = u32::try_from(ended.memory() / 1024 + 1).unwrap_or(u32::MAX).min(BUDGET_KIBIBYTES);
        // The semaphore is never closed, so that a share always comes.
        let share = Arc::clone(&self.budget).acquire_many_owned(kibibytes).await.ok();
        let _ = self.sender.send(Waiting { ended, share }).await;
    }
}
