//! The low-water marks of a run: where claims begin that follow no cursor.

use crate::QueueError;
use gdg_model::RunId;
use gdg_postgres::{Postgres, Row, Type};
use std::collections::HashSet;

/// Moves the low-water marks of a run on. One process at a time should do it,
/// a call every second or so; that two do it is harmless.
///
/// A position may be passed once everything that will ever be there is there
/// to be seen. Whoever draws positions holds a lock on the queue's table from
/// before the first is drawn until the rows can be seen. So the last position
/// that can be seen is read first, then who holds the lock; once none of those
/// holds it any more, everything up to that position is settled. (What can be
/// seen is durable, and so is the sequence up to there: a position that is
/// settled is never given again, even if the server crashes.)
#[derive(Debug, Default)]
pub struct LowWaterMarks {
    settling: Option<Settling>,
}

#[derive(Debug)]
struct Settling {
    last_position: i64,
    writers: HashSet<String>,
}

impl LowWaterMarks {
    /// Looks once, and moves the marks of `run` if a position has settled since
    /// an earlier call. Returns whether it did.
    pub async fn advance(&mut self, postgres: &Postgres, run: &RunId) -> Result<bool, QueueError> {
        let writers = writers(postgres).await?;
        let is_settled = self.settling.as_ref().is_none_or(|settling| settling.writers.is_disjoint(&writers));
        if !is_settled {
            return Ok(false);
        }
        let settled = self.settling.take();
        if let Some(settled) = &settled {
            let parameters: [gdg_postgres::Parameter<'_>; 2] =
                [(&run.as_str(), Type::TEXT), (&settled.last_position, Type::INT8)];
            postgres.execute(include_str!("sql/advance_marks.sql"), &parameters).await?;
        }
        // In this order: a writer that is not seen holding the lock has drawn
        // nothing up to the position that was read before.
        let parameters: [gdg_postgres::Parameter<'_>; 1] = [(&run.as_str(), Type::TEXT)];
        let rows = postgres.query(include_str!("sql/last_position.sql"), &parameters).await?;
        let seen: Option<i64> = rows.first().and_then(|row| row.get(0));
        // An empty queue has nothing new to settle.
        let last_position = seen.or(settled.as_ref().map(|settled| settled.last_position)).unwrap_or(0);
        let writers = self::writers(postgres).await?;
        self.settling = Some(Settling { last_position, writers });
        Ok(settled.is_some())
    }
}

/// The transactions that may have drawn positions which cannot be seen yet.
async fn writers(postgres: &Postgres) -> Result<HashSet<String>, QueueError> {
    let rows = postgres.query(include_str!("sql/writers.sql"), &[]).await?;
    Ok(rows.iter().map(|row: &Row| row.get(0)).collect())
}
