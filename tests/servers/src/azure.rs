//! A server in the shape of Azure Blob Storage: requests and answers were
//! written after its documentation, and never compared with the real ones.
//! Signatures are not checked.

use crate::bucket::{Bucket, Object};
use crate::faults::Faults;
use crate::loopback::{Body, Loopback};
use crate::reply;
use hyper::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use quick_xml::escape::escape;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Deref;

/// The name of the container.
pub const CONTAINER: &str = "documents";
/// The name of the account.
pub const ACCOUNT: &str = "archive";

/// The server, and its container.
pub struct AzureServer {
    server: Loopback,
    container: Bucket,
}

impl AzureServer {
    /// Starts a server.
    pub async fn start() -> Self {
        let container = Bucket::default();
        let served = container.clone();
        let server = Loopback::start(move |request| {
            let response = answer(&served, &request);
            async move { response }
        })
        .await;
        Self { server, container }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Its faults, and the requests that came.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }
}

impl Deref for AzureServer {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        &self.container
    }
}

fn answer<B>(container: &Bucket, request: &Request<B>) -> Response<Body> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let (name, key) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if name != CONTAINER {
        return error(request, 404, "ContainerNotFound", "The specified container does not exist.");
    }
    if key.is_empty() {
        return list(container, request.uri().query().unwrap_or_default());
    }
    match container.get(key) {
        None => error(request, 404, "BlobNotFound", "The specified blob does not exist."),
        Some(object) => {
            let mut response = reply::object(&object, request.headers());
            let headers = response.headers_mut();
            headers.insert("x-ms-version", "2025-07-05".parse().unwrap());
            headers.insert("x-ms-blob-type", "BlockBlob".parse().unwrap());
            response
        }
    }
}

fn error<B>(request: &Request<B>, status: u16, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\n\
         RequestId:f2a1</Message></Error>"
    );
    let body = if request.method() == Method::HEAD { String::new() } else { body };
    let mut response = reply::plain(status, body);
    response.headers_mut().insert("x-ms-error-code", code.parse().unwrap());
    response
}

fn list(container: &Bucket, query: &str) -> Response<Body> {
    let query: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let text = |name: &str| query.get(name).map(|value| &**value);
    // A marker is nobody's business but the store's.
    let marker = text("marker").and_then(|marker| marker.strip_prefix("2!"));
    let after = marker.or(text("startFrom"));
    let most = text("maxresults").and_then(|most| most.parse().ok()).unwrap_or(5_000).min(5_000);
    let page = container.page(text("prefix").unwrap_or_default(), after, marker.is_none(), most);
    let mut body =
        String::from("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    let last = page.objects.last().map(|(key, _)| key.clone()).filter(|_| page.is_truncated);
    for (key, Object { bytes, etag, modified, content_type, .. }) in page.objects {
        write!(
            body,
            "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{etag}</Etag>\
             <Content-Length>{}</Content-Length><Content-Type>{content_type}</Content-Type>\
             <BlobType>BlockBlob</BlobType></Properties><OrMetadata /></Blob>",
            escape(&key),
            httpdate::fmt_http_date(modified),
            bytes.len(),
        )
        .unwrap();
    }
    body.push_str("</Blobs>");
    match last {
        Some(last) => {
            write!(body, "<NextMarker>2!{}</NextMarker></EnumerationResults>", escape(&last)).unwrap();
        }
        None => body.push_str("<NextMarker /></EnumerationResults>"),
    }
    reply::plain(200, body)
}
