//! Checks of documents and their graphs.

#![allow(missing_docs)] // a check's name says what it checks

use super::sample::*;
use super::store::*;
use crate::{DependencyPage, DocumentHeader, GraphDocument, KnownOutcome};
use gdg_model::*;

async fn element_ids(store: &impl GraphStore, name: &str) -> Vec<String> {
    let elements = store.elements(doc_id(name).as_str()).await;
    elements.into_iter().map(|element| element.element_id).collect()
}

pub async fn storing_twice_leaves_one_graph_with_the_same_element_ids<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let graph = document("a.md", &["one", "two"], &["b.md"]);
    store.store(&run(), &[&graph]).await;
    let first = store.elements(doc_id("a.md").as_str()).await;
    store.store(&run(), &[&graph]).await;
    assert_eq!(store.elements(doc_id("a.md").as_str()).await, first);
    let expected: Vec<String> = graph.element_ids().map(|id| id.to_string()).collect();
    assert_eq!(element_ids(&store, "a.md").await, expected);
    let parents: Vec<_> = first.iter().map(|element| element.parent_id.clone()).collect();
    assert_eq!(parents, [None, Some(expected[0].clone()), Some(expected[0].clone())]);
    assert_eq!(store.count(Relation::Documents).await, 1);
    assert_eq!(store.count(Relation::Relationships).await, 1);
}

pub async fn a_shorter_version_leaves_nothing_of_the_longer_one<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let other = document("b.md", &["1"], &["a.md"]);
    store.store(&run(), &[&document("a.md", &["1", "2", "3"], &["b.md"]), &other]).await;
    store.store(&run(), &[&document("a.md", &["1"], &[])]).await;
    assert_eq!(store.elements(doc_id("a.md").as_str()).await.len(), 2);
    assert_eq!(store.relationships(doc_id("a.md").as_str()).await, []);
    assert_eq!(store.elements(doc_id("b.md").as_str()).await.len(), 2, "others stay");
    assert_eq!(store.relationships(doc_id("b.md").as_str()).await.len(), 1, "others stay");
}

pub async fn the_structural_view_says_as_much_as_the_document_counts<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let graph = document("a.md", &["1", "2", "3"], &[]);
    store.store(&run(), &[&graph]).await;
    assert_eq!(store.count(Relation::StructuralRelationships).await, graph.structural_relationships());
}

pub async fn a_link_is_an_edge_once_both_ends_are_stored_whichever_comes_first<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let (from, to) = (document("a.md", &["a"], &["b.md"]), document("b.md", &["b"], &["a.md"]));
    store.store(&run(), &[&from]).await;
    let structural = from.structural_relationships();
    assert_eq!(store.count(Relation::AllRelationships).await, structural);
    store.store(&run(), &[&to]).await;
    assert_eq!(store.count(Relation::AllRelationships).await, 2 * structural + 2);
    store.skip(&run(), &[&header("b.md", b"b")]).await;
    assert_eq!(store.count(Relation::AllRelationships).await, structural, "a skipped document is no end");
}

pub async fn the_same_link_twice_in_an_element_is_one_relationship<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let elsewhere = ExplicitRelationship { fragment: "end".into(), ..link("b.md") };
    let in_root = ExplicitRelationship { position: 0, ..link("b.md") };
    let links = vec![link("b.md"), elsewhere, link("b.md"), in_root, link("b.md")];
    let graph = GraphDocument::new(header("a.md", b"a"), headings(&["a"]), links);
    assert_eq!(graph.relationships().len(), 3);
    store.store(&run(), &[&graph]).await;
    let mut stored = store.relationships(doc_id("a.md").as_str()).await;
    stored.sort();
    let told: Vec<_> = stored.iter().map(|row| (row.position, row.fragment.as_str())).collect();
    assert_eq!(told, [(0, "top"), (1, "end"), (1, "top")]);
    assert!(stored.iter().all(|row| row.target_doc_id == "notes:b.md" && row.target_position == 0));
}

pub async fn what_is_remembered_of_a_document_tells_whether_it_changed<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let header = header("a.md", b"text");
    let asked = [doc_id("a.md"), doc_id("never.md"), doc_id("a.md")];
    assert!(store.known(&asked).await.is_empty());
    assert!(store.known(&[]).await.is_empty());
    store.store(&run(), &[&GraphDocument::new(header.clone(), headings(&["a"]), vec![])]).await;
    let known = store.known(&asked).await;
    assert_eq!(known.len(), 1);
    let known = &known[&asked[0]];
    assert!(header.document.stamp.proves_unchanged_since(&known.stamp));
    assert_eq!((known.outcome, known.format), (KnownOutcome::Stored, Some(Format::Markdown)));
    assert_eq!((known.content_hash, known.size), (Some(ContentHash::of(b"text")), 4));
    assert_eq!(known.parse_fingerprint, "fingerprint");
    let newer = Stamp { modified_at: Some(8), etag: Some("\"8\"".into()), size: Some(5) };
    assert!(!newer.proves_unchanged_since(&known.stamp));
    let next = RunId::new("next");
    store.mark_seen(&next, &[(asked[0].clone(), newer.clone()), (asked[1].clone(), newer.clone())]).await;
    let known = &store.known(&asked).await[&asked[0]];
    assert_eq!((known.seen_by_run.as_str(), &known.stamp), ("next", &newer));
    // A stamp that tells no size leaves the one that is known.
    store.mark_seen(&next, &[(asked[0].clone(), Stamp::default())]).await;
    assert_eq!(store.known(&asked).await[&asked[0]].size, 5);
    store.mark_seen(&next, &[]).await;
}

pub async fn a_skipped_document_is_remembered_without_a_graph<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let (skipped, other) = (header("a.bin", b"a"), header("b.bin", b"b"));
    store.store(&run(), &[&document("a.bin", &["once it had a parser"], &["b.md"])]).await;
    store.skip(&run(), &[&skipped, &other]).await;
    let known = store.known(&[doc_id("a.bin"), doc_id("b.bin")]).await;
    assert_eq!(known.len(), 2);
    for (doc_id, content) in [(doc_id("a.bin"), b"a"), (doc_id("b.bin"), b"b")] {
        let known = &known[&doc_id];
        assert_eq!((known.outcome, known.format), (KnownOutcome::Skipped, None));
        assert_eq!(known.content_hash, Some(ContentHash::of(content)));
    }
    assert_eq!(store.count(Relation::Elements).await, 0);
    assert_eq!(store.count(Relation::Relationships).await, 0);
    assert_eq!(store.description(doc_id("a.bin").as_str()).await, (None, None));
}

pub async fn a_document_is_as_near_as_the_shortest_way_to_it<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    for (link_depth, expected) in [(5, 5), (2, 2), (3, 2)] {
        let mut header = header("a.md", b"a");
        header.document.link_depth = link_depth;
        let graph = GraphDocument::new(header, headings(&["a"]), vec![]);
        store.store(&run(), &[&graph.with_dependencies([target("b.md")])]).await;
        let page = store.open_dependencies(&run(), &source(), 0, 10).await;
        assert_eq!(page.targets[0].link_depth, expected + 1);
    }
}

pub async fn of_two_documents_of_one_name_the_later_one_counts<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let (earlier, later) = (document("a.md", &["1", "2"], &["b.md"]), document("a.md", &["3"], &[]));
    store.store(&run(), &[&earlier, &document("b.md", &["b"], &[]), &later]).await;
    let texts: Vec<_> =
        store.elements(doc_id("a.md").as_str()).await.into_iter().map(|row| row.text).collect();
    assert_eq!(texts, ["", "3"]);
    assert_eq!(store.count(Relation::Documents).await, 2);
    assert_eq!(store.count(Relation::Relationships).await, 0);
}

pub async fn only_what_a_run_has_handled_is_seen<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    store.store(&run(), &[&document("a.md", &["a"], &[]), &document("b.md", &["b"], &[])]).await;
    store.skip(&run(), &[&header("c.bin", b"c")]).await;
    let next = RunId::new("next");
    store.mark_seen(&next, &[(doc_id("b.md"), Stamp::default())]).await;
    let asked: Vec<DocId> = ["a.md", "b.md", "c.bin", "d.md"].into_iter().map(doc_id).collect();
    let of_first = store.seen_among(&run(), &asked).await;
    assert_eq!(of_first, [doc_id("a.md"), doc_id("c.bin")].into());
    assert_eq!(store.seen_among(&next, &asked).await, [doc_id("b.md")].into());
    assert!(store.seen_among(&next, &[]).await.is_empty());
}

pub async fn a_forgotten_document_leaves_nothing_behind<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let names = ["a.md", "b.md", "c.md"];
    for name in names {
        store.store(&run(), &[&document(name, &["text"], &["b.md"])]).await;
    }
    store.forget(&[doc_id("a.md"), doc_id("c.md"), doc_id("never.md")]).await;
    assert_eq!(store.known(&names.map(doc_id)).await.into_keys().collect::<Vec<_>>(), [doc_id("b.md")]);
    store.forget(&[doc_id("b.md")]).await;
    store.forget(&[]).await;
    for relation in [Relation::Documents, Relation::Elements, Relation::Relationships] {
        assert_eq!(store.count(relation).await, 0, "{relation:?}");
    }
}

pub async fn targets_of_links_are_open_until_the_run_has_seen_them<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let page = async |after, limit| store.open_dependencies(&run(), &source(), after, limit).await;
    store.store(&run(), &[&document("a.md", &["a"], &["b.md", "c.md", "b.md"])]).await;
    store.store(&run(), &[&document("without-links.md", &["w"], &[])]).await;
    store.store(&run(), &[&document("d.md", &["d"], &["a.md", "d.md"])]).await;
    // Known from an earlier run is not handled by this one, and what another run handled has no links to follow now.
    store.store(&RunId::new("earlier"), &[&document("c.md", &["c"], &["e.md"])]).await;
    let told = page(0, 10).await;
    assert_eq!(sorted(told.targets), [target("b.md"), target("c.md")]);
    let first = page(0, 1).await;
    assert_eq!(sorted(first.targets), [target("b.md"), target("c.md")]);
    let second = page(first.last.unwrap(), 1).await;
    assert_eq!(second.targets, [], "a page shows documents without open targets, too");
    assert_eq!(page(told.last.unwrap(), 10).await, DependencyPage::default());
    let other = SourceName::new("other");
    assert_eq!(store.open_dependencies(&run(), &other, 0, 10).await, DependencyPage::default());
    store.store(&run(), &[&document("b.md", &["b"], &[])]).await;
    store.mark_seen(&run(), &[(doc_id("c.md"), Stamp::default())]).await;
    assert_eq!(page(0, 10).await.targets, [target("e.md")], "those of what was found unchanged");
}

pub async fn the_dependencies_of_a_document_are_those_it_was_stored_with_last<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let elsewhere = DocumentRef {
        doc_id: DocId::in_source(&SourceName::new("web"), "https://example.com/"),
        source_name: SourceName::new("web"),
        locator: "https://example.com/".into(),
        ..target("x")
    };
    let links = [target("b.md"), elsewhere.clone()];
    let graph = GraphDocument::new(header("a.md", b"a"), headings(&["a"]), vec![]).with_dependencies(links);
    store
        .store(&run(), &[&document("a.md", &["a"], &["old.md"]), &document("b.md", &["b"], &["c.md"])])
        .await;
    store.store(&run(), &[&graph]).await;
    let asked = [doc_id("a.md"), doc_id("never.md")];
    assert_eq!(sorted(store.dependencies_of(&asked).await), [target("b.md"), elsewhere]);
    assert_eq!(store.dependencies_of(&[]).await, []);
    store.skip(&run(), &[&header("a.md", b"a")]).await;
    assert_eq!(store.dependencies_of(&asked).await, []);
}

fn sorted(mut documents: Vec<DocumentRef>) -> Vec<DocumentRef> {
    documents.sort_by(|one, other| one.doc_id.cmp(&other.doc_id));
    documents
}

pub async fn a_graph_is_taken_over_for_another_document_with_the_same_content<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    let mut parsed = headings(&["one", "two"]);
    let mut element =
        Element { parent: Some(1), ..Element::new(ElementType::Link, "label", Location::Whole) };
    element.attributes.set("target", "next.md");
    parsed.links.push(Link { element: 3, target: "next.md".into() });
    parsed.elements.push(element);
    parsed.metadata.set("author", "Ada");
    let graph = GraphDocument::new(header("a.md", b"same"), parsed.clone(), vec![link("next.md")]);
    store.store(&run(), &[&graph]).await;

    let moved = header("b/a.md", b"same");
    let copy = store.find_copy(&moved, Format::Markdown).await.unwrap();
    assert_eq!(copy.links(), parsed.links);
    let taken_over = GraphDocument::copied(moved.clone(), copy, vec![link("b/next.md")]);
    assert_eq!(taken_over.structural_relationships(), graph.structural_relationships());
    store.store(&run(), &[&taken_over]).await;
    let [before, after] = [store.elements("notes:a.md").await, store.elements("notes:b/a.md").await];
    for (before, after) in before.iter().zip(&after) {
        let nameless =
            |row: &StoredElement| StoredElement { element_id: String::new(), parent_id: None, ..row.clone() };
        assert_eq!(nameless(before), nameless(after));
    }
    assert_eq!(before.len(), after.len());
    assert_eq!(store.description("notes:a.md").await, store.description("notes:b/a.md").await);

    assert_eq!(store.find_copy(&header("c.md", b"other"), Format::Markdown).await, None);
    assert_eq!(store.find_copy(&moved, Format::Html).await, None);
    let parsed_otherwise = DocumentHeader { parse_fingerprint: "other".into(), ..header("c.md", b"same") };
    assert_eq!(store.find_copy(&parsed_otherwise, Format::Markdown).await, None);
    // Its links are not where they are looked for.
    let mut parsed = headings(&["one"]);
    parsed.links.push(Link { element: 1, target: "next.md".into() });
    store.store(&run(), &[&GraphDocument::new(header("d.md", b"d"), parsed, vec![])]).await;
    assert_eq!(store.find_copy(&header("e.md", b"d"), Format::Markdown).await, None);
}

pub async fn the_outline_shows_the_tree_indented<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let mut parsed = headings(&["Title"]);
    let mut page =
        Element { parent: Some(0), ordinal: 1, ..Element::new(ElementType::Page, "", Location::Whole) };
    page.attributes.set("number", 3);
    parsed.elements.push(Element {
        parent: Some(1),
        ..Element::new(ElementType::Paragraph, "first\nsecond", Location::Whole)
    });
    parsed.elements.push(page);
    store.store(&run(), &[&GraphDocument::new(header("a.md", b"a"), parsed, vec![])]).await;
    let outline = store.outline("notes:a.md").await;
    assert_eq!(outline, ["document", "  heading: Title", "    paragraph: first second", "  page 3"]);
}
