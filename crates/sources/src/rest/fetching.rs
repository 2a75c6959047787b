//! A document, as the service has it.

use super::item::{encoded, id_of_locator, metadata_of, stamp_of_item, title_of};
use super::json_answer::read_json;
use super::service::Service;
use super::settings::{Detail, Fields};
use super::walk::RecentPage;
use crate::naming::{essence, file_name};
use crate::{Fetch, Fetched, SourceContext, SourceError, Spool};
use bytes::Bytes;
use futures::stream;
use gdg_model::{Attributes, ContentHash, DocumentRef, Stamp};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LAST_MODIFIED};
use serde_json::Value;
use std::sync::Arc;
use std::time::SystemTime;

/// What fetches need besides the service.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) service: Arc<Service>,
    spool: Spool,
    recent: RecentPage,
}

impl Fetcher {
    pub(super) fn new(service: Arc<Service>, context: &SourceContext) -> Self {
        Self { service, spool: context.spool.clone(), recent: RecentPage::default() }
    }

    pub(super) async fn fetch(
        &self,
        document: &DocumentRef,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let service = &self.service;
        let locator = document.locator.as_str();
        let Some(id) = id_of_locator(locator) else {
            return Err(SourceError::Refused {
                source_name: service.name.clone(),
                locator: locator.to_owned(),
                rule: "it is no id of an item, as the listing writes it".into(),
            });
        };
        let settings = &service.settings;
        let Some(detail) = &settings.detail else {
            let item = service.find(document, &id, known, &self.recent).await?;
            let content_type = settings.content_type.as_deref();
            return self
                .of_item(document, &id, &item, &settings.list.fields, content_type, None, known)
                .await;
        };
        let url = detail
            .url(&settings.base_url, &id, &encoded(&id))
            .ok_or_else(|| service.malformed(locator, "it makes no address with `detail.path`".into()))?;
        if detail.fields.content.is_none() {
            return self.fetch_raw(document, &id, detail, &url, known).await;
        }
        let answer = service.get(locator, &url, &HeaderMap::new()).await?;
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return Err(service.malformed(locator, "the server answers 304, which nobody asked for".into()));
        }
        let header_stamp = stamp_of_headers(answer.response.headers());
        let projection = Arc::clone(&detail.projection);
        let value = read_json(answer, &service.name, locator, settings.max_answer_size, projection).await?;
        let item = detail.item.get(&value).ok_or_else(|| {
            service.malformed(
                locator,
                format!("there is nothing at `{}`, where the item should be", detail.item),
            )
        })?;
        let content_type = detail.content_type.as_deref();
        self.of_item(document, &id, item, &detail.fields, content_type, header_stamp, known).await
    }

    /// A document whose content is a value of an item.
    #[allow(clippy::too_many_arguments)] // each is told by another
    async fn of_item(
        &self,
        document: &DocumentRef,
        id: &str,
        item: &Value,
        fields: &Fields,
        content_type: Option<&str>,
        header_stamp: Option<Stamp>,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let (service, locator) = (&self.service, document.locator.as_str());
        let pointer = fields.content.clone().unwrap_or_default();
        let (bytes, of_value) = match pointer.get(item) {
            Some(Value::String(text)) => (text.clone().into_bytes(), "text/plain"),
            // Something that may have content, and has none.
            Some(Value::Null) => (Vec::new(), "text/plain"),
            Some(value @ (Value::Object(_) | Value::Array(_))) => {
                (value.to_string().into_bytes(), "application/json")
            }
            Some(value) => (value.to_string().into_bytes(), "text/plain"),
            None => {
                let reason = format!("there is nothing at `{pointer}`, where the content should be");
                return Err(service.malformed(locator, reason));
            }
        };
        let told = fields.content_type.as_ref().and_then(|pointer| pointer.get(item)?.as_str());
        let content_type = told.filter(|told| !told.is_empty()).or(content_type).unwrap_or(of_value);
        let title = title_of(item, fields);
        let bytes = match &title {
            Some(title) if service.settings.title_in_content => with_heading(title, bytes, content_type),
            _ => bytes,
        };
        let stamp = Some(stamp_of_item(item, fields)).filter(|stamp| *stamp != Stamp::default());
        let stamp = stamp
            .or(header_stamp)
            .unwrap_or_else(|| Stamp { etag: Some(ContentHash::of(&bytes).to_string()), ..Stamp::default() });
        if known.is_some_and(|known| stamp.proves_unchanged_since(known)) {
            return Ok(Fetch::Unchanged { stamp });
        }
        let size = bytes.len() as u64;
        let pieces = stream::iter([Ok(Bytes::from(bytes))]);
        let max_size = service.settings.max_size;
        let content = self.spool.take_in(&service.name, locator, Some(size), max_size, pieces).await?;
        let name = file_name(title.as_deref().unwrap_or(id), Some(content_type));
        let fetched = Fetched::new(content, stamp, name)
            .with_content_type(Some(content_type.to_owned()))
            .with_metadata(metadata_of(item, fields));
        Ok(Fetch::Document(fetched))
    }

    /// A document that is the answer itself.
    async fn fetch_raw(
        &self,
        document: &DocumentRef,
        id: &str,
        detail: &Detail,
        url: &reqwest::Url,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let (service, locator) = (&self.service, document.locator.as_str());
        let mut headers = HeaderMap::new();
        // A tag that came from the listing means nothing to the server, and does no harm.
        if let Some(etag) = known.and_then(|known| HeaderValue::from_str(known.etag.as_deref()?).ok()) {
            headers.insert(IF_NONE_MATCH, etag);
        }
        let answer = service.get(locator, url, &headers).await?;
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return match known {
                Some(known) => Ok(Fetch::Unchanged { stamp: known.clone() }),
                None => {
                    Err(service.malformed(locator, "the server answers 304, which nobody asked for".into()))
                }
            };
        }
        // The listing's version is that of these bytes or an older one: at worst, they are fetched once more.
        let listed = Some(&document.stamp).filter(|stamp| **stamp != Stamp::default()).cloned();
        let stamp = listed.or_else(|| stamp_of_headers(answer.response.headers())).unwrap_or_default();
        let told = answer.response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = detail.content_type.clone().or_else(|| told.map(str::to_owned));
        let declared = answer.response.content_length();
        let pieces = answer.into_pieces(service.name.clone(), locator.to_owned());
        let max_size = service.settings.max_size;
        let content = self.spool.take_in(&service.name, locator, declared, max_size, pieces).await?;
        let name = file_name(id, content_type.as_deref());
        let fetched = Fetched::new(content, stamp, name).with_content_type(content_type);
        Ok(Fetch::Document(fetched.with_metadata(Attributes::new())))
    }
}

/// The version that the headers of an answer tell, where they do.
fn stamp_of_headers(headers: &HeaderMap) -> Option<Stamp> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(etag) = text(ETAG) {
        return Some(Stamp { etag: Some(etag.to_owned()), ..Stamp::default() });
    }
    let modified = httpdate::parse_http_date(text(LAST_MODIFIED)?).ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Stamp { modified_at: i64::try_from(since.as_nanos()).ok(), ..Stamp::default() })
}

/// The content behind its title, in a form that has headings.
fn with_heading(title: &str, content: Vec<u8>, content_type: &str) -> Vec<u8> {
    let heading = match essence(content_type).as_str() {
        "text/html" => format!("<h1>{}</h1>\n", escaped(title)),
        "text/markdown" => format!("# {}\n\n", title.split_whitespace().collect::<Vec<_>>().join(" ")),
        "text/plain" => format!("{title}\n\n"),
        _ => return content,
    };
    [heading.into_bytes(), content].concat()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
