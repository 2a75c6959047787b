//! Fetching a page: where it is asked for, through redirects that the rules allow, and what comes of the answer.

use super::Web;
use super::stamp::{conditions, stamp_of};
use super::url_name::UrlName;
use crate::http_client::{Answer, Step};
use crate::naming::essence;
use crate::{Fetch, Fetched, SourceError};
use gdg_model::Stamp;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::borrow::Cow;
use url::Url;

/// Characters of a media type that are shown.
const MAX_SHOWN: usize = 100;

impl Web {
    pub(super) async fn fetch(&self, locator: &str, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        let name = UrlName::from_locator(locator)
            .ok_or_else(|| self.refused(locator, "it is no address of the web in its normal form"))?;
        if !self.pages.contain(&name) {
            self.scope.takes(&name).map_err(|rule| self.refused(locator, rule))?;
        }
        let headers = self.headers(known);
        let mut url = name.url().clone();
        for _ in 0..=self.max_redirects {
            let delay = match &self.robots {
                Some(robots) => robots.check(&self.client, locator, &url).await?,
                None => None,
            };
            match self.client.step(locator, &url, &headers, delay).await? {
                Step::Answer(answer) => return self.take_in(&name, answer, known).await,
                Step::Redirect { next, .. } => {
                    self.check_redirect(&next).map_err(|rule| {
                        self.refused(locator, format!("it redirects to {}: {rule}", shown(&next)))
                    })?;
                    url = next;
                }
            }
        }
        Err(self.client.too_many_redirects(locator, self.max_redirects))
    }

    fn headers(&self, known: Option<&Stamp>) -> HeaderMap {
        let mut headers = known.map(conditions).unwrap_or_default();
        if let Ok(accept) = HeaderValue::from_str(&self.content_types.accept()) {
            headers.insert(ACCEPT, accept);
        }
        headers
    }

    /// Whether a page may be found there. What `include` names, it names by the address that is asked for.
    fn check_redirect(&self, next: &Url) -> Result<(), &'static str> {
        let name = UrlName::of_url(next.clone()).ok_or("that is no address of the web")?;
        if self.pages.contain(&name) { Ok(()) } else { self.scope.tolerates(&name) }
    }

    async fn take_in(
        &self,
        name: &UrlName,
        answer: Answer,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let locator = name.as_str();
        match (answer.response.status(), known) {
            (StatusCode::NOT_MODIFIED, Some(known)) => return Ok(Fetch::Unchanged { stamp: known.clone() }),
            (status @ (StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT), _) => {
                return Err(self.malformed(locator, format!("the server answers {status}, unasked")));
            }
            _ => {}
        }
        let headers = answer.response.headers();
        // Without what is not ASCII, which no media type has.
        let content_type =
            headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        if let Some(content_type) = content_type.as_deref().filter(|found| !self.content_types.take(found)) {
            let shown: String = essence(content_type).chars().take(MAX_SHOWN).collect();
            let rule = format!("content_types does not name its media type, `{shown}`");
            return Err(self.refused(locator, rule));
        }
        // The client takes the header away of what it inflates.
        let declared = answer.response.content_length();
        let stamp = stamp_of(headers, declared);
        self.redirected.note(locator, &without_fragment(&answer.url));
        let pieces = answer.into_pieces(self.name.clone(), locator.to_owned());
        let content = self.spool.take_in(&self.name, locator, declared, self.max_size, pieces).await?;
        Ok(Fetch::Document(Fetched::new(content, stamp, name.file_name()).with_content_type(content_type)))
    }

    fn refused(&self, locator: &str, rule: impl Into<Cow<'static, str>>) -> SourceError {
        let (source_name, locator) = (self.name.clone(), locator.chars().take(2_000).collect());
        SourceError::Refused { source_name, locator, rule: rule.into() }
    }

    fn malformed(&self, locator: &str, reason: String) -> SourceError {
        SourceError::Malformed { source_name: self.name.clone(), locator: locator.to_owned(), reason }
    }
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// An address for a message. Its query may hold what is nobody's business.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().chars().take(200).collect()
}
