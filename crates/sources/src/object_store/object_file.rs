//! Objects that are read at places, as files are.

use super::error::{Asked, error_of};
use super::fetching::Reading;
use super::{ObjectSource, Shared};
use crate::SourceError;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use gdg_model::Stamp;
use object_store::path::Path;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// An object in the version that it had when it was opened.
pub(crate) struct ObjectFile {
    shared: Arc<Shared>,
    locator: String,
    path: Path,
    stamp: Stamp,
}

impl ObjectSource {
    /// Whether the listing lists the key, whatever the size and age of its object.
    pub(crate) fn lists(&self, locator: &str) -> bool {
        self.shared.key_of(locator).is_ok_and(|key| self.shared.rules.lists(&key.below_prefix))
    }

    /// Asks for the version of an object, of which nothing is read yet.
    pub(crate) async fn open_object(&self, locator: &str) -> Result<ObjectFile, SourceError> {
        let shared = Arc::clone(&self.shared);
        let path = shared.key_of(locator)?.path;
        // Never closed, so that a permit always comes.
        let permit = shared.fetches.acquire().await;
        let stamp = shared.head(&path).await;
        drop(permit);
        let stamp = stamp.map_err(|error| error_of(&shared, Asked::Object(locator), &error))?;
        Ok(ObjectFile { shared, locator: locator.to_owned(), path, stamp })
    }
}

impl ObjectFile {
    pub(crate) fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Its bytes.
    pub(crate) fn size(&self) -> u64 {
        self.stamp.size.unwrap_or_default()
    }

    /// Reads a range within its size. It fails when the object has another version by now.
    pub(crate) async fn read(&self, range: Range<u64>) -> Result<Bytes, SourceError> {
        let _permit = self.shared.fetches.acquire().await;
        let capacity = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
        let (shared, locator, path) = (Arc::clone(&self.shared), self.locator.clone(), self.path.clone());
        let pieces = Reading::of_range(shared, locator, path, self.stamp.clone(), range).into_pieces();
        let whole = pieces.try_fold(BytesMut::with_capacity(capacity), async |mut whole, piece| {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        Ok(whole.await?.freeze())
    }
}

impl fmt::Debug for ObjectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectFile")
            .field("locator", &self.locator)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}
