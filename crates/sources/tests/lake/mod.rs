//! What the tests of object stores share.

#![allow(dead_code, unreachable_pub)] // each test program uses some of it

use futures::TryStreamExt;
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_sources::conformance::goes_on_behind_every_cursor;
use gdg_sources::{Fetch, Fetched, ListedBatch, Source, SourceError};
use gdg_test_servers::bucket::Bucket;
use gdg_test_servers::faults::{Fault, Faults};
use std::sync::Arc;

/// The name of the source.
pub const NAME: &str = "lake";

/// A store whose bucket a test fills.
pub trait Lake {
    fn bucket(&self) -> &Bucket;
    fn faults(&self) -> &Faults;
    /// A source of the bucket that asks for so many objects at a time.
    fn open(&self, page_size: u32) -> Arc<dyn Source>;
}

pub async fn batches(source: &dyn Source) -> Result<Vec<ListedBatch>, SourceError> {
    source.list(None, 1_000).try_collect().await
}

pub async fn listed(source: &dyn Source) -> Vec<String> {
    let batches = batches(source).await.unwrap();
    assert!(batches.iter().all(|batch| batch.problems.is_empty()));
    batches.into_iter().flat_map(|batch| batch.documents).map(|document| document.locator).collect()
}

pub fn document(locator: &str) -> DocumentRef {
    let source_name = SourceName::new(NAME);
    DocumentRef::listed(&source_name, locator, Stamp::default())
}

pub async fn fetch(source: &dyn Source, locator: &str) -> Result<Fetched, SourceError> {
    match source.fetch(&document(locator), None).await? {
        Fetch::Document(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing is known"),
    }
}

pub async fn keys_of_every_shape_are_listed_page_by_page_and_fetched(lake: &impl Lake) {
    let mut keys =
        [" a ", "100%.md", "a#b?c&d=e+f.md", "a&<b>.md", "caf\u{e9}.md", "docs-old.md", "\u{1f600}.md"];
    for key in keys.into_iter().chain(["docs/"]) {
        lake.bucket().put(key, key.to_owned());
    }
    keys.sort_unstable();
    for page_size in [1, 3, 1_000] {
        let source = lake.open(page_size);
        assert_eq!(listed(&*source).await, keys);
        goes_on_behind_every_cursor(&*source, 2).await;
        for key in keys {
            assert_eq!(fetch(&*source, key).await.unwrap().content.read(100).unwrap(), key.as_bytes());
        }
    }
}

pub async fn an_unchanged_object_is_not_sent_again(lake: &impl Lake) {
    lake.bucket().put("a.md", "a");
    let source = lake.open(1_000);
    let stamp = fetch(&*source, "a.md").await.unwrap().stamp;
    let again = source.fetch(&document("a.md"), Some(&stamp)).await.unwrap();
    assert!(matches!(again, Fetch::Unchanged { .. }));
}

pub async fn a_large_object_that_changes_between_its_parts_is_not_mixed(lake: &impl Lake) {
    let bytes: Vec<u8> = (0..4_u64 << 20).flat_map(u64::to_le_bytes).collect();
    lake.bucket().put("large.bin", bytes.clone());
    let source = lake.open(1_000);
    let document = batches(&*source).await.unwrap().remove(0).documents.remove(0);
    let Fetch::Document(fetched) = source.fetch(&document, None).await.unwrap() else {
        panic!("nothing is known")
    };
    assert_eq!(fetched.stamp, document.stamp);
    assert!(fetched.content.read(u64::MAX).unwrap() == bytes);
    let bucket = lake.bucket().clone();
    let mut gets = 0;
    lake.faults().inject(move |_| {
        gets += 1;
        if gets == 2 {
            bucket.put("large.bin", bytes.clone());
        }
        Fault::None
    });
    let error = source.fetch(&document, None).await.unwrap_err();
    assert!(matches!(error, SourceError::ChangedMeanwhile { .. }), "{error}");
}
