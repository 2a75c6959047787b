//! Which sources' links are followed, seen from a worker that stores documents.
//!
//! Links are followed once the listing of their source is done: until then the
//! leader lists, then it says so (`following_since`), and then it catches up on
//! the links of what was stored before. A worker that stores a document must
//! not miss the turn: either it sees that links are followed, or the document
//! is there when the leader catches up. So workers hold an advisory lock,
//! shared, while they look and until they commit, and the leader takes the
//! same lock for itself to say so: then it has waited for everyone who looked before.

use crate::PipelineError;
use gdg_model::{RunId, SourceName};
use gdg_postgres::{Transaction, Type};
use gdg_storage::postgres as storage;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARE: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))";
const TAKE: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

/// What a worker knows of it; a source that is followed stays so to the end of its run.
#[derive(Debug, Default)]
pub(crate) struct Following {
    known: Mutex<(Option<RunId>, HashSet<SourceName>)>,
}

impl Following {
    /// The sources of `wanted`, or more, whose links are followed in `run`.
    pub(crate) async fn sources(
        &self,
        transaction: &Transaction,
        run: &RunId,
        wanted: &HashSet<&SourceName>,
    ) -> Result<HashSet<SourceName>, PipelineError> {
        {
            let known = self.lock();
            if known.0.as_ref() == Some(run) && wanted.iter().all(|source| known.1.contains(*source)) {
                return Ok(known.1.clone());
            }
        }
        // In a statement of its own: the next one sees what was committed before the lock was given.
        transaction.query(SHARE, &[(&lock_name(run), Type::TEXT)]).await?;
        let following = storage::following_sources(transaction, run).await?;
        *self.lock() = (Some(run.clone()), following.clone());
        Ok(following)
    }

    fn lock(&self) -> MutexGuard<'_, (Option<RunId>, HashSet<SourceName>)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until no worker is about to store documents without having seen what this transaction says.
pub(crate) async fn wait_for_workers(transaction: &Transaction, run: &RunId) -> Result<(), PipelineError> {
    transaction.query(TAKE, &[(&lock_name(run), Type::TEXT)]).await?;
    Ok(())
}

fn lock_name(run: &RunId) -> String {
    format!("following {run}")
}
