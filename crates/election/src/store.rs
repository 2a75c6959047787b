//! The lease in the database: one statement, one transaction each.

use crate::{CHANNEL, Epoch, LeaseName, LeaseTerms};
use gdg_postgres::{Postgres, PostgresError, Row, Transaction, Type};
use std::time::Duration;

/// How a campaign ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Campaign {
    /// The lease is ours, under this epoch.
    Won(Epoch),
    /// Somebody holds it.
    Held {
        /// Who.
        holder: String,
        /// Under which epoch.
        epoch: Epoch,
        /// How long the lease still lives. Zero: it has run out, but just now
        /// somebody else takes it, or a transaction that its fence let pass is
        /// still open.
        expires_in: Duration,
    },
}

/// One candidate's access to one lease.
///
/// A future that is dropped leaves open whether its statement takes effect.
#[derive(Debug, Clone)]
pub struct LeaseStore {
    postgres: Postgres,
    name: LeaseName,
    holder: String,
    ttl: i64,
}

impl LeaseStore {
    /// Access to the lease `name` for `holder`, which no other process may be called.
    pub fn new(postgres: Postgres, name: LeaseName, holder: impl Into<String>, terms: &LeaseTerms) -> Self {
        let ttl = i64::try_from(terms.ttl.as_millis()).unwrap_or(i64::MAX);
        Self { postgres, name, holder: holder.into(), ttl }
    }

    /// The lease.
    pub fn name(&self) -> &LeaseName {
        &self.name
    }

    /// Who asks for it.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Takes the lease if it has run out, under the next epoch. Waits neither
    /// for a leader that writes nor for another candidate that takes it.
    pub async fn campaign(&self) -> Result<Campaign, PostgresError> {
        loop {
            let parameters = [
                (&self.name.as_str() as _, Type::TEXT),
                (&self.holder as _, Type::TEXT),
                (&self.ttl as _, Type::INT8),
                (&CHANNEL as _, Type::TEXT),
            ];
            let rows = self.postgres.query(include_str!("sql/campaign.sql"), &parameters).await?;
            // No row: the very first campaign for this lease was won by somebody else. The next one sees it.
            if let Some(row) = rows.first() {
                return Ok(outcome(row));
            }
        }
    }

    /// Lengthens the lease; `false` if it is not ours under this epoch any more, or has run out.
    pub async fn renew(&self, epoch: Epoch) -> Result<bool, PostgresError> {
        let parameters = [
            (&self.name.as_str() as _, Type::TEXT),
            (&self.holder as _, Type::TEXT),
            (&epoch.0 as _, Type::INT8),
            (&self.ttl as _, Type::INT8),
            (&CHANNEL as _, Type::TEXT),
        ];
        let rows = self.postgres.query(include_str!("sql/renew.sql"), &parameters).await?;
        Ok(!rows.is_empty())
    }

    /// Gives the lease back, so that another candidate can have it at once;
    /// `false` if it is not ours under this epoch any more, or has run out.
    pub async fn resign(&self, epoch: Epoch) -> Result<bool, PostgresError> {
        let parameters = [
            (&self.name.as_str() as _, Type::TEXT),
            (&self.holder as _, Type::TEXT),
            (&epoch.0 as _, Type::INT8),
            (&CHANNEL as _, Type::TEXT),
        ];
        let rows = self.postgres.query(include_str!("sql/resign.sql"), &parameters).await?;
        Ok(!rows.is_empty())
    }
}

fn outcome(row: &Row) -> Campaign {
    let epoch = Epoch(row.get("epoch"));
    if row.get("won") {
        return Campaign::Won(epoch);
    }
    let expires_in = Duration::from_millis(row.get::<_, i64>("expires_in").unsigned_abs());
    Campaign::Held { holder: row.get("holder"), epoch, expires_in }
}

/// Whether `holder` still leads under `epoch`, for as long as `transaction` is open.
///
/// Every write that only the leader may make begins its transaction with this,
/// and rolls it back when the answer is `false`. Until the transaction ends,
/// nobody else can win the lease; renewals go on.
pub async fn fence(
    transaction: &Transaction,
    name: &LeaseName,
    holder: &str,
    epoch: Epoch,
) -> Result<bool, PostgresError> {
    let parameters =
        [(&name.as_str() as _, Type::TEXT), (&holder as _, Type::TEXT), (&epoch.0 as _, Type::INT8)];
    let row = transaction.query_opt(include_str!("sql/fence.sql"), &parameters).await?;
    Ok(row.is_some())
}
