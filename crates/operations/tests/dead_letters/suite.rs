//! The suite that both databases pass.

use crate::place::{Place, RUN};
use gdg_model::{ErrorClass, ErrorPattern, RunId};
use gdg_operations::dead_letters::{DeadLetterError, Filter, Outlook, Refusal, Timestamp};
use std::time::Duration;

/// Runs each check on both databases.
macro_rules! on_both_databases {
    ($($check:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test]
            async fn $check() {
                super::$check(crate::place::Place::postgres().await).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $check() {
                super::$check(crate::place::Place::sqlite().await).await;
            })+
        }
    };
}

on_both_databases!(
    a_list_is_read_page_by_page_the_latest_first,
    filters_hold_together,
    a_letter_tells_all_that_is_known,
    an_analysis_groups_by_what_errors_have_in_common,
    letters_from_before_fingerprints_are_analysed_as_well,
    a_document_that_is_put_back_is_tried_anew_and_leaves_nothing_behind,
    a_document_that_dies_again_tells_of_all_its_attempts,
    a_completed_run_is_active_again,
    a_run_that_was_followed_or_cancelled_takes_nothing_back,
    two_operators_put_each_document_back_once,
    more_than_a_batch_is_put_back,
    a_dry_run_changes_nothing,
    what_is_tried_again_has_not_failed,
    old_letters_are_removed_but_not_those_of_a_run_that_goes_on,
    an_export_is_taken_in_again_and_what_is_well_is_left_out,
    a_line_that_is_no_letter_is_named,
    maintenance_tries_transient_failures_once,
    a_run_is_found_by_the_beginning_of_its_name,
);

async fn ids(place: &Place) -> Vec<i64> {
    let listing = place.letters().list(&Filter::default(), None, 10_000).await.unwrap();
    listing.dead_letters.iter().map(|letter| letter.dead_letter_id).collect()
}

async fn a_list_is_read_page_by_page_the_latest_first(place: Place) {
    place.bury(RUN, &["a", "b", "c", "d", "e"], "it broke").await;
    let all = ids(&place).await;
    assert!(all.is_sorted_by(|one, next| one > next) && all.len() == 5, "{all:?}");
    let (letters, mut after, mut seen) = (place.letters(), None, Vec::new());
    loop {
        let page = letters.list(&Filter::default(), after, 2).await.unwrap();
        assert!(page.dead_letters.len() <= 2);
        seen.extend(page.dead_letters.iter().map(|letter| letter.dead_letter_id));
        after = page.next_after;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

async fn filters_hold_together(place: Place) {
    place.bury(RUN, &["a", "b"], "line 3 is wrong").await;
    place.begin_run("fedcba9876543210-1", 1, "active").await;
    place.bury("fedcba9876543210-1", &["c"], "something else").await;
    place.execute("UPDATE dead_letter_queue SET error_class = 'transient' WHERE doc_id = 'docs:b'").await;
    let now = place.letters().now().await.unwrap();
    let fingerprint = ErrorPattern::of("line 77 is wrong").fingerprint();
    let any = Filter::default;
    for (filter, expected) in [
        (any(), 3),
        (Filter { run_id: Some(RunId::new(RUN)), ..any() }, 2),
        (Filter { class: Some(ErrorClass::Transient), ..any() }, 1),
        (Filter { class: Some(ErrorClass::Transient), run_id: Some(RunId::new("none")), ..any() }, 0),
        (Filter { format: Some("json".into()), ..any() }, 3),
        (Filter { format: Some("pdf".into()), ..any() }, 0),
        (Filter { source_name: Some("docs".into()), ..any() }, 3),
        (Filter { source_name: Some("other".into()), ..any() }, 0),
        (Filter { fingerprint: Some(fingerprint), ..any() }, 2),
        (Filter { since: Some(now.before(Duration::from_secs(3_600))), ..any() }, 3),
        (Filter { since: Some(Timestamp(now.0 + 3_600_000)), ..any() }, 0),
        (Filter { until: Some(now.before(Duration::from_secs(3_600))), ..any() }, 0),
        (Filter { never_revived: true, ..any() }, 3),
        (Filter { ids: Some(vec![]), ..any() }, 0),
    ] {
        let listing = place.letters().list(&filter, None, 100).await.unwrap();
        assert_eq!(listing.dead_letters.len(), expected, "{filter:?}");
    }
}

async fn a_letter_tells_all_that_is_known(place: Place) {
    place.bury(RUN, &["a.json"], "malformed json: line 3").await;
    let id = ids(&place).await[0];
    let letter = place.letters().show(id).await.unwrap().unwrap();
    assert_eq!((letter.doc_id.as_str(), letter.locator.as_str()), ("docs:a.json", "a.json"));
    assert_eq!((letter.size_bytes, letter.etag.as_deref()), (Some(2_048), Some("v1")));
    assert_eq!((letter.format.as_str(), letter.media_type), ("json", Some("application/json")));
    assert_eq!(letter.worker_id.as_deref(), Some("worker-1"));
    assert_eq!(letter.fingerprint, ErrorPattern::of("malformed json: line 9").fingerprint());
    let [attempt] = &letter.attempts[..] else { panic!("{:?}", letter.attempts) };
    assert_eq!((attempt.attempt, attempt.worker_id.as_str()), (1, "worker-1"));
    assert!(attempt.started_at <= attempt.ended_at && attempt.ended_at <= letter.died_at);
    assert_eq!(place.letters().show(id + 1).await.unwrap(), None);
}

async fn an_analysis_groups_by_what_errors_have_in_common(place: Place) {
    place.bury(RUN, &["a"], "source `docs`: `a` has 5 bytes, more than max_size allows (3)").await;
    place.bury(RUN, &["b"], "source `docs`: `b` has 9 bytes, more than max_size allows (3)").await;
    place.bury(RUN, &["c"], "the pdf document is encrypted").await;
    let analysis = place.letters().analyze(&Filter::default(), 10).await.unwrap();
    assert_eq!((analysis.total, analysis.groups.len()), (3, 2));
    let [first, second] = &analysis.groups[..] else { panic!() };
    assert_eq!(first.pattern, "source <name>: <name> has <n> bytes, more than max_size allows (<n>)");
    assert_eq!((first.count, second.count), (2, 1));
    assert!((first.share - 2.0 / 3.0).abs() < 1e-9, "{}", first.share);
    assert_eq!(first.example.doc_id, "docs:b", "the latest is the example");
    assert!(first.first_seen <= first.last_seen);
    assert_eq!(second.advice.retry, Outlook::AfterFix);
    for (shares, name) in [
        (&analysis.classes, "permanent"),
        (&analysis.sources, "docs"),
        (&analysis.formats, "json"),
        (&analysis.workers, "worker-1"),
    ] {
        let told: Vec<_> = shares.iter().map(|share| (share.name.as_str(), share.count)).collect();
        assert_eq!(told, [(name, 3)]);
    }
    let hour = &analysis.groups[0].last_seen.to_string()[..13];
    assert!(analysis.hours.iter().any(|share| share.name.starts_with(hour)), "{:?}", analysis.hours);
}

async fn letters_from_before_fingerprints_are_analysed_as_well(place: Place) {
    place.bury(RUN, &["a", "b"], "line 3 is wrong").await;
    place.execute("UPDATE dead_letter_queue SET fingerprint = NULL, format = NULL").await;
    let analysis = place.letters().analyze(&Filter::default(), 10).await.unwrap();
    assert_eq!((analysis.groups.len(), analysis.groups[0].count), (1, 2));
    assert_eq!(analysis.formats[0].name, "unknown");
}

async fn a_document_that_is_put_back_is_tried_anew_and_leaves_nothing_behind(place: Place) {
    place.bury(RUN, &["a", "b"], "it broke").await;
    let id = ids(&place).await[0];
    let filter = Filter { ids: Some(vec![id]), ..Filter::default() };
    let report = place.letters().retry(&filter, false).await.unwrap();
    assert_eq!((report.matched, report.retried), (1, 1));
    assert_eq!(ids(&place).await.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM document_attempts").await, 1, "its history goes with it");
    assert_eq!(place.complete_all(RUN).await, 1);
    assert_eq!(place.number("SELECT count(*) FROM document_queue").await, 0);
    assert_eq!(place.number("SELECT count(*) FROM document_attempts").await, 0);
}

async fn a_document_that_dies_again_tells_of_all_its_attempts(place: Place) {
    place.bury(RUN, &["a"], "first").await;
    for message in ["second", "third"] {
        place.letters().retry(&Filter::default(), false).await.unwrap();
        place.fail_all(RUN, message).await;
    }
    let letter = place.letters().show(ids(&place).await[0]).await.unwrap().unwrap();
    let told: Vec<_> =
        letter.attempts.iter().map(|attempt| (attempt.attempt, attempt.error_message.as_str())).collect();
    assert_eq!(told, [(1, "first"), (2, "second"), (3, "third")]);
    assert_eq!((letter.revived_count, letter.error_message.as_str()), (2, "third"));
    assert_eq!(letter.size_bytes, Some(2_048));
}

async fn a_completed_run_is_active_again(place: Place) {
    for status in ["processing_complete", "post_processing", "completed", "failed"] {
        place.bury(RUN, &[status], "it broke").await;
        place.set_status(RUN, status).await;
        let report = place.letters().retry(&Filter::default(), false).await.unwrap();
        assert!(report.runs[0].reopened, "{status}: {report:?}");
        let active = "SELECT count(*) FROM processing_runs WHERE status = 'active' AND completed_at IS NULL";
        assert_eq!(place.number(active).await, 1, "{status}");
        assert_eq!(place.complete_all(RUN).await, 1);
    }
    place.bury(RUN, &["again"], "it broke").await;
    let report = place.letters().retry(&Filter::default(), false).await.unwrap();
    assert!(!report.runs[0].reopened, "it was active");
    if place.is_postgres() {
        let counted = "SELECT enqueued FROM run_progress WHERE worker_id = 'deadletter'";
        assert_eq!(place.number(counted).await, 5, "the run waits for what was put back");
    }
}

async fn a_run_that_was_followed_or_cancelled_takes_nothing_back(place: Place) {
    let refused = async |expected: Refusal| {
        for dry_run in [true, false] {
            let report = place.letters().retry(&Filter::default(), dry_run).await.unwrap();
            assert_eq!((report.matched, report.retried), (1, 0));
            assert_eq!(report.runs[0].refused.as_ref(), Some(&expected));
        }
        assert_eq!(ids(&place).await.len(), 1);
    };
    place.bury(RUN, &["a"], "it broke").await;
    place.set_status(RUN, "abandoned").await;
    refused(Refusal::Cancelled).await;
    place.set_status(RUN, "completed").await;
    place.begin_run("0123456789abcdef-2", 2, "active").await;
    refused(Refusal::Superseded { by: RunId::new("0123456789abcdef-2") }).await;
    place.execute("UPDATE dead_letter_queue SET run_id = 'elsewhere-1'").await;
    refused(Refusal::UnknownRun).await;
}

async fn two_operators_put_each_document_back_once(place: Place) {
    let names: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    place.bury(RUN, &names, "it broke").await;
    let (one, other) = (place.letters(), place.letters());
    let filter = Filter::default();
    let (one, other) = tokio::join!(one.retry(&filter, false), other.retry(&filter, false));
    assert_eq!(one.unwrap().retried + other.unwrap().retried, 2_500);
    assert_eq!(place.complete_all(RUN).await, 2_500);
    assert_eq!(ids(&place).await.len(), 0);
    if place.is_postgres() {
        let counted = "SELECT enqueued FROM run_progress WHERE worker_id = 'deadletter'";
        assert_eq!(place.number(counted).await, 2_500);
    }
}

async fn more_than_a_batch_is_put_back(place: Place) {
    let names: Vec<String> = (0..2_001).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    place.bury(RUN, &names, "it broke").await;
    let report = place.letters().retry(&Filter::default(), false).await.unwrap();
    assert_eq!(report.retried, 2_001);
    let positions = "SELECT count(DISTINCT position) FROM document_queue WHERE status = 'pending'";
    assert_eq!(place.number(positions).await, 2_001);
}

async fn a_dry_run_changes_nothing(place: Place) {
    place.bury(RUN, &["a", "b"], "it broke").await;
    place.set_status(RUN, "completed").await;
    let report = place.letters().retry(&Filter::default(), true).await.unwrap();
    assert_eq!((report.dry_run, report.matched, report.retried), (true, 2, 2));
    assert!(report.runs[0].reopened);
    assert_eq!(place.number("SELECT count(*) FROM document_queue").await, 0);
    assert_eq!(place.number("SELECT count(*) FROM processing_runs WHERE status = 'active'").await, 0);
    assert_eq!(ids(&place).await.len(), 2);
}

async fn what_is_tried_again_has_not_failed(place: Place) {
    let failed = "SELECT coalesce(sum(documents), 0) FROM run_counters WHERE outcome = 'failed'";
    place.bury(RUN, &["a", "b", "c"], "it broke").await;
    assert_eq!(place.number(failed).await, 3);
    place.letters().retry(&Filter::default(), false).await.unwrap();
    assert_eq!(place.number(failed).await, 0);
    place.fail_all(RUN, "again").await;
    assert_eq!(place.number(failed).await, 3);
    place.execute("UPDATE dead_letter_queue SET format = NULL").await;
    place.letters().retry(&Filter::default(), false).await.unwrap();
    assert_eq!(
        place.number(failed).await,
        3,
        "what was counted under another format is never counted below none"
    );
}

async fn old_letters_are_removed_but_not_those_of_a_run_that_goes_on(place: Place) {
    place.bury(RUN, &["a", "b"], "it broke").await;
    let old = if place.is_postgres() { "now() - interval '40 days'" } else { "1" };
    place.execute(&format!("UPDATE dead_letter_queue SET died_at = {old} WHERE doc_id = 'docs:a'")).await;
    let purge = async |dry_run| place.letters().purge(&Filter::default(), 30, dry_run).await.unwrap().purged;
    assert_eq!(purge(false).await, 0, "the run goes on");
    place.set_status(RUN, "completed").await;
    assert_eq!(purge(true).await, 1);
    assert_eq!(ids(&place).await.len(), 2);
    assert_eq!(purge(false).await, 1);
    assert_eq!(ids(&place).await.len(), 1);
}

async fn an_export_is_taken_in_again_and_what_is_well_is_left_out(place: Place) {
    place.bury(RUN, &["a", "b", "c"], "it broke").await;
    let listing = place.letters().list(&Filter::default(), None, 10).await.unwrap();
    let mut file = Vec::new();
    assert_eq!(place.letters().export(&Filter::default(), &mut file).await.unwrap(), 3);
    let imported = place.letters().import(&mut &file[..]).await.unwrap();
    assert_eq!((imported.read, imported.imported), (3, 0), "they are here");
    place.execute("DELETE FROM dead_letter_queue").await;
    place.enqueue(RUN, &["c"]).await;
    let imported = place.letters().import(&mut &file[..]).await.unwrap();
    assert_eq!((imported.read, imported.imported), (3, 2), "one is being tried");
    for letter in place.letters().list(&Filter::default(), None, 10).await.unwrap().dead_letters {
        let mut before =
            listing.dead_letters.iter().find(|before| before.doc_id == letter.doc_id).unwrap().clone();
        before.dead_letter_id = letter.dead_letter_id;
        assert_eq!(letter, before);
    }
    // And they can be put back.
    assert_eq!(place.letters().retry(&Filter::default(), false).await.unwrap().retried, 2);
    assert_eq!(place.complete_all(RUN).await, 3);
}

async fn a_line_that_is_no_letter_is_named(place: Place) {
    let error = place.letters().import(&mut &b"\n{\"dead_letter_id\": 1}\n"[..]).await.unwrap_err();
    assert!(matches!(error, DeadLetterError::Import { line: 2, .. }), "{error}");
}

async fn maintenance_tries_transient_failures_once(place: Place) {
    place.bury(RUN, &["a", "b"], "it broke").await;
    place.execute("UPDATE dead_letter_queue SET error_class = 'transient' WHERE doc_id = 'docs:b'").await;
    let hour = Duration::from_secs(3_600);
    let done = place.letters().maintain(hour, 30, false).await.unwrap();
    assert_eq!((done.retry.retried, done.remaining), (0, 2), "it has to cool down first");
    let old = if place.is_postgres() { "now() - interval '2 hours'" } else { "died_at - 7200000" };
    let age = format!("UPDATE dead_letter_queue SET died_at = {old}");
    place.execute(&age).await;
    let done = place.letters().maintain(hour, 30, false).await.unwrap();
    assert_eq!((done.retry.retried, done.remaining), (1, 1));
    place.fail_all(RUN, "again").await;
    place.execute(&age).await;
    place.execute("UPDATE dead_letter_queue SET error_class = 'transient'").await;
    let done = place.letters().maintain(hour, 30, false).await.unwrap();
    assert_eq!(done.retry.retried, 1, "the one that was put back before stays");
}

async fn a_run_is_found_by_the_beginning_of_its_name(place: Place) {
    let letters = place.letters();
    place.execute("UPDATE processing_runs SET created_at = created_at").await;
    assert_eq!(letters.find_run("latest").await.unwrap().as_str(), RUN);
    assert_eq!(letters.find_run("0123").await.unwrap().as_str(), RUN);
    place.begin_run("0123456789abcdef-10", 10, "active").await;
    assert_eq!(letters.find_run(RUN).await.unwrap().as_str(), RUN, "a whole name is no beginning");
    assert!(matches!(letters.find_run("0123").await, Err(DeadLetterError::AmbiguousRun { .. })));
    assert!(matches!(letters.find_run("9").await, Err(DeadLetterError::NoSuchRun(_))));
    assert!(matches!(letters.find_run("%").await, Err(DeadLetterError::NoSuchRun(_))));
}
