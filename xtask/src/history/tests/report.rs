//! What a report shows.

use super::sample::PLAIN;
use super::*;

#[test]
fn a_violation_names_the_document_its_row_and_the_events() {
    let mut history = sample();
    let claimed = history.first(Kind::Claimed, PLAIN).event_id;
    let completed = history.first(Kind::Completed, PLAIN).event_id;
    history.first(Kind::Completed, PLAIN).attempt = Some(9);
    let report = history.check().to_string();
    let expected = format!(
        "violated: what ends a claim names the attempt of the last claim\n  \
         run run-1, document docs:a/plain.md, queue id 1: \
         `completed` of attempt 9 while 1 is current (events {claimed}, {completed})\n\
         8 documents, 24 claims, 12 returned, 5 retried, 3 dead, 1 refused, 4 epochs, 2 changes of the leader"
    );
    assert_eq!(report, expected);
}

#[test]
fn only_the_first_violations_of_an_invariant_are_shown() {
    let mut history = sample();
    history.expected.extend((0..50).map(|number| format!("docs:lost-{number}.md")));
    let report = history.check();
    assert_eq!(report.violations.len(), 50);
    let shown = report.to_string();
    assert_eq!(shown.matches("it was never enqueued").count(), 20);
    assert!(shown.contains("  … and 30 more\n"));
}
