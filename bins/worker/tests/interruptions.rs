//! A run that is interrupted, by whatever means, goes on where it was: nothing is lost, nothing is stored twice.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use serde_json::Value;
use support::{Place, send_signal, stderr, stdout};

const DOCUMENTS: usize = 3_000;
const PARAGRAPHS: usize = 12;

/// A place with documents, and a worker that commits a few of them at a time: slow enough to be met in the middle.
fn place_to_be_interrupted() -> Place {
    let place = Place::new();
    place.configure("processing: { commit_batch_size: 4 }\n");
    place.write_many(DOCUMENTS, PARAGRAPHS);
    place
}

/// Checks the database of a completed run of `DOCUMENTS` documents.
fn assert_each_is_stored_once(place: &Place) {
    let count = |query: &str| place.value::<i64>(query);
    let documents = DOCUMENTS as i64;
    assert_eq!(count("SELECT count(*) FROM documents WHERE outcome = 'stored'"), documents);
    // The counts are written in the transactions that store the documents: a document stored twice counts twice.
    assert_eq!(count("SELECT sum(documents) FROM run_counters WHERE outcome = 'stored'"), documents);
    assert_eq!(count("SELECT sum(documents) FROM run_counters"), documents);
    assert_eq!(count("SELECT count(*) FROM document_queue"), 0);
    assert_eq!(count("SELECT count(*) FROM dead_letter_queue"), 0);
    // Root, heading and paragraphs.
    let elements = documents * (PARAGRAPHS as i64 + 2);
    assert_eq!(count("SELECT count(*) FROM elements"), elements);
    assert_eq!(count("SELECT sum(element_count) FROM documents"), elements);
    assert_eq!(place.value::<String>("PRAGMA integrity_check"), "ok");
    assert_eq!(count("SELECT count(*) FROM processing_runs WHERE status = 'completed'"), 1);
}

#[test]
fn a_worker_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let place = place_to_be_interrupted();
    for stored in [1, 300, 800, 1_500, 2_000] {
        let mut worker = place.start(&["--quiet"]);
        place.wait_for_stored(stored);
        send_signal(&worker, "KILL");
        worker.wait().unwrap();
    }
    let (summary, code) = place.summary(&[]);
    assert_eq!(code, Some(0));
    assert_eq!(summary["generation"], 1);
    assert_eq!(summary["resumed"], true);
    assert_eq!(summary["documents"]["stored"], DOCUMENTS);
    assert_each_is_stored_once(&place);
}

#[test]
fn an_interrupted_worker_ends_well_and_the_next_goes_on() {
    for signal in ["INT", "TERM"] {
        let place = place_to_be_interrupted();
        let worker = place.start(&[]);
        place.wait_for_stored(100);
        send_signal(&worker, signal);
        let output = worker.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("run again to go on from here"), "{}", stdout(&output));
        // Nothing is left in a worker's hands.
        assert_eq!(place.value::<i64>("SELECT count(*) FROM document_queue WHERE status = 'processing'"), 0);
        let (summary, _) = place.summary(&[]);
        assert_eq!(summary["resumed"], true);
        assert_each_is_stored_once(&place);
    }
}

#[test]
fn a_second_signal_gives_back_what_is_being_parsed() {
    let place = place_to_be_interrupted();
    let worker = place.start(&[]);
    place.wait_for_stored(100);
    send_signal(&worker, "INT");
    send_signal(&worker, "TERM");
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    place.summary(&[]);
    assert_each_is_stored_once(&place);
}

#[test]
fn a_run_after_a_completed_one_parses_only_what_changed() {
    let place = Place::new();
    place.write("same.md", "# Same\n");
    place.write("changed.md", "# Before\n");
    place.write("touched.md", "# Touched\n");
    let (first, _) = place.summary(&[]);
    assert_eq!(first["documents"]["stored"], 3);

    place.write("changed.md", "# After, and longer\n");
    let touched = std::fs::File::options().write(true).open(place.path("documents/touched.md")).unwrap();
    touched.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
    let (second, _) = place.summary(&[]);
    assert_eq!(second["generation"], 2);
    assert_eq!(second["documents"]["stored"], 1);
    assert_eq!(second["documents"]["unchanged"], 2, "new times with the same content are no change");
    let title: String = place.value("SELECT title FROM documents WHERE doc_id = 'docs:changed.md'");
    assert_eq!(title, "After, and longer");

    let output = place.run(&[]);
    assert!(
        stdout(&output).contains("3 documents are as they were and were not parsed again"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_document_that_recovers_is_no_dead_letter_and_one_that_does_not_is_one() {
    let place = Place::new();
    place.write("a.json", "{\"title\": \"first\"}");
    place.summary(&[]);
    let letters = || place.value::<i64>("SELECT count(*) FROM dead_letter_queue");
    place.write("a.json", "{\"title\": ");
    for _ in 0..2 {
        place.summary(&[]);
        assert_eq!(letters(), 1);
    }
    place.write("a.json", "{\"title\": \"first\"}");
    let (summary, _) = place.summary(&[]);
    assert_eq!(
        (summary["documents"]["unchanged"].as_u64(), letters()),
        (Some(1), 0),
        "its content is what was stored"
    );
}

#[test]
fn links_are_not_stored_where_the_configuration_says_so() {
    let place = Place::new();
    place.write("a.md", "[b](b.md)\n");
    place.write("b.md", "# B\n");
    let links = || place.value::<i64>("SELECT count(*) FROM relationships");
    place.summary(&[]);
    assert_eq!(links(), 1);
    place.configure("relationship_detection: { structural: false }\n");
    place.summary(&[]);
    assert_eq!(links(), 0);
}

#[test]
fn a_database_that_is_removed_while_it_is_used_is_told() {
    let place = place_to_be_interrupted();
    let worker = place.start(&["--quiet"]);
    place.wait_for_stored(1);
    std::fs::remove_file(place.path("documents.db")).unwrap();
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("removed or replaced"), "{}", stderr(&output));
}

#[test]
fn a_second_worker_is_told_who_has_the_database() {
    let place = place_to_be_interrupted();
    let mut first = place.start(&["--worker-id", "the-first"]);
    place.wait_for_stored(1);
    let output = place.run(&["--worker-id", "the-second"]);
    send_signal(&first, "KILL");
    first.wait().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("is in use by worker the-first (process"), "{told}");
}

#[test]
fn links_between_documents_become_relationships() {
    let place = Place::new();
    place.write("a.md", "# A\n\nSee [the other](sub/b.md#part) and [nothing](missing.md).\n");
    place.write("sub/b.md", "# B\n\n[Back](../a.md)\n");
    let (summary, _) = place.summary(&[]);
    assert_eq!(summary["documents"]["stored"], 2);
    let query = "SELECT source_doc_id || ' -> ' || target_doc_id || coalesce('#' || fragment, '') AS link \
                 FROM all_relationships WHERE relationship_type = 'explicit' ORDER BY link";
    let database = place.database();
    let mut statement = database.prepare(query).unwrap();
    let links: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(links, ["docs:a.md -> docs:sub/b.md#part", "docs:sub/b.md -> docs:a.md"]);
}

/// The summary names what it counts, whoever did the work.
#[test]
fn counts_of_a_resumed_run_are_those_of_the_whole_run() {
    let place = place_to_be_interrupted();
    place.write("broken.json", "{ \"a\": ");
    let mut worker = place.start(&["--quiet"]);
    place.wait_for_stored(700);
    send_signal(&worker, "KILL");
    worker.wait().unwrap();
    let (summary, _) = place.summary(&[]);
    let total = |outcome: &str| summary["documents"][outcome].as_u64().unwrap();
    assert_eq!(total("stored") + total("failed"), DOCUMENTS as u64 + 1);
    assert_eq!(total("failed"), 1);
    assert_eq!(summary["failures"].as_array().map(Vec::len), Some(1));
    assert!(matches!(summary["seconds"], Value::Number(_)));
}
