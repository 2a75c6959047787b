//! What must hold, and where it does not.

use super::event::Event;
use super::index::{DocumentKey, Row};
use std::fmt;

/// How many events of a violation are named.
const MAX_EVENTS: usize = 10;

/// Makes an enumeration of invariants, each with the sentence that it is shown as.
macro_rules! invariants {
    ($($name:ident: $statement:literal,)*) => {
        /// What must hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Invariant {
            $(#[doc = $statement] $name,)*
        }

        impl fmt::Display for Invariant {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $statement,)*
                })
            }
        }
    };
}

invariants! {
    Complete: "an event says all that its kind has to say",

    TakenIn: "every expected document is enqueued, or found unchanged by the listing",
    EnqueuedOnce: "a document is enqueued at most once in a run",
    Ends: "every document ends",
    EndsOnce: "a document ends at most once in a run",
    QueueDrained: "no row is left in the queue",

    LegalStep: "a row of the queue goes only ways that lead on from where it is",
    AttemptIsNew: "no attempt number is given twice",
    AttemptIsNext: "each claim raises the attempt number by one",
    CurrentClaimEnds: "what ends a claim names the attempt of the last claim",

    HasEffect: "a completed document was stored, or found unchanged",
    OneEffect: "a completed document was stored, or found unchanged, only once",
    EffectWithEnd: "a document is stored in the transaction that completes it",
    NoStrayEffect: "nothing is stored but by the claim that completes",
    DocumentsKept: "the table of documents says what was stored last",

    RetriesCounted: "each retry raises the count of retries by one",
    RetriesBounded: "a document is not retried more often than configured",
    DeadRetriesCounted: "a dead letter has the count of retries of its row",
    AbandonedCounted: "each reclaim raises the count of abandoned attempts by one",
    AbandonedBounded: "a document is given up with the last abandoned attempt that is allowed",
    AttemptsRemembered: "a dead letter has every failed or abandoned attempt in its history",

    EpochIsNext: "each change of the lease raises the epoch by one",
    OneHolder: "an epoch has one holder",
    CurrentEpochResigned: "only the current epoch is resigned, and once",
    LeaderInEpoch: "a leader writes between the begin of its epoch and that of the next",
    ResignedIsSilent: "a leader that resigned writes nothing more",

    CursorAdvances: "the cursor of a listing only goes forward",
    ListingFinishes: "a listing finishes once, and lists nothing after that",
    StatusAdvances: "a run goes through all statuses in order, each once",
    RunCompletes: "a run is left completed",
    ProcessedAtLast: "nothing happens to a run's documents after its processing was declared complete",

    OutcomesCounted: "counters equal the events that they count",
    DeadLettersKept: "the dead letter queue holds what was given up",
    ElementsCounted: "a document has as many elements as it says",
    DiscoveredCounted: "as many documents are counted as discovered as were come across",
}

/// Something that is not as it must be, with what is needed to look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// What must hold and does not.
    pub(crate) invariant: Invariant,
    /// The run.
    pub(crate) run_id: Option<String>,
    /// The document.
    pub(crate) doc_id: Option<String>,
    /// The document's row in the queue.
    pub(crate) queue_id: Option<i64>,
    /// The events that show it.
    pub(crate) event_ids: Vec<i64>,
    /// What there is instead.
    pub(crate) message: String,
}

impl Violation {
    pub(super) fn new(invariant: Invariant, message: impl Into<String>) -> Self {
        Self {
            invariant,
            run_id: None,
            doc_id: None,
            queue_id: None,
            event_ids: Vec::new(),
            message: message.into(),
        }
    }

    /// Says which run it is about.
    pub(super) fn of_run(mut self, run_id: &str) -> Self {
        self.run_id = Some(run_id.to_owned());
        self
    }

    /// Says which document it is about.
    pub(super) fn of_document(mut self, document: DocumentKey<'_>) -> Self {
        self.doc_id = Some(document.doc_id.to_owned());
        self.of_run(document.run_id)
    }

    /// Says which row of the queue it is about.
    pub(super) fn of_row(mut self, row: &Row<'_>) -> Self {
        self.queue_id = Some(row.queue_id);
        match row.document {
            Some(document) => self.of_document(document),
            None => self,
        }
    }

    /// Says which events show it, and takes from them what is not said yet.
    pub(super) fn at<'a>(mut self, events: impl IntoIterator<Item = &'a Event>) -> Self {
        for event in events {
            self.event_ids.push(event.event_id);
            self.run_id = self.run_id.or_else(|| event.run_id.clone());
            self.doc_id = self.doc_id.or_else(|| event.doc_id.clone());
            self.queue_id = self.queue_id.or(event.queue_id);
        }
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.run_id.as_ref().map(|run| format!("run {run}")),
            self.doc_id.as_ref().map(|document| format!("document {document}")),
            self.queue_id.map(|queue_id| format!("queue id {queue_id}")),
        ];
        let subject: Vec<String> = parts.into_iter().flatten().collect();
        if !subject.is_empty() {
            write!(f, "{}: ", subject.join(", "))?;
        }
        f.write_str(&self.message)?;
        let named: Vec<String> = self.event_ids.iter().take(MAX_EVENTS).map(i64::to_string).collect();
        let more = if self.event_ids.len() > MAX_EVENTS { ", …" } else { "" };
        match named.len() {
            0 => Ok(()),
            1 => write!(f, " (event {})", named.join("")),
            _ => write!(f, " (events {}{more})", named.join(", ")),
        }
    }
}
