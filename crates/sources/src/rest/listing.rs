//! A listing: pages, one after the other, from wherever an earlier listing was.
//!
//! Services name pages, not items, and what a page holds changes when items
//! go. So a cursor names the page of the item that was listed last, and the
//! items that were listed before it: going on asks for that page again and
//! lists what is behind the last of those that is still there. Where pages are
//! counted (by number or offset) and none of them is there, items have moved
//! forward, and the page before is asked for, down to the first. Nothing is
//! lost that way as long as the service keeps the order; at worst something is
//! listed twice.

use super::item::{encoded, id_of, stamp_of_item};
use super::pagination::At;
use super::place::{Place, Progress, mark_of};
use super::service::{NoPage, Page, Service};
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError};
use gdg_model::DocumentRef;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Times that a listing may lose its place and begin again.
const MAX_RESTARTS: u32 = 3;

/// A listing of a service.
#[derive(Debug)]
pub(super) struct Listing {
    service: Arc<Service>,
    /// What the next cursor says.
    place: Place,
    /// What the page has that was not given out yet.
    pending: VecDeque<Entry>,
    /// The page to ask for when nothing is pending.
    next: Option<At>,
    /// Whether the next page is to be searched for what was listed before.
    searching: bool,
    /// Whether the next page is the first one that is asked for.
    begins: bool,
    restarts: u32,
    progress: Progress,
}

/// An item that is listed, or the problem with it.
#[derive(Debug)]
struct Entry {
    /// The page it is to be found on again.
    at: At,
    mark: Option<String>,
    listed: Result<DocumentRef, ListingProblem>,
}

impl Listing {
    /// A listing behind `cursor`, or from the beginning.
    pub(super) fn new(service: Arc<Service>, cursor: Option<&Cursor>) -> Result<Self, SourceError> {
        let pagination = &service.settings.list.pagination;
        let place = match cursor {
            None => Place::start(pagination),
            Some(cursor) => {
                Place::of_cursor(cursor, pagination).ok_or_else(|| SourceError::InvalidCursor {
                    source_name: service.name.clone(),
                    cursor: cursor.as_str().to_owned(),
                })?
            }
        };
        Ok(Self {
            next: Some(place.at.clone()),
            searching: place.is_behind_something(),
            place,
            service,
            pending: VecDeque::new(),
            begins: true,
            restarts: 0,
            progress: Progress::new(),
        })
    }

    /// The next part of the listing; `None` when nothing is left.
    pub(super) async fn next_batch(&mut self, size: usize) -> Result<Option<ListedBatch>, SourceError> {
        if self.pending.is_empty() {
            let Some(at) = self.next.take() else { return Ok(None) };
            self.read(at).await?;
        }
        let count = self.pending.len().min(size.max(1));
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        for entry in self.pending.drain(..count) {
            self.place.at = entry.at;
            if let Some(mark) = entry.mark {
                self.place.pass(mark);
            }
            match entry.listed {
                Ok(document) => documents.push(document),
                Err(problem) => problems.push(problem),
            }
        }
        if count == 0
            && let Some(next @ (At::Cursor(_) | At::Url(_))) = &self.next
        {
            self.place.at = next.clone();
        }
        Ok(Some(ListedBatch { documents, problems, cursor: self.place.cursor() }))
    }

    /// Reads a page into what is pending, and finds out where the listing goes on.
    async fn read(&mut self, at: At) -> Result<(), SourceError> {
        let begins = std::mem::take(&mut self.begins);
        let list = &self.service.settings.list;
        let page = match self.service.page(&at, &list.projection).await {
            Ok(page) => page,
            Err(NoPage::Unknown(SourceError::Vanished { .. })) if is_counted_behind_first(&at) => {
                Page { items: Vec::new(), next: None }
            }
            Err(NoPage::Unknown(error)) if begins && matches!(at, At::Cursor(_) | At::Url(_)) => {
                tracing::warn!(
                    source_name = %self.service.name, %error,
                    "the service does not know the page any more that the listing was at; it begins again"
                );
                self.next = Some(list.pagination.start());
                self.searching = false;
                self.place = Place::start(&list.pagination);
                return Ok(());
            }
            Err(NoPage::Unknown(error) | NoPage::Failed(error)) => return Err(error),
        };
        self.take(&at, page)
    }

    /// Takes what a page has that was not listed before.
    fn take(&mut self, at: &At, page: Page) -> Result<(), SourceError> {
        let list = &self.service.settings.list;
        let locator = self.service.locator_of(at);
        let ids: Vec<_> = page.items.iter().map(|item| id_of(item, &list.fields)).collect();
        let marks: Vec<Option<String>> =
            ids.iter().map(|id| id.as_ref().ok().map(|id| mark_of(id))).collect();
        let searching = std::mem::take(&mut self.searching);
        let last_known = marks
            .iter()
            .rposition(|mark| searching && mark.as_ref().is_some_and(|mark| self.place.was_listed(mark)));
        if searching && last_known.is_none() && is_counted(at) {
            // Items moved forward: what was listed last lies on an earlier page, or all of it is gone.
            if is_counted_behind_first(at) {
                self.next = Some(step_back(at, u64::from(list.page_size)));
                self.searching = true;
                return Ok(());
            }
            self.restarts += 1;
            if self.restarts > MAX_RESTARTS {
                let reason = "its items come in another order each time, so that pages do not join";
                return Err(self.service.malformed(&locator, reason.into()));
            }
        }
        let begin = last_known.map_or(0, |last| last + 1);
        let progress = self.progress.check(at, &marks, begin);
        progress.map_err(|reason| self.service.malformed(&locator, reason))?;
        let mut seen = HashSet::new();
        for (index, (item, (id, mark))) in
            page.items.iter().zip(ids.into_iter().zip(marks)).enumerate().skip(begin)
        {
            let at = match at {
                At::Offset(offset) => At::Offset(offset.saturating_add(index as u64)),
                other => other.clone(),
            };
            if mark.as_ref().is_some_and(|mark| !seen.insert(mark.clone())) {
                continue;
            }
            let listed = match id {
                Ok(id) => Ok(self.document(&id, item)),
                Err(reason) => {
                    let locator = format!("{locator}, item {}", index + 1);
                    let error = self.service.malformed(&locator, reason);
                    Err(ListingProblem { locator, error, scope: ProblemScope::Source })
                }
            };
            self.pending.push_back(Entry { at, mark, listed });
        }
        self.next = self.behind(at, page.next);
        Ok(())
    }

    /// Where the listing goes on behind the page at `at`.
    fn behind(&mut self, at: &At, next: Option<At>) -> Option<At> {
        if let (At::Offset(offset), Some(At::Offset(next))) = (at, &next)
            && next.saturating_sub(1) > *offset
        {
            // The last item is asked for again: when it is not where it was, something before it has gone.
            self.searching = true;
            return Some(At::Offset(next.saturating_sub(1)));
        }
        next
    }

    fn document(&self, id: &str, item: &Value) -> DocumentRef {
        let locator = encoded(id);
        DocumentRef::listed(
            &self.service.name,
            locator,
            stamp_of_item(item, &self.service.settings.list.fields),
        )
    }
}

/// Whether pages are counted.
fn is_counted(at: &At) -> bool {
    matches!(at, At::Page(_) | At::Offset(_))
}

/// Whether pages are counted, and this is not the first.
fn is_counted_behind_first(at: &At) -> bool {
    matches!(at, At::Page(1..) | At::Offset(1..))
}

fn step_back(at: &At, page_size: u64) -> At {
    match at {
        At::Page(page) => At::Page(page.saturating_sub(1)),
        At::Offset(offset) => At::Offset(offset.saturating_sub(page_size.saturating_sub(1).max(1))),
        other => other.clone(),
    }
}
