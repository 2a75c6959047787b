//! How requests are sent for the crate `object_store`, so that a store's answers are bounded, and its refusals told.

use super::page::{Dialect, shortened};
use super::xml;
use crate::http_client::install_tls;
use async_trait::async_trait;
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService, ReqwestConnector,
};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};
use std::error::Error;
use std::sync::Arc;
use thiserror::Error;

/// Bytes of a page of a listing at most: 5,000 of the longest keys, with all their characters escaped.
const MAX_PAGE: usize = 64 << 20;
/// Bytes that are read of an answer that is an error.
const MAX_REFUSAL: usize = 64 << 10;

/// What a request is for; stands among its extensions. A request without one is for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Page,
    Object,
}

/// A store's answer that is no success.
#[derive(Debug, Clone, Error)]
#[error("the server answers {status}{}", self.details())]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What the store calls it: `NoSuchBucket`.
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// The region that the bucket is in, where S3 says so.
    pub(super) region: Option<String>,
}

/// The worker's own credentials cannot be had.
#[derive(Debug, Clone, Error)]
#[error("its credentials cannot be had from {host}: {reason}")]
pub(super) struct NoCredentials {
    host: String,
    reason: String,
    /// Whether they may be had later.
    pub(super) is_transient: bool,
}

/// A page that cannot be read.
#[derive(Debug, Clone, Error)]
#[error("the answer to a listing is not usable: {0}")]
pub(super) struct UnusablePage(String);

impl Refusal {
    fn details(&self) -> String {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => format!(" ({code}: {message})"),
            (Some(text), None) | (None, Some(text)) => format!(" ({text})"),
            (None, None) => String::new(),
        }
    }

    /// Whether the same request may succeed in a while.
    pub(super) fn is_transient(&self) -> bool {
        const TRANSIENT: [&str; 8] = [
            "InternalError",
            "OperationAborted",
            "OperationTimedOut",
            "RequestTimeout",
            "ServerBusy",
            "ServiceUnavailable",
            "SlowDown",
            "ThrottlingException",
        ];
        let status = self.status;
        matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
            || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
            || self.code.as_deref().is_some_and(|code| TRANSIENT.contains(&code))
    }
}

/// Connects stores, and whatever gives them their credentials.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) dialect: Dialect,
    /// Whether objects are asked for as they are stored. Google's store otherwise inflates those that are compressed,
    /// and tells no length of them.
    pub(super) takes_gzip: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        install_tls();
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Service { client, dialect: self.dialect, takes_gzip: self.takes_gzip }))
    }
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    dialect: Dialect,
    takes_gzip: bool,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(purpose) = request.extensions().get::<Purpose>().copied() else {
            return self.ask_for_credentials(request).await;
        };
        if self.takes_gzip && purpose == Purpose::Object {
            request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let response = self.client.execute(request).await?;
        if !response.status().is_success() {
            let refusal = refusal_of(response).await;
            // Whatever is of this kind is tried again, up to the bound of the store's retries.
            let kind = if refusal.is_transient() { HttpErrorKind::Request } else { HttpErrorKind::Unknown };
            return Err(HttpError::new(kind, refusal));
        }
        match purpose {
            Purpose::Object => Ok(response),
            Purpose::Page => self.with_page(response).await,
        }
    }
}

impl Service {
    /// Reads the page and hands it on beside an answer without any objects.
    async fn with_page(&self, response: HttpResponse) -> Result<HttpResponse, HttpError> {
        let unusable = |reason| HttpError::new(HttpErrorKind::Decode, UnusablePage(reason));
        let (mut parts, body) = response.into_parts();
        let (bytes, is_whole) = read_up_to(body, MAX_PAGE).await?;
        if !is_whole {
            return Err(unusable(format!("it has more than {MAX_PAGE} bytes")));
        }
        let page = self.dialect.page_of(&bytes).map_err(unusable)?;
        parts.extensions.insert(Arc::new(page));
        Ok(HttpResponse::from_parts(parts, self.dialect.empty_answer().to_owned().into()))
    }

    async fn ask_for_credentials(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().host().unwrap_or("nowhere").to_owned();
        match self.client.execute(request).await {
            Ok(response) if response.status().is_success() => Ok(response),
            Ok(response) => {
                let refusal = refusal_of(response).await;
                let is_transient = refusal.is_transient();
                let kind = if is_transient { HttpErrorKind::Request } else { HttpErrorKind::Unknown };
                Err(HttpError::new(kind, NoCredentials { host, reason: refusal.to_string(), is_transient }))
            }
            Err(error) => {
                let (kind, reason) = (error.kind(), causes_of(&error));
                Err(HttpError::new(kind, NoCredentials { host, reason, is_transient: true }))
            }
        }
    }
}

/// What an error and those behind it say, each once. No URL is in it: the crate takes them out of errors of transfer.
pub(super) fn causes_of(error: &HttpError) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if causes.last().is_none_or(|last| !last.contains(&text)) {
            causes.push(text);
        }
        cause = error.source();
    }
    causes.join(": ")
}

async fn refusal_of(response: HttpResponse) -> Refusal {
    let (parts, body) = response.into_parts();
    let region =
        parts.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok()).map(shortened);
    let body = read_up_to(body, MAX_REFUSAL).await.map(|(bytes, _)| bytes).unwrap_or_default();
    let (mut code, message) = code_and_message(&body);
    if code.is_none() {
        // What answers a HEAD has no body.
        let header = parts.headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
        code = header.map(shortened);
    }
    Refusal { status: parts.status, code, message, region }
}

/// What an error's body says, in XML or JSON.
fn code_and_message(body: &[u8]) -> (Option<String>, Option<String>) {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (mut code, mut message) = (None, None);
    if text.starts_with('<') {
        // What could be read before an error is as good as any.
        let _ = xml::read(text, |element| {
            match element.path {
                [root, name] if root == "Error" && name == "Code" => code = Some(shortened(element.text)),
                [root, name] if root == "Error" && name == "Message" => {
                    message = Some(shortened(element.text));
                }
                _ => {}
            }
            Ok(())
        });
    } else if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        let error = &value["error"];
        code = error.as_str().or_else(|| error["status"].as_str()).map(shortened);
        message = error["message"].as_str().or_else(|| value["error_description"].as_str()).map(shortened);
    }
    (code.filter(|text| !text.is_empty()), message.filter(|text| !text.is_empty()))
}

/// The first `most` bytes, and whether they are all.
async fn read_up_to(body: HttpResponseBody, most: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let mut pieces = body.bytes_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        let room = most - bytes.len();
        if piece.len() > room {
            bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
            return Ok((bytes, false));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_error_tells_its_code_and_message_and_nothing_else() {
        let s3 = r"<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code><Message>The request
            signature differs.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId><StringToSign>secret</StringToSign></Error>";
        let gcs = r#"{"error": {"code": 403, "message": "No access.", "status": "PERMISSION_DENIED"}}"#;
        let oauth = r#"{"error": "invalid_grant", "error_description": "Account deleted"}"#;
        for (body, code, message) in [
            (s3, Some("SignatureDoesNotMatch"), Some("The request             signature differs.")),
            (gcs, Some("PERMISSION_DENIED"), Some("No access.")),
            (oauth, Some("invalid_grant"), Some("Account deleted")),
            ("<Error><Code>SlowDown</Code><Mess", Some("SlowDown"), None),
            ("<html>proxy</html>", None, None),
            ("plain", None, None),
            ("", None, None),
        ] {
            let found = code_and_message(body.as_bytes());
            assert_eq!(
                (found.0.as_deref(), found.1.map(|text| text.replace('\n', " ")).as_deref()),
                (code, message)
            );
        }
    }

    proptest! {
        #[test]
        fn any_body_of_an_error_is_read(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let (code, message) = code_and_message(&body);
            for text in [code, message].into_iter().flatten() {
                prop_assert!(text.chars().count() <= 301 && !text.contains(char::is_control));
            }
        }
    }
}
