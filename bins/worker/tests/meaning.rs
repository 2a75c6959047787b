//! Documents are related by what they say, in both modes to the same effect, and only what changed is related again.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use gdg_test_database::TestDatabase;
use serde_json::Value;
use std::fs;
use support::Place;

const PRINTERS: &str = "# Printers\n\nThe office printer on the second floor often catches fire, and smoke fills the rooms.\n\n\
    Paper for the printer is kept in the cupboard beside the kitchen.\n";
const FIRES: &str = "# Fire safety\n\nWhen the printer in the office burns and there is smoke, leave the building at once.\n\n\
    The alarm is tested on the first Monday of each month at noon.\n";
const GARDEN: &str = "# Garden\n\nTomatoes grow best in full sun, with water every morning and good soil.\n\n\
    Roses are pruned in early spring, before the first leaves appear.\n";
const COOKING: &str = "# Kitchen\n\nRipe tomatoes from the garden, grown in the sun, make the best soup.\n\n\
    Bread is baked at two hundred and twenty degrees for forty minutes.\n";

/// A place with documents, and a configuration that embeds and relates them, `head` first.
fn prepare(head: &str) -> Place {
    let place = Place::new();
    for (name, text) in [("printers", PRINTERS), ("fires", FIRES), ("garden", GARDEN), ("cooking", COOKING)] {
        place.write(&format!("{name}.md"), text);
    }
    place.write("copy-of-garden.md", GARDEN);
    // Other bytes, and the same text.
    place.write("garden-revised.md", format!("{GARDEN}\n\n"));
    let config = format!(
        "{head}
embedding: {{ enabled: true }}
relationship_detection:
  semantic: true
  cross_document_semantic: {{ similarity_threshold: 0.5, max_per_element: 3 }}
content_sources:
  - {{ name: files, type: file, base_path: documents }}
"
    );
    fs::write(place.path("config.yaml"), config).unwrap();
    place
}

fn work(place: &Place, arguments: &[&str]) -> Value {
    let mut command = place.worker();
    let output = command.args(["--log-format", "json", "--quiet"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", support::stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["status"], "completed", "{summary}");
    assert_eq!(summary["failures"].as_array().unwrap().len(), 0, "{summary}");
    summary
}

/// Who is related to whom across documents: names, best score, without what says the same.
type Related = Vec<(String, String, i64, i64, i64)>;

const RELATED: &str = "SELECT source_doc_id, target_doc_id, source_position, target_position, score
                       FROM all_relationships WHERE relationship_type = 'cross_document'";

fn related_in_file(place: &Place) -> Related {
    let database = place.database();
    let mut statement = database.prepare(RELATED).unwrap();
    let rows = statement.query_map([], |row| {
        let score: f64 = row.get(4)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, (score * 1_000.0).round() as i64))
    });
    let mut related: Related = rows.unwrap().map(Result::unwrap).collect();
    related.sort();
    related
}

fn has(related: &Related, source: &str, target: &str) -> bool {
    let name = |name: &str| format!("files:{name}");
    related.iter().any(|(from, to, ..)| (from, to) == (&name(source), &name(target)))
}

/// Documents are numbered as they are stored, which is not always the same order; of several that say the same, the first is
/// the one that the others are duplicates of.
fn without_copies(related: Related) -> Related {
    related.into_iter().filter(|(from, to, ..)| !(from.clone() + to).contains("garden")).collect()
}

fn duplicates(place: &Place) -> Vec<(String, String, bool)> {
    let database = place.database();
    let statement = "SELECT d.doc_id, f.doc_id, u.is_exact FROM document_duplicates u
                     JOIN documents d USING (document_number) JOIN documents f ON f.document_number = u.duplicate_of
                     ORDER BY 1";
    let mut statement = database.prepare(statement).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn documents_are_related_by_what_they_say_and_only_what_changed_is_related_again() {
    let place = prepare("storage: { path: documents.db }");
    let first = work(&place, &[]);
    assert!(first["vectors"].as_u64().unwrap() >= 12, "{first}");
    assert_eq!(first["duplicates"], 2, "{first}");
    let related = related_in_file(&place);
    assert!(
        has(&related, "printers.md", "fires.md") && has(&related, "fires.md", "printers.md"),
        "{related:?}"
    );
    assert!(
        has(&related, "cooking.md", "garden.md") || has(&related, "cooking.md", "copy-of-garden.md"),
        "{related:?}"
    );
    assert!(
        !has(&related, "printers.md", "garden.md") && !has(&related, "fires.md", "garden.md"),
        "{related:?}"
    );
    // Of the three that say the same, the one that was stored first stands for the others.
    assert_eq!(duplicates(&place).len(), 2);
    find_what_burns(&place);

    let second = work(&place, &[]);
    assert_eq!(
        (&second["vectors"], &second["cross_document_relationships"]),
        (&0.into(), &0.into()),
        "{second}"
    );
    assert_eq!(related_in_file(&place), related);

    // A new document is related to the old ones, and they to it.
    place.write(
        "smoke.md",
        "# Smoke\n\nThere was smoke because the office printer was burning on the second floor.\n",
    );
    work(&place, &[]);
    let more = related_in_file(&place);
    assert!(has(&more, "smoke.md", "printers.md") && has(&more, "printers.md", "smoke.md"), "{more:?}");

    // What is gone takes its relationships with it.
    fs::remove_file(place.path("documents/smoke.md")).unwrap();
    fs::remove_file(place.path("documents/garden-revised.md")).unwrap();
    work(&place, &[]);
    let fewer = related_in_file(&place);
    assert!(!fewer.iter().any(|(from, to, ..)| (from.clone() + to).contains("smoke")), "{fewer:?}");
    let duplicates = duplicates(&place);
    assert!(duplicates.len() == 1 && duplicates[0].2, "{duplicates:?}");

    // The same as if it had never been there.
    let fresh = prepare("storage: { path: documents.db }");
    fs::remove_file(fresh.path("documents/garden-revised.md")).unwrap();
    work(&fresh, &[]);
    assert_eq!(without_copies(related_in_file(&fresh)), without_copies(fewer));
}

/// By words that stand in one of the documents, and by others that mean the same.
fn find_what_burns(place: &Place) {
    for (query, first) in
        [(&["catches", "fire"][..], "files:printers.md"), (&["evacuate the house"], "files:fires.md")]
    {
        let arguments = [&["--log-format", "json", "search", "--limit", "2"], query].concat();
        let output = place.run(&arguments);
        assert!(output.status.success(), "{}", support::stderr(&output));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found[0]["doc_id"], first, "{found}");
        assert_eq!(found.as_array().unwrap().len(), 2);
    }
    let text = support::stdout(&place.run(&["search", "catches fire"]));
    assert!(text.starts_with("files:printers.md  Printers\n    paragraph 2: The office printer"), "{text}");
    let nothing = place.run(&["search", "--limit", "0", "x"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn distributed_mode_finds_the_same_relationships() {
    let single = prepare("storage: { path: documents.db }");
    work(&single, &[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::create_empty());
    let head = format!(
        "processing: {{ mode: distributed, rescan_interval: 3600 }}\nstorage: {{ backend: postgresql, uri: \"{}\" }}",
        database.uri()
    );
    let fleet = prepare(&head);
    fleet.run(&["migrate"]);
    let summary = work(&fleet, &["--once", "--workers", "3"]);
    assert_eq!(summary["duplicates"], 2, "{summary}");
    find_what_burns(&fleet);
    let rows = runtime.block_on(async { database.client().await.query(RELATED, &[]).await.unwrap() });
    let mut related: Related = rows
        .iter()
        .map(|row| {
            let score: f32 = row.get(4);
            let positions = (i64::from(row.get::<_, i32>(2)), i64::from(row.get::<_, i32>(3)));
            (row.get(0), row.get(1), positions.0, positions.1, (f64::from(score) * 1_000.0).round() as i64)
        })
        .collect();
    related.sort();
    assert_eq!(without_copies(related), without_copies(related_in_file(&single)));
}
