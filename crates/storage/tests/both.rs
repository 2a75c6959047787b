//! What is stored in one place and in the other is read back the same.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod adapters {
    #[allow(dead_code)] // what tests of `PostgreSQL` alone use
    pub(crate) mod postgres;
    pub(crate) mod sqlite;
}

use adapters::postgres::InDatabase;
use adapters::sqlite::InMemory;
use gdg_model::RunId;
use gdg_storage::GraphDocument;
use gdg_storage::conformance::{
    GraphStore, Relation, StoredElement, StoredRelationship, any_documents, same_value,
};
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

/// What is told of a document.
#[derive(Debug, PartialEq)]
struct Told {
    title: Option<String>,
    metadata: Metadata,
    elements: Vec<StoredElement>,
    relationships: Vec<StoredRelationship>,
    outline: Vec<String>,
}

/// JSON, equal where it says the same.
#[derive(Debug)]
struct Metadata(Option<Value>);

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(others)) => same_value(own, others),
            (own, others) => own.is_none() && others.is_none(),
        }
    }
}

async fn read(store: &impl GraphStore, doc_id: &str) -> Told {
    let (title, metadata) = store.description(doc_id).await;
    let mut relationships = store.relationships(doc_id).await;
    relationships.sort();
    Told {
        title,
        metadata: Metadata(metadata),
        elements: store.elements(doc_id).await,
        relationships,
        outline: store.outline(doc_id).await,
    }
}

async fn compare(sqlite: &InMemory, postgres: &InDatabase, documents: &[GraphDocument]) {
    let run = RunId::new("run-1");
    // One at a time here and all together there.
    let all: Vec<&GraphDocument> = documents.iter().collect();
    for graph in &all {
        sqlite.store(&run, &[graph]).await;
    }
    postgres.store(&run, &all).await;
    for graph in documents {
        let doc_id = graph.header().document.doc_id.as_str();
        assert_eq!(read(sqlite, doc_id).await, read(postgres, doc_id).await, "{doc_id}");
    }
    for relation in [Relation::Documents, Relation::StructuralRelationships, Relation::AllRelationships] {
        assert_eq!(sqlite.count(relation).await, postgres.count(relation).await, "{relation:?}");
    }
}

#[test]
fn any_documents_are_read_back_the_same_from_both() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sqlite, postgres) = (InMemory::new(), runtime.block_on(InDatabase::new()));
    // A case is stored over what the cases before it left.
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&any_documents(), |documents| {
        runtime.block_on(compare(&sqlite, &postgres, &documents));
        Ok(())
    });
    outcome.unwrap();
}
