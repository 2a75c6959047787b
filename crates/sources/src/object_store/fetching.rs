//! Fetches an object: in parts when it is large, each of the same version, and
//! on from where it was when the connection breaks.

use super::Shared;
use super::error::{Asked, error_of, refusal_in};
use super::inflating::{Coding, inflated};
use super::page::{etag_of, shortened};
use super::transport::Purpose;
use crate::{Fetch, Fetched, SourceError};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use gdg_model::{DocumentRef, Stamp};
use object_store::path::Path;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectMeta};
use reqwest::StatusCode;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes that are asked for at a time.
pub(super) const PART: u64 = 16 << 20;
/// How often a part may break off.
const MAX_BREAKS: u32 = 5;
/// How many times `timeout` a part may take, however steadily it trickles.
const PATIENCE: u32 = 10;
/// How long to wait before going on after a break; doubled for each.
const PAUSE: Duration = Duration::from_millis(50);

impl Shared {
    /// Takes an object into the spool. Dropping the future is safe.
    pub(super) async fn fetch(
        self: &Arc<Self>,
        document: &DocumentRef,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let locator = document.locator.as_str();
        let key = self.key_of(locator)?;
        // Never closed, so that a permit always comes.
        let _permit = self.fetches.acquire().await;
        let known_tag = known.and_then(|known| known.etag.as_deref()).and_then(etag_of);
        let failed = |error| error_of(self, Asked::Object(locator), &error);
        let first_part = document.stamp.size.filter(|size| *size > PART).map(|_| 0..PART);
        let is_part = first_part.is_some();
        let result = match self.get(&key.path, options(first_part, known_tag.clone(), None)).await {
            Err(error) if is_part && has_status(&error, StatusCode::RANGE_NOT_SATISFIABLE) => {
                // It has become an empty one.
                self.get(&key.path, options(None, known_tag, None)).await
            }
            result => result,
        };
        let result = match (result, known) {
            (Err(error), Some(known)) if has_status(&error, StatusCode::NOT_MODIFIED) => {
                return Ok(Fetch::Unchanged { stamp: known.clone() });
            }
            (result, _) => result.map_err(failed)?,
        };
        let encoding =
            result.attributes.get(&Attribute::ContentEncoding).map(|value| value.as_ref().to_owned());
        let coding = Coding::of(encoding.as_deref());
        if coding == Coding::Unknown {
            return Err(SourceError::Malformed {
                source_name: self.name.clone(),
                locator: locator.to_owned(),
                reason: format!(
                    "it is stored with `Content-Encoding: {}`, which is not undone",
                    encoding.as_deref().map(shortened).unwrap_or_default()
                ),
            });
        }
        let stamp = stamp_of(&result.meta);
        let content_type =
            result.attributes.get(&Attribute::ContentType).map(|value| value.as_ref().to_owned());
        let size = result.meta.size;
        let pieces = Reading::new(Arc::clone(self), locator, key.path, result).into_pieces();
        let content = if coding == Coding::Gzip {
            let pieces = inflated(self.name.clone(), locator.to_owned(), pieces);
            self.spool.take_in(&self.name, locator, None, self.max_size, pieces).await?
        } else {
            self.spool.take_in(&self.name, locator, Some(size), self.max_size, pieces).await?
        };
        let name = locator.rsplit('/').next().unwrap_or(locator);
        Ok(Fetch::Document(Fetched::new(content, stamp, name).with_content_type(content_type)))
    }

    /// Whether there is an object. `None` when that cannot be said now.
    pub(super) async fn exists(&self, path: &Path) -> Option<bool> {
        match self.head(path).await {
            Ok(_) => Some(true),
            Err(error) => has_status(&error, StatusCode::NOT_FOUND).then_some(false),
        }
    }

    /// The stamp of an object as it is now.
    pub(super) async fn head(&self, path: &Path) -> object_store::Result<Stamp> {
        let options = GetOptions { head: true, ..options(None, None, None) };
        self.get(path, options).await.map(|result| stamp_of(&result.meta))
    }

    async fn get(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.objects.get_opts(path, options).await
    }
}

fn options(range: Option<Range<u64>>, if_none_match: Option<String>, if_match: Option<String>) -> GetOptions {
    let range = range.map(GetRange::Bounded);
    let mut options = GetOptions { range, if_none_match, if_match, ..GetOptions::default() };
    options.extensions.insert(Purpose::Object);
    options
}

fn has_status(error: &object_store::Error, status: StatusCode) -> bool {
    refusal_in(error).is_some_and(|refusal| refusal.status == status)
}

/// The stamp of an object as it is fetched: the same as it is listed with.
fn stamp_of(meta: &ObjectMeta) -> Stamp {
    // The crate says 1970 where the server says nothing.
    let modified = Some(meta.last_modified.timestamp()).filter(|seconds| *seconds != 0);
    Stamp {
        etag: meta.e_tag.as_deref().and_then(etag_of),
        modified_at: modified.and_then(|seconds| seconds.checked_mul(1_000_000_000)),
        size: Some(meta.size),
    }
}

/// An object on its way, or a range of it.
pub(super) struct Reading {
    shared: Arc<Shared>,
    locator: String,
    path: Path,
    /// The version that is read.
    version: Stamp,
    /// Where reading ends.
    end: u64,
    /// Where it is.
    offset: u64,
    part: Option<Part>,
    breaks: u32,
    /// Where the counting of breaks began anew.
    counted_from: u64,
}

/// An answer with a part of the object.
struct Part {
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    end: u64,
    deadline: Instant,
}

impl Reading {
    fn new(shared: Arc<Shared>, locator: &str, path: Path, result: GetResult) -> Self {
        let mut reading = Self {
            shared,
            locator: locator.to_owned(),
            path,
            version: stamp_of(&result.meta),
            end: result.meta.size,
            offset: result.range.start,
            part: None,
            breaks: 0,
            counted_from: 0,
        };
        reading.part = Some(reading.part_of(result));
        reading
    }

    /// A range of a version that is known.
    pub(super) fn of_range(
        shared: Arc<Shared>,
        locator: String,
        path: Path,
        version: Stamp,
        range: Range<u64>,
    ) -> Self {
        let (offset, end) = (range.start, range.end);
        Self { shared, locator, path, version, end, offset, part: None, breaks: 0, counted_from: offset }
    }

    fn part_of(&self, result: GetResult) -> Part {
        let end = result.range.end;
        Part { bytes: result.into_stream(), end, deadline: self.deadline() }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.shared.timeout * PATIENCE
    }

    pub(super) fn into_pieces(self) -> impl Stream<Item = Result<Bytes, SourceError>> + Send {
        stream::try_unfold(self, |mut reading| async move {
            Ok(reading.next_piece().await?.map(|piece| (piece, reading)))
        })
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, SourceError> {
        loop {
            let Some(part) = &mut self.part else {
                if self.offset >= self.end {
                    return Ok(None);
                }
                match self.next_part().await {
                    Ok(part) => self.part = Some(part),
                    Err(error) => self.broken(error).await?,
                }
                continue;
            };
            let (end, deadline) = (part.end, part.deadline);
            match tokio::time::timeout_at(deadline, part.bytes.next()).await {
                Ok(Some(Ok(piece))) => {
                    self.offset += piece.len() as u64;
                    if self.offset > end {
                        return Err(self.malformed(format!(
                            "the server sends more than the {} bytes it declares",
                            self.end
                        )));
                    }
                    if self.offset - self.counted_from >= PART {
                        (self.breaks, self.counted_from) = (0, self.offset);
                        part.deadline = Instant::now() + self.shared.timeout * PATIENCE;
                    }
                    return Ok(Some(piece));
                }
                Ok(None) if self.offset == end => self.part = None,
                Ok(None) => {
                    let error =
                        self.unavailable(format!("its bytes end after {} of {}", self.offset, self.end));
                    self.broken(error).await?;
                }
                Ok(Some(Err(error))) => {
                    let error = error_of(&self.shared, Asked::Object(&self.locator), &error);
                    self.broken(error).await?;
                }
                Err(_) => {
                    let seconds = (self.shared.timeout * PATIENCE).as_secs();
                    let error =
                        self.unavailable(format!("a part of it is not whole after {seconds} seconds"));
                    self.broken(error).await?;
                }
            }
        }
    }

    /// Asks for the bytes from where it is, of the very version that it began with.
    async fn next_part(&mut self) -> Result<Part, SourceError> {
        let range = self.offset..self.end.min(self.offset.saturating_add(PART));
        if !self.version.proves_unchanged_since(&self.version) {
            return Err(
                self.malformed("it does not come in one piece, and the server tells no version of it".into())
            );
        }
        // A weak tag never matches, whatever the object is: then what the answer says must do.
        let if_match = self.version.etag.clone().filter(|etag| etag.starts_with('"'));
        let result = self.shared.get(&self.path, options(Some(range.clone()), None, if_match)).await;
        let result = match result {
            // It has become a shorter one.
            Err(error) if has_status(&error, StatusCode::RANGE_NOT_SATISFIABLE) => return Err(self.changed()),
            result => result.map_err(|error| error_of(&self.shared, Asked::Object(&self.locator), &error))?,
        };
        if stamp_of(&result.meta) != self.version {
            return Err(self.changed());
        }
        if result.range != range {
            return Err(self.malformed("the server sends other bytes than it was asked for".into()));
        }
        Ok(self.part_of(result))
    }

    /// Counts a break. The error is what ends the reading.
    async fn broken(&mut self, error: SourceError) -> Result<(), SourceError> {
        self.part = None;
        if !matches!(error, SourceError::Unavailable { .. }) || self.breaks >= MAX_BREAKS {
            return Err(error);
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(self.breaks)).await;
        self.breaks += 1;
        Ok(())
    }

    fn changed(&self) -> SourceError {
        SourceError::ChangedMeanwhile { source_name: self.shared.name.clone(), locator: self.locator.clone() }
    }

    fn unavailable(&self, reason: String) -> SourceError {
        let (source_name, locator) = (self.shared.name.clone(), self.locator.clone());
        SourceError::Unavailable { source_name, locator, reason }
    }

    fn malformed(&self, reason: String) -> SourceError {
        let (source_name, locator) = (self.shared.name.clone(), self.locator.clone());
        SourceError::Malformed { source_name, locator, reason }
    }
}
