//! Sources of type `web`: pages of the web, and where their links lead.

mod credentials;
mod fetching;
mod links;
mod listing;
mod media_types;
mod position;
mod robots;
mod robots_txt;
mod scope;
mod sitemap;
mod sitemap_entries;
mod stamp;
mod start_pages;
mod traps;
mod url_name;

use self::credentials::private_headers;
use self::links::{Links, Redirected};
use self::listing::Listing;
use self::media_types::MediaTypes;
use self::robots::Robots;
use self::scope::Scope;
use self::start_pages::{StartPages, address, addresses};
use self::url_name::UrlName;
use crate::http_client::{Guard, HttpClient, HttpOptions, Pace};
use crate::{
    Cursor, Fetch, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceContext, SourceError, Spool,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::{ByteSize, WebSourceConfig};
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// The longest silence within an answer, where `timeout` is longer.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Redirects that a configuration may ask for.
const MOST_REDIRECTS: u32 = 50;

/// Pages of the web, and where their links lead.
///
/// A document's locator is the address of the page in its normal form.
#[derive(Debug)]
pub struct WebSource {
    web: Arc<Web>,
    links: Links,
}

/// What listings take to other threads.
#[derive(Debug)]
struct Web {
    name: SourceName,
    pages: StartPages,
    sitemaps: Vec<UrlName>,
    scope: Scope,
    robots: Option<Robots>,
    client: HttpClient,
    content_types: MediaTypes,
    redirected: Redirected,
    spool: Spool,
    max_size: Option<ByteSize>,
    max_link_depth: u32,
    max_redirects: usize,
}

impl WebSource {
    /// Makes a source of its configuration. No host is asked for anything yet.
    pub fn open(
        name: SourceName,
        config: &WebSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let base = config.base_url.as_deref().map(|base| address(&name, "base_url", base)).transpose()?;
        let pages = StartPages::new(&name, config, base.as_ref())?;
        let mut sitemaps = addresses(&name, "sitemaps", config.sitemaps.iter().map(String::as_str))?;
        sitemaps.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        sitemaps.dedup();
        let unusable =
            |key, problem: String| OpenSourceError::Unusable { source_name: name.clone(), key, problem };
        if pages.as_slice().is_empty() && sitemaps.is_empty() {
            let problem = "names no page, and neither do url_list_file, base_url and sitemaps".into();
            return Err(unusable("url_list", problem));
        }
        let own = || pages.as_slice().iter().chain(&sitemaps);
        let scope =
            Scope::new(&name, config, base.as_ref(), own().filter(|page| Some(*page) != base.as_ref()))?;
        let mut origins: Vec<_> = Vec::new();
        for page in own() {
            let origin = page.url().origin();
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let user_agent = config.user_agent.clone().unwrap_or_else(default_user_agent);
        let private_headers = private_headers(&name, config, &context.environment)?;
        let client = client(&name, config, &user_agent)?.with_headers_for(private_headers, origins);
        for (key, pages) in
            [("base_url", base.as_slice()), ("url_list", pages.as_slice()), ("sitemaps", sitemaps.as_slice())]
        {
            for page in pages {
                client.check_address(page.url()).map_err(|rule| {
                    unusable(key, format!("holds {}, which cannot be asked for: {rule}", page.as_str()))
                })?;
            }
        }
        let robots = config.respect_robots.then(|| Robots::new(name.clone(), &user_agent));
        let web = Web {
            pages,
            sitemaps,
            scope,
            robots,
            client,
            content_types: MediaTypes::new(&config.content_types),
            redirected: Redirected::default(),
            spool: context.spool.clone(),
            max_size: config.max_size,
            max_link_depth: config.max_link_depth,
            max_redirects: config.max_redirects as usize,
            name,
        };
        Ok(Self { web: Arc::new(web), links: Links::new(&context.path_mappings) })
    }
}

fn default_user_agent() -> String {
    concat!("go-doc-go/", env!("CARGO_PKG_VERSION")).into()
}

/// The client as the configuration wants it.
fn client(
    name: &SourceName,
    config: &WebSourceConfig,
    user_agent: &str,
) -> Result<HttpClient, OpenSourceError> {
    let unusable = |key, problem: &str| OpenSourceError::Unusable {
        source_name: name.clone(),
        key,
        problem: problem.into(),
    };
    if config.timeout.is_zero() {
        return Err(unusable("timeout", "is zero, within which nothing is fetched"));
    }
    if config.connect_timeout.is_zero() {
        return Err(unusable("connect_timeout", "is zero, within which nothing is reached"));
    }
    if user_agent.trim().is_empty() || !user_agent.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(unusable("user_agent", "is not a line of ASCII characters"));
    }
    if config.max_redirects > MOST_REDIRECTS {
        return Err(unusable("max_redirects", "is more than 50"));
    }
    let timeout = config.timeout.duration();
    let between = config
        .requests_per_second
        .map_or(Duration::ZERO, |rate| Duration::from_secs(1).checked_div(rate.get()).unwrap_or_default());
    let delay = config.delay.duration().max(between);
    let options = HttpOptions {
        guard: Guard { allows_private: config.allow_private_networks },
        connect_timeout: config.connect_timeout.duration(),
        read_timeout: timeout.min(LONGEST_SILENCE),
        headers: HeaderMap::new(),
        user_agent: user_agent.to_owned(),
        pace: Pace::new(config.concurrency.get() as usize, delay),
    };
    let client = HttpClient::new(name.clone(), options)?;
    Ok(client.with_total_timeout(timeout))
}

#[async_trait]
impl Source for WebSource {
    fn name(&self) -> &SourceName {
        &self.web.name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let listing = Listing::new(Arc::clone(&self.web), after.as_ref());
        stream::try_unfold(listing, move |listing| async move {
            let mut listing = listing?;
            let batch = listing.next_batch(batch_size.max(1)).await?;
            Ok(batch.map(|batch| (batch, Ok(listing))))
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        self.web.fetch(&document.locator, known).await
    }

    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let is_own = from.source_name == self.web.name;
        let own_name = is_own.then(|| UrlName::from_locator(&from.locator)).flatten();
        // A link into the document itself stays there, wherever the document was found.
        let base = match &own_name {
            Some(name) if target.trim_start().starts_with('#') => Some(name.url().clone()),
            Some(name) => {
                Some(self.web.redirected.place_of(&from.locator).unwrap_or_else(|| name.url().clone()))
            }
            None => None,
        };
        let (name, fragment) = self.links.resolve(base.as_ref(), target)?;
        if !self.web.pages.contain(&name) {
            self.web.scope.holds(&name).ok()?;
            self.web.client.check_address(name.url()).ok()?;
        }
        let document = self.web.document(&name, from.link_depth.saturating_add(1));
        let follow = own_name.as_ref() != Some(&name) && self.web.may_follow(&name, document.link_depth);
        Some(ResolvedLink { document, fragment, follow })
    }

    fn may_follow(&self, target: &DocumentRef) -> bool {
        UrlName::from_locator(&target.locator)
            .is_some_and(|name| self.web.may_follow(&name, target.link_depth))
    }
}

impl Web {
    fn document(&self, name: &UrlName, link_depth: u32) -> DocumentRef {
        DocumentRef {
            doc_id: DocId::in_source(&self.name, name.as_str()),
            source_name: self.name.clone(),
            locator: name.as_str().to_owned(),
            link_depth,
            // What a sitemap tells of a page's last change is often wrong: the server is asked.
            stamp: Stamp::default(),
        }
    }

    /// Whether a link may lead to a page that is not listed. Whether robots.txt allows it shows when it is fetched.
    fn may_follow(&self, name: &UrlName, link_depth: u32) -> bool {
        link_depth <= self.max_link_depth
            && !self.pages.contain(name)
            && self.scope.takes(name).is_ok()
            && self.client.check_address(name.url()).is_ok()
    }
}
