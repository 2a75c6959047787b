//! The listing: the pages to begin with, then what the sitemaps name.

use super::Web;
use super::position::{MAX_NESTING, Mark, Position};
use super::sitemap::{Kind, MAX_SIZE};
use super::sitemap_entries::{Entries, Part};
use super::url_name::UrlName;
use crate::blocking::on_blocking_thread;
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError, Spool};
use gdg_config::ByteSize;
use gdg_model::{DocumentRef, ErrorClass};
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// How often a sitemap is asked for that cannot be had at the moment, and how long is waited at first.
const ATTEMPTS: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// A listing on its way.
#[derive(Debug)]
pub(super) struct Listing {
    web: Arc<Web>,
    /// The next page to begin with.
    page: usize,
    /// The configured sitemap that is read, or is next.
    sitemap: usize,
    /// The sitemap that is read last, behind those that led to it.
    open: Vec<Sitemap>,
    /// Where the sitemaps are to be opened at first.
    resumed: Vec<Mark>,
}

#[derive(Debug)]
struct Sitemap {
    name: UrlName,
    /// How far it is listed.
    mark: Mark,
    /// `None` only while another thread reads.
    entries: Option<Entries>,
}

impl Listing {
    pub(super) fn new(web: Arc<Web>, after: Option<&Cursor>) -> Result<Self, SourceError> {
        let pages = web.pages.as_slice().len();
        let position = match after {
            None => Position::Page(String::new()),
            Some(cursor) => {
                Position::of(cursor, web.sitemaps.len()).ok_or_else(|| SourceError::InvalidCursor {
                    source_name: web.name.clone(),
                    cursor: cursor.as_str().chars().take(200).collect(),
                })?
            }
        };
        let (page, sitemap, resumed) = match position {
            Position::Page(page) => (web.pages.up_to(&page), 0, Vec::new()),
            Position::Sitemap { number, marks } => (pages, number, marks),
        };
        Ok(Self { web, page, sitemap, open: Vec::new(), resumed })
    }

    /// The next batch, `None` at the end.
    pub(super) async fn next_batch(&mut self, size: usize) -> Result<Option<ListedBatch>, SourceError> {
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        let left = self.web.pages.as_slice().get(self.page..).unwrap_or_default();
        if !left.is_empty() {
            let taken = left.get(..size).unwrap_or(left);
            documents.extend(taken.iter().map(|page| self.web.document(page, 0)));
            self.page += taken.len();
        } else if self.open.is_empty() {
            let Some(name) = self.web.sitemaps.get(self.sitemap).cloned() else { return Ok(None) };
            problems.extend(self.open_sitemap(name).await?);
            if self.open.is_empty() {
                self.sitemap += 1;
            }
        } else {
            problems.extend(self.read_on(size, &mut documents).await?);
            if self.open.is_empty() {
                self.sitemap += 1;
            }
        }
        Ok(Some(ListedBatch { documents, problems, cursor: self.position().cursor() }))
    }

    fn position(&self) -> Position {
        match self.page.checked_sub(1).and_then(|last| self.web.pages.as_slice().get(last)) {
            Some(last) if self.sitemap == 0 && self.open.is_empty() => {
                Position::Page(last.as_str().to_owned())
            }
            _ => {
                let marks = self.open.iter().map(|sitemap| sitemap.mark.clone()).collect();
                Position::Sitemap { number: self.sitemap, marks }
            }
        }
    }

    /// Reads on in the sitemap that was opened last.
    async fn read_on(
        &mut self,
        size: usize,
        documents: &mut Vec<DocumentRef>,
    ) -> Result<Option<ListingProblem>, SourceError> {
        let Some(sitemap) = self.open.last_mut() else { return Ok(None) };
        let Some(mut entries) = sitemap.entries.take() else { return Ok(None) };
        let kind = entries.kind();
        let web = Arc::clone(&self.web);
        let (entries, part) = on_blocking_thread(move || {
            let part = match kind {
                Kind::Pages => entries.next_part(size, |name| web.lists(name)),
                Kind::Index => entries.next_part(1, |name| web.scope.allows_host(name).is_ok()),
            };
            (entries, part)
        })
        .await;
        sitemap.mark = entries.mark().clone();
        sitemap.entries = Some(entries);
        let Part { names, is_last, problem } = part;
        let locator = sitemap.name.as_str().to_owned();
        if is_last {
            self.open.pop();
        }
        match kind {
            Kind::Pages => {
                documents.extend(names.iter().map(|name| self.web.document(name, 0)));
            }
            Kind::Index => {
                if let Some(name) = names.into_iter().next() {
                    return self.open_sitemap(name).await;
                }
            }
        }
        Ok(problem.map(|reason| self.problem(locator, reason)))
    }

    /// Opens a sitemap, and those in it that were being read where the listing
    /// is taken up again. What cannot be read is a problem, and is left out.
    async fn open_sitemap(&mut self, name: UrlName) -> Result<Option<ListingProblem>, SourceError> {
        let mut name = name;
        let mut marks = std::mem::take(&mut self.resumed).into_iter();
        loop {
            let locator = name.as_str().to_owned();
            if self.open.len() >= MAX_NESTING {
                let reason = format!("more than {MAX_NESTING} sitemaps lie in one another");
                return Ok(Some(self.problem(locator, reason)));
            }
            if self.open.iter().any(|sitemap| sitemap.name == name) {
                return Ok(Some(self.problem(locator, "it leads to itself".into())));
            }
            let mark = marks.next().unwrap_or_default();
            let content = match self.web.sitemap(&name).await {
                Ok(content) => content,
                Err(error) if error.class() == ErrorClass::Permanent => {
                    return Ok(Some(ListingProblem { locator, error, scope: ProblemScope::Source }));
                }
                Err(error) => return Err(error),
            };
            let opened = on_blocking_thread(move || Entries::open(content, &mark)).await;
            let (entries, is_found) = match opened {
                Ok(opened) => opened,
                Err(reason) => return Ok(Some(self.problem(locator, reason))),
            };
            let mark = entries.mark().clone();
            let kind = entries.kind();
            // The sitemap that an index was at is opened again, too.
            let next = UrlName::parse(&mark.last).filter(|_| kind == Kind::Index && is_found);
            self.open.push(Sitemap { name, mark, entries: Some(entries) });
            match next {
                Some(next) if marks.len() > 0 => name = next,
                _ => return Ok(None),
            }
        }
    }

    fn problem(&self, locator: String, reason: String) -> ListingProblem {
        let source_name = self.web.name.clone();
        ListingProblem {
            locator: locator.clone(),
            error: SourceError::Malformed { source_name, locator, reason },
            scope: ProblemScope::Source,
        }
    }
}

impl Web {
    /// Whether a page that a sitemap names is listed for it.
    fn lists(&self, name: &UrlName) -> bool {
        self.scope.takes(name).is_ok() && !self.pages.contain(name)
    }

    /// Fetches a sitemap. It is asked for a few times when it cannot be had at the moment.
    async fn sitemap(&self, name: &UrlName) -> Result<crate::Content, SourceError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..ATTEMPTS {
            match self.sitemap_once(name).await {
                Err(error) if error.class() == ErrorClass::Transient => {
                    tracing::debug!(source = %self.name, error = %error, "a sitemap is asked for again");
                    tokio::time::sleep(wait).await;
                    wait *= 4;
                }
                outcome => return outcome,
            }
        }
        self.sitemap_once(name).await
    }

    async fn sitemap_once(&self, name: &UrlName) -> Result<crate::Content, SourceError> {
        let locator = name.as_str();
        let allows = |next: &url::Url| match UrlName::of_url(next.clone()) {
            Some(next) => self.scope.allows_host(&next).map_err(String::from),
            None => Err("it is no address of the web".into()),
        };
        let answer = self.client.get(locator, name.url(), &HeaderMap::new(), allows).await?;
        let declared = answer.response.content_length();
        let pieces = answer.into_pieces(self.name.clone(), locator.to_owned());
        let spool = Spool { max_document_size: ByteSize(MAX_SIZE), ..self.spool.clone() };
        match spool.take_in(&self.name, locator, declared, None, pieces).await {
            Err(SourceError::TooLarge { source_name, locator, limit, .. }) => {
                let reason =
                    format!("it is larger than {limit}, which is the most that is read of a sitemap");
                Err(SourceError::Malformed { source_name, locator, reason })
            }
            outcome => outcome,
        }
    }
}
