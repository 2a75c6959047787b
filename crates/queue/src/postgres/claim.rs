//! Claims.

use crate::{Claim, Fence, Priority, QueueError};
use gdg_model::{DocId, DocumentRef, RunId, SourceName, Stamp, WorkerId};
use gdg_postgres::{Postgres, Row, Type};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a cursor is followed before a claim begins at the run's mark again.
pub const CURSOR_LIFE: Duration = Duration::from_secs(5);

/// The part of the way to where others' claims ended the last time that a claim begins further on.
const LEAD: (i64, i64) = (3, 4);

/// A claimer's cursors in a run, by priority: where its next claim begins.
/// Claimers of one process may share them.
///
/// While a claimer works on a batch, others claim what lies behind its cursor.
/// It would walk over all of that, and much of it is locked by claims that wait
/// for their commit. So it begins a part of that way further on, with a lead.
#[derive(Debug, Default)]
pub struct Cursors(Mutex<State>);

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// By the number of the priority; `None` is the run's mark.
    cursors: [Option<Cursor>; 3],
    /// When they last began at the mark.
    began: Option<Instant>,
}

/// A cursor of one priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    /// The last position that was claimed.
    last: i64,
    /// How many positions behind it are left to others.
    ///
    /// A guess at what they have claimed meanwhile, by what they claimed before. What it passes over wrongly is claimed
    /// once somebody begins at the mark again, as whatever lies behind a cursor is.
    lead: i64,
}

impl Cursor {
    /// After a claim behind `before` (the mark when `None`) gave the positions `first` to `last`.
    fn after(before: Option<Self>, first: i64, last: i64) -> Self {
        let lead = before.map_or(0, |before| {
            if first - before.begin() <= 1 {
                // Nobody had been there: the lead was too long.
                before.lead / 2
            } else {
                (first - before.last) / LEAD.1 * LEAD.0
            }
        });
        Self { last, lead }
    }

    /// The position behind which a claim begins.
    fn begin(&self) -> i64 {
        self.last + self.lead
    }
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
        if claims.is_empty() && from.cursors.iter().any(Option::is_some) {
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
        let [low, normal, high] = from.cursors.map(|cursor| cursor.map(|cursor| cursor.begin()));
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
        self.advance(from, &claimed, limit as usize);
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
            *state = State { cursors: [None; 3], began: Some(Instant::now()) };
        }
        *state
    }

    /// Moves the cursors behind what was claimed from `from` on; back to the mark after a claim that came back short.
    fn advance(&self, from: &State, claimed: &[Claimed], limit: usize) {
        let mut state = self.lock();
        if claimed.len() < limit {
            *state = State::default();
            return;
        }
        for (number, (cursor, before)) in state.cursors.iter_mut().zip(from.cursors).enumerate() {
            let positions = || {
                let of_priority = |claimed: &&Claimed| claimed.claim.priority().number() as usize == number;
                claimed
                    .iter()
                    .filter(|claimed| !claimed.is_retry)
                    .filter(of_priority)
                    .map(|claimed| claimed.position)
            };
            let (Some(first), Some(last)) = (positions().min(), positions().max()) else { continue };
            // Another claimer that shares the cursors may have come further.
            if cursor.is_none_or(|cursor| cursor.last < last) {
                *cursor = Some(Cursor::after(before, first, last));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: i64 = 100;

    /// A claimer between whose claims others take `taken` documents each; where its last claim began, behind its cursor.
    fn lead_among_others(taken: impl Iterator<Item = i64>) -> i64 {
        let mut cursor = Cursor::after(None, 1, BATCH);
        for taken in taken {
            let first = cursor.begin().max(cursor.last + taken) + 1;
            cursor = Cursor::after(Some(cursor), first, first + BATCH - 1);
        }
        cursor.lead
    }

    #[test]
    fn a_claimer_alone_leaves_nothing_out() {
        assert_eq!(lead_among_others(std::iter::repeat_n(0, 100)), 0);
    }

    #[test]
    fn among_others_a_claim_begins_most_of_the_way_to_where_they_are() {
        let lead = lead_among_others(std::iter::repeat_n(1_500, 100));
        assert!((1_000..1_500).contains(&lead), "{lead}");
    }

    #[test]
    fn once_the_others_have_stopped_the_lead_is_soon_gone() {
        assert_eq!(lead_among_others(std::iter::repeat_n(1_500, 10).chain(std::iter::repeat_n(0, 12))), 0);
    }
}
