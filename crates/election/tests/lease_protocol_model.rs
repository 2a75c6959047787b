#![allow(clippy::unwrap_used)]
//! Exhaustive model of the leadership lease, its fencing epochs and discovery by the leader.
//!
//! **State.** One lease row: holder, epoch and the ticks until it expires. Workers: what each believes
//! (an epoch, and the ticks for which it trusts it), whether it is frozen, and what it has under way: a
//! campaign or renewal, a resignation, a leader write. The write log, kept as its last epoch and whether
//! it ever went down. The discovery cursor, the batches enqueued, and whether one was out of turn.
//!
//! **Actions.** A tick moves all clocks. A worker campaigns (granted when the lease is free or expired:
//! epoch + 1), renews (names holder and epoch) or resigns (stops leading, then names its epoch). To ask,
//! to take effect and to answer are steps of their own; calls and answers may be late or lost. A leader
//! prepares a write while it trusts its epoch; the write takes effect at any later time, also while the
//! worker is frozen, and may be repeated as its answer may be lost. A worker may freeze, thaw or stop
//! leading at any time. It stops by itself when its trust ends; a frozen one does so at the thaw.
//!
//! **Properties.** Epochs in the log never go down; an epoch has one holder; one worker at most trusts
//! its leadership at a time (frozen ones count too, as they may thaw); a running worker never leads past
//! its trust; a resigned lease can be taken at once; each batch is enqueued once, as the cursor says.
//!
//! **Bound.** The number of workers, epochs and batches; with no batches, a write is a plain duty. Time
//! has no bound, as only the ticks that are left are kept.
//!
//! **Abstracted.** All clocks run at the same rate, so the margin has no work to do here. A transaction
//! that holds the share lock on the lease row is one step. A crash is to stop leading and to lose what
//! is under way. States that differ only in the names of workers count once.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model, Property};

const TTL: u8 = 3;
const MARGIN: u8 = 1;

const EPOCHS_RISE: &str = "epochs in the write log never go down";
const ONE_HOLDER: &str = "an epoch has one holder only";
const ONE_LEADER: &str = "at most one worker trusts its leadership at a time";
const IN_TRUST: &str = "a running worker never leads past its trust";
const FREE_AT_ONCE: &str = "a resigned lease can be taken at once";
const IN_STEP: &str = "the cursor has passed exactly the batches that are enqueued";
const ONCE: &str = "batches are enqueued once each and in turn";

/// The rules of the protocol which a test may switch off, one at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    WriteChecksEpoch,    // A write is refused when the lease row has another epoch.
    WriteLocksLease,     // The check and the write are one transaction, with a lock on the lease row.
    BatchMovesCursor,    // The cursor moves in the transaction that appends the batch.
    BatchComparesCursor, // A batch is refused when the cursor is not where the leader has read it.
    CampaignRaisesEpoch, // A campaign that is granted raises the epoch.
    TrustFromStart,      // Trust is counted from the start of a call, not from its answer.
    ThawChecksTrust,     // A worker checks its trust at the thaw, before it does anything.
    ResignDropsAnswers,  // A worker that has resigned takes no answer to an earlier renewal.
    ResignNamesEpoch,    // A resignation is refused when the lease row has another epoch.
    ResignClearsHolder,  // A resignation clears the holder, so that a late renewal is refused.
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Belief {
    epoch: u8,
    left: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Campaign,
    Renewal(u8),
    Granted(u8),
}

/// A campaign or renewal under way, or its answer, with the ticks since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Call {
    kind: Kind,
    age: u8,
}

/// A write which the leader has decided on: a batch, or nothing for a plain duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Plan {
    epoch: u8,
    batch: Option<u8>,
    /// Between two transactions, when the rule is off that makes them one.
    half: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Worker {
    /// Whether the lease row names this worker.
    holds: bool,
    frozen: bool,
    belief: Option<Belief>,
    call: Option<Call>,
    resignation: Option<u8>,
    plan: Option<Plan>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    workers: Vec<Worker>,
    epoch: u8,
    left: u8,
    resigned: bool,
    last_written: u8,
    log_fell: bool,
    cursor: u8,
    enqueued: u8,
    out_of_turn: bool,
}

/// What happens to the worker with that number, or to its calls.
type Action = (usize, Step);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Tick, // Of all clocks.
    Freeze,
    Thaw,
    StopLeading,
    Ask,    // A leader starts a renewal, any other worker a campaign.
    Arrive, // The renewal or campaign takes effect.
    Answer, // The worker takes the answer.
    Lose,   // The call or its answer is lost.
    Resign,
    ResignArrives,
    Prepare, // The leader decides on a write.
    Write,   // A transaction of the write takes effect.
    Forget,  // The worker ends the write, done or not.
}

use Kind::{Campaign, Granted, Renewal};
use Step::{Answer, Arrive, Ask, Forget, Freeze, Lose};
use Step::{Prepare, Resign, ResignArrives, StopLeading, Thaw, Tick, Write};

impl Worker {
    fn trusts(&self) -> bool {
        self.belief.is_some_and(|belief| belief.left > 0)
    }

    /// Whether this worker holds an epoch or acts under it.
    fn knows(&self, epoch: u8, row: u8) -> bool {
        let called = |kind| self.call.is_some_and(|call| call.kind == kind);
        (self.holds && row == epoch)
            || (called(Renewal(epoch)) || called(Granted(epoch)))
            || self.resignation == Some(epoch)
            || self.belief.is_some_and(|belief| belief.epoch == epoch)
            || self.plan.is_some_and(|plan| plan.epoch == epoch)
    }

    fn tick(&mut self) {
        if let Some(belief) = &mut self.belief {
            belief.left = belief.left.saturating_sub(1);
        }
        if let Some(call) = &mut self.call {
            call.age = (call.age + 1).min(TTL - MARGIN);
        }
        if !self.frozen {
            self.belief.take_if(|belief| belief.left == 0);
        }
    }
}

impl State {
    fn count(&self, is: impl Fn(&Worker) -> bool) -> usize {
        self.workers.iter().filter(|worker| is(worker)).count()
    }
}

#[derive(Clone, Copy)]
struct Lease {
    /// The number of workers, of epochs and of batches.
    bound: (usize, u8, u8),
    /// The rule which is switched off.
    off: Option<Rule>,
}

impl Lease {
    fn has(self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    /// What the database does with a campaign or renewal; gives the answer when it is granted.
    fn grant(self, state: &mut State, at: usize, kind: Kind) -> Option<Kind> {
        match kind {
            Campaign if state.left == 0 => {
                state.epoch += u8::from(self.has(Rule::CampaignRaisesEpoch) || state.epoch == 0);
                state.workers.iter_mut().for_each(|worker| worker.holds = false);
                state.workers[at].holds = true;
                state.resigned = false;
            }
            Renewal(epoch) if state.workers[at].holds && state.epoch == epoch => {}
            Granted(_) => return Some(kind),
            Campaign | Renewal(_) => return None,
        }
        state.left = TTL;
        Some(Granted(state.epoch))
    }

    /// One transaction of a leader write; nothing happens when it is refused.
    fn write(self, state: &mut State, at: usize) -> Option<()> {
        let plan = state.workers[at].plan.as_mut()?;
        let checked = plan.half && !self.has(Rule::WriteLocksLease);
        let appended = plan.half && !self.has(Rule::BatchMovesCursor);
        if self.has(Rule::WriteChecksEpoch) && !checked && plan.epoch != state.epoch {
            return None;
        }
        if !self.has(Rule::WriteLocksLease) && !checked {
            plan.half = true;
            return Some(());
        }
        if let Some(batch) = plan.batch {
            if self.has(Rule::BatchComparesCursor) && state.cursor != batch {
                return None;
            }
            plan.half = !appended && !self.has(Rule::BatchMovesCursor);
            if !plan.half {
                state.cursor = batch + 1;
            }
            if !appended {
                state.out_of_turn |= batch != state.enqueued;
                state.enqueued += u8::from(batch == state.enqueued);
            }
        }
        state.log_fell |= plan.epoch < state.last_written;
        state.last_written = plan.epoch;
        Some(())
    }
}

impl Model for Lease {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State::default();
        state.workers.resize(self.bound.0, Worker::default());
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.push((0, Tick));
        for (at, worker) in state.workers.iter().enumerate() {
            let own: &[Step] = match worker.belief {
                _ if worker.frozen => &[Thaw],
                None => &[Ask, Answer],
                Some(_) => &[Ask, Answer, Freeze, StopLeading, Resign, Prepare],
            };
            let late = [Arrive, Lose, ResignArrives, Write, Forget];
            actions.extend(own.iter().chain(&late).map(|step| (at, *step)));
        }
    }

    fn next_state(&self, last: &State, (at, step): Action) -> Option<State> {
        let mut state = last.clone();
        let worker = &mut state.workers[at];
        match step {
            Tick => {
                state.workers.iter_mut().for_each(Worker::tick);
                state.left = state.left.saturating_sub(1);
            }
            Freeze => worker.frozen = true,
            Thaw => {
                worker.frozen = false;
                let checks = self.has(Rule::ThawChecksTrust);
                worker.belief.take_if(|belief| belief.left == 0 && checks);
            }
            StopLeading => worker.belief = None,
            Ask if worker.call.is_none() => {
                let kind = worker.belief.map_or(Campaign, |belief| Renewal(belief.epoch));
                worker.call = Some(Call { kind, age: 0 });
            }
            Arrive => {
                let call = worker.call?;
                let answer = self.grant(&mut state, at, call.kind);
                state.workers[at].call = answer.map(|kind| Call { kind, ..call });
            }
            Answer => {
                let call = worker.call.take()?;
                let Granted(epoch) = call.kind else { return None };
                let left = TTL - MARGIN - u8::from(self.has(Rule::TrustFromStart)) * call.age;
                worker.belief = (left > 0).then_some(Belief { epoch, left });
            }
            Lose => worker.call = None,
            Resign if worker.resignation.is_none() => {
                worker.resignation = Some(worker.belief.take()?.epoch);
                if self.has(Rule::ResignDropsAnswers) {
                    worker.call.iter_mut().for_each(|call| call.age = TTL - MARGIN);
                }
            }
            ResignArrives => {
                let epoch = worker.resignation.take()?;
                if (worker.holds && epoch == state.epoch) || !self.has(Rule::ResignNamesEpoch) {
                    let keeps = !self.has(Rule::ResignClearsHolder);
                    state.workers.iter_mut().for_each(|worker| worker.holds &= keeps);
                    (state.left, state.resigned) = (0, true);
                }
            }
            Prepare if worker.plan.is_none() => {
                let batch = (self.bound.2 > 0).then_some(state.cursor);
                let (epoch, half) = (worker.belief?.epoch, false);
                let some_left = batch.is_none_or(|batch| batch < self.bound.2);
                worker.plan = some_left.then_some(Plan { epoch, batch, half });
            }
            Write => self.write(&mut state, at)?,
            Forget => worker.plan = None,
            Ask | Resign | Prepare => return None,
        }
        state.workers.sort_unstable();
        (state != *last).then_some(state)
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.epoch <= self.bound.1
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let (always, sometimes) = (Property::<Self>::always, Property::<Self>::sometimes);
        vec![
            always(EPOCHS_RISE, |_, s| !s.log_fell),
            always(ONE_HOLDER, |_, s| {
                (1..=s.epoch).all(|epoch| s.count(|worker| worker.knows(epoch, s.epoch)) <= 1)
            }),
            always(ONE_LEADER, |_, s| s.count(Worker::trusts) <= 1),
            always(IN_TRUST, |_, s| {
                s.count(|worker| worker.belief.is_some() && !worker.trusts() && !worker.frozen) == 0
            }),
            always(FREE_AT_ONCE, |model, s| {
                !s.resigned || model.grant(&mut s.clone(), 0, Campaign).is_some()
            }),
            always(ONCE, |_, s| !s.out_of_turn),
            always(IN_STEP, |_, s| s.cursor == s.enqueued),
            sometimes("all batches are enqueued", |model, s| s.cursor == model.bound.2),
            sometimes("a late write names an old epoch", |_, s| {
                s.count(|worker| worker.plan.is_some_and(|plan| plan.epoch < s.epoch)) > 0
            }),
            sometimes("a lease is resigned", |_, s| s.resigned),
        ]
    }
}

fn run(bound: (usize, u8, u8), off: Option<Rule>, until: HasDiscoveries) -> impl Checker<Lease> {
    let start = Instant::now();
    let model = Lease { bound, off };
    let checker = model.checker().finish_when(until).spawn_bfs().join();
    let (states, took) = (checker.unique_state_count(), start.elapsed());
    println!("bound {bound:?}, without {off:?}: {states} unique states, {took:?}");
    checker
}

/// With one rule switched off, the checker must find a counterexample.
fn assert_breaks(batches: u8, rule: Rule, property: &'static str) {
    let until = HasDiscoveries::AnyOf([property].into());
    run((2, 3, batches), Some(rule), until).assert_any_discovery(property);
}

#[test]
fn leaders_follow_each_other_without_overlap_and_the_log_keeps_their_order() {
    run((2, 3, 0), None, HasDiscoveries::All).assert_properties();
    run((3, 2, 0), None, HasDiscoveries::All).assert_properties();
}

#[test]
fn each_batch_is_enqueued_once_over_any_sequence_of_leaders() {
    run((2, 3, 2), None, HasDiscoveries::All).assert_properties();
    run((3, 2, 1), None, HasDiscoveries::All).assert_properties();
}

#[test]
fn the_fence_alone_protects_the_log_from_a_leader_that_thaws_and_acts() {
    for batches in [0, 2] {
        let checker = run((2, 2, batches), Some(Rule::ThawChecksTrust), HasDiscoveries::All);
        checker.assert_any_discovery(IN_TRUST);
        for name in [EPOCHS_RISE, ONE_HOLDER, ONE_LEADER, FREE_AT_ONCE, ONCE, IN_STEP] {
            checker.assert_no_discovery(name);
        }
    }
}

#[test]
fn a_write_without_the_epoch_check_breaks_the_order_of_the_log() {
    assert_breaks(0, Rule::WriteChecksEpoch, EPOCHS_RISE);
    assert_breaks(0, Rule::WriteLocksLease, EPOCHS_RISE);
}

#[test]
fn a_batch_is_enqueued_twice_when_its_cursor_moves_later_or_is_not_compared() {
    assert_breaks(1, Rule::BatchMovesCursor, ONCE);
    assert_breaks(1, Rule::BatchComparesCursor, ONCE);
}

#[test]
fn leadership_goes_wrong_without_its_rules_for_epochs_trust_and_resignation() {
    assert_breaks(0, Rule::CampaignRaisesEpoch, ONE_HOLDER);
    assert_breaks(0, Rule::TrustFromStart, ONE_LEADER);
    assert_breaks(0, Rule::ResignDropsAnswers, ONE_LEADER);
    assert_breaks(0, Rule::ResignNamesEpoch, ONE_LEADER);
    assert_breaks(0, Rule::ResignClearsHolder, FREE_AT_ONCE);
}
