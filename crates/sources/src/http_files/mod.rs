//! Sources of type `http`: files on web servers that are listed one by one.

mod credentials;
mod index;
mod url_name;

use self::index::Entries;
use self::url_name::{address_of, address_of_locator};
use crate::http_client::{Answer, Guard, HttpClient, HttpOptions, Pace};
use crate::paths::{PatternLists, Patterns, RelativePath};
use crate::{
    Cursor, Fetch, Fetched, ListedBatch, ListingProblem, OpenSourceError, ProblemScope, ResolvedLink, Source,
    SourceContext, SourceError, Spool,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use gdg_config::{ByteSize, HttpSourceConfig};
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use percent_encoding::percent_decode_str;
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{StatusCode, Url};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Bytes of an index at most. It is held in memory, and with it the addresses in their order.
const MAX_INDEX: usize = 32 << 20;
/// How many times `timeout` the next so many bytes may take, however steadily they trickle.
const PATIENCE: (u32, u64) = (10, 16 << 20);

/// Files on web servers that are listed one by one.
///
/// A document's locator is the file's address.
#[derive(Debug)]
pub struct HttpSource {
    shared: Arc<Shared>,
}

/// What listings and fetches share.
#[derive(Debug)]
struct Shared {
    name: SourceName,
    client: HttpClient,
    url_list: Vec<Url>,
    index_url: Option<Url>,
    patterns: Patterns,
    max_size: Option<ByteSize>,
    /// What authorises; for the configured hosts only.
    credentials: HeaderMap,
    timeout: Duration,
    spool: Spool,
}

impl HttpSource {
    /// Opens a list of files. Asks nobody for anything yet.
    pub fn open(
        name: SourceName,
        config: &HttpSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let unusable =
            |key, problem: String| OpenSourceError::Unusable { source_name: name.clone(), key, problem };
        let address = |key, text: &str| {
            address_of(None, text)
                .map_err(|problem| unusable(key, format!("holds an address that {problem}")))
        };
        if config.url_list.is_empty() && config.index_url.is_none() {
            return Err(unusable("url_list", "is missing, and so is index_url".into()));
        }
        let url_list: Result<Vec<_>, _> =
            config.url_list.iter().map(|url| address("url_list", url)).collect();
        let index_url = config.index_url.as_deref().map(|url| address("index_url", url)).transpose()?;
        let lists = PatternLists {
            include: &config.include,
            exclude: &config.exclude,
            include_extensions: &config.include_extensions,
            exclude_extensions: &config.exclude_extensions,
        };
        for (key, span) in [("timeout", config.timeout), ("connect_timeout", config.connect_timeout)] {
            if span.is_zero() {
                return Err(unusable(key, "is 0, in which no server answers".into()));
            }
        }
        if HeaderValue::from_str(&config.user_agent).is_err() {
            return Err(unusable("user_agent", "is nothing that a header can hold".into()));
        }
        let delay = config.requests_per_second.map(|count| Duration::from_secs(1) / count.get());
        let concurrency = usize::try_from(config.concurrency.get()).unwrap_or(usize::MAX);
        let options = HttpOptions {
            guard: Guard { allows_private: config.allow_private_networks },
            connect_timeout: config.connect_timeout.duration(),
            read_timeout: config.timeout.duration(),
            headers: HeaderMap::new(),
            user_agent: config.user_agent.clone(),
            pace: Pace::new(concurrency, delay.unwrap_or_default()),
        };
        let shared = Shared {
            client: HttpClient::new(name.clone(), options)?,
            url_list: url_list?,
            index_url,
            patterns: Patterns::new(&name, lists)?,
            max_size: config.max_size,
            credentials: credentials::headers(&name, config, &context.environment)?,
            timeout: config.timeout.duration(),
            spool: context.spool.clone(),
            name,
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

#[async_trait]
impl Source for HttpSource {
    fn name(&self) -> &SourceName {
        &self.shared.name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let shared = Arc::clone(&self.shared);
        stream::try_unfold(None, move |entries| {
            let (shared, after) = (Arc::clone(&shared), after.clone());
            async move {
                let mut entries: Entries = match entries {
                    Some(entries) => entries,
                    None => shared.entries_behind(after.as_ref()).await?,
                };
                Ok(shared.next_batch(&mut entries, batch_size).map(|batch| (batch, Some(entries))))
            }
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        self.shared.fetch(&document.locator, known).await
    }

    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let is_own = from.source_name == self.shared.name;
        let base = if is_own { Some(address_of_locator(&from.locator).ok()?) } else { None };
        let target = target.trim();
        let url = address_of(base.as_ref(), target).ok()?;
        let is_near = base.is_some_and(|base| base.origin() == url.origin());
        if !is_near && !self.shared.is_configured(&url) {
            return None;
        }
        let fragment = target.split_once('#').map_or("", |(_, fragment)| fragment);
        let fragment = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let document = self.shared.document(url.as_str(), from.link_depth.saturating_add(1));
        Some(ResolvedLink { document, fragment, follow: false })
    }

    /// What is not listed is not fetched: that is what the type `web` is for.
    fn may_follow(&self, _: &DocumentRef) -> bool {
        false
    }
}

impl Shared {
    fn document(&self, locator: &str, link_depth: u32) -> DocumentRef {
        DocumentRef {
            doc_id: DocId::in_source(&self.name, locator),
            source_name: self.name.clone(),
            locator: locator.to_owned(),
            link_depth,
            stamp: Stamp::default(),
        }
    }

    /// Whether a host is one that the configuration names.
    fn is_configured(&self, url: &Url) -> bool {
        self.url_list.iter().chain(&self.index_url).any(|own| own.origin() == url.origin())
    }

    fn headers_for(&self, url: &Url) -> HeaderMap {
        if self.is_configured(url) { self.credentials.clone() } else { HeaderMap::new() }
    }

    /// All that is listed behind a cursor, in its order.
    async fn entries_behind(&self, after: Option<&Cursor>) -> Result<Entries, SourceError> {
        let mut entries: Entries = self.url_list.iter().map(|url| (url.to_string(), Ok(()))).collect();
        if let Some(url) = &self.index_url {
            let (base, bytes) = self.index(url).await?;
            let read = index::read(&base, &bytes, &mut entries);
            read.map_err(|problem| self.malformed(url.as_str(), problem))?;
        }
        match after {
            Some(after) => {
                let mut behind = entries.split_off(after.as_str());
                behind.remove(after.as_str());
                Ok(behind)
            }
            None => Ok(entries),
        }
    }

    fn next_batch(&self, entries: &mut Entries, batch_size: usize) -> Option<ListedBatch> {
        let mut cursor = None;
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        while documents.len() + problems.len() < batch_size.max(1) {
            let Some((name, outcome)) = entries.pop_first() else { break };
            match outcome {
                Ok(()) if self.lists(&name) => documents.push(self.document(&name, 0)),
                Ok(()) => {}
                Err(problem) => {
                    let error = self.malformed(&name, format!("it {problem}"));
                    problems.push(ListingProblem {
                        locator: name.clone(),
                        error,
                        scope: ProblemScope::Source,
                    });
                }
            }
            cursor = Some(Cursor::new(name));
        }
        cursor.map(|cursor| ListedBatch { documents, problems, cursor })
    }

    /// Whether the patterns take the path of an address.
    fn lists(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return false };
        let decoded: Vec<u8> = percent_decode_str(url.path()).collect();
        let path = RelativePath::resolve(&RelativePath::default(), &decoded).unwrap_or_default();
        self.patterns.takes(&path) && !path.folders().any(|folder| self.patterns.leaves_out_folder(&folder))
    }

    /// The bytes of the index, and where it was found.
    async fn index(&self, url: &Url) -> Result<(Url, Vec<u8>), SourceError> {
        let locator = url.as_str();
        let answer = self.ask(locator, url, &self.headers_for(url)).await?;
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return Err(
                self.malformed(locator, "the server says that it is unchanged, which nobody asked".into())
            );
        }
        let base = answer.url.clone();
        let mut pieces = std::pin::pin!(self.pieces(locator, answer));
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece?);
            if bytes.len() > MAX_INDEX {
                let reason = format!("it has more than {MAX_INDEX} bytes, which an index may have");
                return Err(self.malformed(locator, reason));
            }
        }
        Ok((base, bytes))
    }

    async fn ask(&self, locator: &str, url: &Url, headers: &HeaderMap) -> Result<Answer, SourceError> {
        // Wherever a redirect leads, the guard looks at it, and credentials stay behind.
        self.client.get(locator, url, headers, |_| Ok(())).await
    }

    async fn fetch(&self, locator: &str, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        let refused = |problem: &str| SourceError::Refused {
            source_name: self.name.clone(),
            locator: locator.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
            rule: format!("its address {problem}").into(),
        };
        let url = address_of_locator(locator).map_err(refused)?;
        if self.index_url.is_none() && !self.is_configured(&url) {
            return Err(refused("is of a host that the source does not name"));
        }
        let mut headers = self.headers_for(&url);
        let asks = known.is_some_and(|known| add_conditions(&mut headers, known));
        let answer = self.ask(locator, &url, &headers).await?;
        let stamp = stamp_of(&answer);
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return match known {
                Some(known) if asks => Ok(Fetch::Unchanged { stamp: known.clone() }),
                _ => Err(self
                    .malformed(locator, "the server says that it is unchanged, which nobody asked".into())),
            };
        }
        let content_type = answer.response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let declared = answer.response.content_length();
        let pieces = self.pieces(locator, answer);
        let content = self.spool.take_in(&self.name, locator, declared, self.max_size, pieces).await?;
        Ok(Fetch::Document(Fetched::new(content, stamp, name_of(&url)).with_content_type(content_type)))
    }

    /// The bytes of an answer, as long as they come.
    fn pieces(
        &self,
        locator: &str,
        answer: Answer,
    ) -> impl Stream<Item = Result<Bytes, SourceError>> + Send + use<> {
        let (patience, bytes_at_a_time) = (self.timeout * PATIENCE.0, PATIENCE.1);
        let (source_name, locator) = (self.name.clone(), locator.to_owned());
        let pieces = Box::pin(answer.into_pieces(source_name.clone(), locator.clone()));
        let start = (pieces, Instant::now() + patience, 0);
        stream::try_unfold(start, move |(mut pieces, mut deadline, mut bytes)| {
            let (source_name, locator) = (source_name.clone(), locator.clone());
            async move {
                let Ok(piece) = tokio::time::timeout_at(deadline, pieces.next()).await else {
                    let reason =
                        format!("it comes too slowly: less than 16 MiB in {} seconds", patience.as_secs());
                    return Err(SourceError::Unavailable { source_name, locator, reason });
                };
                let Some(piece) = piece.transpose()? else { return Ok(None) };
                bytes += piece.len() as u64;
                if bytes >= bytes_at_a_time {
                    (bytes, deadline) = (0, Instant::now() + patience);
                }
                Ok(Some((piece, (pieces, deadline, bytes))))
            }
        })
    }

    fn malformed(&self, locator: &str, reason: String) -> SourceError {
        SourceError::Malformed { source_name: self.name.clone(), locator: locator.to_owned(), reason }
    }
}

/// Asks for the file only if it is another one than `known`. Whether that says anything.
fn add_conditions(headers: &mut HeaderMap, known: &Stamp) -> bool {
    let (header, value) = match (&known.etag, known.modified_at) {
        (Some(etag), _) => (IF_NONE_MATCH, etag.clone()),
        (None, Some(nanoseconds)) => {
            let Ok(nanoseconds) = u64::try_from(nanoseconds) else { return false };
            let time = UNIX_EPOCH + Duration::from_nanos(nanoseconds);
            // The format ends with the year 9999, and a number of nanoseconds in 2554.
            (IF_MODIFIED_SINCE, httpdate::fmt_http_date(time))
        }
        (None, None) => return false,
    };
    let Ok(value) = HeaderValue::from_str(&value) else { return false };
    headers.insert(header, value);
    true
}

/// What the server tells of a file's version.
fn stamp_of(answer: &Answer) -> Stamp {
    let text = |name| answer.response.headers().get(name).and_then(|value| value.to_str().ok());
    let modified = text(LAST_MODIFIED).and_then(|date| httpdate::parse_http_date(date).ok());
    let modified = modified.and_then(|time: SystemTime| time.duration_since(UNIX_EPOCH).ok());
    Stamp {
        etag: text(ETAG).map(str::trim).filter(|etag| !etag.is_empty()).map(str::to_owned),
        modified_at: modified.and_then(|since| i64::try_from(since.as_nanos()).ok()),
        size: answer.response.content_length(),
    }
}

/// The last part of an address's path, as the name of a file.
fn name_of(url: &Url) -> String {
    let last = url.path().rsplit('/').next().unwrap_or_default();
    if last.is_empty() {
        return "index.html".into();
    }
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}
