//! Claims.

use crate::{Claim, Fence, Priority, QueueError};
use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Row, Type};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a cursor is followed before a claim begins at the run's mark again.
pub const CURSOR_LIFE: Duration = Duration::from_secs(5);

/// A claimer's cursors in a run, by priority: it has seen all that lies before
/// them. Claimers of one process may share them.
#[derive(Debug, Default)]
pub struct Cursors(Mutex<State>);

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// By the number of the priority; `None` is the run's mark.
    positions: [Option<i64>; 3],
    /// When they last began at the mark.
    began: Option<Instant>,
}

impl Cursors {
    /// Claims up to `limit` documents of `run` for `worker` beyond the cursors;
    /// see [`Queue::claim`](crate::Queue::claim).
    ///
    /// A claim that finds nothing has looked from the run's mark on.
    pub async fn claim(
        &self,
        postgres: &Postgres,
        run: &RunId,
        worker: &WorkerId,
        limit: u32,
    ) -> Result<Vec<Claim>, QueueError> {
        let from = self.begin();
        let mut claims = self.claim_from(&from, postgres, run, worker, limit).await?;
        if claims.is_empty() && from.positions.iter().any(Option::is_some) {
            let from = self.begin();
            claims = self.claim_from(&from, postgres, run, worker, limit).await?;
        }
        Ok(claims)
    }

    async fn claim_from(
        &self,
        from: &State,
        postgres: &Postgres,
        run: &RunId,
        worker: &WorkerId,
        limit: u32,
    ) -> Result<Vec<Claim>, QueueError> {
        let [low, normal, high] = from.positions;
        let rows = postgres
            .query(
                include_str!("sql/claim.sql"),
                &[
                    (&run.as_str(), Type::TEXT),
                    (&worker.as_str(), Type::TEXT),
                    (&i64::from(limit), Type::INT8),
                    (&high, Type::INT8),
                    (&normal, Type::INT8),
                    (&low, Type::INT8),
                ],
            )
            .await?;
        let mut claimed = rows.iter().map(read_claim).collect::<Result<Vec<_>, _>>()?;
        self.advance(&claimed, limit as usize);
        // RETURNING gives rows in no particular order.
        claimed.sort_unstable_by_key(|claimed| {
            (std::cmp::Reverse(claimed.claim.priority()), claimed.is_retry, claimed.position)
        });
        Ok(claimed.into_iter().map(|claimed| claimed.claim).collect())
    }

    /// Where the next claim begins.
    fn begin(&self) -> State {
        let mut state = self.lock();
        if state.began.is_none_or(|began| began.elapsed() >= CURSOR_LIFE) {
            *state = State { positions: [None; 3], began: Some(Instant::now()) };
        }
        *state
    }

    /// Moves the cursors behind what was claimed; back to the mark after a claim that came back short.
    fn advance(&self, claimed: &[Claimed], limit: usize) {
        let mut state = self.lock();
        if claimed.len() < limit {
            *state = State::default();
            return;
        }
        for claimed in claimed.iter().filter(|claimed| !claimed.is_retry) {
            let cursor = &mut state.positions[claimed.claim.priority().number() as usize];
            *cursor = (*cursor).max(Some(claimed.position));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Claimed {
    claim: Claim,
    position: i64,
    /// A retry that was due was taken by its time, not by its position.
    is_retry: bool,
}

fn read_claim(row: &Row) -> Result<Claimed, QueueError> {
    let queue_id = row.get("queue_id");
    let number: i16 = row.get("priority");
    let priority = Priority::from_number(number.into())
        .ok_or_else(|| QueueError::Damaged { queue_id, detail: format!("priority {number}") })?;
    let document = DocumentRef {
        doc_id: DocId::new(row.get::<_, String>("doc_id")),
        source_name: SourceName::new(row.get::<_, String>("source_name")),
        locator: row.get("locator"),
        link_depth: row.get::<_, i32>("link_depth").cast_unsigned(),
        stamp: Stamp {
            etag: row.get("etag"),
            modified_at: row.get("modified_at"),
            size: row.get::<_, Option<i64>>("size_bytes").map(i64::cast_unsigned),
        },
    };
    let fence = Fence { queue_id, attempt: row.get::<_, i32>("attempt").cast_unsigned() };
    let retry_count = row.get::<_, i32>("retry_count").cast_unsigned();
    Ok(Claimed {
        claim: Claim::new(fence, document, priority, retry_count),
        position: row.get("position"),
        is_retry: row.get("is_retry"),
    })
}
