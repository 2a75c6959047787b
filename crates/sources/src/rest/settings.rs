//! The configuration of a service, checked and taken apart.

use super::pagination::Pagination;
use super::pointer::{Pointer, Projection};
use super::presets;
use crate::OpenSourceError;
use gdg_config::{ByteSize, RestMethod, RestParameterPlace, RestSourceConfig};
use gdg_model::SourceName;
use regex::Regex;
use reqwest::Url;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands for the id in paths and queries.
const ID: &str = "{id}";
/// Items of a page where nothing says how many.
const PAGE_SIZE: u32 = 100;

/// How a service is asked, and how its answers are read.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base_url: Url,
    pub(super) list: List,
    /// How a document is fetched; `None` where only the listing has it.
    pub(super) detail: Option<Detail>,
    pub(super) content_type: Option<String>,
    pub(super) title_in_content: bool,
    pub(super) link_pattern: Option<Regex>,
    pub(super) max_link_depth: u32,
    pub(super) max_size: Option<ByteSize>,
    pub(super) max_answer_size: ByteSize,
}

/// How documents are listed.
#[derive(Debug)]
pub(super) struct List {
    pub(super) url: Url,
    /// What is sent with the method POST.
    pub(super) body: Option<Map<String, Value>>,
    pub(super) sent_in: RestParameterPlace,
    pub(super) items: Pointer,
    pub(super) fields: Fields,
    pub(super) pagination: Pagination,
    pub(super) page_size: u32,
    pub(super) size_parameter: Option<String>,
    /// What a listing keeps of a page.
    pub(super) projection: Arc<Projection>,
    /// What is kept where documents are fetched from the listing.
    pub(super) full_projection: Arc<Projection>,
}

/// What is read of an item.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) id: Pointer,
    pub(super) title: Option<Pointer>,
    pub(super) updated: Option<Pointer>,
    pub(super) content: Option<Pointer>,
    pub(super) content_type: Option<Pointer>,
    pub(super) links: Option<Pointer>,
}

/// How a document is fetched.
#[derive(Debug)]
pub(super) struct Detail {
    path: String,
    query: BTreeMap<String, String>,
    pub(super) item: Pointer,
    pub(super) fields: Fields,
    pub(super) content_type: Option<String>,
    pub(super) projection: Arc<Projection>,
}

impl Settings {
    pub(super) fn new(source_name: &SourceName, config: &RestSourceConfig) -> Result<Self, OpenSourceError> {
        let config = presets::filled(source_name, config)?;
        Self::of(&config).map_err(|(key, problem)| OpenSourceError::Unusable {
            source_name: source_name.clone(),
            key,
            problem,
        })
    }

    fn of(config: &RestSourceConfig) -> Result<Self, Problem> {
        let base_url = base_url(&config.base_url)?;
        let list = List::of(config, &base_url)?;
        let detail = Detail::of(config, &base_url, &list.fields)?;
        if detail.is_none() && list.fields.content.is_none() {
            let problem = "is missing, and so is `list.content`: nothing says where documents are".to_owned();
            return Err(("detail.path", problem));
        }
        let link_pattern = config.link_pattern.as_deref().map(|text| link_pattern(text, &base_url));
        Ok(Self {
            list,
            detail,
            content_type: config.content_type.clone(),
            title_in_content: config.title_in_content.unwrap_or_default(),
            link_pattern: link_pattern.transpose()?,
            max_link_depth: config.max_link_depth,
            max_size: config.max_size,
            max_answer_size: config.max_answer_size,
            base_url,
        })
    }

    /// Whether `url` is one of the service itself, so that it may be asked with what authorises.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base_url.origin()
    }
}

type Problem = (&'static str, String);

impl List {
    fn of(config: &RestSourceConfig, base_url: &Url) -> Result<Self, Problem> {
        let list = &config.list;
        let Some(path) = &list.path else { return Err(("list.path", "is missing".into())) };
        let url = url_of("list.path", base_url, path, list.query.iter())?;
        let is_post = list.method == Some(RestMethod::Post);
        let body = match &list.body {
            Some(_) if !is_post => return Err(("list.body", "needs the method POST".into())),
            Some(Value::Object(body)) => Some(body.clone()),
            Some(_) => return Err(("list.body", "is no object".into())),
            None => is_post.then(Map::new),
        };
        let sent_in = match list.pagination.sent_in {
            Some(RestParameterPlace::Body) if !is_post => {
                return Err(("list.pagination.sent_in", "says `body`, which needs the method POST".into()));
            }
            Some(place) => place,
            None if is_post => RestParameterPlace::Body,
            None => RestParameterPlace::Query,
        };
        let Some(id) = &list.id else { return Err(("list.id", "is missing".into())) };
        let fields = Fields {
            id: pointer("list.id", id)?,
            title: optional("list.title", list.title.as_ref())?,
            updated: optional("list.updated", list.updated.as_ref())?,
            content: optional("list.content", list.content.as_ref())?,
            content_type: None,
            links: optional("list.links", list.links.as_ref())?,
        };
        let items = pointer("list.items", list.items.as_deref().unwrap_or_default())?;
        let pagination = Pagination::of(&list.pagination)?;
        let mut for_listing = Projection::default();
        [Some(&fields.id), fields.updated.as_ref()]
            .into_iter()
            .flatten()
            .for_each(|field| for_listing.keep(field));
        let projection_of = |within| {
            let mut projection = Projection::default();
            pagination.pointers().for_each(|pointer| projection.keep(pointer));
            projection.keep_each(&items, within);
            Arc::new(projection)
        };
        Ok(Self {
            url,
            body,
            sent_in,
            projection: projection_of(for_listing),
            full_projection: projection_of(fields.projection(&Pointer::default())),
            items,
            fields,
            page_size: config.page_size.map_or(PAGE_SIZE, std::num::NonZeroU32::get),
            size_parameter: list.pagination.size_parameter.clone(),
            pagination,
        })
    }
}

impl Fields {
    /// All that is read of an item at `item`.
    fn projection(&self, item: &Pointer) -> Projection {
        let mut projection = Projection::default();
        let optional = [&self.title, &self.updated, &self.content, &self.content_type, &self.links];
        let all = std::iter::once(&self.id).chain(optional.into_iter().flatten());
        all.for_each(|field| projection.keep(&item.join(field)));
        projection
    }
}

impl Detail {
    fn of(config: &RestSourceConfig, base_url: &Url, list: &Fields) -> Result<Option<Self>, Problem> {
        let detail = &config.detail;
        let Some(path) = &detail.path else {
            if *detail != gdg_config::RestDetailConfig::default() {
                return Err(("detail.path", "is missing, and the other keys of `detail` need it".into()));
            }
            return Ok(None);
        };
        if !path.contains(ID) && !detail.query.values().any(|value| value.contains(ID)) {
            return Err(("detail.path", format!("holds `{path}`, which has no `{ID}`, nor has the query")));
        }
        // Whether it makes an address does not depend on the id, which is encoded.
        url_of("detail.path", base_url, &path.replace(ID, "0"), std::iter::empty())?;
        let own_or = |key, own: Option<&String>, other: &Option<Pointer>| match own {
            Some(own) => pointer(key, own).map(Some),
            None => Ok(other.clone()),
        };
        let content_type_pointer = detail.content_type.as_ref().filter(|text| text.starts_with('/'));
        let fields = Fields {
            id: list.id.clone(),
            title: own_or("detail.title", detail.title.as_ref(), &list.title)?,
            updated: own_or("detail.updated", detail.updated.as_ref(), &list.updated)?,
            content: own_or("detail.content", detail.content.as_ref(), &list.content)?,
            content_type: optional("detail.content_type", content_type_pointer)?,
            links: own_or("detail.links", detail.links.as_ref(), &list.links)?,
        };
        let item = pointer("detail.item", detail.item.as_deref().unwrap_or_default())?;
        let content_type = detail
            .content_type
            .clone()
            .filter(|_| content_type_pointer.is_none())
            .or(config.content_type.clone());
        let projection = Arc::new(fields.projection(&item));
        Ok(Some(Self {
            path: path.clone(),
            query: detail.query.clone(),
            item,
            fields,
            content_type,
            projection,
        }))
    }

    /// The address of the document that `encoded` names in a path, and `id` anywhere else.
    pub(super) fn url(&self, base_url: &Url, id: &str, encoded: &str) -> Option<Url> {
        let query = self.query.iter().map(|(name, value)| (name, value.replace(ID, id)));
        let query: Vec<_> = query.collect();
        let query = query.iter().map(|(name, value)| (*name, value));
        url_of("detail.path", base_url, &self.path.replace(ID, encoded), query).ok()
    }
}

fn base_url(text: &str) -> Result<Url, Problem> {
    if text.is_empty() {
        return Err(("base_url", "is missing".into()));
    }
    // The text is not shown: it may hold a password, which is what the second check is about.
    let url = Url::parse(text).map_err(|error| ("base_url", format!("is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(("base_url", "is no address that begins with http:// or https://".into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("base_url", "holds a name or a password; those belong into `auth`".into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(("base_url", "has a query or a fragment; a query belongs into `list.query`".into()));
    }
    Ok(url)
}

/// The address of `path` behind the base. A parameter without a value is left out.
fn url_of<'a>(
    key: &'static str,
    base_url: &Url,
    path: &str,
    query: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<Url, Problem> {
    if !path.starts_with('/') {
        return Err((key, format!("holds `{path}`, which does not begin with a slash")));
    }
    let text = format!("{}{path}", base_url.as_str().trim_end_matches('/'));
    let mut url = Url::parse(&text).map_err(|error| (key, format!("makes no address: {error}")))?;
    let query: Vec<_> = query.filter(|(_, value)| !value.is_empty()).collect();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

fn link_pattern(text: &str, base_url: &Url) -> Result<Regex, Problem> {
    let base = regex::escape(base_url.as_str().trim_end_matches('/'));
    let pattern = Regex::new(&text.replace("{base_url}", &base))
        .map_err(|error| ("link_pattern", format!("is no regular expression: {error}")))?;
    if !pattern.capture_names().flatten().any(|name| name == "id") {
        return Err(("link_pattern", "has no capture named `id`: (?<id>…)".into()));
    }
    Ok(pattern)
}

pub(super) fn pointer(key: &'static str, text: &str) -> Result<Pointer, Problem> {
    Pointer::parse(text).map_err(|problem| (key, problem))
}

pub(super) fn optional(key: &'static str, text: Option<&String>) -> Result<Option<Pointer>, Problem> {
    text.map(|text| pointer(key, text)).transpose()
}
