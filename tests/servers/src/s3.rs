//! A server of S3's protocol: signatures, requests and answers are those of the
//! crate `s3s`; the bucket lies in memory.

use crate::bucket::{Bucket, Object};
use crate::faults::Faults;
use crate::loopback::{Body, Loopback};
use bytes::Bytes;
use futures::stream;
use http_body_util::BodyExt;
use hyper::Response;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object as ListedObject, StreamingBlob, Timestamp,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use std::convert::Infallible;
use std::io;
use std::ops::Deref;

/// The name of the bucket.
pub const BUCKET: &str = "document-bucket";
/// The access key that the server takes.
pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// Its secret.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The server, and its bucket.
pub struct S3Server {
    server: Loopback,
    bucket: Bucket,
}

impl S3Server {
    /// Starts a server that takes requests signed with [`ACCESS_KEY_ID`] only.
    pub async fn start() -> Self {
        Self::with_auth(Some(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY))).await
    }

    /// Starts a server that takes requests of everybody.
    pub async fn start_public() -> Self {
        Self::with_auth(None).await
    }

    async fn with_auth(auth: Option<SimpleAuth>) -> Self {
        let bucket = Bucket::default();
        let mut builder = S3ServiceBuilder::new(Store(bucket.clone()));
        if let Some(auth) = auth {
            builder.set_auth(auth);
        }
        let service = builder.build();
        let server = Loopback::start(move |request| answer(service.clone(), request)).await;
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

impl Deref for S3Server {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        &self.bucket
    }
}

async fn answer(service: S3Service, request: hyper::Request<hyper::body::Incoming>) -> Response<Body> {
    match service.call(request.map(s3s::Body::from)).await {
        Ok(response) => response.map(|body| body.map_err(io::Error::other).boxed_unsync()),
        Err(error) => {
            let mut response = Response::new(crate::loopback::body(format!("{error:?}")));
            *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

struct Store(Bucket);

impl Store {
    fn object(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
    ) -> S3Result<Object> {
        if bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let object =
            self.0.get(key).ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        let matches = |condition: &ETagCondition| {
            condition.as_etag().is_none_or(|etag| etag.as_strong() == Some(object.etag.as_str()))
        };
        if if_match.is_some_and(|condition| !matches(condition)) {
            return Err(s3_error!(PreconditionFailed));
        }
        if if_none_match.is_some_and(matches) {
            return Err(s3_error!(NotModified));
        }
        Ok(object)
    }
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        if input.bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let after = input.continuation_token.as_deref().or(input.start_after.as_deref());
        let most = usize::try_from(input.max_keys.unwrap_or(1_000)).unwrap_or(0).min(1_000);
        let page = self.0.page(input.prefix.as_deref().unwrap_or_default(), after, false, most);
        let next = page.objects.last().map(|(key, _)| key.clone()).filter(|_| page.is_truncated);
        let contents = page.objects.into_iter().map(|(key, object)| ListedObject {
            key: Some(key),
            last_modified: Some(Timestamp::from(object.modified)),
            size: i64::try_from(object.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(object.etag)),
            ..ListedObject::default()
        });
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(contents.collect()),
            is_truncated: Some(page.is_truncated),
            next_continuation_token: next,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object =
            self.object(&input.bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let size = object.bytes.len() as u64;
        let (bytes, content_range) = match input.range {
            None => (object.bytes, None),
            Some(range) => {
                let range = range.check(size)?;
                let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                (object.bytes.slice(range), Some(content_range))
            }
        };
        Ok(S3Response::new(GetObjectOutput {
            content_length: i64::try_from(bytes.len()).ok(),
            body: Some(StreamingBlob::wrap(stream::iter(pieces_of(&bytes).map(Ok::<_, Infallible>)))),
            content_range,
            last_modified: Some(Timestamp::from(object.modified)),
            e_tag: Some(ETag::Strong(object.etag)),
            content_type: Some(object.content_type),
            content_encoding: object.content_encoding,
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let object =
            self.object(&input.bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.bytes.len()).ok(),
            last_modified: Some(Timestamp::from(object.modified)),
            e_tag: Some(ETag::Strong(object.etag)),
            content_type: Some(object.content_type),
            ..HeadObjectOutput::default()
        }))
    }
}

/// Bytes in the pieces that they are sent in.
fn pieces_of(bytes: &Bytes) -> impl Iterator<Item = Bytes> + Send + Sync + 'static {
    const PIECE: usize = 64 << 10;
    let bytes = bytes.clone();
    (0..bytes.len()).step_by(PIECE).map(move |start| bytes.slice(start..bytes.len().min(start + PIECE)))
}
