//! A server in the shape of Google Cloud Storage's XML interface, which is the
//! one that the crate `object_store` speaks: requests and answers were written
//! after its documentation, and never compared with the real ones.

use crate::bucket::{Bucket, Object};
use crate::faults::{Fault, Faults};
use crate::loopback::{Body, Loopback};
use crate::reply;
use hyper::{Request, Response};
use percent_encoding::percent_decode_str;
use quick_xml::escape::escape;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Deref;
use std::time::SystemTime;

/// The name of the bucket.
pub const BUCKET: &str = "document-bucket";

/// The server, and its bucket.
pub struct GcsServer {
    server: Loopback,
    bucket: Bucket,
}

impl GcsServer {
    /// Starts a server that takes requests of everybody.
    pub async fn start() -> Self {
        let bucket = Bucket::default();
        let served = bucket.clone();
        let server = Loopback::start(move |request| {
            let response = answer(&served, &request);
            async move { response }
        })
        .await;
        Self { server, bucket }
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

impl Deref for GcsServer {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        &self.bucket
    }
}

fn answer<B>(bucket: &Bucket, request: &Request<B>) -> Response<Body> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let (name, key) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if name != BUCKET {
        return error(404, "NoSuchBucket", "The specified bucket does not exist.");
    }
    if key.is_empty() {
        return list(bucket, request.uri().query().unwrap_or_default());
    }
    match bucket.get(key) {
        None => error(404, "NoSuchKey", "The specified key does not exist."),
        Some(object) => {
            let mut response = reply::object(&object, request.headers());
            let headers = response.headers_mut();
            headers.insert("x-goog-generation", "1360887697105000".parse().unwrap());
            headers.insert("x-goog-hash", "crc32c=n03x6A==".parse().unwrap());
            headers.insert("x-goog-stored-content-length", object.bytes.len().into());
            response
        }
    }
}

fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let Fault::Answer { body, .. } = Fault::error(status, code, message) else {
        unreachable!("it is an answer")
    };
    reply::plain(status, body)
}

fn list(bucket: &Bucket, query: &str) -> Response<Body> {
    let query: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let text = |name: &str| query.get(name).map(|value| &**value);
    let after = text("continuation-token").or(text("start-after"));
    let most = text("max-keys").and_then(|most| most.parse().ok()).unwrap_or(1_000).min(1_000);
    let page = bucket.page(text("prefix").unwrap_or_default(), after, false, most);
    let mut body = String::from(
        "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>",
    );
    write!(body, "<Name>{BUCKET}</Name><IsTruncated>{}</IsTruncated>", page.is_truncated).unwrap();
    if let Some((last, _)) = page.objects.last().filter(|_| page.is_truncated) {
        write!(body, "<NextContinuationToken>{}</NextContinuationToken>", escape(last)).unwrap();
    }
    for (key, Object { bytes, etag, modified, .. }) in page.objects {
        write!(
            body,
            "<Contents><Key>{}</Key><Generation>1360887697105000</Generation><MetaGeneration>1</MetaGeneration>\
             <LastModified>{}</LastModified><ETag>\"{etag}\"</ETag><Size>{}</Size></Contents>",
            escape(&key),
            rfc3339(modified),
            bytes.len(),
        )
        .unwrap();
    }
    body.push_str("</ListBucketResult>");
    reply::plain(200, body)
}

/// A time as Google writes it, with thousandths of a second.
fn rfc3339(time: SystemTime) -> String {
    // Mon, 12 Oct 2009 17:50:30 GMT
    let date = httpdate::fmt_http_date(time);
    let month = 1 + "JanFebMarAprMayJunJulAugSepOctNovDec".find(&date[8..11]).unwrap() / 3;
    format!("{}-{month:02}-{}T{}.123Z", &date[12..16], &date[5..7], &date[17..25])
}
