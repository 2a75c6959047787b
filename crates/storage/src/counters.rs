//! What a run did, counted.

use gdg_model::SourceName;
use std::collections::BTreeMap;
use std::fmt;

/// What became of a document in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its graph was stored.
    Stored,
    /// It is as it was; nothing was done.
    Unchanged,
    /// It has no parser and was passed over.
    Skipped,
    /// It is in the dead letter queue.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order in which reports list them.
    pub const ALL: [Self; 4] = [Self::Stored, Self::Unchanged, Self::Skipped, Self::Failed];

    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a count is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutcomeKey {
    /// The source the documents came from.
    pub source_name: SourceName,
    /// What became of them.
    pub outcome: Outcome,
    /// The name of their format, or `unknown`.
    pub format: String,
}

/// Counts of documents with one source, outcome and format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents.
    pub documents: u64,
    /// Elements that were stored.
    pub elements: u64,
    /// Structural relationships, which follow from the elements.
    pub structural_relationships: u64,
    /// Links to other documents that were stored.
    pub explicit_relationships: u64,
    /// Bytes of the documents.
    pub bytes: u64,
}

impl Tally {
    /// Adds `other` to this.
    pub fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.elements += other.elements;
        self.structural_relationships += other.structural_relationships;
        self.explicit_relationships += other.explicit_relationships;
        self.bytes += other.bytes;
    }
}

/// The counts of a run, or of a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunCounters(BTreeMap<OutcomeKey, Tally>);

impl RunCounters {
    /// Adds to one count.
    pub fn add(&mut self, key: OutcomeKey, tally: &Tally) {
        self.0.entry(key).or_default().add(tally);
    }

    /// The counts, in order of source, outcome and format.
    pub fn iter(&self) -> impl Iterator<Item = (&OutcomeKey, &Tally)> {
        self.0.iter()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum over all sources and formats of the documents with `outcome`.
    pub fn of_outcome(&self, outcome: Outcome) -> Tally {
        self.sum(|key| key.outcome == outcome)
    }

    /// The sum over everything.
    pub fn total(&self) -> Tally {
        self.sum(|_| true)
    }

    fn sum(&self, counted: impl Fn(&OutcomeKey) -> bool) -> Tally {
        let mut sum = Tally::default();
        self.0.iter().filter(|(key, _)| counted(key)).for_each(|(_, tally)| sum.add(tally));
        sum
    }
}
