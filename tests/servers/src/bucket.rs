//! Objects in memory, in the order of their keys, for the servers that serve them.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// An object.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its bytes.
    pub bytes: Bytes,
    /// Another one each time that the object is put, without quotes.
    pub etag: String,
    /// When it was put, in whole seconds.
    pub modified: SystemTime,
    /// Its media type.
    pub content_type: String,
    /// How its bytes are encoded.
    pub content_encoding: Option<String>,
}

/// A bucket. Clones are the same bucket.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
    versions: Arc<AtomicU64>,
}

/// A page of a listing.
#[derive(Debug)]
pub struct Page {
    /// Keys and objects.
    pub objects: Vec<(String, Object)>,
    /// Whether there are more.
    pub is_truncated: bool,
}

impl Bucket {
    /// Puts an object, or replaces it.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        self.put_object(key, bytes, |_| {});
    }

    /// Puts an object with something particular about it.
    pub fn put_object(&self, key: &str, bytes: impl Into<Bytes>, change: impl FnOnce(&mut Object)) {
        let version = self.versions.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let mut object = Object {
            bytes: bytes.into(),
            etag: format!("{version:032x}"),
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(now),
            content_type: "application/octet-stream".into(),
            content_encoding: None,
        };
        change(&mut object);
        self.lock().insert(key.to_owned(), object);
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        self.lock().remove(key);
    }

    /// An object.
    pub fn get(&self, key: &str) -> Option<Object> {
        self.lock().get(key).cloned()
    }

    /// Up to `most` objects whose keys begin with `prefix`, behind `after` (with it, when `inclusive`).
    pub fn page(&self, prefix: &str, after: Option<&str>, inclusive: bool, most: usize) -> Page {
        let objects = self.lock();
        let from = match after {
            None => Bound::Unbounded,
            Some(after) if inclusive => Bound::Included(after),
            Some(after) => Bound::Excluded(after),
        };
        let mut behind =
            objects.range::<str, _>((from, Bound::Unbounded)).filter(|(key, _)| key.starts_with(prefix));
        let page = behind.by_ref().take(most).map(|(key, object)| (key.clone(), object.clone())).collect();
        Page { objects: page, is_truncated: behind.next().is_some() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
