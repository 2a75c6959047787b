//! What is shown, as a whole.

use super::*;
use crate::layout::{Painter, WIDTH};
use gdg_operations::overview::Overview;
use sample::overview;
use unicode_width::UnicodeWidthStr;

const BARE: Painter = Painter { colours: false };

fn every_view(overview: &Overview) -> [String; 4] {
    [
        list(&overview.runs, overview.taken_at, BARE),
        summary(overview, BARE),
        details(overview, BARE),
        alerts(&overview.alerts, BARE),
    ]
}

#[test]
fn runs_are_listed_a_line_each() {
    let overview = overview();
    insta::assert_snapshot!(list(&overview.runs, overview.taken_at, BARE));
}

#[test]
fn a_summary_has_a_few_lines() {
    insta::assert_snapshot!(summary(&overview(), BARE));
}

#[test]
fn details_tell_all_that_is_known() {
    insta::assert_snapshot!(details(&overview(), BARE));
}

#[test]
fn alerts_are_told_with_what_to_do() {
    insta::assert_snapshot!(alerts(&overview().alerts, BARE));
    assert_eq!(alerts(&[], BARE), "nothing is wrong\n");
}

#[test]
fn every_line_fits_into_eighty_columns_and_steers_no_terminal() {
    let mut overview = overview();
    let run = overview.run.as_mut().unwrap();
    let long = "x\u{1b}]0;evil\u{7}".repeat(30);
    run.workers[0].worker_id.clone_from(&long);
    run.in_flight[0].doc_id.clone_from(&long);
    run.in_flight[0].worker_id.clone_from(&long);
    run.discovery[0].source.clone_from(&long);
    run.formats[0].name.clone_from(&long);
    run.dead_letters.recent[0].message.clone_from(&long);
    run.leader.as_mut().unwrap().worker_id.clone_from(&long);
    overview.database.longest_transaction.as_mut().unwrap().application_name.clone_from(&long);
    for text in every_view(&overview) {
        for line in text.lines() {
            assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

#[test]
fn colours_are_there_only_when_they_are_wanted() {
    let overview = overview();
    assert!(details(&overview, Painter { colours: true }).contains("\u{1b}[31m"));
    assert!(every_view(&overview).iter().all(|text| !text.contains('\u{1b}')));
}
