//! Lists a store page by page, in the order of keys.

use super::error::{Asked, error_of};
use super::page::{Entry, Page, shortened};
use super::transport::Purpose;
use super::{Key, Shared};
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError};
use gdg_model::{DocumentRef, Stamp};
use object_store::list::PaginatedListOptions;
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages in a row that may be empty though there is a next one.
const MAX_EMPTY_PAGES: u32 = 10_000;

/// A listing on its way.
#[derive(Debug)]
pub(super) struct Listing {
    shared: Arc<Shared>,
    /// The key behind which it goes on.
    after: Option<String>,
    /// What is left of the page.
    page: VecDeque<Entry>,
    next: Next,
    /// The last key that a page had.
    seen: Option<String>,
    empty_pages: u32,
}

#[derive(Debug)]
enum Next {
    First,
    Page(String),
    End,
}

impl Listing {
    pub(super) fn new(shared: Arc<Shared>, after: Option<&Cursor>) -> Result<Self, SourceError> {
        let after = after.map(|cursor| cursor.as_str().to_owned());
        if let Some(cursor) = after.as_ref().filter(|after| !after.starts_with(&shared.prefix)) {
            return Err(SourceError::InvalidCursor {
                source_name: shared.name.clone(),
                cursor: shortened(cursor),
            });
        }
        Ok(Self { shared, after, page: VecDeque::new(), next: Next::First, seen: None, empty_pages: 0 })
    }

    /// The next batch, of at most `batch_size` documents and problems. It ends
    /// with the page at the latest, so that a listing of which the rules take
    /// little tells how far it is.
    pub(super) async fn next_batch(&mut self, batch_size: usize) -> Result<Option<ListedBatch>, SourceError> {
        if self.page.is_empty() && !self.turn_page().await? {
            return Ok(None);
        }
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        while documents.len() + problems.len() < batch_size.max(1) {
            let Some(entry) = self.page.pop_front() else { break };
            match self.shared.listed(&entry) {
                Listed::Document(document) => documents.push(document),
                Listed::Problem(problem) => problems.push(problem),
                Listed::Nothing => {}
            }
            self.after = Some(entry.key);
        }
        let cursor = Cursor::new(self.after.clone().unwrap_or_else(|| self.shared.prefix.clone()));
        Ok(Some(ListedBatch { documents, problems, cursor }))
    }

    /// Asks for the next page, if there is one.
    async fn turn_page(&mut self) -> Result<bool, SourceError> {
        let (token, offset) = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => (None, self.after.clone().filter(|after| *after != self.shared.prefix)),
            Next::Page(token) => (Some(token), None),
            Next::End => return Ok(false),
        };
        let page = self.ask(token.clone(), offset).await?;
        self.check_order(&page)?;
        self.empty_pages = if page.entries.is_empty() { self.empty_pages + 1 } else { 0 };
        match page.next {
            Some(next) if token.as_ref() == Some(&next) => {
                return Err(self.malformed("the page that it names as the next one is the one it gave"));
            }
            Some(_) if self.empty_pages > MAX_EMPTY_PAGES => {
                return Err(self.malformed(&format!(
                    "its last {MAX_EMPTY_PAGES} pages were empty, and there is another"
                )));
            }
            Some(next) => self.next = Next::Page(next),
            None => {}
        }
        self.page = page.entries.into();
        // A store may list what it was to pass over, and Azure begins with the key itself.
        if let Some(after) = &self.after {
            while self.page.front().is_some_and(|entry| entry.key <= *after) {
                self.page.pop_front();
            }
        }
        Ok(true)
    }

    async fn ask(&self, page_token: Option<String>, offset: Option<String>) -> Result<Page, SourceError> {
        let shared = &self.shared;
        let mut options = PaginatedListOptions {
            offset,
            max_keys: Some(shared.page_size),
            page_token,
            ..PaginatedListOptions::default()
        };
        options.extensions.insert(Purpose::Page);
        let prefix = Some(shared.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        let answer = shared.pages.list_paginated(prefix, options).await;
        let mut answer = answer.map_err(|error| error_of(shared, Asked::Listing, &error))?;
        let page: Option<Arc<Page>> = answer.result.extensions.remove();
        page.and_then(Arc::into_inner).ok_or_else(|| self.malformed("bug: its answer holds no page"))
    }

    /// Keys must come in their order, each once: then a listing ends, and can be gone on with behind any key.
    fn check_order(&mut self, page: &Page) -> Result<(), SourceError> {
        for entry in &page.entries {
            if !entry.key.starts_with(&self.shared.prefix) {
                let (key, prefix) = (shortened(&entry.key), &self.shared.prefix);
                return Err(
                    self.malformed(&format!("it lists `{key}`, which does not begin with `{prefix}`"))
                );
            }
            if let Some(seen) = self.seen.as_ref().filter(|seen| **seen >= entry.key) {
                let (key, seen) = (shortened(&entry.key), shortened(seen));
                return Err(self.malformed(&format!(
                    "it lists `{key}` behind `{seen}`: the store repeats keys, or does not list them in their order, \
                     without which a listing can neither end nor be gone on with"
                )));
            }
            self.seen = Some(entry.key.clone());
        }
        Ok(())
    }

    fn malformed(&self, reason: &str) -> SourceError {
        let reason = format!("the listing is not usable: {reason}");
        SourceError::Malformed {
            source_name: self.shared.name.clone(),
            locator: self.shared.url.clone(),
            reason,
        }
    }
}

/// What a listing makes of an object.
enum Listed {
    Document(DocumentRef),
    Problem(ListingProblem),
    /// A folder, or what the rules leave out.
    Nothing,
}

impl Shared {
    fn listed(&self, entry: &Entry) -> Listed {
        if entry.is_folder || entry.key.ends_with('/') {
            return Listed::Nothing;
        }
        match self.key_of(&entry.key) {
            Ok(Key { below_prefix, .. }) if !self.rules.lists_entry(&below_prefix, entry) => Listed::Nothing,
            Ok(_) => Listed::Document(self.document(entry.key.clone(), 0, stamp_of(entry))),
            Err(error) => {
                let locator =
                    entry.key.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
                Listed::Problem(ListingProblem { locator, error, scope: ProblemScope::Below })
            }
        }
    }
}

/// The stamp of an object as it is listed. Headers tell times in whole seconds, so that is what it keeps.
fn stamp_of(entry: &Entry) -> Stamp {
    Stamp {
        etag: entry.etag.clone(),
        modified_at: entry
            .modified
            .filter(|seconds| *seconds != 0)
            .and_then(|seconds| seconds.checked_mul(1_000_000_000)),
        size: entry.size,
    }
}
