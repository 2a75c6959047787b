//! Answers to requests for an object, as all of HTTP's servers give them.

use crate::bucket::Object;
use crate::loopback::{Body, body};
use bytes::Bytes;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, RANGE,
};
use hyper::{Response, StatusCode};
use std::ops::Range;

/// An answer with nothing but a status and a body.
pub fn plain(status: u16, bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// The object, or a part of it, if the conditions of the request hold.
pub fn object(object: &Object, headers: &HeaderMap) -> Response<Body> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let etag = format!("\"{}\"", object.etag);
    let modified = httpdate::fmt_http_date(object.modified);
    if text(IF_MATCH).is_some_and(|tag| tag != etag) {
        return plain(412, "");
    }
    let is_known = match text(IF_NONE_MATCH) {
        Some(tag) => tag == etag,
        None => text(IF_MODIFIED_SINCE) == Some(&modified),
    };
    let size = object.bytes.len();
    let mut response = match text(RANGE).map(|range| range_of(range, size)) {
        _ if is_known => plain(304, ""),
        None => plain(200, object.bytes.clone()),
        Some(None) => return plain(416, ""),
        Some(Some(range)) => {
            let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let mut response = plain(206, object.bytes.slice(range));
            response.headers_mut().insert(CONTENT_RANGE, content_range.parse().unwrap());
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, etag.parse().unwrap());
    headers.insert(LAST_MODIFIED, modified.parse().unwrap());
    headers.insert(CONTENT_TYPE, object.content_type.parse().unwrap());
    if let Some(encoding) = &object.content_encoding {
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
    }
    response
}

/// What `bytes=0-9` says of an object of `size` bytes.
fn range_of(range: &str, size: usize) -> Option<Range<usize>> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let start: usize = start.parse().ok()?;
    let end = end.parse().unwrap_or(usize::MAX).saturating_add(1).min(size);
    (start < end).then_some(start..end)
}
