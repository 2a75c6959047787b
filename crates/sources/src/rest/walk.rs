//! Documents of services that cannot be asked for one: the listing is gone
//! through until the document comes. The page where one was found is kept for a
//! moment, since the next one is likely to be on it, or on the page behind it.

use super::item::{id_of, stamp_of_item};
use super::pagination::At;
use super::place::{Progress, mark_of};
use super::service::{NoPage, Service};
use crate::SourceError;
use gdg_model::{DocumentRef, Stamp};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a page is worth looking at.
const FRESH: Duration = Duration::from_secs(10);

/// The page that was read last.
#[derive(Debug, Default)]
pub(super) struct RecentPage(Mutex<Option<Arc<Recent>>>);

#[derive(Debug)]
struct Recent {
    read_at: Instant,
    items: Vec<Value>,
    next: Option<At>,
}

impl RecentPage {
    fn get(&self) -> Option<Arc<Recent>> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recent.filter(|recent| recent.read_at.elapsed() < FRESH)
    }

    fn set(&self, recent: Option<Arc<Recent>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = recent;
    }
}

impl Service {
    /// The item with `id`, from the listing.
    pub(super) async fn find(
        &self,
        document: &DocumentRef,
        id: &str,
        known: Option<&Stamp>,
        recent: &RecentPage,
    ) -> Result<Value, SourceError> {
        let mut guess = None;
        if let Some(page) = recent.get() {
            // What is kept is as good as new if it has the very version that was listed, and nobody has that one.
            let item = self.item_in(&page.items, id).filter(|item| {
                let stamp = stamp_of_item(item, &self.settings.list.fields);
                stamp != Stamp::default()
                    && stamp == document.stamp
                    && known.is_none_or(|known| !stamp.proves_unchanged_since(known))
            });
            if let Some(item) = item {
                return Ok(item.clone());
            }
            guess.clone_from(&page.next);
        }
        if let Some(at) = guess
            && let Ok(page) = self.read(&at).await
            && let Some(item) = self.item_in(&page.items, id).cloned()
        {
            recent.set(Some(page));
            return Ok(item);
        }
        let mut next = Some(self.settings.list.pagination.start());
        let mut progress = Progress::new();
        while let Some(at) = next.take() {
            let page = match self.read(&at).await {
                Ok(page) => page,
                // Behind the last page of those that are counted.
                Err(NoPage::Unknown(SourceError::Vanished { .. }))
                    if matches!(at, At::Page(1..) | At::Offset(1..)) =>
                {
                    break;
                }
                Err(NoPage::Unknown(error) | NoPage::Failed(error)) => return Err(error),
            };
            if let Some(item) = self.item_in(&page.items, id).cloned() {
                recent.set(Some(page));
                return Ok(item);
            }
            let ids = page.items.iter().map(|item| id_of(item, &self.settings.list.fields));
            let marks: Vec<_> = ids.map(|id| id.ok().map(|id| mark_of(&id))).collect();
            let checked = progress.check(&at, &marks, 0);
            checked.map_err(|reason| self.malformed(&document.locator, reason))?;
            next.clone_from(&page.next);
        }
        Err(SourceError::Vanished {
            source_name: self.name.clone(),
            locator: document.locator.clone(),
            reason: "no item of the listing has its id".into(),
        })
    }

    async fn read(&self, at: &At) -> Result<Arc<Recent>, NoPage> {
        let page = self.page(at, &self.settings.list.full_projection).await?;
        Ok(Arc::new(Recent { read_at: Instant::now(), items: page.items, next: page.next }))
    }

    fn item_in<'v>(&self, items: &'v [Value], id: &str) -> Option<&'v Value> {
        let fields = &self.settings.list.fields;
        items.iter().find(|item| id_of(item, fields).is_ok_and(|found| found == id))
    }
}
