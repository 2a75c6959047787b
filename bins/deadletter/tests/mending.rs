//! Documents that fail are found, understood, mended and tried again, with the programs as a person runs them.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use support::{Place, code, stderr, stdout, wait_until};

#[test]
fn a_broken_document_is_mended_in_single_mode() {
    let place = Place::single();
    place.write("good.md", "# Good\n");
    place.write("broken.json", "{");
    place.worker_once();
    let listing = place.json(&["--list", "--json"]);
    let letter = &listing["dead_letters"][0];
    assert_eq!((&letter["doc_id"], &letter["format"]), (&"docs:broken.json".into(), &"json".into()));
    let shown = place.deadletter(&["--show", &letter["dead_letter_id"].to_string()]);
    assert!(stdout(&shown).contains("malformed json"), "{}", stdout(&shown));
    let analysis = place.json(&["--analyze", "--json"]);
    assert_eq!(analysis["groups"][0]["advice"]["retry"], "after_fix");

    place.write("broken.json", "{\"mended\": true}");
    let retried = place.json(&["--retry-run", "latest", "--json"]);
    assert_eq!((&retried["retried"], &retried["runs"][0]["reopened"]), (&1.into(), &true.into()));
    assert_eq!(place.number("SELECT count(*) FROM processing_runs WHERE status = 'active'"), 1);
    place.worker_once();
    assert_eq!(place.number("SELECT count(*) FROM documents WHERE outcome = 'stored'"), 2);
    assert_eq!(place.number("SELECT count(*) FROM processing_runs WHERE status = 'completed'"), 1);
    assert_eq!(place.number("SELECT sum(documents) FROM run_counters WHERE outcome = 'failed'"), 0);
    assert_eq!(code(&place.deadletter(&["--list"])), 1, "there is none left");
}

#[test]
fn a_broken_document_is_mended_while_workers_wait_for_the_next_run() {
    let place = Place::distributed();
    place.write("good.md", "# Good\n");
    place.write("broken.json", "{");
    let _workers = place.start_workers(2);
    let completed = "SELECT count(*) FROM processing_runs WHERE status = 'completed'";
    wait_until("the run is completed", || place.number(completed) == 1);
    assert_eq!(place.json(&["--list", "--json"])["dead_letters"].as_array().unwrap().len(), 1);
    let dry = place.json(&["--retry-run", "latest", "--dry-run", "--json"]);
    assert_eq!((&dry["retried"], &dry["dry_run"]), (&1.into(), &true.into()));

    // Once in vain: it dies again, and tells of both attempts.
    place.json(&["--retry-run", "latest", "--json"]);
    let again = "SELECT count(*) FROM dead_letter_queue WHERE revived_count = 1";
    wait_until("it has died again", || place.number(again) == 1 && place.number(completed) == 1);
    let letter = &place.json(&["--list", "--json"])["dead_letters"][0];
    assert_eq!(letter["attempts"].as_array().unwrap().len(), 2);

    place.write("broken.json", "{\"mended\": true}");
    let retried = place.deadletter(&["--retry", &letter["dead_letter_id"].to_string()]);
    assert_eq!(code(&retried), 0, "{}", stderr(&retried));
    let stored = "SELECT count(*) FROM documents WHERE outcome = 'stored'";
    wait_until("the graph is stored", || place.number(stored) == 2);
    wait_until("the run is completed again", || place.number(completed) == 1);
    for nothing in [
        "SELECT count(*) FROM dead_letter_queue",
        "SELECT count(*) FROM document_queue",
        "SELECT count(*) FROM document_attempts",
        "SELECT coalesce(sum(documents), 0)::bigint FROM run_counters WHERE outcome = 'failed'",
        "SELECT sum(enqueued - ended)::bigint FROM run_progress",
        "SELECT count(*) - 1 FROM processing_runs",
    ] {
        assert_eq!(place.number(nothing), 0, "{nothing}");
    }
}

#[test]
fn letters_are_removed_only_when_somebody_says_so() {
    let place = Place::single();
    place.write("broken.json", "{");
    place.worker_once();
    let purge = |more: &[&str]| place.deadletter(&[&["--purge", "0"], more].concat());
    let refused = purge(&[]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("--yes"), "{}", stderr(&refused));
    assert_eq!(code(&purge(&["--dry-run"])), 0);
    assert_eq!(place.number("SELECT count(*) FROM dead_letter_queue"), 1);
    let file = place.path("letters.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(code(&place.deadletter(&["--export", file])), 0);
    assert_eq!(code(&purge(&["--yes"])), 0);
    assert_eq!(code(&purge(&["--yes"])), 1, "nothing is left");
    let imported = place.json(&["--import", file, "--json"]);
    assert_eq!((&imported["read"], &imported["imported"]), (&1.into(), &1.into()));
    assert_eq!(code(&place.deadletter(&["--maintain"])), 0);
}

#[test]
fn exit_codes_tell_what_is_wrong() {
    let place = Place::single();
    assert_eq!(code(&place.deadletter(&["--list"])), 4, "there is no database yet");
    place.write("good.md", "# Good\n");
    place.worker_once();
    for (arguments, expected) in [
        (&["--list"][..], 1),
        (&["--show", "1"], 1),
        (&["--analyze"], 1),
        (&["--retry", "1"], 1),
        (&["--list", "--run-id", "none"], 1),
        (&["--maintain"], 0),
        (&["--retry-matching"], 2),
        (&["--list", "--analyze"], 2),
        (&["--import", "no-such-file"], 2),
        (&["--list", "--config", "no-such-file"], 2),
    ] {
        let output = place.deadletter(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}", stderr(&output));
    }
    place.configure("{ backend: postgresql, uri: \"postgresql://nobody@127.0.0.1:1/none\" }", "distributed");
    assert_eq!(code(&place.deadletter(&["--list"])), 4);
}

#[test]
fn completions_and_the_manual_page_need_no_database() {
    let place = Place::single();
    let completions = place.deadletter(&["--completions", "bash"]);
    assert!(stdout(&completions).contains("--retry-run"));
    let page = stdout(&place.deadletter(&["--man"]));
    assert!(page.contains(".TH deadletter") && page.contains("retry\\-matching"), "{page}");
}
