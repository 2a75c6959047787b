//! What all stores are opened with: addresses, bounds in time, and few retries of their own.

use crate::OpenSourceError;
use gdg_config::ObjectKeys;
use gdg_model::SourceName;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::time::Duration;

/// A problem of a key.
pub(super) fn unusable(
    source_name: &SourceName,
    key: &'static str,
    problem: impl Into<String>,
) -> OpenSourceError {
    OpenSourceError::Unusable { source_name: source_name.clone(), key, problem: problem.into() }
}

/// How a store's servers are asked.
pub(super) fn client_options(keys: ObjectKeys<'_>) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(keys.allow_http)
        .with_connect_timeout(keys.connect_timeout.duration())
        // A large object may take long, as long as it comes.
        .with_timeout_disabled()
        .with_read_timeout(keys.timeout.duration())
        .with_user_agent(HeaderValue::from_static(concat!("go-doc-go/", env!("CARGO_PKG_VERSION"))))
}

/// Few and short: what fails for longer is tried again by the queue.
pub(super) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            base: 3.0,
        },
        max_retries: 2,
        retry_timeout: Duration::from_secs(20),
    }
}

/// Checks what is a part of addresses: the name of a bucket, a container, an account or a region.
pub(super) fn checked_name(
    source_name: &SourceName,
    key: &'static str,
    name: &str,
) -> Result<String, OpenSourceError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'$');
    match name {
        "" => Err(unusable(source_name, key, "is missing")),
        "." | ".." => Err(unusable(source_name, key, format!("is `{name}`, which is no name"))),
        _ if name.len() > 255 || !name.bytes().all(is_plain) => Err(unusable(
            source_name,
            key,
            format!("is `{name}`, which is no name: letters, digits, dots, dashes and underscores make one"),
        )),
        _ => Ok(name.to_owned()),
    }
}

/// Checks the key `endpoint`. It is given back without a slash at its end.
pub(super) fn checked_endpoint(
    source_name: &SourceName,
    keys: ObjectKeys<'_>,
) -> Result<Option<String>, OpenSourceError> {
    let Some(endpoint) = keys.endpoint else { return Ok(None) };
    let failed = |problem: &str| Err(unusable(source_name, "endpoint", problem));
    let Ok(url) = Url::parse(endpoint) else {
        return failed("is no address such as https://minio.example.com:9000");
    };
    match url.scheme() {
        "https" => {}
        "http" if keys.allow_http => {}
        "http" => return failed("begins with http://, which only `allow_http: true` allows"),
        _ => return failed("begins with neither https:// nor http://"),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return failed("names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return failed("holds credentials; they have keys of their own");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return failed("has a query or a fragment, which addresses of stores have not");
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

/// What the crate `object_store` says when it cannot make a store of its settings.
pub(super) fn not_opened(
    source_name: &SourceName,
    key: &'static str,
    error: &object_store::Error,
) -> OpenSourceError {
    unusable(source_name, key, format!("does not make a store: {error}"))
}
