//! What the hosts' robots.txt allow, asked once in a while.

use super::robots_txt::{MAX_SIZE, RobotsTxt, product_of};
use crate::SourceError;
use crate::http_client::HttpClient;
use futures::StreamExt;
use gdg_model::SourceName;
use reqwest::header::HeaderMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long rules are kept.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long it is kept that a host does not tell its rules.
const KEPT_UNREACHABLE: Duration = Duration::from_secs(30);
/// Hosts whose rules are kept.
const KEPT_HOSTS: usize = 1_000;

/// The rules of the hosts, for one crawler.
#[derive(Debug)]
pub(super) struct Robots {
    source_name: SourceName,
    product: String,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// Locked while it is asked, so that it is asked once.
type Host = tokio::sync::Mutex<Option<Known>>;

#[derive(Debug)]
struct Known {
    until: Instant,
    rules: Result<Arc<RobotsTxt>, String>,
}

impl Robots {
    pub(super) fn new(source_name: SourceName, user_agent: &str) -> Self {
        Self { source_name, product: product_of(user_agent).to_owned(), hosts: Mutex::default() }
    }

    /// Whether `url` may be asked for, as what `locator` names. Returns the
    /// time between requests that the host asks for.
    pub(super) async fn check(
        &self,
        client: &HttpClient,
        locator: &str,
        url: &Url,
    ) -> Result<Option<Duration>, SourceError> {
        let rules = self.rules(client, locator, url).await?;
        let Some(rules) = rules.as_ref().ok().filter(|rules| rules.allows(url)) else {
            let (source_name, locator) = (self.source_name.clone(), locator.to_owned());
            return Err(match rules {
                Ok(_) => SourceError::Refused {
                    source_name,
                    locator,
                    rule: format!("robots.txt of {} does not allow {}", host_of(url), url.path()).into(),
                },
                // Nobody knows what it would say.
                Err(reason) => SourceError::Unavailable { source_name, locator, reason },
            });
        };
        Ok(rules.crawl_delay())
    }

    async fn rules(
        &self,
        client: &HttpClient,
        locator: &str,
        url: &Url,
    ) -> Result<Result<Arc<RobotsTxt>, String>, SourceError> {
        let host = self.host(&url.origin().ascii_serialization());
        let mut known = host.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.until > Instant::now()) {
            return Ok(known.rules.clone());
        }
        let rules = self.ask(client, locator, url).await?.map(Arc::new);
        let kept = if rules.is_ok() { KEPT } else { KEPT_UNREACHABLE };
        *known = Some(Known { until: Instant::now() + kept, rules: rules.clone() });
        Ok(rules)
    }

    /// Asks the host of `url`. The inner error says why it does not tell.
    async fn ask(
        &self,
        client: &HttpClient,
        locator: &str,
        url: &Url,
    ) -> Result<Result<RobotsTxt, String>, SourceError> {
        let mut address = url.clone();
        address.set_path("/robots.txt");
        address.set_query(None);
        address.set_fragment(None);
        let answer = match client.get(address.as_str(), &address, &HeaderMap::new(), |_| Ok(())).await {
            Ok(answer) => answer,
            // It is not there, may not be read, or is nonsense: then there are no rules (RFC 9309, 2.3.1.3).
            Err(
                SourceError::Vanished { .. } | SourceError::Denied { .. } | SourceError::Malformed { .. },
            ) => return Ok(Ok(RobotsTxt::default())),
            Err(SourceError::Refused { source_name, rule, .. }) => {
                return Err(SourceError::Refused { source_name, locator: locator.to_owned(), rule });
            }
            Err(SourceError::Unavailable { reason, .. }) => {
                return Ok(Err(format!("robots.txt of {} does not answer: {reason}", host_of(url))));
            }
            Err(error) => return Err(error),
        };
        let mut pieces = std::pin::pin!(answer.into_pieces(self.source_name.clone(), address.to_string()));
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(SourceError::Unavailable { reason, .. }) => {
                    return Ok(Err(format!("robots.txt of {} breaks off: {reason}", host_of(url))));
                }
                Err(_) => break,
            }
            if bytes.len() >= MAX_SIZE {
                break;
            }
        }
        Ok(Ok(RobotsTxt::parse(&bytes, &self.product)))
    }

    fn host(&self, origin: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= KEPT_HOSTS && !hosts.contains_key(origin) {
            // Those that somebody asks just now are in his hands, and stay.
            let now = Instant::now();
            hosts.retain(|_, host| {
                Arc::strong_count(host) > 1
                    || host
                        .try_lock()
                        .is_ok_and(|known| known.as_ref().is_some_and(|known| known.until > now))
            });
            if hosts.len() >= KEPT_HOSTS {
                hosts.retain(|_, host| Arc::strong_count(host) > 1);
            }
        }
        Arc::clone(hosts.entry(origin.to_owned()).or_default())
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}
