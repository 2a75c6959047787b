//! Histories that are right, and histories that are wrong in one way each.

mod completeness;
mod counters;
mod documents;
mod effects;
mod leader;
mod legal;
mod lives;
mod progress;
mod recorder;
mod report;
mod retries;
mod sample;

use super::event::Kind;
use super::violation::Invariant;
use recorder::Recorder;
use sample::sample;
use std::collections::BTreeSet;

/// Asserts that a history violates these invariants and no others.
#[track_caller]
fn assert_violates(history: &Recorder, expected: &[Invariant]) {
    let report = history.check();
    let expected: BTreeSet<Invariant> = expected.iter().copied().collect();
    let found: BTreeSet<Invariant> = report.violations.iter().map(|violation| violation.invariant).collect();
    assert_eq!(found, expected, "{report}");
}
