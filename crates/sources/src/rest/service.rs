//! The service: what is asked of it, and what its answers mean.

use super::json_answer::read_json;
use super::pagination::{At, PageTold};
use super::pointer::Projection;
use super::settings::Settings;
use crate::SourceError;
use crate::http_client::{Answer, HttpClient};
use bytes::Bytes;
use gdg_config::RestParameterPlace;
use gdg_model::SourceName;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::sync::Arc;

/// A service with a JSON interface.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: SourceName,
    pub(super) settings: Settings,
    pub(super) client: HttpClient,
}

/// A page of a listing.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    pub(super) next: Option<At>,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum NoPage {
    /// The service does not know the page: it has fewer, or what names the page is no longer valid.
    Unknown(SourceError),
    /// Anything else.
    Failed(SourceError),
}

impl Service {
    /// The page at `at`, of which `projection` is kept.
    pub(super) async fn page(&self, at: &At, projection: &Arc<Projection>) -> Result<Page, NoPage> {
        let page_size = self.settings.list.page_size;
        let locator = self.locator_of(at);
        let url = self.url_of(at, page_size).map_err(NoPage::Failed)?;
        let answer = self.ask_for_page(&locator, at, &url, page_size).await.map_err(|error| match error {
            SourceError::Vanished { .. } | SourceError::Malformed { .. } => NoPage::Unknown(error),
            other => NoPage::Failed(other),
        })?;
        let (headers, url) = (answer.response.headers().clone(), answer.url.clone());
        let read =
            read_json(answer, &self.name, &locator, self.settings.max_answer_size, Arc::clone(projection));
        let mut answer = read.await.map_err(NoPage::Failed)?;
        let list = &self.settings.list;
        let failed = |reason| NoPage::Failed(self.malformed(&locator, reason));
        let items = match list.items.get(&answer) {
            Some(Value::Array(items)) => items.len() as u64,
            Some(_) => return Err(failed(format!("what is at `{}`, the items, is no array", list.items))),
            None => {
                return Err(failed(format!(
                    "there is nothing at `{}`, where the items should be",
                    list.items
                )));
            }
        };
        let page_size = u64::from(page_size);
        let told = PageTold { at, url: &url, headers: &headers, answer: &answer, items, page_size };
        let next = list.pagination.next(&told).map_err(failed)?;
        if let Some(At::Url(next)) = &next {
            self.own_url(&locator, next).map_err(NoPage::Failed)?;
        }
        let items = match list.items.take(&mut answer) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        Ok(Page { items, next })
    }

    async fn ask_for_page(
        &self,
        locator: &str,
        at: &At,
        url: &Url,
        page_size: u32,
    ) -> Result<Answer, SourceError> {
        let list = &self.settings.list;
        // An address that the service gave holds all it needs.
        let body = list.body.as_ref().filter(|_| !matches!(at, At::Url(_)));
        let answer = match body {
            None => self.get(locator, url, &HeaderMap::new()).await?,
            Some(body) => {
                let mut body = body.clone();
                if list.sent_in == RestParameterPlace::Body {
                    for (name, value) in self.parameters(at, page_size) {
                        body.insert(name.to_owned(), value);
                    }
                }
                let mut headers = HeaderMap::new();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let body = Bytes::from(Value::Object(body).to_string());
                self.client.post(locator, url, &headers, body, |next| allows(url, next)).await?
            }
        };
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return Err(self.malformed(locator, "the server answers 304, which nobody asked for".into()));
        }
        Ok(answer)
    }

    pub(super) async fn get(
        &self,
        locator: &str,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Answer, SourceError> {
        self.client.get(locator, url, headers, |next| allows(url, next)).await
    }

    /// The parameters that ask for a page.
    fn parameters<'a>(&'a self, at: &At, page_size: u32) -> impl Iterator<Item = (&'a str, Value)> {
        let list = &self.settings.list;
        let size = list.size_parameter.as_deref().map(|parameter| (parameter, page_size.into()));
        size.into_iter().chain(list.pagination.parameter(at))
    }

    fn url_of(&self, at: &At, page_size: u32) -> Result<Url, SourceError> {
        let list = &self.settings.list;
        if let At::Url(url) = at {
            return self.own_url(&self.locator_of(at), url);
        }
        let mut url = list.url.clone();
        if list.sent_in == RestParameterPlace::Body {
            return Ok(url);
        }
        let parameters: Vec<_> = self.parameters(at, page_size).collect();
        if parameters.is_empty() {
            return Ok(url);
        }
        // A parameter that is given once counts once, also where the path has it already.
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        pairs.retain(|(name, _)| parameters.iter().all(|(parameter, _)| name != parameter));
        pairs.extend(parameters.into_iter().map(|(name, value)| (name.to_owned(), text_of(&value))));
        url.query_pairs_mut().clear().extend_pairs(pairs);
        Ok(url)
    }

    /// An address that the service, or a cursor, gave: only the service itself is asked for it.
    fn own_url(&self, locator: &str, text: &str) -> Result<Url, SourceError> {
        let url = Url::parse(text).ok().filter(|url| self.settings.is_own(url));
        url.ok_or_else(|| SourceError::Refused {
            source_name: self.name.clone(),
            locator: locator.to_owned(),
            rule: "the listing goes on at an address of another host than `base_url`".into(),
        })
    }

    /// What errors of the listing are about.
    pub(super) fn locator_of(&self, at: &At) -> String {
        let path = self.settings.list.url.path();
        match at {
            At::Start => path.to_owned(),
            At::Cursor(_) | At::Url(_) => format!("{path} (a later page)"),
            At::Page(page) => format!("{path} (page {})", page.saturating_add(1)),
            At::Offset(offset) => format!("{path} (from item {})", offset.saturating_add(1)),
        }
    }

    pub(super) fn malformed(&self, locator: &str, reason: String) -> SourceError {
        SourceError::Malformed { source_name: self.name.clone(), locator: locator.to_owned(), reason }
    }
}

/// Whether a redirect is followed: never from a connection that is encrypted to one that is not.
fn allows(from: &Url, to: &Url) -> Result<(), String> {
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err("the server redirects to an address that is not encrypted".into());
    }
    Ok(())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
