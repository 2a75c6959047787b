//! Records a history as the database would, with the state that it leads to.

use super::super::event::{Event, Kind};
use super::super::report::Report;
use super::super::state::{DocumentState, FinalState, Rules, RunState};
use std::collections::{BTreeMap, BTreeSet};

/// How far apart the numbers of events are, so that a test can put others between them.
const STEP: i64 = 10;

/// A history, written as things happen.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder {
    pub(super) events: Vec<Event>,
    pub(super) state: FinalState,
    pub(super) expected: BTreeSet<String>,
    /// Whether each run has a lease of its own.
    pub(super) lease_per_run: bool,
    run_id: String,
    epoch: i64,
    /// The rows of documents, gone or not.
    rows: BTreeMap<String, Row>,
    last_queue_id: i64,
    xid: i64,
    /// Whether what happens next belongs to the transaction that is open.
    in_transaction: bool,
}

#[derive(Debug, Clone, Default)]
struct Row {
    queue_id: i64,
    attempt: u32,
    retry_count: u32,
    abandoned: u32,
}

/// How a completed document was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored,
    Skipped,
    Unchanged,
}

impl Recorder {
    pub(super) fn begin_run(&mut self, run_id: &str) {
        run_id.clone_into(&mut self.run_id);
        self.rows.clear();
        if self.lease_per_run {
            self.epoch = 0;
        }
        self.state
            .runs
            .insert(run_id.to_owned(), RunState { status: "active".into(), ..RunState::default() });
        let event = self.event(Kind::LeaderWrite);
        self.push(Event { detail: "run_status active".into(), ..event });
    }

    pub(super) fn elect(&mut self, worker: &str) {
        self.epoch += 1;
        let event = self.lease_event(Kind::Lease);
        self.push(Event { worker_id: Some(worker.to_owned()), ..event });
    }

    pub(super) fn resign(&mut self) {
        let event = self.lease_event(Kind::Resigned);
        self.push(event);
    }

    /// Takes in a batch of a listing.
    pub(super) fn discover(&mut self, source: &str, cursor: &str, new: &[&str], unchanged: &[&str]) {
        self.together(|history| {
            for doc_id in new {
                history.enqueue(doc_id);
            }
            for doc_id in unchanged {
                history.take_in(doc_id);
                history.see(doc_id);
            }
            history.write(&format!("discovery {source} {cursor}"));
        });
    }

    /// Takes in a document that a link leads to.
    pub(super) fn enqueue(&mut self, doc_id: &str) {
        self.take_in(doc_id);
        self.last_queue_id += 1;
        self.rows.insert(doc_id.to_owned(), Row { queue_id: self.last_queue_id, ..Row::default() });
        self.push_row(Kind::Enqueued, doc_id);
    }

    pub(super) fn finish_listing(&mut self, source: &str) {
        self.write(&format!("listing_finished {source}"));
    }

    pub(super) fn claim(&mut self, doc_id: &str, worker: &str) {
        self.row(doc_id).attempt += 1;
        self.push_row(Kind::Claimed, doc_id).worker_id = Some(worker.to_owned());
    }

    pub(super) fn release(&mut self, doc_id: &str) {
        self.push_row(Kind::Returned, doc_id).detail = "release".into();
    }

    pub(super) fn reclaim(&mut self, doc_id: &str) {
        self.row(doc_id).abandoned += 1;
        let detail = self.row(doc_id).abandoned.to_string();
        self.push_row(Kind::Returned, doc_id).detail = detail;
    }

    pub(super) fn retry(&mut self, doc_id: &str) {
        self.row(doc_id).retry_count += 1;
        self.push_row(Kind::Retried, doc_id);
    }

    pub(super) fn promote(&mut self, doc_id: &str) {
        self.push_row(Kind::Promoted, doc_id);
    }

    /// Somebody's claim is no longer its.
    pub(super) fn refuse(&mut self, doc_id: &str) {
        self.push_row(Kind::Refused, doc_id);
    }

    pub(super) fn complete(&mut self, doc_id: &str, outcome: Outcome) {
        self.together(|history| {
            history.push_row(Kind::Completed, doc_id);
            match outcome {
                Outcome::Unchanged => history.see(doc_id),
                Outcome::Stored => history.store(doc_id, 7),
                Outcome::Skipped => history.store(doc_id, 0),
            }
        });
    }

    pub(super) fn bury(&mut self, doc_id: &str) {
        let Row { retry_count, abandoned, .. } = *self.row(doc_id);
        let event = self.push_row(Kind::Dead, doc_id);
        event.detail = (retry_count + abandoned + 1).to_string();
        // The dead letter queue does not keep queue ids.
        event.queue_id = None;
        self.run().dead_letters.insert(doc_id.to_owned());
        self.run().counters.failed += 1;
    }

    pub(super) fn end_run(&mut self) {
        for status in ["processing_complete", "post_processing", "completed"] {
            self.write(&format!("run_status {status}"));
            status.clone_into(&mut self.run().status);
        }
    }

    /// Writes what only a leader may write.
    pub(super) fn write(&mut self, detail: &str) {
        let event = self.event(Kind::LeaderWrite);
        self.push(Event { epoch: Some(self.epoch), detail: detail.to_owned(), ..event });
    }

    /// Does things in one transaction.
    pub(super) fn together(&mut self, change: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.in_transaction, true);
        if !outer {
            self.xid += 1;
        }
        change(self);
        self.in_transaction = outer;
    }

    pub(super) fn rules() -> Rules {
        Rules { max_retries: 3, max_abandoned_attempts: 10 }
    }

    pub(super) fn check(&self) -> Report {
        super::super::check(&self.events, &self.state, &self.expected, &Self::rules())
    }

    /// The state of the run.
    pub(super) fn run(&mut self) -> &mut RunState {
        self.state.runs.entry(self.run_id.clone()).or_default()
    }

    fn row(&mut self, doc_id: &str) -> &mut Row {
        self.rows.get_mut(doc_id).unwrap()
    }

    fn take_in(&mut self, doc_id: &str) {
        self.run().discovered += 1;
        self.expected.insert(doc_id.to_owned());
        for run in self.state.runs.values_mut() {
            run.dead_letters.remove(doc_id);
        }
    }

    fn store(&mut self, doc_id: &str, elements: u64) {
        let event = self.event(Kind::Stored);
        self.push(Event { doc_id: Some(doc_id.to_owned()), ..event });
        let document = self.state.documents.entry(doc_id.to_owned()).or_default();
        self.run_id.clone_into(&mut document.stored_by_run);
        self.run_id.clone_into(&mut document.seen_by_run);
        (document.element_count, document.element_rows) = (elements, elements);
        let counters = &mut self.run().counters;
        *(if elements > 0 { &mut counters.stored } else { &mut counters.skipped }) += 1;
    }

    fn see(&mut self, doc_id: &str) {
        let event = self.event(Kind::Seen);
        self.push(Event { doc_id: Some(doc_id.to_owned()), ..event });
        let by_earlier_run = DocumentState { stored_by_run: "run-0".into(), ..DocumentState::default() };
        let document = self.state.documents.entry(doc_id.to_owned()).or_insert(by_earlier_run);
        self.run_id.clone_into(&mut document.seen_by_run);
        self.run().counters.unchanged += 1;
    }

    fn push_row(&mut self, kind: Kind, doc_id: &str) -> &mut Event {
        let Row { queue_id, attempt, retry_count, .. } = *self.row(doc_id);
        let event = self.event(kind);
        self.push(Event {
            doc_id: Some(doc_id.to_owned()),
            queue_id: Some(queue_id),
            attempt: Some(attempt).filter(|attempt| *attempt > 0),
            retry_count: Some(retry_count),
            ..event
        })
    }

    fn lease_event(&self, kind: Kind) -> Event {
        let event = self.event(kind);
        Event { run_id: event.run_id.filter(|_| self.lease_per_run), epoch: Some(self.epoch), ..event }
    }

    fn push(&mut self, event: Event) -> &mut Event {
        if !self.in_transaction {
            self.xid += 1;
        }
        self.events.push(Event { xid: self.xid, ..event });
        self.events.last_mut().unwrap()
    }

    /// The next event of the run, with nothing else said.
    fn event(&self, kind: Kind) -> Event {
        Event {
            event_id: self.events.last().map_or(0, |event| event.event_id) + STEP,
            xid: 0,
            kind,
            run_id: Some(self.run_id.clone()),
            doc_id: None,
            queue_id: None,
            attempt: None,
            worker_id: None,
            retry_count: None,
            epoch: None,
            detail: String::new(),
        }
    }
}

/// What tests do to a history to make it wrong.
impl Recorder {
    /// The `nth` event of a kind that is about a document, from 0.
    pub(super) fn nth(&mut self, kind: Kind, doc_id: &str, nth: usize) -> &mut Event {
        let mut of_document = self
            .events
            .iter_mut()
            .filter(|event| event.kind == kind && event.doc_id.as_deref() == Some(doc_id));
        of_document.nth(nth).unwrap()
    }

    /// The only or first event of a kind that is about a document.
    pub(super) fn first(&mut self, kind: Kind, doc_id: &str) -> &mut Event {
        self.nth(kind, doc_id, 0)
    }

    /// The first leader's write of that detail.
    pub(super) fn written(&mut self, detail: &str) -> &mut Event {
        let mut writes = self.events.iter_mut().filter(|event| event.kind == Kind::LeaderWrite);
        writes.find(|event| event.detail == detail).unwrap()
    }

    /// The change of the lease that began an epoch.
    pub(super) fn lease(&mut self, epoch: i64) -> &mut Event {
        let mut leases = self.events.iter_mut().filter(|event| event.kind == Kind::Lease);
        leases.find(|event| event.epoch == Some(epoch)).unwrap()
    }

    /// Takes an event out.
    pub(super) fn remove(&mut self, event_id: i64) {
        self.events.retain(|event| event.event_id != event_id);
    }

    /// Puts a copy of an event behind it, and returns the copy.
    pub(super) fn repeat(&mut self, event_id: i64) -> &mut Event {
        let event = self.events.iter().find(|event| event.event_id == event_id).unwrap();
        let copy = Event { event_id: event_id + 1, ..event.clone() };
        self.events.push(copy);
        self.events.last_mut().unwrap()
    }

    /// Lets two events change places.
    pub(super) fn swap(&mut self, one: i64, other: i64) {
        for event in &mut self.events {
            match event.event_id {
                id if id == one => event.event_id = other,
                id if id == other => event.event_id = one,
                _ => {}
            }
        }
    }
}
