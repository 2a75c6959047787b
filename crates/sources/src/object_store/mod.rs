//! Sources of types `s3`, `gcs` and `azure`: the objects of a bucket or a container.

mod azure;
mod error;
mod fetching;
mod gcs;
mod inflating;
mod listing;
mod object_file;
mod page;
mod rules;
mod s3;
mod settings;
mod transport;
mod xml;

use self::listing::Listing;
pub(crate) use self::object_file::ObjectFile;
use self::rules::Rules;
use self::settings::unusable;
use crate::paths::{Links, RelativePath};
use crate::{
    Cursor, Fetch, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceContext, SourceError, Spool,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::{ByteSize, ObjectKeys};
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use object_store::ObjectStore;
use object_store::list::PaginatedListStore;
use object_store::path::Path;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// The objects of a bucket or a container.
///
/// A document's locator is the object's key, as it is.
#[derive(Debug)]
pub struct ObjectSource {
    shared: Arc<Shared>,
    links: Links,
}

/// A store that has been opened.
struct Store {
    objects: Arc<dyn ObjectStore>,
    pages: Arc<dyn PaginatedListStore>,
    /// The name it has in links and messages: `s3://bucket`.
    url: String,
    /// What it is called: a bucket, a container.
    container: &'static str,
    /// Whether credentials whose time is over are replaced by new ones.
    renews_credentials: bool,
}

/// What listings and fetches share.
struct Shared {
    name: SourceName,
    objects: Arc<dyn ObjectStore>,
    pages: Arc<dyn PaginatedListStore>,
    url: String,
    container: &'static str,
    renews_credentials: bool,
    /// What all keys begin with: empty, or with a slash at its end.
    prefix: String,
    rules: Rules,
    max_size: Option<ByteSize>,
    max_link_depth: u32,
    page_size: usize,
    fetches: Semaphore,
    timeout: Duration,
    spool: Spool,
}

/// A key that can be asked for.
struct Key {
    path: Path,
    below_prefix: RelativePath,
}

impl ObjectSource {
    fn new(
        name: SourceName,
        keys: ObjectKeys<'_>,
        store: Store,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let rules = Rules::new(&name, keys)?;
        let prefix = prefix_of(&name, keys.prefix)?;
        for (key, span) in [("timeout", keys.timeout), ("connect_timeout", keys.connect_timeout)] {
            if span.is_zero() {
                return Err(unusable(&name, key, "is 0, in which no server answers"));
            }
        }
        let Store { objects, pages, url, container, renews_credentials } = store;
        let links = links_to(&format!("{url}/{prefix}"), &context.path_mappings);
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let shared = Shared {
            name,
            objects,
            pages,
            url,
            container,
            renews_credentials,
            prefix,
            rules,
            max_size: keys.max_size,
            max_link_depth: keys.max_link_depth,
            page_size: count(keys.page_size.get()),
            fetches: Semaphore::new(count(keys.concurrency.get()).min(Semaphore::MAX_PERMITS)),
            timeout: keys.timeout.duration(),
            spool: context.spool.clone(),
        };
        Ok(Self { shared: Arc::new(shared), links })
    }
}

/// The prefix with a slash at its end, so that `docs` does not list `docs-old/`.
fn prefix_of(name: &SourceName, prefix: &str) -> Result<String, OpenSourceError> {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.is_empty() {
        return Ok(String::new());
    }
    match Path::parse(prefix) {
        Ok(path) if path.as_ref() == prefix => Ok(format!("{prefix}/")),
        _ => Err(unusable(
            name,
            "prefix",
            format!(
                "is `{prefix}`, which is no path: parts with one slash between them, and none before the first"
            ),
        )),
    }
}

/// Understands links below `base`, and those that a mapping makes such links of.
fn links_to(base: &str, path_mappings: &BTreeMap<String, String>) -> Links {
    let base = base.trim_end_matches('/');
    let is_beneath =
        |place: &str| place.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut mappings: BTreeMap<String, String> = path_mappings
        .iter()
        .filter(|(_, replacement)| is_beneath(replacement))
        .map(|(beginning, replacement)| (beginning.clone(), replacement.clone()))
        .collect();
    mappings.insert(base.to_owned(), base.to_owned());
    Links::new(vec![PathBuf::from(base)], &mappings)
}

#[async_trait]
impl Source for ObjectSource {
    fn name(&self) -> &SourceName {
        &self.shared.name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let listing = Listing::new(Arc::clone(&self.shared), after.as_ref());
        stream::try_unfold(listing, move |listing| async move {
            let mut listing = listing?;
            Ok(listing.next_batch(batch_size).await?.map(|batch| (batch, Ok(listing))))
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        self.shared.fetch(document, known).await
    }

    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let is_own = from.source_name == self.shared.name;
        let from_path = is_own.then(|| self.shared.key_of(&from.locator).ok()).flatten();
        let from_path = from_path.map(|key| key.below_prefix);
        let target = self.links.resolve(from_path.as_ref(), target)?;
        // Stores have no folders, and nothing stands for one.
        if target.is_folder {
            return None;
        }
        let path = std::str::from_utf8(target.path.as_bytes()).ok()?;
        let locator = format!("{}{path}", self.shared.prefix);
        self.shared.key_of(&locator).ok()?;
        let document = self.shared.document(locator, from.link_depth.saturating_add(1), Stamp::default());
        let follow = Some(&target.path) != from_path.as_ref() && self.may_follow(&document);
        Some(ResolvedLink { document, fragment: target.fragment, follow })
    }

    fn may_follow(&self, target: &DocumentRef) -> bool {
        let Ok(key) = self.shared.key_of(&target.locator) else { return false };
        let shared = &self.shared;
        target.link_depth <= shared.max_link_depth
            && shared.rules.allows_links_to(&key.below_prefix)
            && !shared.rules.lists(&key.below_prefix)
            && shared.may_exist(key.path)
    }
}

impl Shared {
    fn document(&self, locator: String, link_depth: u32, stamp: Stamp) -> DocumentRef {
        DocumentRef {
            doc_id: DocId::in_source(&self.name, &locator),
            source_name: self.name.clone(),
            locator,
            link_depth,
            stamp,
        }
    }

    /// The key that a locator is. Only what can be asked for as it is passes.
    fn key_of(&self, locator: &str) -> Result<Key, SourceError> {
        let refused = |rule: &'static str| SourceError::Refused {
            source_name: self.name.clone(),
            locator: locator.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
            rule: rule.into(),
        };
        let Some(rest) = locator.strip_prefix(&self.prefix).filter(|rest| !rest.is_empty()) else {
            return Err(refused("it does not lie below the source's prefix"));
        };
        let below_prefix = RelativePath::resolve(&RelativePath::default(), rest.as_bytes());
        let path = Path::parse(locator).ok().filter(|path| path.as_ref() == locator);
        match (below_prefix, path) {
            (Some(below_prefix), Some(path)) if below_prefix.as_bytes() == rest.as_bytes() => {
                Ok(Key { path, below_prefix })
            }
            _ => Err(refused(
                "a key with an empty part, with `.` or `..` as a part, with control characters, or of more than \
                 4,096 bytes cannot be asked for",
            )),
        }
    }

    /// Whether there is an object, or that cannot be said now: then the fetch will tell. Blocks for at most `timeout`.
    fn may_exist(self: &Arc<Self>, path: Path) -> bool {
        let Ok(runtime) = Handle::try_current() else { return true };
        let (told, answer) = mpsc::sync_channel(1);
        let shared = Arc::clone(self);
        runtime.spawn(async move {
            // Nobody listens any more when it took too long.
            let _ = told.send(shared.exists(&path).await);
        });
        answer.recv_timeout(self.timeout).ok().flatten().unwrap_or(true)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The stores show their credentials.
        f.debug_struct("Shared").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}
