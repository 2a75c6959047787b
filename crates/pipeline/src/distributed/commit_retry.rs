//! Commits that outlast an outage of the database, and documents that it refuses.

use super::database::Database;
use super::patience::Outage;
use crate::PipelineError;
use crate::ended::{CommitReport, Ended};
use crate::store::CommitStore;
use async_trait::async_trait;
use gdg_model::{DocumentRef, ErrorClass, Format, RunId};
use gdg_queue::Failure;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Commits groups, again and again while the database is away. Where the
/// database refuses a group for what is in it, the group is halved until the
/// document that it refuses is alone; that one has failed.
#[derive(Debug)]
pub(crate) struct PersistentCommits {
    pub(crate) database: Arc<Database>,
    /// Stops trying: what is not committed is given back.
    pub(crate) give_up: CancellationToken,
}

#[async_trait]
impl CommitStore for PersistentCommits {
    async fn commit(&self, run: &RunId, ended: Arc<Vec<Ended>>) -> Result<CommitReport, PipelineError> {
        let mut report = CommitReport::default();
        // The parts that remain, the next one last.
        let mut parts = vec![ended];
        let mut outage = Outage::new("commit documents");
        while let Some(part) = parts.pop() {
            match self.database.commit(run, Arc::clone(&part)).await {
                Ok(committed) => {
                    outage.is_over();
                    report.absorb(committed);
                }
                Err(error) if error.is_transient() => {
                    let wait = outage.go_on(&error);
                    if self.give_up.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                        return Err(error);
                    }
                    parts.push(part);
                }
                Err(error) if error.is_about_the_data() => parts.extend(smaller(part, &error)?),
                Err(error) => return Err(error),
            }
        }
        Ok(report)
    }
}

/// What to commit in place of a group that was refused.
fn smaller(part: Arc<Vec<Ended>>, error: &PipelineError) -> Result<Vec<Arc<Vec<Ended>>>, PipelineError> {
    // Nobody else holds the group once its commit has returned.
    let mut documents = Arc::try_unwrap(part).map_err(|_| PipelineError::Closed)?;
    if documents.len() > 1 {
        let second = documents.split_off(documents.len() / 2);
        return Ok(vec![Arc::new(second), Arc::new(documents)]);
    }
    let parts = documents.into_iter().map(|document| Arc::new(vec![refused(document, error)]));
    Ok(parts.collect())
}

/// The failure of a document that the database refuses.
fn refused(document: Ended, error: &PipelineError) -> Ended {
    let fence = document.fence();
    let (document, format, size): (DocumentRef, Option<Format>, u64) = match document {
        Ended::Stored { graph, .. } => {
            (graph.header().document.clone(), Some(graph.format()), graph.header().size)
        }
        Ended::Vanished { document, .. } | Ended::Related { shard: document, .. } => (document, None, 0),
        Ended::Skipped { header, .. } => (header.document.clone(), None, header.size),
        Ended::Unchanged { document, format, size, .. } | Ended::Failed { document, format, size, .. } => {
            (document, format, size)
        }
    };
    let message = format!("it cannot be stored: {error}");
    tracing::warn!(doc_id = %document.doc_id, %error, "the database refuses a document");
    let failure = Failure { fence, class: ErrorClass::Permanent, message, format, jitter: 0.0 };
    Ended::Failed { failure, document, format, size }
}
