//! Whatever may happen is accepted; and of what did happen, nothing can be left out, doubled or turned round.

use super::super::event::Event;
use super::super::statistics::Statistics;
use super::recorder::{Outcome, Recorder};
use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

#[test]
fn a_history_in_which_everything_happens_that_may_is_accepted() {
    let report = sample().check();
    assert!(report.is_clean(), "{report}");
    let expected = Statistics {
        documents: 8,
        claims: 1 + 6 + 1 + 4 + 10 + 2,
        returned: 3 + 9,
        retried: 2 + 3,
        dead: 3,
        refused: 1,
        epochs: 4,
        leader_changes: 2,
    };
    assert_eq!(report.statistics, expected);
}

#[test]
fn the_order_in_which_events_are_handed_over_does_not_matter() {
    let mut history = sample();
    history.events.reverse();
    assert_eq!(history.check(), sample().check());
}

#[test]
fn a_second_run_finds_documents_unchanged_and_tries_dead_letters_anew() {
    let mut history = sample();
    history.begin_run("run-2");
    let unchanged = [sample::PLAIN, sample::TROUBLED, sample::TOUCHED, sample::SKIPPED, sample::UNCHANGED];
    history.discover("docs", "unchanged.md", &[], &unchanged);
    history.finish_listing("docs");
    let again = [sample::DAMAGED, sample::FAILING, sample::DEADLY];
    history.discover("mail", "failing.eml", &again, &[]);
    history.finish_listing("mail");
    for document in again {
        history.claim(document, "worker-1");
    }
    history.complete(sample::DAMAGED, Outcome::Stored);
    history.complete(sample::FAILING, Outcome::Stored);
    history.bury(sample::DEADLY);
    history.end_run();
    assert_violates(&history, &[]);
}

#[test]
fn leases_of_runs_have_epochs_of_their_own() {
    let mut history = Recorder::default();
    history.lease_per_run = true;
    for run_id in ["run-1", "run-2"] {
        history.begin_run(run_id);
        history.elect("worker-1");
        history.discover("docs", "plain.md", &[sample::PLAIN], &[]);
        history.claim(sample::PLAIN, "worker-1");
        history.complete(sample::PLAIN, Outcome::Stored);
        history.elect("worker-2");
        history.finish_listing("docs");
        history.end_run();
    }
    assert_violates(&history, &[]);
}

/// What befalls a document before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Release,
    Reclaim,
    Retry,
}

/// How a document ends; `None` is the dead letter queue.
type End = Option<Outcome>;

#[derive(Debug, Clone)]
struct Fate {
    unchanged_in_listing: bool,
    troubles: Vec<Trouble>,
    end: End,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let trouble = prop_oneof![Just(Trouble::Release), Just(Trouble::Reclaim), Just(Trouble::Retry)];
    let end = prop_oneof![
        Just(Some(Outcome::Stored)),
        Just(Some(Outcome::Skipped)),
        Just(Some(Outcome::Unchanged)),
        Just(None)
    ];
    let fate = (prop::bool::weighted(0.15), prop::collection::vec(trouble, 0..12), end);
    let fate = fate.prop_map(|(unchanged_in_listing, troubles, end)| Fate {
        unchanged_in_listing,
        troubles: bounded(troubles),
        end,
    });
    prop::collection::vec(fate, 1..8)
}

/// Leaves out the troubles that would be too many.
fn bounded(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let rules = Recorder::rules();
    let (mut retries, mut reclaims) = (0, 0);
    let mut bounded = troubles;
    bounded.retain(|trouble| match trouble {
        Trouble::Release => true,
        Trouble::Reclaim => {
            reclaims += 1;
            reclaims < rules.max_abandoned_attempts
        }
        Trouble::Retry => {
            retries += 1;
            retries <= rules.max_retries
        }
    });
    bounded
}

/// A document on its way.
struct Travelling {
    doc_id: String,
    fate: Fate,
    is_held: bool,
    waits: bool,
}

impl Travelling {
    /// Takes one step, and returns whether the document has ended.
    fn step(&mut self, history: &mut Recorder) -> bool {
        let doc_id = self.doc_id.as_str();
        if self.waits {
            history.promote(doc_id);
            self.waits = false;
            return false;
        }
        if !self.is_held {
            history.claim(doc_id, "worker-1");
            self.is_held = true;
            return false;
        }
        self.is_held = false;
        match (self.fate.troubles.pop(), self.fate.end) {
            (Some(Trouble::Release), _) => history.release(doc_id),
            (Some(Trouble::Reclaim), _) => history.reclaim(doc_id),
            (Some(Trouble::Retry), _) => {
                history.retry(doc_id);
                self.waits = true;
            }
            (None, Some(outcome)) => {
                history.complete(doc_id, outcome);
                return true;
            }
            (None, None) => {
                history.bury(doc_id);
                return true;
            }
        }
        false
    }
}

/// Plays `fates` in an order that `moves` choose.
fn play(fates: Vec<Fate>, moves: &[u8]) -> Recorder {
    let mut history = Recorder::default();
    history.begin_run("run-1");
    history.elect("worker-0");
    let mut unlisted = (0..).zip(fates);
    let mut travelling: Vec<Travelling> = Vec::new();
    let list = |history: &mut Recorder, (number, fate): (usize, Fate)| {
        let doc_id = format!("docs:{number:02}.md");
        let cursor = format!("{number:02}.md");
        if fate.unchanged_in_listing {
            history.discover("docs", &cursor, &[], &[&doc_id]);
            return None;
        }
        history.discover("docs", &cursor, &[&doc_id], &[]);
        Some(Travelling { doc_id, fate, is_held: false, waits: false })
    };
    for choice in moves {
        match choice % 8 {
            0 | 1 => travelling.extend(unlisted.next().and_then(|next| list(&mut history, next))),
            2 => {
                if *choice < 128 {
                    history.resign();
                }
                history.elect(&format!("worker-{}", choice / 64));
            }
            // Many documents in one transaction.
            3 => history.together(|history| travelling.retain_mut(|document| !document.step(history))),
            _ if travelling.is_empty() => {}
            _ => {
                let chosen = usize::from(choice / 8) % travelling.len();
                if travelling[chosen].step(&mut history) {
                    travelling.remove(chosen);
                }
            }
        }
    }
    travelling.extend(unlisted.filter_map(|next| list(&mut history, next)));
    history.finish_listing("docs");
    while !travelling.is_empty() {
        travelling.retain_mut(|document| !document.step(&mut history));
    }
    history.end_run();
    history
}

fn histories() -> impl Strategy<Value = Recorder> {
    (fates(), prop::collection::vec(any::<u8>(), 0..120)).prop_map(|(fates, moves)| play(fates, &moves))
}

/// Whether an event is about what becomes of a document.
fn is_of_document(kind: Kind) -> bool {
    !matches!(kind, Kind::Lease | Kind::Resigned | Kind::LeaderWrite | Kind::Refused)
}

fn numbers(history: &Recorder, wanted: impl Fn(Kind) -> bool) -> Vec<i64> {
    history.events.iter().filter(|event| wanted(event.kind)).map(|event| event.event_id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_legal_history_is_accepted(history in histories()) {
        let report = history.check();
        prop_assert!(report.is_clean(), "{report}");
    }

    #[test]
    fn an_event_of_a_document_that_is_missing_is_noticed(mut history in histories(), chosen: Index) {
        let event_id = *chosen.get(&numbers(&history, is_of_document));
        history.remove(event_id);
        prop_assert!(!history.check().is_clean(), "without event {event_id}");
    }

    #[test]
    fn an_event_of_a_document_that_happened_twice_is_noticed(mut history in histories(), chosen: Index) {
        let event_id = *chosen.get(&numbers(&history, is_of_document));
        history.repeat(event_id);
        prop_assert!(!history.check().is_clean(), "with event {event_id} twice");
    }

    #[test]
    fn two_steps_of_a_row_in_the_wrong_order_are_noticed(mut history in histories(), chosen: Index) {
        let pairs: Vec<(i64, i64)> = history
            .events
            .iter()
            .filter_map(|event| {
                let is_next = |other: &&Event| {
                    other.event_id > event.event_id && other.doc_id == event.doc_id && is_step(other.kind)
                };
                let next = history.events.iter().find(is_next)?;
                is_step(event.kind).then_some((event.event_id, next.event_id))
            })
            .collect();
        prop_assume!(!pairs.is_empty());
        let (one, other) = *chosen.get(&pairs);
        history.swap(one, other);
        prop_assert!(!history.check().is_clean(), "with events {one} and {other} turned round");
    }

    #[test]
    fn a_document_that_is_stored_by_another_transaction_than_ends_it_is_noticed(
        mut history in histories(),
        chosen: Index,
    ) {
        let ends = numbers(&history, |kind| matches!(kind, Kind::Completed | Kind::Stored));
        prop_assume!(!ends.is_empty());
        let event_id = *chosen.get(&ends);
        for event in history.events.iter_mut().filter(|event| event.event_id == event_id) {
            event.xid = 1_000_000;
        }
        prop_assert!(!history.check().is_clean(), "with event {event_id} in a transaction of its own");
    }
}

/// Whether an event is a step in the life of a row.
fn is_step(kind: Kind) -> bool {
    is_of_document(kind) && !matches!(kind, Kind::Stored | Kind::Seen)
}
