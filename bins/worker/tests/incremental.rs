//! Runs after the first do only what changed.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use std::fs;
use support::{Place, stderr, stdout};

#[test]
fn a_second_run_stores_what_changed_and_removes_what_is_gone() {
    let place = Place::new();
    for name in ["same.md", "changed.md", "gone.md", "also/here.md"] {
        place.write(name, format!("# {name}\n\n[home](same.md)\n"));
    }
    place.run(&[]);
    place.write("changed.md", "# Changed\n");
    place.write("new.md", "# New\n");
    fs::remove_file(place.path("documents/gone.md")).unwrap();
    let (summary, code) = place.summary(&[]);
    assert_eq!(code, Some(0));
    assert_eq!((&summary["documents"]["stored"], &summary["documents"]["unchanged"]), (&2.into(), &2.into()));
    assert_eq!((&summary["vanished"], &summary["alerts"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(place.value::<i64>("SELECT count(*) FROM documents"), 4);
    let of_gone = "SELECT count(*) FROM elements WHERE text = 'gone.md'";
    assert_eq!(place.value::<i64>(of_gone), 0);
    assert_eq!(place.value::<String>("SELECT locator FROM document_tombstones"), "gone.md");
    let (summary, _) = place.summary(&[]);
    assert_eq!((&summary["documents"]["unchanged"], &summary["vanished"]), (&4.into(), &0.into()));
}

#[test]
fn a_source_that_lost_most_of_its_documents_keeps_them_and_says_so() {
    let place = Place::new();
    place.write_many(10, 1);
    place.run(&[]);
    fs::remove_dir_all(place.path("documents")).unwrap();
    place.write("00/note-0.md", "# Note\n");
    let output = place.run(&[]);
    assert!(
        stdout(&output).contains("alert: 9 of 10 documents have vanished from source `docs`"),
        "{}",
        stdout(&output)
    );
    assert!(stderr(&output).contains("processing.deletion_guard"), "{}", stderr(&output));
    assert_eq!(place.value::<i64>("SELECT count(*) FROM documents"), 10);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM run_alerts"), 1);

    place.configure("processing: { deletion_guard: 1.0 }\n");
    let (summary, _) = place.summary(&[]);
    assert_eq!(summary["vanished"], 9);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM documents"), 1);
}

#[test]
fn a_renamed_document_is_taken_over_with_its_links_read_from_its_new_place() {
    let place = Place::new();
    place.write("a/page.md", "# Page\n\nSee [next](next.md).\n");
    place.write("a/next.md", "# Next of a\n");
    place.write("b/next.md", "# Next of b\n");
    place.run(&[]);
    fs::rename(place.path("documents/a/page.md"), place.path("documents/b/page.md")).unwrap();
    let output = place.run(&["--log-level", "debug"]);
    assert!(
        stderr(&output).contains("taken over from a document with the same content"),
        "{}",
        stderr(&output)
    );
    let edges = "SELECT group_concat(source_doc_id || '>' || target_doc_id) FROM all_relationships
                 WHERE relationship_type = 'explicit'";
    assert_eq!(place.value::<String>(edges), "docs:b/page.md>docs:b/next.md");
    let headings = "SELECT count(*) FROM elements JOIN documents USING (document_number)
                    WHERE doc_id = 'docs:b/page.md' AND element_type = 'heading' AND text = 'Page'";
    assert_eq!(place.value::<i64>(headings), 1);
}

#[test]
fn links_of_unchanged_documents_are_followed_again() {
    let place = Place::new();
    let one_listed = "content_sources:\n  - { name: docs, type: file, base_path: documents, include: start.md, max_link_depth: 3 }\n";
    fs::write(place.path("config.yaml"), format!("storage: {{ path: documents.db }}\n{one_listed}")).unwrap();
    place.write("start.md", "[one](one.md)\n");
    place.write("one.md", "[two](two.md)\n");
    place.write("two.md", "# Two\n");
    let (summary, _) = place.summary(&[]);
    assert_eq!(summary["documents"]["stored"], 3);
    let (summary, _) = place.summary(&[]);
    assert_eq!(
        (&summary["documents"]["unchanged"], &summary["vanished"]),
        (&3.into(), &0.into()),
        "{summary}"
    );
    place.write("one.md", "# No links any more\n");
    let (summary, _) = place.summary(&[]);
    assert_eq!((&summary["documents"]["stored"], &summary["vanished"]), (&1.into(), &1.into()), "{summary}");
    assert_eq!(place.value::<String>("SELECT locator FROM document_tombstones"), "two.md");
}
