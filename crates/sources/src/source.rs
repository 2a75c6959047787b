//! The seam between the pipeline and every place that documents come from.

use crate::{Fetch, SourceError};
use async_trait::async_trait;
use futures::stream::BoxStream;
use gdg_model::{DocumentRef, SourceName, Stamp};
use std::fmt;

/// A place that documents come from.
///
/// What it lists is named for good: the same document has the same locator,
/// and with it the same [`DocId`](gdg_model::DocId), in every listing, and a
/// link that leads to it resolves to the same name.
#[async_trait]
pub trait Source: Send + Sync + fmt::Debug {
    /// Its name in the configuration.
    fn name(&self) -> &SourceName;

    /// Lists what there is behind `after` (from the beginning when `None`), in
    /// batches of at most `batch_size` documents and problems.
    ///
    /// The order is the same in every listing, so that listing behind the
    /// cursor of a batch gives what the interrupted listing would have given
    /// from there. A batch may be empty: its cursor is then a sign of progress.
    /// What cannot be read is a [`ListingProblem`], and the rest is listed; an
    /// `Err` is the end of the stream, and says that the listing failed as a whole.
    ///
    /// The stream works only while it is polled, holds no more than a batch,
    /// and can be dropped at any time. Must be polled within a tokio runtime.
    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>>;

    /// Makes a document ready to be read. Dropping the future is safe.
    ///
    /// `known` is the stamp that it was last handled with, if it need not be
    /// handled again as long as it has that one: a source that can ask for
    /// changes only asks for those.
    ///
    /// `document` may come from a link or a database: its locator is not trusted.
    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError>;

    /// The document of this source that `target`, as it stands in the document
    /// `from`, leads to; `None` when it leads elsewhere. Whether that document
    /// exists is not said. `from` may be a document of another source: then
    /// only a target that stands for itself (a URL, an absolute path) can lead
    /// here. May block: it looks at the source at most briefly.
    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink>;

    /// Whether a link may lead to `target`, which the listing does not list:
    /// it exists, its link depth and the source's rules allow it. May block.
    fn may_follow(&self, target: &DocumentRef) -> bool;
}

/// How far a listing is. What the text means is the source's own business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor from its text, as [`as_str`](Self::as_str) gave it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a listing.
#[derive(Debug)]
pub struct ListedBatch {
    /// Documents, in the order of the listing.
    pub documents: Vec<DocumentRef>,
    /// What could not be read.
    pub problems: Vec<ListingProblem>,
    /// Where the listing goes on once this batch is taken in.
    pub cursor: Cursor,
}

/// A part of the source that could not be listed.
#[derive(Debug)]
pub struct ListingProblem {
    /// Which part: a folder, a file, a page.
    pub locator: String,
    /// What happened.
    pub error: SourceError,
    /// What else is not known because of it.
    pub scope: ProblemScope,
}

/// Which documents a part of a listing that failed would have named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemScope {
    /// The document of that locator, and those whose locators go on behind it with a `/`.
    Below,
    /// Any documents of the source: none of them is taken to have vanished.
    Source,
}

/// Where a link within a source leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedLink {
    /// The document.
    pub document: DocumentRef,
    /// The part of the link behind `#`, without percent-encoding; empty where it has none.
    pub fragment: String,
    /// Whether the document is to be processed because of this link; see [`Source::may_follow`].
    pub follow: bool,
}
