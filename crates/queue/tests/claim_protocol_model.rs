#![allow(clippy::unwrap_used)]
//! Exhaustive model of how documents are claimed, fenced and never left behind.
//!
//! **State.** Documents, each one row: its stage, its attempt counter (never reset), the effects stored
//! for it and at most one open transaction that has drawn a position for it. Two workers, each with a
//! cursor and the fences (row, attempt) of its claims. One low-water mark and one sweeper.
//!
//! **Actions.** A transaction draws a position from the sequence to enqueue, promote, release or reclaim
//! a row; it commits or aborts at any later time, so a row may become visible behind every cursor. A
//! worker claims a visible row past its cursor, completes, fails or releases it by its fence, resets its
//! cursor to the mark, or crashes. The sweeper reads the sequence, lists the open transactions, waits
//! until none of those is open, reads the smallest visible pending position and moves the mark. Each of
//! these is a step of its own, and the sweeper may start over at any time.
//!
//! **Properties.** An effect is stored once at most; a stale fence has no effect; no document vanishes;
//! two workers never hold the same fence; the mark stays below all positions that are still to be
//! claimed, so a worker that resets its cursor sees them; and plain work, without crashes and failures,
//! has a next step until every document is Done or Dead. As each claim uses up an attempt, plain work
//! cannot go in a circle, so it ends every document from every state: none of them starves.
//!
//! **Bound.** The number of documents and of attempts; a row that comes back at its last attempt is Dead.
//!
//! **Abstracted.** Only the order of positions counts: after each step the live ones are renamed 1, 2, 3
//! and so on, and a cursor or mark becomes the number of live positions that it has passed. A mark above
//! 0 has passed something that is still to be claimed. States that differ only in the names of documents
//! or workers count once. A claim may take any visible row past the cursor, as rows before it may be
//! locked and skipped, or left to others by a lead. A frozen worker is one that takes no step for a while. A worker keeps its fences
//! until it crashes, also after an answer, so late and repeated calls are always tried. A crash and the
//! return are one step, as nobody sees the time between. The reclaimer knows nothing of workers: it may
//! take back any row in processing.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model, Property};

const WORKERS: usize = 2;

/// The phases of a sweep.
const IDLE: u8 = 0;
const BEGUN: u8 = 1;
const WAITING: u8 = 2;
const SETTLED: u8 = 3;

const ONE_EFFECT: &str = "an effect is stored at most once per document";
const NO_STALE_EFFECT: &str = "a stale fence never has an effect";
const MARK_BELOW: &str = "the mark is below every position that is still to be claimed";
const ENDS: &str = "plain work goes on until every document is done or dead";

/// The rules of the protocol which a test may switch off, one at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    FenceChecksAttempt, // A call by fence is refused when the row has another attempt.
    FenceChecksStage,   // A call by fence is refused when the row is not in processing.
    SweepWaits,         // The sweeper waits for the transactions which it found open.
    SequenceBeforeList, // The sweeper reads the sequence before it lists the open transactions.
    PendingAfterWait,   // The sweeper reads the pending rows after its wait.
    ListedBeforeDraw,   // A transaction can be seen in the list of open ones before it draws.
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    #[default]
    Uncommitted,
    Pending(u8),
    Processing,
    Retry,
    Done,
    Dead,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Doc {
    stage: Stage,
    attempt: u8,
    effects: u8,
    stale_effect: bool,
    /// The position drawn by an open transaction, which holds the row's lock until it ends.
    drawn: Option<u8>,
    listable: bool,
    awaited: bool,
    /// Per worker, one bit for each attempt which it has claimed.
    fences: [u8; WORKERS],
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    docs: Vec<Doc>,
    cursors: [u8; WORKERS],
    mark: u8,
    sweep: u8,
    /// What the sweep would move the mark to, as far as it knows.
    cut: u8,
}

/// The numbers are the worker, the row and the attempt, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    /// A transaction draws a position to enqueue, promote or reclaim a row.
    Draw(usize),
    /// The transaction gets into the list of open ones, when it was not there from its start.
    Show(usize),
    Commit(usize),
    Abort(usize),
    Claim(usize, usize),
    Complete(usize, usize, u8),
    Fail(usize, usize, u8),
    Release(usize, usize, u8),
    Reset(usize),
    Crash(usize),
    Sweep,
    Restart,
}

use Action::{Abort, Claim, Commit, Complete, Crash, Draw, Fail, Release, Reset, Restart, Show, Sweep};
use Stage::{Dead, Done, Pending, Processing, Retry, Uncommitted};

impl Doc {
    fn live_position(&self) -> Option<u8> {
        match self.stage {
            Pending(position) => Some(position),
            _ => self.drawn,
        }
    }

    fn end_transaction(&mut self) -> Option<u8> {
        (self.listable, self.awaited) = (false, false);
        self.drawn.take()
    }
}

impl State {
    fn every(&self, holds: impl Fn(&Doc) -> bool) -> bool {
        self.docs.iter().all(holds)
    }

    /// The last position which the sequence has given.
    fn last_given(&self) -> u8 {
        self.docs.iter().filter_map(Doc::live_position).max().unwrap_or(0)
    }

    /// Keeps the cut below the first visible pending row.
    fn cut_below_pending(&mut self) {
        for doc in &self.docs {
            if let Pending(position) = doc.stage {
                self.cut = self.cut.min(position - 1);
            }
        }
    }

    /// Renames positions, rows and workers to the smallest equal state.
    fn canonical(mut self) -> Self {
        let live: Vec<u8> = self.docs.iter().filter_map(Doc::live_position).collect();
        let passed = |cut: u8| live.iter().map(|position| u8::from(*position <= cut)).sum::<u8>();
        for doc in &mut self.docs {
            if let Pending(position) = &mut doc.stage {
                *position = passed(*position);
            }
            doc.drawn = doc.drawn.map(passed);
        }
        self.cursors = self.cursors.map(passed);
        (self.mark, self.cut) = (passed(self.mark), passed(self.cut));
        let mut swapped = self.clone();
        swapped.cursors.reverse();
        swapped.docs.iter_mut().for_each(|doc| doc.fences.reverse());
        self.docs.sort_unstable();
        swapped.docs.sort_unstable();
        self.min(swapped)
    }
}

#[derive(Clone, Copy)]
struct Claims {
    /// The number of documents and of attempts.
    bound: (usize, u8),
    /// The rule which is switched off.
    off: Option<Rule>,
}

impl Claims {
    fn has(self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    /// Opens a transaction that will make the row pending, or ends a row that has no attempt left.
    fn draw(self, state: &mut State, row: usize) {
        let next = state.last_given() + 1;
        let doc = &mut state.docs[row];
        if doc.attempt < self.bound.1 {
            doc.drawn = Some(next);
            doc.listable = self.has(Rule::ListedBeforeDraw);
        } else {
            doc.stage = Dead;
        }
    }

    /// Whether a worker has a fence with which its call goes through; a refused call changes nothing.
    fn passes(self, doc: &Doc, worker: usize, attempt: u8) -> bool {
        (doc.fences[worker] & (1 << attempt) != 0 && doc.drawn.is_none())
            && (doc.stage == Processing || !self.has(Rule::FenceChecksStage))
            && (doc.attempt == attempt || !self.has(Rule::FenceChecksAttempt))
    }

    /// One step of the sweeper: read the sequence, list, wait and read the pending rows, move the mark.
    fn sweep(self, state: &mut State) -> Option<()> {
        let phase = state.sweep;
        let reads_sequence = (phase == IDLE) == self.has(Rule::SequenceBeforeList);
        match phase {
            IDLE | BEGUN if reads_sequence => state.cut = state.last_given(),
            IDLE | BEGUN => state.docs.iter_mut().for_each(|doc| doc.awaited = doc.listable),
            WAITING if self.has(Rule::SweepWaits) && !state.every(|doc| !doc.awaited) => return None,
            WAITING => {}
            _ => state.mark = state.mark.max(std::mem::take(&mut state.cut)),
        }
        if phase == BEGUN + u8::from(self.has(Rule::PendingAfterWait)) {
            state.cut_below_pending();
        }
        state.sweep = (phase + 1) % 4;
        Some(())
    }

    /// Whether plain work can go on: a cursor goes to the mark, a worker claims or completes, a
    /// transaction opens (which also takes rows back) or commits.
    fn has_plain_step(self, state: &State) -> bool {
        let mut actions = Vec::new();
        self.actions(state, &mut actions);
        actions.into_iter().any(|action| match action {
            Abort(_) | Crash(_) | Fail(..) | Release(..) | Sweep | Restart => false,
            plain => self.next_state(state, plain).is_some(),
        })
    }
}

impl Model for Claims {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State::default();
        state.docs.resize(self.bound.0, Doc::default());
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (worker, cursor) in state.cursors.iter().enumerate() {
            actions.extend([Reset(worker), Crash(worker)]);
            for (row, doc) in state.docs.iter().enumerate() {
                if matches!(doc.stage, Pending(position) if position > *cursor) {
                    actions.push(Claim(worker, row));
                }
                for attempt in (1..=doc.attempt).filter(|attempt| self.passes(doc, worker, *attempt)) {
                    actions.push(Complete(worker, row, attempt));
                    actions.push(Fail(worker, row, attempt));
                    actions.push(Release(worker, row, attempt));
                }
            }
        }
        for (row, doc) in state.docs.iter().enumerate() {
            match (doc.drawn, doc.stage) {
                (Some(_), _) if !doc.listable => actions.push(Show(row)),
                (Some(_), _) => actions.extend([Commit(row), Abort(row)]),
                (_, Uncommitted | Processing | Retry) => actions.push(Draw(row)),
                (_, Pending(_) | Done | Dead) => {}
            }
        }
        actions.extend([Sweep, Restart]);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Draw(row) | Release(_, row, _) => self.draw(&mut state, row),
            Show(row) => state.docs[row].listable = true,
            Commit(row) => {
                let doc = &mut state.docs[row];
                doc.stage = Pending(doc.end_transaction()?);
            }
            Abort(row) => drop(state.docs[row].end_transaction()),
            Claim(worker, row) => {
                let doc = &mut state.docs[row];
                state.cursors[worker] = doc.live_position()?;
                doc.stage = Processing;
                doc.attempt += 1;
                doc.fences[worker] |= 1 << doc.attempt;
            }
            Complete(_, row, attempt) => {
                let doc = &mut state.docs[row];
                doc.stale_effect |= doc.stage != Processing || doc.attempt != attempt;
                doc.effects = (doc.effects + 1).min(2);
                doc.stage = Done;
            }
            Fail(_, row, attempt) => {
                let last_attempt = attempt == self.bound.1;
                state.docs[row].stage = if last_attempt { Dead } else { Retry };
            }
            Reset(worker) => state.cursors[worker] = state.mark,
            Crash(worker) => {
                state.cursors[worker] = state.mark;
                state.docs.iter_mut().for_each(|doc| doc.fences[worker] = 0);
            }
            Sweep => self.sweep(&mut state)?,
            Restart => {
                state.docs.iter_mut().for_each(|doc| doc.awaited = false);
                (state.sweep, state.cut) = (IDLE, 0);
            }
        }
        let state = state.canonical();
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let (always, sometimes) = (Property::<Self>::always, Property::<Self>::sometimes);
        vec![
            always(ONE_EFFECT, |_, s| s.every(|doc| doc.effects <= 1)),
            always(NO_STALE_EFFECT, |_, s| s.every(|doc| !doc.stale_effect)),
            always("a document is done exactly when its effect is stored", |_, s| {
                s.every(|doc| (doc.stage == Done) == (doc.effects > 0))
            }),
            always("no document vanishes", |model, s| {
                s.docs.len() == model.bound.0 && s.every(|doc| doc.stage != Uncommitted || doc.attempt == 0)
            }),
            always("two workers never hold the same fence", |_, s| {
                s.every(|doc| doc.fences[0] & doc.fences[1] == 0)
            }),
            always(MARK_BELOW, |_, s| s.every(|doc| doc.live_position().is_none_or(|at| at > s.mark))),
            always(ENDS, |model, s| {
                model.has_plain_step(s) || s.every(|doc| matches!(doc.stage, Done | Dead))
            }),
            sometimes("all documents are done", |_, s| s.every(|doc| doc.stage == Done)),
            sometimes("a document becomes visible behind every cursor", |_, s| {
                let behind = |at: u8| s.cursors.iter().all(|cursor| at <= *cursor);
                !s.every(|doc| !matches!(doc.stage, Pending(at) if behind(at)))
            }),
            sometimes("a stale fence meets a row in other hands", |_, s| {
                !s.every(|doc| doc.stage != Processing || doc.fences.contains(&0))
            }),
            sometimes("a sweep settles while a later transaction is open", |_, s| {
                s.sweep == SETTLED && !s.every(|doc| doc.drawn.is_none())
            }),
        ]
    }
}

fn run(bound: (usize, u8), off: Option<Rule>, until: HasDiscoveries) -> impl Checker<Claims> {
    let start = Instant::now();
    let model = Claims { bound, off };
    let checker = model.checker().finish_when(until).spawn_bfs().join();
    let (states, took) = (checker.unique_state_count(), start.elapsed());
    println!("bound {bound:?}, without {off:?}: {states} unique states, {took:?}");
    checker
}

/// With one rule switched off, the checker must find a counterexample.
fn assert_breaks(rule: Rule, property: &'static str) {
    let until = HasDiscoveries::AnyOf([property].into());
    run((2, 2), Some(rule), until).assert_any_discovery(property);
}

#[test]
fn no_document_is_lost_or_completed_twice_at_the_bound() {
    run((3, 2), None, HasDiscoveries::All).assert_properties();
}

#[test]
fn no_document_is_lost_or_completed_twice_over_three_attempts() {
    run((2, 3), None, HasDiscoveries::All).assert_properties();
}

#[test]
fn a_fence_that_does_not_check_the_attempt_lets_a_stale_completion_through() {
    assert_breaks(Rule::FenceChecksAttempt, NO_STALE_EFFECT);
}

#[test]
fn a_fence_that_does_not_check_the_stage_stores_an_effect_twice() {
    assert_breaks(Rule::FenceChecksStage, ONE_EFFECT);
}

#[test]
fn a_mark_that_does_not_wait_for_open_transactions_leaves_a_document_behind() {
    assert_breaks(Rule::SweepWaits, MARK_BELOW);
    assert_breaks(Rule::SweepWaits, ENDS);
}

#[test]
fn a_sweep_that_reads_in_another_order_leaves_a_document_behind() {
    assert_breaks(Rule::SequenceBeforeList, ENDS);
    assert_breaks(Rule::PendingAfterWait, ENDS);
}

#[test]
fn a_position_drawn_before_its_transaction_can_be_listed_leaves_a_document_behind() {
    assert_breaks(Rule::ListedBeforeDraw, ENDS);
}
