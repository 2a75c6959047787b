//! Sources of type `database`: rows of PostgreSQL, MySQL or SQLite.
//!
//! The configured query is a table within the statements of this module: they
//! page through its ids, and select one row by its id. They run in
//! transactions that may only read, with every value bound and every name quoted.

mod address;
mod dialect;
mod key;
mod listing;
mod mysql;
mod postgres;
mod query;
mod reading;
mod server;
mod session;
mod settings;
mod sqlite;
mod statements;

use self::key::parts_of_locator;
use self::listing::Listing;
use self::server::Connection;
use self::session::{Failure, Trouble};
use self::settings::Settings;
use crate::{
    Cursor, Fetch, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceContext, SourceError, Spool,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::DatabaseSourceConfig;
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Connections that fetch at a time.
const FETCHING: usize = 2;

/// The longest text that is looked at as a link.
const MAX_LINK: usize = 16_384;

/// Rows of a database.
///
/// A document's locator is the id of its row.
#[derive(Debug)]
pub struct DatabaseSource {
    shared: Arc<Shared>,
}

/// What listings and fetches have in common.
struct Shared {
    name: SourceName,
    settings: Settings,
    spool: Spool,
    /// Turns to fetch: as many as there may be connections for it.
    turns: Semaphore,
    /// Connections that nobody uses.
    idle: Mutex<Vec<Connection>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.name)
            .field("server", &self.settings.server)
            .finish_non_exhaustive()
    }
}

impl DatabaseSource {
    /// Checks a configuration. No server is asked for anything yet; a file has to be there.
    pub fn open(
        name: SourceName,
        config: &DatabaseSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let settings = Settings::new(&name, config, &context.environment)?;
        let (turns, idle) = (Semaphore::new(FETCHING), Mutex::default());
        Ok(Self { shared: Arc::new(Shared { name, settings, spool: context.spool.clone(), turns, idle }) })
    }
}

#[async_trait]
impl Source for DatabaseSource {
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
            let batch = listing.next_batch(batch_size).await?;
            Ok(batch.map(|batch| (batch, Ok(listing))))
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        self.shared.fetch(&document.locator, known).await
    }

    /// Only a link to the row itself, `database://SOURCE/LOCATOR`, leads here.
    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let target = target.trim();
        if target.len() > MAX_LINK {
            return None;
        }
        let (target, fragment) = target.split_once('#').unwrap_or((target, ""));
        let (source, locator) = target.strip_prefix("database://")?.split_once('/')?;
        if percent_decode_str(source).decode_utf8().ok()? != self.shared.name.as_str() {
            return None;
        }
        parts_of_locator(locator, self.shared.settings.columns.id.len())?;
        let depth = from.link_depth.saturating_add(1);
        let document = self.shared.document(locator.to_owned(), depth, Stamp::default());
        let fragment = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        Some(ResolvedLink { document, fragment, follow: false })
    }

    /// Every row is listed: there is nothing that only links lead to.
    fn may_follow(&self, _: &DocumentRef) -> bool {
        false
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

    async fn fetch(&self, locator: &str, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        let columns = self.settings.columns.id.len();
        if parts_of_locator(locator, columns).is_none() {
            return Err(SourceError::Refused {
                source_name: self.name.clone(),
                locator: locator.escape_debug().to_string(),
                rule: "it is no id of a row".into(),
            });
        }
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            let outcome = self.fetch_on(&mut connection, locator, known).await;
            if outcome.is_ok() || !connection.is_lost() {
                self.keep(connection);
                return outcome;
            }
            // It was ended since it was used, and others with it. A new one says how the server is.
            self.idle().clear();
        }
        let mut connection =
            Connection::open(&self.settings).await.map_err(|failure| self.failed(locator, failure))?;
        let outcome = self.fetch_on(&mut connection, locator, known).await;
        self.keep(connection);
        outcome
    }

    async fn fetch_on(
        &self,
        connection: &mut Connection,
        locator: &str,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        connection.begin().await.map_err(|failure| self.failed(locator, failure))?;
        let outcome = self.read(connection, locator, known).await;
        connection.end().await;
        outcome
    }

    fn keep(&self, connection: Connection) {
        if connection.is_free() {
            self.idle().push(connection);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error for what a database said of `locator`.
    fn failed(&self, locator: &str, failure: Failure) -> SourceError {
        let Failure { trouble, message: reason } = failure;
        let (source_name, locator) = (self.name.clone(), locator.to_owned());
        match trouble {
            Trouble::Lost | Trouble::Unavailable => SourceError::Unavailable { source_name, locator, reason },
            Trouble::Denied => SourceError::Denied { source_name, locator, reason },
            Trouble::Unusable => SourceError::Malformed { source_name, locator, reason },
        }
    }
}
