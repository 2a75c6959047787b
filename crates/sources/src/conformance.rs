//! What every [`Source`] must do: one suite, which each implementation's tests
//! run by [`source_conformance_tests!`](crate::source_conformance_tests).
//!
//! A test gets a [`Fixture`]: an empty source, and a way to put documents into
//! what it reads.

// A check that fails panics, as a test does.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use crate::{Cursor, Fetch, Fetched, ListedBatch, Source};
use async_trait::async_trait;
use futures::StreamExt;
use gdg_model::{DocId, DocumentRef, ErrorClass, SourceName, Stamp};
use std::sync::Arc;

/// A source for a test, empty at first.
#[async_trait]
pub trait Fixture: Send {
    /// Whether the listing tells versions.
    const LISTS_STAMPS: bool = true;
    /// Whether documents lie in folders, and links between them are relative paths.
    const HAS_FOLDERS: bool = true;
    /// Whether the source holds the bytes that were put, and not what was made of them.
    const KEEPS_BYTES: bool = true;

    /// The source.
    fn source(&self) -> Arc<dyn Source>;

    /// The locator that the document which is put as `name` is listed with.
    fn locator(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Puts a document where the source lists it, or replaces it. `name` is
    /// letters, digits, dots and dashes, with `/` between parts.
    async fn put(&mut self, name: &str, bytes: &[u8]);

    /// Removes a document.
    async fn remove(&mut self, name: &str);
}

/// Makes one test of each check. `$make` is an expression of type `async fn() -> impl Fixture`.
#[macro_export]
macro_rules! source_conformance_tests {
    ($make:expr) => {
        $crate::source_conformance_tests! { @each $make;
            an_empty_source_lists_nothing
            everything_is_listed_once_in_batches_of_any_size
            a_listing_goes_on_behind_every_cursor
            a_listing_goes_on_behind_a_document_that_is_gone
            what_came_meanwhile_is_listed_when_it_lies_behind_the_cursor
            a_document_is_named_the_same_in_every_listing
            a_listing_can_be_dropped_at_any_batch
            a_fetched_document_has_its_bytes_and_the_stamp_of_the_listing
            a_changed_document_has_another_stamp
            a_document_that_is_known_need_not_be_read_again
            a_vanished_document_fails_for_good
            a_document_over_the_limit_is_not_read
            a_locator_that_was_never_listed_is_an_error
            a_relative_link_leads_to_the_document_as_it_is_listed
            a_link_to_another_place_leads_nowhere
        }
    };
    (@each $make:expr; $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::conformance::$name($make).await;
            }
        )+
    };
}

/// Documents whose order and nesting have tripped listings up.
const NAMES: [&str; 12] = [
    "a.md",
    "a/b.md",
    "a/b/c.md",
    "a/b/d/e.md",
    "a-b.md",
    "a0/z.md",
    "B.md",
    "b/a.md",
    "b/a.txt",
    "b/c/x.md",
    "z/y/x/w/v.md",
    "z.md",
];

async fn put_all(fixture: &mut impl Fixture) {
    for name in NAMES {
        fixture.put(name, name.as_bytes()).await;
    }
}

/// The name that a document was put with.
fn name_of(fixture: &impl Fixture, document: &DocumentRef) -> &'static str {
    NAMES.into_iter().find(|name| fixture.locator(name) == document.locator).unwrap()
}

async fn fetched(source: &dyn Source, document: &DocumentRef) -> Fetched {
    match source.fetch(document, None).await.unwrap() {
        Fetch::Document(fetched) => fetched,
        Fetch::Unchanged { .. } => panic!("{} is no other than one that was never seen", document.locator),
    }
}

/// Every batch of a listing behind `after`.
async fn batches(source: &dyn Source, after: Option<&Cursor>, batch_size: usize) -> Vec<ListedBatch> {
    let batches: Vec<_> = source.list(after.cloned(), batch_size).collect().await;
    batches.into_iter().map(|batch| batch.unwrap()).collect()
}

async fn list(source: &dyn Source, after: Option<&Cursor>) -> Vec<DocumentRef> {
    batches(source, after, 1_000).await.into_iter().flat_map(|batch| batch.documents).collect()
}

fn locators(documents: &[DocumentRef]) -> Vec<&str> {
    documents.iter().map(|document| document.locator.as_str()).collect()
}

fn sorted(mut locators: Vec<&str>) -> Vec<&str> {
    locators.sort_unstable();
    locators
}

async fn listed(source: &dyn Source, locator: &str) -> DocumentRef {
    let documents = list(source, None).await;
    documents.into_iter().find(|document| document.locator == locator).unwrap()
}

fn named(source: &dyn Source, locator: &str) -> DocumentRef {
    DocumentRef::listed(source.name(), locator, Stamp::default())
}

/// Checks that whatever batch a listing is interrupted at, it goes on to the
/// rest, in the same order. Returns the locators of the whole listing.
pub async fn goes_on_behind_every_cursor(source: &dyn Source, batch_size: usize) -> Vec<String> {
    let batches = batches(source, None, batch_size).await;
    let whole: Vec<String> =
        batches.iter().flat_map(|batch| &batch.documents).map(|document| document.locator.clone()).collect();
    let mut taken = 0;
    for batch in &batches {
        assert!(batch.documents.len() + batch.problems.len() <= batch_size);
        taken += batch.documents.len();
        let rest = list(source, Some(&batch.cursor)).await;
        assert_eq!(locators(&rest), whole[taken..], "behind {:?}", batch.cursor);
    }
    whole
}

#[allow(missing_docs)] // a check's name says what it checks
#[allow(clippy::wildcard_imports)]
mod checks {
    use super::*;

    pub async fn an_empty_source_lists_nothing<F: Fixture>(make: impl AsyncFn() -> F) {
        let fixture = make().await;
        let batches = batches(&*fixture.source(), None, 10).await;
        assert!(batches.iter().all(|batch| batch.documents.is_empty() && batch.problems.is_empty()));
    }

    pub async fn everything_is_listed_once_in_batches_of_any_size<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        for batch_size in [1, 2, 5, NAMES.len(), 1_000] {
            let batches = batches(&*fixture.source(), None, batch_size).await;
            assert!(
                batches.iter().all(|batch| batch.documents.len() <= batch_size && batch.problems.is_empty())
            );
            let documents: Vec<_> = batches.into_iter().flat_map(|batch| batch.documents).collect();
            let expected = NAMES.map(|name| fixture.locator(name));
            let expected = expected.iter().map(String::as_str).collect();
            assert_eq!(sorted(locators(&documents)), sorted(expected), "in batches of {batch_size}");
        }
    }

    pub async fn a_listing_goes_on_behind_every_cursor<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        for batch_size in [1, 2, 5] {
            let whole = goes_on_behind_every_cursor(&*fixture.source(), batch_size).await;
            assert_eq!(whole.len(), NAMES.len());
        }
    }

    pub async fn a_listing_goes_on_behind_a_document_that_is_gone<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        let source = fixture.source();
        for batch in batches(&*source, None, 1).await {
            let expected = list(&*source, Some(&batch.cursor)).await;
            for document in batch.documents {
                fixture.remove(name_of(&fixture, &document)).await;
            }
            assert_eq!(locators(&list(&*source, Some(&batch.cursor)).await), locators(&expected));
        }
    }

    pub async fn what_came_meanwhile_is_listed_when_it_lies_behind_the_cursor<F: Fixture>(
        make: impl AsyncFn() -> F,
    ) {
        let mut fixture = make().await;
        fixture.put("a.md", b"a").await;
        fixture.put("b.md", b"b").await;
        let source = fixture.source();
        let first =
            batches(&*source, None, 1).await.into_iter().find(|batch| !batch.documents.is_empty()).unwrap();
        fixture.put("c/c.md", b"c").await;
        let whole = list(&*source, None).await;
        let rest = list(&*source, Some(&first.cursor)).await;
        assert_eq!(locators(&rest), locators(&whole)[1..]);
    }

    pub async fn a_document_is_named_the_same_in_every_listing<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        let source = fixture.source();
        let documents = list(&*source, None).await;
        assert_eq!(list(&*source, None).await, documents);
        for document in documents {
            assert_eq!(document.doc_id, DocId::in_source(source.name(), &document.locator));
            assert_eq!((&document.source_name, document.link_depth), (source.name(), 0));
        }
    }

    pub async fn a_listing_can_be_dropped_at_any_batch<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        for taken in 0..NAMES.len() {
            let mut batches = fixture.source().list(None, 1).take(taken);
            while let Some(batch) = batches.next().await {
                batch.unwrap();
            }
        }
        assert_eq!(list(&*fixture.source(), None).await.len(), NAMES.len());
    }

    pub async fn a_fetched_document_has_its_bytes_and_the_stamp_of_the_listing<F: Fixture>(
        make: impl AsyncFn() -> F,
    ) {
        let mut fixture = make().await;
        put_all(&mut fixture).await;
        fixture.put("empty.md", b"").await;
        let large = vec![b'x'; 3 << 20];
        fixture.put("large.bin", &large).await;
        let source = fixture.source();
        for (name, bytes) in NAMES
            .map(|name| (name, name.as_bytes()))
            .into_iter()
            .chain([("empty.md", &b""[..]), ("large.bin", large.as_slice())])
        {
            let document = listed(&*source, &fixture.locator(name)).await;
            let fetched = fetched(&*source, &document).await;
            if F::LISTS_STAMPS {
                assert_eq!(fetched.stamp, document.stamp);
            }
            if F::HAS_FOLDERS {
                assert!(name.ends_with(&fetched.name), "{}", fetched.name);
            }
            let read = tokio::task::spawn_blocking(|| fetched.content.read(10 << 20)).await.unwrap().unwrap();
            if F::KEEPS_BYTES {
                assert!(read == bytes, "{name} has other bytes");
            } else {
                let text = String::from_utf8(read).unwrap();
                assert!(text.contains(str::from_utf8(bytes).unwrap()), "{name} lacks its text");
            }
        }
    }

    pub async fn a_changed_document_has_another_stamp<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a.md", b"before").await;
        let source = fixture.source();
        let document = listed(&*source, &fixture.locator("a.md")).await;
        let before = fetched(&*source, &document).await.stamp;
        assert!(before.proves_unchanged_since(&before), "a stamp says nothing");
        fixture.put("a.md", b"and after").await;
        let again = listed(&*source, &fixture.locator("a.md")).await;
        assert_eq!(again.doc_id, document.doc_id);
        let Fetch::Document(after) = source.fetch(&document, Some(&before)).await.unwrap() else {
            panic!("it is another one now");
        };
        assert!(!after.stamp.proves_unchanged_since(&before));
        if F::LISTS_STAMPS {
            assert_eq!(after.stamp, again.stamp);
        }
    }

    pub async fn a_document_that_is_known_need_not_be_read_again<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a.md", b"a").await;
        let source = fixture.source();
        let document = listed(&*source, &fixture.locator("a.md")).await;
        let known = fetched(&*source, &document).await.stamp;
        let now = match source.fetch(&document, Some(&known)).await.unwrap() {
            Fetch::Document(fetched) => fetched.stamp,
            Fetch::Unchanged { stamp } => stamp,
        };
        assert!(now.proves_unchanged_since(&known));
    }

    pub async fn a_vanished_document_fails_for_good<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a/b.md", b"b").await;
        let source = fixture.source();
        let document = listed(&*source, &fixture.locator("a/b.md")).await;
        fixture.remove("a/b.md").await;
        let error = source.fetch(&document, None).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        let message = error.to_string();
        assert!(message.contains(&document.locator) && message.contains(source.name().as_str()), "{message}");
        assert_eq!(locators(&list(&*source, None).await), [""; 0]);
    }

    pub async fn a_document_over_the_limit_is_not_read<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a.md", &[b'a'; 100]).await;
        let source = fixture.source();
        let document = listed(&*source, &fixture.locator("a.md")).await;
        let content = fetched(&*source, &document).await.content;
        let error = tokio::task::spawn_blocking(|| content.read(99)).await.unwrap().unwrap_err();
        assert_eq!(error.class(), ErrorClass::Permanent);
        let message = error.to_string();
        assert!(
            message.contains(&document.locator) && message.contains("parsing.limits.max_document_size"),
            "{message}"
        );
    }

    pub async fn a_locator_that_was_never_listed_is_an_error<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a.md", b"a").await;
        let source = fixture.source();
        for locator in ["", "b.md", "../a.md", "/etc/passwd", "a.md/b", "%00", "\0", "a\n", "é%", "://"] {
            let document = named(&*source, locator);
            source.fetch(&document, None).await.unwrap_err();
            assert!(!source.may_follow(&document), "{locator}");
        }
    }

    pub async fn a_relative_link_leads_to_the_document_as_it_is_listed<F: Fixture>(
        make: impl AsyncFn() -> F,
    ) {
        let mut fixture = make().await;
        if !F::HAS_FOLDERS {
            return;
        }
        put_all(&mut fixture).await;
        let source = fixture.source();
        let from = listed(&*source, &fixture.locator("a/b.md")).await;
        for (link, name) in [
            ("../b/a.md", "b/a.md"),
            ("./b/c.md#part", "a/b/c.md"),
            ("../a-b.md?query", "a-b.md"),
            ("b.md", "a/b.md"),
        ] {
            let resolved = source.resolve_link(&from, link).unwrap();
            assert_eq!(
                resolved.document.doc_id,
                listed(&*source, &fixture.locator(name)).await.doc_id,
                "{link}"
            );
            assert_eq!(resolved.document.link_depth, 1);
            assert_eq!(resolved.fragment, if link.contains('#') { "part" } else { "" });
        }
    }

    pub async fn a_link_to_another_place_leads_nowhere<F: Fixture>(make: impl AsyncFn() -> F) {
        let mut fixture = make().await;
        fixture.put("a.md", b"a").await;
        let source = fixture.source();
        let from = listed(&*source, &fixture.locator("a.md")).await;
        for link in ["mailto:someone@example.com", "https://elsewhere.invalid/a.md", "data:,a", "\0"] {
            assert_eq!(source.resolve_link(&from, link), None, "{link}");
        }
        let stranger =
            DocumentRef { source_name: SourceName::new("another"), locator: "../x".into(), ..from };
        assert_eq!(source.resolve_link(&stranger, "a.md"), None);
    }
}

pub use checks::*;
