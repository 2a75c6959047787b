//! The history, sorted by what it is about.

use super::event::{Event, Kind, LeaderWrite};
use std::collections::{BTreeMap, HashSet};

/// All events, by number, by row of the queue, and by document.
#[derive(Debug)]
pub(super) struct History<'a> {
    /// By their numbers.
    pub(super) events: Vec<&'a Event>,
    /// What happened to each row of the queue, by its id.
    pub(super) rows: BTreeMap<i64, Row<'a>>,
    /// What became of each document in each run.
    pub(super) documents: BTreeMap<DocumentKey<'a>, Handled<'a>>,
    /// Events about a row or a document that do not say which.
    pub(super) unplaced: Vec<&'a Event>,
    /// Whether each run has a lease of its own.
    lease_per_run: bool,
}

/// A document in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DocumentKey<'a> {
    pub(super) run_id: &'a str,
    pub(super) doc_id: &'a str,
}

/// A row of the queue.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// What it is called.
    pub(super) queue_id: i64,
    /// The document that it stands for, where any event says so.
    pub(super) document: Option<DocumentKey<'a>>,
    /// What happened to it.
    pub(super) events: Vec<&'a Event>,
}

/// What became of a document in a run.
#[derive(Debug, Default)]
pub(super) struct Handled<'a> {
    pub(super) enqueued: Vec<&'a Event>,
    pub(super) completed: Vec<&'a Event>,
    pub(super) dead: Vec<&'a Event>,
    /// Stored, skipped, or found unchanged once it was claimed.
    pub(super) effects: Vec<&'a Event>,
    /// Found unchanged by the listing, so that it was never enqueued.
    pub(super) passed_by_listing: Vec<&'a Event>,
}

impl<'a> History<'a> {
    pub(super) fn new(events: &'a [Event]) -> Self {
        let mut events: Vec<&Event> = events.iter().collect();
        events.sort_by_key(|event| event.event_id);
        let mut history = Self {
            rows: BTreeMap::new(),
            documents: BTreeMap::new(),
            unplaced: Vec::new(),
            lease_per_run: events.iter().any(|event| event.kind == Kind::Lease && event.run_id.is_some()),
            events,
        };
        let listing_transactions: HashSet<i64> = history
            .events
            .iter()
            .filter(|event| matches!(event.leader_write(), Some(LeaderWrite::Discovery { .. })))
            .map(|event| event.xid)
            .collect();
        for event in history.events.clone() {
            match event.kind {
                Kind::Stored | Kind::Seen => history.place_effect(event, &listing_transactions),
                Kind::Lease | Kind::Resigned | Kind::LeaderWrite | Kind::Refused => {}
                _ => history.place_in_row(event),
            }
        }
        history
    }

    /// The runs in which documents were handled.
    pub(super) fn documents_of<'s>(
        &'s self,
        run_id: &str,
    ) -> impl Iterator<Item = (&'s DocumentKey<'a>, &'s Handled<'a>)> {
        self.documents.iter().filter(move |(document, _)| document.run_id == run_id)
    }

    /// The events of one kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'a Event> {
        self.events.iter().copied().filter(move |event| event.kind == kind)
    }

    /// The name of the lease that an event is about.
    pub(super) fn lease_of(&self, event: &'a Event) -> Option<&'a str> {
        event.run_id.as_deref().filter(|_| self.lease_per_run)
    }

    fn place_effect(&mut self, event: &'a Event, listing_transactions: &HashSet<i64>) {
        let Some(document) = DocumentKey::of(event) else {
            self.unplaced.push(event);
            return;
        };
        let handled = self.documents.entry(document).or_default();
        if event.kind == Kind::Seen && listing_transactions.contains(&event.xid) {
            handled.passed_by_listing.push(event);
        } else {
            handled.effects.push(event);
        }
    }

    fn place_in_row(&mut self, event: &'a Event) {
        let named = DocumentKey::of(event);
        // The dead letter queue does not keep queue ids: its document has one row in the run.
        let by_document = || self.last_row_of(named.filter(|_| event.kind == Kind::Dead)?);
        let Some(queue_id) = event.queue_id.or_else(by_document) else {
            self.unplaced.push(event);
            return;
        };
        let row = self.rows.entry(queue_id).or_insert(Row { queue_id, document: None, events: Vec::new() });
        row.document = row.document.or(named);
        row.events.push(event);
        let Some(document) = row.document else { return };
        let handled = self.documents.entry(document).or_default();
        match event.kind {
            Kind::Enqueued => handled.enqueued.push(event),
            Kind::Completed => handled.completed.push(event),
            Kind::Dead => handled.dead.push(event),
            _ => {}
        }
    }

    fn last_row_of(&self, document: DocumentKey<'a>) -> Option<i64> {
        self.documents.get(&document)?.enqueued.last()?.queue_id
    }
}

impl<'a> DocumentKey<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        Some(Self { run_id: event.run_id.as_deref()?, doc_id: event.doc_id.as_deref()? })
    }
}

impl<'a> Row<'a> {
    /// The events of one kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'a Event> {
        self.events.iter().copied().filter(move |event| event.kind == kind)
    }
}

impl<'a> Handled<'a> {
    /// Whether the run came across the document.
    pub(super) fn is_taken_in(&self) -> bool {
        !self.enqueued.is_empty() || !self.passed_by_listing.is_empty()
    }

    /// Every way in which the document ended.
    pub(super) fn ends(&self) -> impl Iterator<Item = &'a Event> {
        [&self.completed, &self.dead, &self.passed_by_listing].into_iter().flatten().copied()
    }
}
