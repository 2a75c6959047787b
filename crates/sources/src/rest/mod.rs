//! Sources of type `rest`: a service with a JSON interface, described by its configuration.

mod auth;
mod fetching;
mod item;
mod json_answer;
mod link_header;
mod listing;
mod pagination;
mod place;
mod pointer;
mod presets;
mod service;
mod settings;
mod walk;

use self::fetching::Fetcher;
use self::item::{encoded, id_of_locator};
use self::listing::Listing;
use self::service::Service;
use self::settings::Settings;
use crate::http_client::{Guard, HttpClient, HttpOptions, Pace};
use crate::{Cursor, Fetch, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceContext, SourceError};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::RestSourceConfig;
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::time::Duration;

/// A service with a JSON interface.
///
/// A document's locator is the id of its item; whatever is no letter or digit
/// of ASCII, `-`, `.`, `_` or `~` is percent-encoded.
#[derive(Debug)]
pub struct RestSource {
    fetcher: Fetcher,
}

impl RestSource {
    /// Opens the source of a configuration. The service is not asked for anything yet.
    pub fn open(
        name: SourceName,
        config: &RestSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let settings = Settings::new(&name, config)?;
        let headers = auth::headers(&name, config, &context.environment)?;
        let delay = match config.requests_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_secs(1) / rate,
        };
        let options = HttpOptions {
            guard: Guard { allows_private: config.allow_private_networks },
            connect_timeout: config.connect_timeout.duration(),
            read_timeout: config.timeout.duration(),
            headers,
            user_agent: config.user_agent.clone(),
            pace: Pace::new(config.concurrency.get() as usize, delay),
        };
        let client = HttpClient::new(name.clone(), options)?;
        let service = Arc::new(Service { name, settings, client });
        Ok(Self { fetcher: Fetcher::new(service, context) })
    }

    fn service(&self) -> &Service {
        &self.fetcher.service
    }

    /// The id that an address leads to, as `link_pattern` says.
    fn id_of_link(&self, from: &DocumentRef, target: &str) -> Option<String> {
        let settings = &self.service().settings;
        let pattern = settings.link_pattern.as_ref()?;
        // Within the service, links leave the host out.
        let is_own = from.source_name == self.service().name;
        let absolute = match target.strip_prefix('/') {
            Some(rest) if is_own && !rest.starts_with('/') => {
                settings.base_url.join(target).ok()?.to_string()
            }
            _ => target.to_owned(),
        };
        let id = pattern.captures(&absolute)?.name("id")?.as_str();
        let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
        id_of_locator(&encoded(&id))
    }
}

#[async_trait]
impl Source for RestSource {
    fn name(&self) -> &SourceName {
        &self.service().name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let listing = Listing::new(Arc::clone(&self.fetcher.service), after.as_ref());
        stream::try_unfold(listing, move |listing| async move {
            let mut listing = listing?;
            let batch = listing.next_batch(batch_size).await?;
            Ok(batch.map(|batch| (batch, Ok(listing))))
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        self.fetcher.fetch(document, known).await
    }

    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let id = self.id_of_link(from, target)?;
        let locator = encoded(&id);
        let name = &self.service().name;
        let document = DocumentRef {
            doc_id: DocId::in_source(name, &locator),
            source_name: name.clone(),
            locator,
            link_depth: from.link_depth.saturating_add(1),
            stamp: Stamp::default(),
        };
        let fragment = target.split_once('#').map_or("", |(_, fragment)| fragment);
        let fragment = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let follow = document.doc_id != from.doc_id && self.may_follow(&document);
        Some(ResolvedLink { document, fragment, follow })
    }

    fn may_follow(&self, target: &DocumentRef) -> bool {
        // Whether it exists shows when it is fetched: asking here would be a request for each link.
        target.link_depth > 0
            && target.link_depth <= self.service().settings.max_link_depth
            && id_of_locator(&target.locator).is_some()
    }
}
