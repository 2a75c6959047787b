//! The pump: claims documents and has them processed, as many at a time as may be in hand.

use crate::PipelineError;
use crate::commit_channel::CommitSender;
use crate::ended::ClaimedDocument;
use crate::in_hand::InHand;
use crate::processing::Processor;
use crate::shutdown::Shutdown;
use async_trait::async_trait;
use gdg_config::Config;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Where documents come from.
#[async_trait]
pub(crate) trait Supply: Send + Sync {
    /// Claims up to `limit` documents and takes them in hand; waits where there are none.
    ///
    /// It is not cut short by `halt` in the middle of a claim: what is claimed
    /// has to be given back. While it waits, it returns once `halt` is asked for.
    async fn next(&self, limit: u32, halt: &CancellationToken) -> Result<Supplied, PipelineError>;
}

/// What a [`Supply`] came to.
pub(crate) enum Supplied {
    /// Documents to process.
    Documents(Vec<ClaimedDocument>),
    /// There may be some now.
    LookAgain,
    /// There will be no more.
    Over,
}

/// How many documents are claimed at a time, and held at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimLimits {
    pub(crate) batch: u32,
    pub(crate) in_hand: usize,
}

impl ClaimLimits {
    /// The limits of a worker that parses `parse_threads` documents at a time and holds `prefetch` more.
    pub(crate) fn new(config: &Config, parse_threads: usize, prefetch: usize) -> Self {
        let batch = config.work_queue.batch_size.get();
        Self { batch, in_hand: parse_threads.max(batch as usize) + prefetch }
    }

    /// The limits for shards of documents to be compared: each is work for all processors, and the rest is for others.
    pub(crate) const fn of_shards() -> Self {
        Self { batch: 1, in_hand: 1 }
    }
}

/// How many documents a worker still takes, where it was told a number.
#[derive(Debug)]
pub(crate) struct Quota(Option<AtomicU64>);

impl Quota {
    pub(crate) fn new(documents: Option<u64>) -> Self {
        Self(documents.map(AtomicU64::new))
    }

    /// How many of `wanted` may be claimed.
    fn allow(&self, wanted: u32) -> u32 {
        self.0.as_ref().map_or(wanted, |left| {
            u32::try_from(left.load(Ordering::Acquire)).unwrap_or(u32::MAX).min(wanted)
        })
    }

    fn use_up(&self, documents: usize) {
        if let Some(left) = &self.0 {
            // One task claims at a time, so that this never goes below zero.
            left.fetch_sub(documents as u64, Ordering::AcqRel);
        }
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_used_up(&self) -> bool {
        self.allow(1) == 0
    }
}

/// Claims and processes documents until there are no more, or until it is halted.
pub(crate) struct Pump {
    pub(crate) processor: Arc<Processor>,
    pub(crate) in_hand: Arc<InHand>,
    pub(crate) limits: ClaimLimits,
    pub(crate) quota: Arc<Quota>,
    pub(crate) shutdown: Shutdown,
    pub(crate) shutdown_grace: Duration,
}

impl Pump {
    /// Runs until `supply` is over, or until `halt`; then waits for what is
    /// being processed, for as long as the grace period allows. What is still
    /// in hand when it returns was not ended, and is the caller's to give back.
    pub(crate) async fn run(
        &self,
        supply: &dyn Supply,
        writer: CommitSender,
        halt: &CancellationToken,
    ) -> Result<(), PipelineError> {
        let mut tasks = JoinSet::new();
        let outcome = self.claim(supply, &writer, &mut tasks, halt).await;
        if outcome.is_err() {
            halt.cancel();
        }
        // Documents whose turn has not come give up by themselves; those that are being processed are waited for.
        // The grace period begins when a stop is asked for, not before.
        let grace = async {
            halt.cancelled().await;
            tokio::select! {
                () = tokio::time::sleep(self.shutdown_grace) => {}
                () = self.shutdown.abandon.cancelled() => {}
            }
        };
        let all_ended = async { while tasks.join_next().await.is_some() {} };
        let ended_in_time = tokio::select! {
            () = all_ended => true,
            () = grace => false,
        };
        if !ended_in_time {
            tracing::warn!("documents that are still being processed are given back");
            tasks.shutdown().await;
        }
        outcome
    }

    async fn claim(
        &self,
        supply: &dyn Supply,
        writer: &CommitSender,
        tasks: &mut JoinSet<()>,
        halt: &CancellationToken,
    ) -> Result<(), PipelineError> {
        while !halt.is_cancelled() {
            while tasks.try_join_next().is_some() {}
            let room = self.limits.in_hand.saturating_sub(self.in_hand.len());
            let wanted = (room as u32).min(self.limits.batch);
            // A claim is worth a transaction when there is room for a batch, or for half of all that may be held.
            if wanted < self.limits.batch && room < self.limits.in_hand.div_ceil(2) {
                halt.run_until_cancelled(self.in_hand.changed()).await;
                continue;
            }
            let wanted = self.quota.allow(wanted);
            if wanted == 0 {
                break;
            }
            match supply.next(wanted, halt).await? {
                Supplied::Documents(documents) => {
                    self.quota.use_up(documents.len());
                    self.begin(documents, writer, tasks, halt);
                }
                Supplied::LookAgain => {}
                Supplied::Over => break,
            }
        }
        Ok(())
    }

    fn begin(
        &self,
        documents: Vec<ClaimedDocument>,
        writer: &CommitSender,
        tasks: &mut JoinSet<()>,
        halt: &CancellationToken,
    ) {
        for claimed in documents {
            let (processor, writer, halt) = (Arc::clone(&self.processor), writer.clone(), halt.clone());
            tasks.spawn(async move {
                if let Some(turn) = halt.run_until_cancelled(processor.turn()).await {
                    processor.process(claimed, turn, writer).await;
                }
            });
        }
    }
}
