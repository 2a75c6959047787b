//! How fast documents are stored in `PostgreSQL`, in groups as a worker stores them:
//!
//! ```text
//! GO_DOC_GO_TEST_DATABASE_URL=… cargo run --release -p gdg-storage --example postgres_rate -- 20 256 60
//! ```
//!
//! stores 20 groups of 256 documents of 60 elements, and then the same again in their place.

#![allow(clippy::unwrap_used, clippy::wildcard_imports)] // a measurement that fails may panic

use gdg_model::*;
use gdg_storage::{DocumentHeader, GraphDocument, postgres};
use gdg_test_database::TestDatabase;
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>().unwrap());
    let groups = arguments.next().unwrap_or(20);
    let documents = arguments.next().unwrap_or(256);
    let elements = arguments.next().unwrap_or(60);

    let database = TestDatabase::create().await;
    let pool = database.postgres();
    let run = RunId::new("run-1");
    for pass in ["new", "stored again"] {
        let mut spent = [Duration::ZERO; 3];
        for group in 0..groups {
            let began = Instant::now();
            let graphs: Vec<GraphDocument> =
                (0..documents).map(|number| document(group * documents + number, elements)).collect();
            let made = Instant::now();
            let transaction = pool.begin().await.unwrap();
            let graphs: Vec<&GraphDocument> = graphs.iter().collect();
            postgres::store_documents(&transaction, &run, &graphs).await.unwrap();
            let stored = Instant::now();
            transaction.commit().await.unwrap();
            for (spent, time) in spent.iter_mut().zip([made - began, stored - made, stored.elapsed()]) {
                *spent += time;
            }
        }
        let [making, storing, committing] = spent.map(|time| time.as_secs_f64());
        let all = f64::from(groups * documents) / (storing + committing);
        println!(
            "{pass}: {all:.0} documents/s, {:.0} elements/s; making {making:.2} s, storing {storing:.2} s, committing {committing:.2} s",
            all * f64::from(elements)
        );
    }
}

/// A document as an average page of documentation is: headings, paragraphs of a few lines, some attributes and links.
fn document(number: u32, elements: u32) -> GraphDocument {
    let mut rows = vec![Element::new(ElementType::Document, "", Location::Whole)];
    for position in 1..elements {
        let bytes =
            Location::Bytes { start: u64::from(position) * 200, end: u64::from(position) * 200 + 180 };
        let mut element = Element::new(ElementType::Paragraph, "", bytes);
        element.text = format!("{number} {position} ").repeat(12);
        element.parent = Some((position - 1) / 10 * 10);
        element.ordinal = (position - 1) % 10;
        if position % 4 == 0 {
            element.attributes.set("level", position);
        }
        rows.push(element);
    }
    let source_name = SourceName::new("notes");
    let name = |number: u32| format!("folder-{}/document-{number}.md", number % 100);
    let links = (0..3).map(|link| ExplicitRelationship {
        position: link.min(elements - 1),
        target: DocId::in_source(&source_name, &name(number.wrapping_mul(link + 7) % 10_000)),
        fragment: String::new(),
    });
    let links = links.collect();
    let header = DocumentHeader {
        document: DocumentRef::listed(
            &source_name,
            name(number),
            Stamp { etag: None, modified_at: Some(1_700_000_000_000_000_000), size: Some(9_000) },
        ),
        size: 9_000,
        content_hash: ContentHash::of(&number.to_le_bytes()),
        parse_fingerprint: "0123456789abcdef".into(),
    };
    let parsed = ParsedDocument {
        format: Format::Markdown,
        title: Some(format!("Document {number}")),
        metadata: Attributes::new(),
        elements: rows,
        links: vec![],
    };
    GraphDocument::new(header, parsed, links)
}
