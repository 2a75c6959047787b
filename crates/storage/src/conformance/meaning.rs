//! Checks of vectors, and of relationships by their likeness.

#![allow(missing_docs)] // a check's name says what it checks

use super::sample::*;
use super::store::*;
use crate::{
    CrossDocumentRelationship, DocumentVectors, Duplicate, ElementVector, Findings, GraphDocument,
    MeaningCounters, RelatingTerms, SemanticRelationship,
};
use gdg_model::*;

const MODEL: &str = "test:2";

fn terms() -> RelatingTerms {
    RelatingTerms { model: MODEL.into(), fingerprint: "options".into(), max_per_element: 2 }
}

/// A document of three elements, of which the second and third have vectors and are related.
fn embedded(name: &str) -> GraphDocument {
    let vector = |position, part, vector| ElementVector { position, part, vector };
    let relationship = |position, target| SemanticRelationship { position, target, score: 0.75 };
    document(name, &["one", "two"], &[]).with_vectors(DocumentVectors {
        model: MODEL.into(),
        vectors: vec![
            vector(1, 0, vec![1.0, 0.0]),
            vector(1, 1, vec![0.0, -1.0]),
            vector(2, 0, vec![0.0, 1.0]),
        ],
        relationships: vec![relationship(1, 2), relationship(2, 1)],
    })
}

/// Stores documents, and returns their numbers.
async fn stored<S: GraphStore>(store: &S, names: &[&str]) -> Vec<i64> {
    for name in names {
        store.store(&run(), &[&embedded(name)]).await;
    }
    let documents = store.comparable_documents(&terms()).await;
    documents.into_iter().map(|document| document.number).collect()
}

fn relationship(document: i64, target_document: i64, score: f32) -> CrossDocumentRelationship {
    CrossDocumentRelationship { document, position: 1, target_document, target_position: 2, score }
}

/// What the rows say of relationships across documents: the targets of element 1, the best first.
async fn targets<S: GraphStore>(store: &S, name: &str) -> Vec<String> {
    let mut found = store.related(doc_id(name).as_str()).await;
    found.retain(|one| one.relationship_type == "cross_document");
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    assert!(found.iter().all(|one| (one.position, one.target_position) == (1, 2) && one.model == MODEL));
    found.into_iter().map(|one| one.target_doc_id).collect()
}

pub async fn vectors_come_back_in_order_page_by_page<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    stored(&store, &["a.md", "b.md"]).await;
    let whole = store.load_vectors(MODEL, (0, 0, 0), 100).await;
    let of_first = whole.iter().take(3).map(|vector| (vector.position, vector.part, &*vector.vector));
    let expected = [(1, 0, [1.0_f32, 0.0]), (1, 1, [0.0, -1.0]), (2, 0, [0.0, 1.0])];
    assert!(of_first.eq(expected.iter().map(|(position, part, vector)| (*position, *part, &vector[..]))));
    assert_eq!(whole.len(), 6);
    let (mut pages, mut after) = (Vec::new(), (0, 0, 0));
    loop {
        let page = store.load_vectors(MODEL, after, 2).await;
        let Some(last) = page.last() else { break };
        after = (last.document, last.position, last.part);
        pages.extend(page);
    }
    assert_eq!(pages, whole);
    assert_eq!(store.load_vectors("another", (0, 0, 0), 100).await, []);
}

pub async fn a_document_that_is_stored_anew_has_its_new_vectors_only<S: GraphStore>(
    make: impl AsyncFn() -> S,
) {
    let store = make().await;
    stored(&store, &["a.md"]).await;
    assert_eq!(store.related(doc_id("a.md").as_str()).await.len(), 2);
    store.store(&run(), &[&document("a.md", &["one"], &[])]).await;
    assert_eq!(store.load_vectors(MODEL, (0, 0, 0), 100).await, []);
    assert_eq!(store.related(doc_id("a.md").as_str()).await, []);
    store.store(&run(), &[&embedded("a.md")]).await;
    store.forget(&[doc_id("a.md")]).await;
    assert_eq!(store.load_vectors(MODEL, (0, 0, 0), 100).await, []);
}

pub async fn documents_are_due_until_their_relationships_are_found<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let numbers = stored(&store, &["a.md", "b.md", "c.md"]).await;
    let [a, b, c] = numbers[..] else { panic!("{numbers:?}") };
    assert_eq!(store.plan_relating(&terms(), 2).await, [(a, b), (c, c)]);
    let findings = Findings {
        documents: vec![a, b],
        relationships: vec![relationship(a, c, 0.8), relationship(b, a, 0.9), relationship(b, c, 0.7)],
        duplicates: vec![Duplicate { document: b, of: a, is_exact: true, share: 1.0 }],
        offers: vec![],
    };
    // A second time changes nothing.
    for _ in 0..2 {
        store.store_findings(&terms(), &findings).await;
        assert_eq!(store.due_documents(&terms(), (a, c)).await, [c]);
        assert_eq!(store.plan_relating(&terms(), 2).await, [(c, c)]);
        assert_eq!(targets(&store, "b.md").await, ["a.md", "c.md"].map(|name| doc_id(name).to_string()));
        assert_eq!(store.duplicates().await, [(b, a, true)]);
    }
    // With other options all are due.
    let others = RelatingTerms { fingerprint: "others".into(), ..terms() };
    assert_eq!(store.due_documents(&others, (a, c)).await, [a, b, c]);
    // The relationships within documents are left alone.
    let within = store.related(doc_id("a.md").as_str()).await;
    assert_eq!(within.iter().filter(|one| one.relationship_type == "semantic").count(), 2);

    store.store(&run(), &[&embedded("b.md")]).await;
    assert_eq!(store.due_documents(&terms(), (a, c)).await, [b, c]);
    assert_eq!((targets(&store, "b.md").await, store.duplicates().await), (vec![], vec![]));
}

pub async fn what_led_to_a_changed_or_removed_document_is_due<S: GraphStore>(make: impl AsyncFn() -> S) {
    const FINGERPRINT: &str = "0011223344556677";
    let store = make().await;
    let first = store.resume_or_start_run(FINGERPRINT).await.run_id;
    for name in ["a.md", "b.md", "c.md", "d.md", "e.md"] {
        store.store(&first, &[&embedded(name)]).await;
    }
    let documents = store.comparable_documents(&terms()).await;
    let numbers: Vec<i64> = documents.iter().map(|document| document.number).collect();
    let [a, b, c, d, near_b] = numbers[..] else { panic!("{numbers:?}") };
    let findings = Findings {
        documents: numbers.clone(),
        relationships: vec![relationship(a, b, 0.9), relationship(c, d, 0.9), relationship(d, c, 0.9)],
        duplicates: vec![Duplicate { document: near_b, of: b, is_exact: false, share: 0.95 }],
        offers: vec![],
    };
    store.store_findings(&terms(), &findings).await;
    store.complete_run(&first).await;

    let second = store.resume_or_start_run(FINGERPRINT).await.run_id;
    store.unrelate_from_changed(&second).await;
    assert_eq!(store.due_documents(&terms(), (a, near_b)).await, [0; 0], "nothing has changed");
    store.store(&second, &[&embedded("b.md")]).await;
    store.bury(&second, &source(), &[d], d).await;
    store.unrelate_from_changed(&second).await;
    assert_eq!(store.due_documents(&terms(), (a, near_b)).await, [a, b, c, near_b]);
}

pub async fn an_element_keeps_the_best_of_what_it_is_offered<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let numbers = stored(&store, &["a.md", "b.md", "c.md", "d.md"]).await;
    let [a, b, c, d] = numbers[..] else { panic!("{numbers:?}") };
    let found = Findings {
        documents: vec![a, b],
        relationships: vec![relationship(a, b, 0.75), relationship(b, a, 0.75)],
        ..Findings::default()
    };
    store.store_findings(&terms(), &found).await;
    let offering = Findings {
        documents: vec![c, d],
        relationships: vec![relationship(c, a, 0.5), relationship(d, a, 0.875)],
        offers: vec![relationship(a, c, 0.5), relationship(a, d, 0.875), relationship(b, d, 0.25)],
        ..Findings::default()
    };
    for _ in 0..2 {
        store.store_findings(&terms(), &offering).await;
        assert_eq!(targets(&store, "a.md").await, ["d.md", "b.md"].map(|name| doc_id(name).to_string()));
        assert_eq!(targets(&store, "b.md").await, ["a.md", "d.md"].map(|name| doc_id(name).to_string()));
    }
    assert_eq!(store.due_documents(&terms(), (a, d)).await, [0; 0]);
}

pub async fn what_was_embedded_and_related_adds_up_over_workers<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let run = store.resume_or_start_run("8877665544332211").await.run_id;
    assert_eq!(store.meaning_counters(&run).await, MeaningCounters::default());
    let mut counters = MeaningCounters::default();
    counters.add_document(embedded("a.md").vectors());
    counters.add_findings(&Findings { documents: vec![1, 2], ..Findings::default() });
    for worker in ["one", "two", "two"] {
        store.add_meaning_counters(&run, &WorkerId::new(worker), &counters).await;
    }
    let expected = MeaningCounters {
        vectors: 9,
        semantic_relationships: 6,
        documents_compared: 6,
        ..MeaningCounters::default()
    };
    assert_eq!(store.meaning_counters(&run).await, expected);
}
