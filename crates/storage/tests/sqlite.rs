//! The graph on `SQLite`: what is stored is what is read, once.

#![allow(clippy::unwrap_used, clippy::wildcard_imports)] // what panics is a test that fails

use gdg_model::*;
use gdg_storage::{
    DocumentHeader, GraphDocument, Outcome, OutcomeKey, RunCounters, RunStatus, Tally, sqlite,
};
use rusqlite::Connection;

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(sqlite::TEST_SCHEMA).unwrap();
    database.pragma_update(None, "foreign_keys", true).unwrap();
    database
}

fn run() -> RunId {
    RunId::new("0123456789abcdef-1")
}

fn header(name: &str, content: &[u8]) -> DocumentHeader {
    let source_name = SourceName::new("notes");
    DocumentHeader {
        document: DocumentRef {
            doc_id: DocId::in_source(&source_name, name),
            source_name,
            locator: name.into(),
            link_depth: 0,
            stamp: Stamp { etag: None, modified_at: Some(7), size: Some(content.len() as u64) },
        },
        size: content.len() as u64,
        content_hash: ContentHash::of(content),
        parse_fingerprint: "fingerprint".into(),
    }
}

fn heading_tree(texts: &[&str]) -> ParsedDocument {
    let mut elements = vec![Element::new(ElementType::Document, "", Location::Whole)];
    for (ordinal, text) in texts.iter().enumerate() {
        elements.push(Element {
            parent: Some(0),
            ordinal: ordinal as u32,
            ..Element::new(ElementType::Heading, *text, Location::Lines { start: 0, end: 1 })
        });
    }
    ParsedDocument {
        format: Format::Markdown,
        title: texts.first().map(|text| (*text).to_owned()),
        metadata: Attributes::new(),
        elements,
        links: vec![],
    }
}

fn count(database: &Connection, table_or_view: &str) -> i64 {
    let mut statement = match table_or_view {
        "documents" => database.prepare("SELECT count(*) FROM documents"),
        "elements" => database.prepare("SELECT count(*) FROM elements"),
        "relationships" => database.prepare("SELECT count(*) FROM relationships"),
        "structural_relationships" => database.prepare("SELECT count(*) FROM structural_relationships"),
        "all_relationships" => database.prepare("SELECT count(*) FROM all_relationships"),
        other => panic!("no count of {other}"),
    }
    .unwrap();
    statement.query_row([], |row| row.get(0)).unwrap()
}

fn link(target: &str) -> ExplicitRelationship {
    ExplicitRelationship { position: 1, target: DocId::new(target), fragment: "top".into() }
}

#[test]
fn storing_twice_leaves_one_graph_with_the_same_element_ids() {
    let database = database();
    let graph =
        GraphDocument::new(header("a.md", b"one"), heading_tree(&["one", "two"]), vec![link("notes:b.md")]);
    let ids = |database: &Connection| -> Vec<String> {
        let mut statement =
            database.prepare("SELECT element_id FROM element_details ORDER BY position").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    sqlite::store_document(&database, &run(), &graph).unwrap();
    let first = ids(&database);
    sqlite::store_document(&database, &run(), &graph).unwrap();
    assert_eq!(ids(&database), first);
    assert_eq!(first, graph.element_ids().map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!((count(&database, "documents"), count(&database, "relationships")), (1, 1));
}

#[test]
fn a_shorter_version_leaves_nothing_of_the_longer_one() {
    let database = database();
    let long =
        GraphDocument::new(header("a.md", b"long"), heading_tree(&["1", "2", "3"]), vec![link("notes:b.md")]);
    let short = GraphDocument::new(header("a.md", b"short"), heading_tree(&["1"]), vec![]);
    sqlite::store_document(&database, &run(), &long).unwrap();
    sqlite::store_document(&database, &run(), &short).unwrap();
    assert_eq!((count(&database, "elements"), count(&database, "relationships")), (2, 0));
}

#[test]
fn the_structural_view_says_as_much_as_the_document_counts() {
    let database = database();
    let graph = GraphDocument::new(header("a.md", b"x"), heading_tree(&["1", "2", "3"]), vec![]);
    sqlite::store_document(&database, &run(), &graph).unwrap();
    assert_eq!(count(&database, "structural_relationships"), graph.structural_relationships() as i64);
}

#[test]
fn a_link_is_an_edge_once_both_ends_are_stored_whichever_comes_first() {
    let database = database();
    let from = GraphDocument::new(header("a.md", b"a"), heading_tree(&["a"]), vec![link("notes:b.md")]);
    let to = GraphDocument::new(header("b.md", b"b"), heading_tree(&["b"]), vec![link("notes:a.md")]);
    sqlite::store_document(&database, &run(), &from).unwrap();
    let structural = from.structural_relationships() as i64;
    assert_eq!(count(&database, "all_relationships"), structural);
    sqlite::store_document(&database, &run(), &to).unwrap();
    assert_eq!(count(&database, "all_relationships"), 2 * structural + 2);
}

#[test]
fn what_is_remembered_of_a_document_tells_whether_it_changed() {
    let database = database();
    let header = header("a.md", b"text");
    let doc_id = header.document.doc_id.clone();
    assert_eq!(sqlite::find_known(&database, &doc_id).unwrap(), None);
    let graph = GraphDocument::new(header.clone(), heading_tree(&["a"]), vec![]);
    sqlite::store_document(&database, &run(), &graph).unwrap();
    let known = sqlite::find_known(&database, &doc_id).unwrap().unwrap();
    assert!(header.document.stamp.proves_unchanged_since(&known.stamp));
    assert_eq!(known.content_hash, Some(ContentHash::of(b"text")));
    let newer = Stamp { modified_at: Some(8), ..header.document.stamp };
    assert!(!newer.proves_unchanged_since(&known.stamp));
    sqlite::mark_seen(&database, &RunId::new("next"), &doc_id, &newer).unwrap();
    let known = sqlite::find_known(&database, &doc_id).unwrap().unwrap();
    assert_eq!((known.seen_by_run.as_str(), known.stamp), ("next", newer));
}

#[test]
fn a_forgotten_document_leaves_nothing_behind() {
    let database = database();
    let graph = GraphDocument::new(header("a.md", b"a"), heading_tree(&["a"]), vec![link("notes:b.md")]);
    sqlite::store_document(&database, &run(), &graph).unwrap();
    sqlite::forget_document(&database, &DocId::new("notes:a.md")).unwrap();
    for table in ["documents", "elements", "relationships"] {
        assert_eq!(count(&database, table), 0, "{table}");
    }
}

#[test]
fn targets_of_links_are_open_until_the_run_has_seen_them() {
    let database = database();
    let source = SourceName::new("notes");
    let from = GraphDocument::new(header("a.md", b"a"), heading_tree(&["a"]), vec![link("notes:b.md")]);
    sqlite::store_document(&database, &run(), &from).unwrap();
    let page = sqlite::linking_documents(&database, &run(), &source, 0, 10).unwrap();
    assert_eq!(page.len(), 1);
    let open = || sqlite::open_link_targets(&database, &run(), page[0].document_number).unwrap();
    assert_eq!(open(), [DocId::new("notes:b.md")]);
    let to = GraphDocument::new(header("b.md", b"b"), heading_tree(&["b"]), vec![]);
    sqlite::store_document(&database, &run(), &to).unwrap();
    assert_eq!(open(), []);
    assert_eq!(
        sqlite::linking_documents(&database, &run(), &source, page[0].document_number, 10).unwrap(),
        []
    );
}

#[test]
fn an_unfinished_run_is_resumed_and_a_finished_one_is_followed_by_the_next_generation() {
    let database = database();
    let start = || sqlite::resume_or_start_run(&database, "0123456789abcdef", "snapshot").unwrap();
    let first = start();
    assert_eq!((first.run_id.as_str(), first.generation), ("0123456789abcdef-1", 1));
    assert_eq!(start(), first);
    sqlite::set_run_status(&database, &first.run_id, RunStatus::Completed).unwrap();
    assert_eq!(start().run_id.as_str(), "0123456789abcdef-2");
}

#[test]
fn a_listing_goes_on_where_its_cursor_stands() {
    let database = database();
    let run = sqlite::resume_or_start_run(&database, "0123456789abcdef", "").unwrap().run_id;
    let source = SourceName::new("notes");
    assert_eq!(
        sqlite::listing_progress(&database, &run, &source).unwrap(),
        gdg_storage::ListingProgress::default()
    );
    sqlite::advance_listing(&database, &run, &source, "m", 10).unwrap();
    sqlite::advance_listing(&database, &run, &source, "z", 5).unwrap();
    sqlite::finish_listing(&database, &run, &source).unwrap();
    let progress = sqlite::listing_progress(&database, &run, &source).unwrap();
    assert_eq!((progress.cursor.as_deref(), progress.listed, progress.finished), (Some("z"), 15, true));
}

#[test]
fn counters_add_up_over_workers() {
    let database = database();
    let run = sqlite::resume_or_start_run(&database, "0123456789abcdef", "").unwrap().run_id;
    let key = OutcomeKey {
        source_name: SourceName::new("notes"),
        outcome: Outcome::Stored,
        format: "markdown".into(),
    };
    for worker in ["worker-1", "worker-1", "worker-2"] {
        let mut counters = RunCounters::default();
        counters.add(key.clone(), &Tally { documents: 2, bytes: 10, ..Tally::default() });
        sqlite::add_counters(&database, &run, &WorkerId::new(worker), &counters).unwrap();
    }
    let total = sqlite::counters(&database, &run).unwrap().of_outcome(Outcome::Stored);
    assert_eq!((total.documents, total.bytes), (6, 30));
}

#[test]
fn the_outline_shows_the_tree_indented() {
    let database = database();
    let mut parsed = heading_tree(&["Title"]);
    parsed.elements.push(Element {
        parent: Some(1),
        ..Element::new(ElementType::Paragraph, "first\nsecond", Location::Whole)
    });
    sqlite::store_document(&database, &run(), &GraphDocument::new(header("a.md", b"a"), parsed, vec![]))
        .unwrap();
    let mut statement =
        database.prepare("SELECT outline FROM document_outline WHERE doc_id = 'notes:a.md'").unwrap();
    let outline: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(outline, ["document", "  heading: Title", "    paragraph: first second"]);
}
