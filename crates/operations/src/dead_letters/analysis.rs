//! What the dead letters have in common.

use super::advice::advice_on;
use super::store::Page;
use super::{Advice, DeadLetterError, DeadLetters, Filter, Timestamp};
use gdg_model::{ErrorClass, ErrorPattern};
use serde::Serialize;

/// Letters that are given their fingerprints in one transaction.
const FINGERPRINT_BATCH: u32 = 1_000;

/// The dead letters, grouped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// How many there are.
    pub total: u64,
    /// By error, the most frequent first.
    pub groups: Vec<Group>,
    /// By class.
    pub classes: Vec<Share>,
    /// By source.
    pub sources: Vec<Share>,
    /// By format.
    pub formats: Vec<Share>,
    /// By the worker of the last attempt.
    pub workers: Vec<Share>,
    /// By the hour (UTC) in which they died, the latest first.
    pub hours: Vec<Share>,
}

/// Letters with one error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Stands for the error; `--fingerprint` selects by it.
    pub fingerprint: String,
    /// The error with its variables taken out.
    pub pattern: String,
    /// Its class.
    pub class: ErrorClass,
    /// How many letters.
    pub count: u64,
    /// Their share of all that were looked at, from 0 to 1.
    pub share: f64,
    /// When the first died.
    pub first_seen: Timestamp,
    /// When the last died.
    pub last_seen: Timestamp,
    /// The last of them.
    pub example: Example,
    /// What to do about it.
    pub advice: Advice,
}

/// One letter of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The letter.
    pub dead_letter_id: i64,
    /// Its document.
    pub doc_id: String,
    /// The error, in full.
    pub error_message: String,
}

/// Letters that share something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// What they share.
    pub name: String,
    /// How many letters.
    pub count: u64,
    /// Their share of all that were looked at, from 0 to 1.
    pub share: f64,
    /// When the first died.
    pub first_seen: Timestamp,
    /// When the last died.
    pub last_seen: Timestamp,
}

/// What letters can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Class,
    Source,
    Format,
    Worker,
    Hour,
}

impl Dimension {
    /// The name by which statements know it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Source => "source",
            Self::Format => "format",
            Self::Worker => "worker",
            Self::Hour => "hour",
        }
    }
}

/// Letters with one fingerprint and class, as they are counted.
#[derive(Debug, Clone)]
pub(super) struct GroupRow {
    pub(super) fingerprint: String,
    pub(super) class: ErrorClass,
    pub(super) row: ShareRow,
    pub(super) example_id: i64,
}

/// Letters that share something, as they are counted.
#[derive(Debug, Clone)]
pub(super) struct ShareRow {
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    /// Of all that were counted with these.
    pub(super) total: u64,
}

impl ShareRow {
    fn share(&self) -> f64 {
        self.count as f64 / self.total.max(1) as f64
    }
}

impl DeadLetters {
    /// Groups the letters that `filter` means; at most `limit` groups along each dimension. It looks at each letter.
    pub async fn analyze(&self, filter: &Filter, limit: u32) -> Result<Analysis, DeadLetterError> {
        self.fill_in_fingerprints().await?;
        let rows = self.store.groups(filter, limit).await?;
        let total = rows.first().map_or(0, |group| group.row.total);
        let ids = rows.iter().map(|group| group.example_id).collect();
        let examples = Filter { ids: Some(ids), ..Filter::default() };
        let examples = self.store.page(&examples, Page::LatestFirst { after: None }, limit).await?;
        let mut groups = Vec::with_capacity(rows.len());
        for GroupRow { fingerprint, class, row, example_id } in rows {
            // It may have been put back meanwhile.
            let Some(letter) = examples.iter().find(|letter| letter.dead_letter_id == example_id) else {
                continue;
            };
            groups.push(Group {
                pattern: ErrorPattern::of(&letter.error_message).as_str().to_owned(),
                advice: advice_on(class, &letter.error_message),
                share: row.share(),
                count: row.count,
                first_seen: row.first_seen,
                last_seen: row.last_seen,
                example: Example {
                    dead_letter_id: example_id,
                    doc_id: letter.doc_id.clone(),
                    error_message: letter.error_message.clone(),
                },
                fingerprint,
                class,
            });
        }
        Ok(Analysis {
            total,
            groups,
            classes: self.shares(filter, Dimension::Class, limit).await?,
            sources: self.shares(filter, Dimension::Source, limit).await?,
            formats: self.shares(filter, Dimension::Format, limit).await?,
            workers: self.shares(filter, Dimension::Worker, limit).await?,
            hours: self.shares(filter, Dimension::Hour, limit).await?,
        })
    }

    async fn shares(
        &self,
        filter: &Filter,
        dimension: Dimension,
        limit: u32,
    ) -> Result<Vec<Share>, DeadLetterError> {
        let rows = self.store.shares(filter, dimension, limit).await?;
        let shares = rows.into_iter().map(|row| Share {
            share: row.share(),
            name: row.name,
            count: row.count,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
        });
        Ok(shares.collect())
    }

    /// What died before fingerprints were kept gets one.
    async fn fill_in_fingerprints(&self) -> Result<(), DeadLetterError> {
        loop {
            let without = self.store.without_fingerprint(FINGERPRINT_BATCH).await?;
            if without.is_empty() {
                return Ok(());
            }
            let fingerprints = without.into_iter().map(|(id, message)| {
                let fingerprint = ErrorPattern::of(&message).fingerprint();
                (id, fingerprint)
            });
            self.store.set_fingerprints(fingerprints.collect()).await?;
        }
    }
}
