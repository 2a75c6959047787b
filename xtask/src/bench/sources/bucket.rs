//! A server of S3's protocol whose bucket is made up as it is asked for: any number of objects, in no memory.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::HashMap;
use std::fmt::Write as _;
use tokio::net::TcpListener;

/// The bucket.
pub(super) const NAME: &str = "bucket";

/// When all objects were modified.
const MODIFIED: &str = "2026-01-01T00:00:00.000Z";

#[derive(Clone, Copy)]
struct Bucket {
    objects: u64,
    large: u64,
}

/// The key of a large object.
pub(super) fn large_key(number: u64) -> String {
    format!("large/{number:02}.bin")
}

/// Starts it, for as long as the runtime lives. Returns its address.
pub(super) async fn start(objects: u64, large: u64) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let routes = Router::new()
        .route("/bucket", get(list))
        .route("/bucket/", get(list))
        .route("/bucket/{*key}", get(fetch))
        .with_state(Bucket { objects, large });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(endpoint)
}

fn key(number: u64) -> String {
    format!("documents/{:04}/{number:08}.md", number / 1_000)
}

/// `ListObjectsV2`.
async fn list(State(bucket): State<Bucket>, Query(query): Query<HashMap<String, String>>) -> Response {
    let after = query.get("continuation-token").or_else(|| query.get("start-after"));
    let first = after.and_then(|key| key.rsplit('/').next()?.strip_suffix(".md")?.parse::<u64>().ok());
    let first = first.map_or(0, |number| number + 1);
    let most = query.get("max-keys").and_then(|most| most.parse().ok()).unwrap_or(1_000).min(1_000);
    let end = bucket.objects.min(first + most);
    let mut page = String::with_capacity(300_000);
    page.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>");
    for number in first..end {
        // Writing to a string does not fail, here and below.
        let _ = write!(
            page,
            "<Contents><Key>{}</Key><LastModified>{MODIFIED}</LastModified><ETag>&quot;{number:032x}&quot;</ETag>\
             <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            key(number),
            1_000 + number % 997
        );
    }
    let more = end < bucket.objects;
    let _ =
        write!(page, "<IsTruncated>{more}</IsTruncated><KeyCount>{}</KeyCount>", end.saturating_sub(first));
    if more {
        let _ = write!(page, "<NextContinuationToken>{}</NextContinuationToken>", key(end - 1));
    }
    page.push_str("</ListBucketResult>");
    ([(header::CONTENT_TYPE, "application/xml")], page).into_response()
}

/// `GetObject` of a large object.
async fn fetch(State(bucket): State<Bucket>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    if !key.starts_with("large/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(|range| {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        let start: u64 = start.parse().ok()?;
        Some((start, end.parse().unwrap_or(u64::MAX).min(bucket.large - 1)))
    });
    let (start, end) = range.unwrap_or((0, bucket.large - 1));
    let mut response = Body::from_stream(zeros(end + 1 - start)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (end + 1 - start).into());
    headers.insert(header::ETAG, header::HeaderValue::from_static("\"large\""));
    headers.insert(header::LAST_MODIFIED, header::HeaderValue::from_static("Thu, 01 Jan 2026 00:00:00 GMT"));
    if range.is_some() {
        if let Ok(value) = format!("bytes {start}-{end}/{}", bucket.large).parse() {
            headers.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

fn zeros(length: u64) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    static PIECE: [u8; 64 << 10] = [0; 64 << 10];
    futures::stream::unfold(length, async |left| {
        let piece = left.min(PIECE.len() as u64);
        (piece > 0).then(|| (Ok(Bytes::from_static(&PIECE[..piece as usize])), left - piece))
    })
}
