//! Requests to web servers, as all sources make them that speak HTTP: bounded
//! in time, paced for each host, guarded against forged requests, with each
//! answer told as what it means for a document.

mod guard;
mod pace;

pub(crate) use self::guard::Guard;
pub(crate) use self::pace::{Pace, Slot};

use self::guard::{GuardedResolver, PrivateAddress};
use crate::{OpenSourceError, SourceError};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use gdg_model::SourceName;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, LOCATION, PROXY_AUTHORIZATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url, redirect};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Redirects that one request follows.
const MAX_REDIRECTS: usize = 10;
/// How long a host is left alone that is overloaded and does not say for how long.
const PAUSE: Duration = Duration::from_secs(1);

/// How servers are asked.
#[derive(Debug)]
pub(crate) struct HttpOptions {
    pub(crate) guard: Guard,
    /// For a connection.
    pub(crate) connect_timeout: Duration,
    /// For the beginning of an answer, and for each further piece of it.
    pub(crate) read_timeout: Duration,
    /// Sent with each request; what authorises is not sent on to another host that a redirect leads to.
    pub(crate) headers: HeaderMap,
    pub(crate) user_agent: String,
    pub(crate) pace: Pace,
}

/// A client for one source.
#[derive(Debug)]
pub(crate) struct HttpClient {
    source_name: SourceName,
    client: reqwest::Client,
    guard: Guard,
    headers: HeaderMap,
    pace: Pace,
}

/// An answer that is worth something: a success, or "not modified".
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// Where it came from in the end.
    pub(crate) url: Url,
    slot: Slot,
}

impl HttpClient {
    pub(crate) fn new(source_name: SourceName, options: HttpOptions) -> Result<Self, OpenSourceError> {
        let HttpOptions { guard, connect_timeout, read_timeout, headers, user_agent, pace } = options;
        install_tls();
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(GuardedResolver(guard)))
            .redirect(redirect::Policy::none())
            // A proxy would resolve names itself, past the guard.
            .no_proxy()
            .referer(false)
            .connect_timeout(connect_timeout)
            .read_timeout(read_timeout)
            .user_agent(user_agent)
            .build();
        match client {
            Ok(client) => Ok(Self { source_name, client, guard, headers, pace }),
            Err(error) => Err(OpenSourceError::Unusable {
                source_name,
                key: "type",
                problem: format!("needs an HTTP client, which cannot be made: {}", chain(&error)),
            }),
        }
    }

    /// Asks for `url` and follows redirects that `allows` takes.
    ///
    /// `locator` is what errors are about. `headers` are sent besides those of
    /// every request. An answer that is no success is an error.
    pub(crate) async fn get(
        &self,
        locator: &str,
        url: &Url,
        headers: &HeaderMap,
        allows: impl Fn(&Url) -> Result<(), String> + Send,
    ) -> Result<Answer, SourceError> {
        self.send(locator, url, headers, None, allows).await
    }

    /// [`get`](Self::get), with the time that the host itself wants between requests.
    pub(crate) async fn send(
        &self,
        locator: &str,
        url: &Url,
        headers: &HeaderMap,
        delay: Option<Duration>,
        allows: impl Fn(&Url) -> Result<(), String> + Send,
    ) -> Result<Answer, SourceError> {
        let mut all_headers = self.headers.clone();
        all_headers.extend(headers.clone());
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.guard.check(&url).map_err(|error| self.refused(locator, error.to_string()))?;
            let host = url.host_str().unwrap_or_default().to_owned();
            let slot = self.pace.turn(&host, delay).await;
            let request = self.client.get(url.clone()).headers(all_headers.clone());
            let response = request.send().await.map_err(|error| self.failed(locator, &error))?;
            let status = response.status();
            if status.is_success() || status == StatusCode::NOT_MODIFIED {
                return Ok(Answer { response, url, slot });
            }
            if !status.is_redirection() {
                return Err(self.error_of(locator, &host, &response));
            }
            let next = redirect_target(&url, &response).ok_or_else(|| {
                self.malformed(locator, format!("a redirect ({status}) that leads nowhere"))
            })?;
            allows(&next).map_err(|rule| self.refused(locator, rule))?;
            if next.origin() != url.origin() {
                for header in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                    all_headers.remove(header);
                }
            }
            url = next;
        }
        Err(self.malformed(locator, format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// What an answer that is no success means.
    fn error_of(&self, locator: &str, host: &str, response: &Response) -> SourceError {
        let (source_name, locator) = (self.source_name.clone(), locator.to_owned());
        let status = response.status();
        let reason = format!("the server answers {status}");
        match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                SourceError::Vanished { source_name, locator, reason }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                SourceError::Denied { source_name, locator, reason }
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                self.pace.pause(host, retry_after(response).unwrap_or(PAUSE));
                SourceError::Unavailable { source_name, locator, reason }
            }
            status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => {
                self.pace.pause(host, retry_after(response).unwrap_or(PAUSE));
                SourceError::Unavailable { source_name, locator, reason }
            }
            _ => SourceError::Malformed { source_name, locator, reason },
        }
    }

    /// What it means that there is no answer.
    fn failed(&self, locator: &str, error: &reqwest::Error) -> SourceError {
        match private_address(error) {
            Some(private) => self.refused(locator, private.to_string()),
            None => error_of_transfer(&self.source_name, locator, error),
        }
    }

    fn refused(&self, locator: &str, rule: String) -> SourceError {
        SourceError::Refused {
            source_name: self.source_name.clone(),
            locator: locator.to_owned(),
            rule: rule.into(),
        }
    }

    fn malformed(&self, locator: &str, reason: String) -> SourceError {
        SourceError::Malformed { source_name: self.source_name.clone(), locator: locator.to_owned(), reason }
    }
}

impl Answer {
    /// The bytes of the answer, as they come. Compressed ones are inflated.
    pub(crate) fn into_pieces(
        self,
        source_name: SourceName,
        locator: String,
    ) -> impl Stream<Item = Result<Bytes, SourceError>> + Send {
        let slot = self.slot;
        self.response.bytes_stream().map(move |piece| {
            let _held_to_the_end = &slot;
            piece.map_err(|error| error_of_transfer(&source_name, &locator, &error))
        })
    }
}

/// What it means that a request or an answer broke off.
fn error_of_transfer(source_name: &SourceName, locator: &str, error: &reqwest::Error) -> SourceError {
    let (source_name, locator) = (source_name.clone(), locator.to_owned());
    // The URL is left out: it may hold a credential, and the locator names what was asked for.
    let reason = chain(error);
    if error.is_builder() || (error.is_decode() && is_of_inflating(error)) {
        return SourceError::Malformed { source_name, locator, reason };
    }
    SourceError::Unavailable { source_name, locator, reason }
}

/// Whether bytes came that cannot be inflated. To the client, all that goes
/// wrong with an answer is an error of decoding: an answer that breaks off, too.
/// But then the connection's error stands before that of the system.
fn is_of_inflating(error: &reqwest::Error) -> bool {
    let mut outer: &(dyn Error + 'static) = error;
    while let Some(inner) = outer.source() {
        if let Some(inner) = inner.downcast_ref::<io::Error>() {
            return outer.is::<reqwest::Error>() && inner.kind() != io::ErrorKind::UnexpectedEof;
        }
        outer = inner;
    }
    false
}

/// An error with what caused it, without the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

fn private_address(error: &reqwest::Error) -> Option<PrivateAddress> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(private) = error.downcast_ref::<PrivateAddress>() {
            return Some(private.clone());
        }
        cause = error.source();
    }
    None
}

fn redirect_target(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = url.join(location).ok()?;
    matches!(next.scheme(), "http" | "https").then_some(next)
}

/// What `Retry-After` says: seconds, or a time (RFC 9110, 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).ok()
}

/// Chooses the implementation of TLS for the process, unless that was done.
pub(crate) fn install_tls() {
    // An error says that one is installed, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
