//! How a listing goes on from page to page.

use super::link_header::next_of;
use super::pointer::Pointer;
use super::settings::{optional, pointer};
use gdg_config::{RestPaginationConfig, RestPaginationType};
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of what names a page.
const MAX_NAME: usize = 16_384;

/// Where a page of a listing is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    /// The first page.
    Start,
    /// What the page before calls it.
    Cursor(String),
    /// Its address.
    Url(String),
    /// Its number, counted from 0, whatever the service calls the first.
    Page(u64),
    /// So many items lie before it.
    Offset(u64),
}

/// How pages are asked for.
#[derive(Debug)]
pub(super) struct Pagination {
    kind: Kind,
    more: Option<Pointer>,
}

#[derive(Debug)]
enum Kind {
    None,
    Cursor { pointer: Pointer, parameter: String },
    Page { parameter: String, first: u64, pages: Option<Pointer>, total: Option<Pointer> },
    Offset { parameter: String, total: Option<Pointer> },
    LinkHeader,
    NextUrl { pointer: Pointer, base: Option<Pointer> },
}

/// A page, as far as it tells what comes behind it.
pub(super) struct PageTold<'a> {
    /// Where it is.
    pub(super) at: &'a At,
    /// Its address.
    pub(super) url: &'a Url,
    pub(super) headers: &'a HeaderMap,
    pub(super) answer: &'a Value,
    /// How many items it has.
    pub(super) items: u64,
    /// How many it was asked for.
    pub(super) page_size: u64,
}

impl Pagination {
    pub(super) fn of(config: &RestPaginationConfig) -> Result<Self, (&'static str, String)> {
        let needed = |key: &'static str, value: &Option<String>| match value {
            Some(value) if !value.is_empty() => Ok(value.clone()),
            _ => Err((key, "is missing: `list.pagination.type` needs it".to_owned())),
        };
        let total = optional("list.pagination.total_pointer", config.total_pointer.as_ref())?;
        let kind = match config.kind.unwrap_or(RestPaginationType::None) {
            RestPaginationType::None => Kind::None,
            RestPaginationType::Cursor => Kind::Cursor {
                pointer: pointer(
                    "list.pagination.cursor_pointer",
                    &needed("list.pagination.cursor_pointer", &config.cursor_pointer)?,
                )?,
                parameter: needed("list.pagination.cursor_parameter", &config.cursor_parameter)?,
            },
            RestPaginationType::Page => {
                if total.is_some() && config.size_parameter.is_none() {
                    let problem =
                        "needs `size_parameter`: how many pages there are follows from the size of a page";
                    return Err(("list.pagination.total_pointer", problem.into()));
                }
                Kind::Page {
                    parameter: needed("list.pagination.page_parameter", &config.page_parameter)?,
                    first: u64::from(config.first_page.unwrap_or(1)),
                    pages: optional("list.pagination.pages_pointer", config.pages_pointer.as_ref())?,
                    total,
                }
            }
            RestPaginationType::Offset => Kind::Offset {
                parameter: needed("list.pagination.offset_parameter", &config.offset_parameter)?,
                total,
            },
            RestPaginationType::LinkHeader => Kind::LinkHeader,
            RestPaginationType::NextUrl => Kind::NextUrl {
                pointer: pointer(
                    "list.pagination.next_pointer",
                    &needed("list.pagination.next_pointer", &config.next_pointer)?,
                )?,
                base: optional("list.pagination.next_base_pointer", config.next_base_pointer.as_ref())?,
            },
        };
        let more = optional("list.pagination.more_pointer", config.more_pointer.as_ref())?;
        Ok(Self { kind, more })
    }

    /// What is read of an answer to go on.
    pub(super) fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        let of_kind = match &self.kind {
            Kind::Cursor { pointer, .. } => [Some(pointer), None],
            Kind::Page { pages, total, .. } => [pages.as_ref(), total.as_ref()],
            Kind::Offset { total, .. } => [total.as_ref(), None],
            Kind::NextUrl { pointer, base } => [Some(pointer), base.as_ref()],
            Kind::None | Kind::LinkHeader => [None, None],
        };
        of_kind.into_iter().flatten().chain(&self.more)
    }

    /// Where a listing begins.
    pub(super) fn start(&self) -> At {
        match self.kind {
            Kind::Page { .. } => At::Page(0),
            Kind::Offset { .. } => At::Offset(0),
            _ => At::Start,
        }
    }

    /// Whether `at` is a place that this way of going on has.
    pub(super) fn knows(&self, at: &At) -> bool {
        matches!(
            (&self.kind, at),
            (Kind::Page { .. }, At::Page(_))
                | (Kind::Offset { .. }, At::Offset(_))
                | (Kind::Cursor { .. }, At::Start | At::Cursor(_))
                | (Kind::LinkHeader | Kind::NextUrl { .. }, At::Start | At::Url(_))
                | (Kind::None, At::Start)
        )
    }

    /// The parameter that asks for the page at `at`, with its value.
    pub(super) fn parameter(&self, at: &At) -> Option<(&str, Value)> {
        match (&self.kind, at) {
            (Kind::Cursor { parameter, .. }, At::Cursor(cursor)) => Some((parameter, cursor.as_str().into())),
            (Kind::Page { parameter, first, .. }, At::Page(page)) => {
                Some((parameter, first.saturating_add(*page).into()))
            }
            (Kind::Offset { parameter, .. }, At::Offset(offset)) => Some((parameter, (*offset).into())),
            _ => None,
        }
    }

    /// Where the page behind this one is; `None` behind the last. The error says what is wrong with it.
    pub(super) fn next(&self, page: &PageTold<'_>) -> Result<Option<At>, String> {
        if self.more.as_ref().and_then(|more| more.get(page.answer)) == Some(&Value::Bool(false)) {
            return Ok(None);
        }
        let number = |pointer: &Option<Pointer>| pointer.as_ref().and_then(|at| count(at.get(page.answer)?));
        match (&self.kind, page.at) {
            (Kind::Cursor { pointer, .. }, _) => match pointer.get(page.answer) {
                None | Some(Value::Null | Value::Bool(false)) => Ok(None),
                Some(Value::String(cursor)) if cursor.is_empty() => Ok(None),
                Some(Value::String(cursor)) => named(cursor).map(|cursor| Some(At::Cursor(cursor))),
                Some(Value::Number(number)) => Ok(Some(At::Cursor(number.to_string()))),
                Some(_) => Err(format!("what names the next page, at {pointer}, is no text")),
            },
            (Kind::Page { pages, total, .. }, At::Page(number_of_page)) => {
                let next = number_of_page.saturating_add(1);
                let is_last = page.items == 0
                    || number(pages).is_some_and(|pages| next >= pages)
                    || number(total).is_some_and(|total| next.saturating_mul(page.page_size) >= total);
                Ok((!is_last).then_some(At::Page(next)))
            }
            (Kind::Offset { total, .. }, At::Offset(offset)) => {
                let next = offset.saturating_add(page.items);
                let is_last = page.items == 0 || number(total).is_some_and(|total| next >= total);
                Ok((!is_last).then_some(At::Offset(next)))
            }
            (Kind::LinkHeader, _) => {
                let mut links = page.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
                let Some(target) = links.find_map(next_of) else { return Ok(None) };
                self.joined(page.url, target).map(Some)
            }
            (Kind::NextUrl { pointer, base }, _) => match pointer.get(page.answer) {
                None | Some(Value::Null | Value::Bool(false)) => Ok(None),
                Some(Value::String(target)) if target.is_empty() => Ok(None),
                Some(Value::String(target)) => {
                    let base = base.as_ref().and_then(|base| base.get(page.answer)?.as_str());
                    match base.filter(|_| target.starts_with('/')) {
                        Some(base) => {
                            self.joined(page.url, &format!("{}{target}", base.trim_end_matches('/')))
                        }
                        None => self.joined(page.url, target),
                    }
                    .map(Some)
                }
                Some(_) => Err(format!("the address of the next page, at {pointer}, is no text")),
            },
            _ => Ok(None),
        }
    }

    /// The address of the next page. It is for whoever asks to see that it stays with the service.
    #[allow(clippy::unused_self)] // it belongs to the others
    fn joined(&self, url: &Url, target: &str) -> Result<At, String> {
        let next =
            url.join(target).map_err(|error| format!("the address of the next page is none: {error}"))?;
        named(next.as_str()).map(At::Url)
    }
}

/// What names a page, if it is short enough to be kept.
fn named(name: &str) -> Result<String, String> {
    if name.len() <= MAX_NAME {
        Ok(name.to_owned())
    } else {
        Err(format!("what names the next page is longer than {MAX_NAME} bytes"))
    }
}

/// A count, also one that is written as a text.
fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
