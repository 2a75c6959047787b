//! Failed and abandoned attempts: counted, bounded, and remembered.

use super::event::{Event, Kind};
use super::index::{History, Row};
use super::state::Rules;
use super::violation::{Invariant, Violation};

pub(super) fn check(history: &History<'_>, rules: &Rules, found: &mut Vec<Violation>) {
    for row in history.rows.values() {
        retries_rise_by_one(row, found);
        retries_are_bounded(row, rules, found);
        a_dead_letter_has_the_retries_of_its_row(row, found);
        abandoned_attempts_rise_by_one(row, found);
        abandoned_attempts_are_bounded(row, rules, found);
        a_dead_letter_remembers_every_attempt(row, found);
    }
}

fn retries_rise_by_one(row: &Row<'_>, found: &mut Vec<Violation>) {
    let mut last = 0;
    for event in row.of_kind(Kind::Retried) {
        let Some(retry_count) = event.retry_count else { continue };
        if retry_count != last + 1 {
            let message = format!("retry {retry_count} after {last}");
            found.push(Violation::new(Invariant::RetriesCounted, message).of_row(row).at([event]));
        }
        last = retry_count;
    }
}

fn retries_are_bounded(row: &Row<'_>, rules: &Rules, found: &mut Vec<Violation>) {
    let counted = row.events.iter().copied().filter(|event| matches!(event.kind, Kind::Retried | Kind::Dead));
    for event in counted {
        if let Some(retry_count) = event.retry_count.filter(|count| *count > rules.max_retries) {
            let message = format!("{retry_count} retries, of {} that are allowed", rules.max_retries);
            found.push(Violation::new(Invariant::RetriesBounded, message).of_row(row).at([event]));
        }
    }
}

fn a_dead_letter_has_the_retries_of_its_row(row: &Row<'_>, found: &mut Vec<Violation>) {
    let retries = row.of_kind(Kind::Retried).count();
    for event in row.of_kind(Kind::Dead) {
        if let Some(retry_count) = event.retry_count.filter(|count| *count as usize != retries) {
            let message = format!("dead with {retry_count} retries, after {retries} of them");
            found.push(Violation::new(Invariant::DeadRetriesCounted, message).of_row(row).at([event]));
        }
    }
}

/// Reclaims with the count of abandoned attempts after each, as the event says it or else as it should be.
fn reclaims<'a>(row: &Row<'a>) -> impl Iterator<Item = (&'a Event, u32, u32)> {
    row.of_kind(Kind::Returned).filter(|event| event.is_reclaim()).scan(0, |last, event| {
        let expected = *last + 1;
        *last = event.number().unwrap_or(expected);
        Some((event, *last, expected))
    })
}

fn abandoned_attempts_rise_by_one(row: &Row<'_>, found: &mut Vec<Violation>) {
    for (event, abandoned, expected) in reclaims(row) {
        if abandoned != expected {
            let message = format!("{abandoned} abandoned attempts, where {expected} follows");
            found.push(Violation::new(Invariant::AbandonedCounted, message).of_row(row).at([event]));
        }
    }
}

/// With the last abandoned attempt that is allowed, a document is not returned but given up.
fn abandoned_attempts_are_bounded(row: &Row<'_>, rules: &Rules, found: &mut Vec<Violation>) {
    for (event, abandoned, _) in reclaims(row) {
        if abandoned >= rules.max_abandoned_attempts {
            let message = format!(
                "returned after {abandoned} abandoned attempts, of {} that are allowed",
                rules.max_abandoned_attempts
            );
            found.push(Violation::new(Invariant::AbandonedBounded, message).of_row(row).at([event]));
        }
    }
}

/// An attempt that was released did not fail, and is not remembered.
fn a_dead_letter_remembers_every_attempt(row: &Row<'_>, found: &mut Vec<Violation>) {
    let before_the_last = row.of_kind(Kind::Retried).count() + reclaims(row).count();
    for event in row.of_kind(Kind::Dead) {
        let Some(remembered) = event.number() else { continue };
        if remembered as usize != before_the_last + 1 {
            let message = format!(
                "dead with {remembered} attempts in its history, where {} failed",
                before_the_last + 1
            );
            found.push(Violation::new(Invariant::AttemptsRemembered, message).of_row(row).at([event]));
        }
    }
}
