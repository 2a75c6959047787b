//! What a store's errors mean for a document or a listing.

use super::Shared;
use super::transport::{NoCredentials, Refusal, UnusablePage, causes_of};
use crate::SourceError;
use object_store::client::HttpError;
use reqwest::StatusCode;
use std::error::Error;

/// What S3 calls credentials whose time is over.
const EXPIRED: [&str; 4] =
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];
/// What stores call credentials that they do not take, when they do not answer 401 or 403.
const INVALID: [&str; 5] = [
    "AuthorizationHeaderMalformed",
    "InvalidAccessKeyId",
    "InvalidAuthenticationInfo",
    "InvalidToken",
    "invalid_grant",
];

/// What the store was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// A page of the listing.
    Listing,
    /// The object with this key.
    Object(&'a str),
}

/// A store's answer that is no success, where that is what an error is about.
pub(super) fn refusal_in(error: &object_store::Error) -> Option<&Refusal> {
    find(error)
}

/// The error for what became of a request.
pub(super) fn error_of(shared: &Shared, asked: Asked<'_>, error: &object_store::Error) -> SourceError {
    let failed = Failed { shared, asked };
    if let Some(refusal) = find::<Refusal>(error) {
        return failed.refused(refusal);
    }
    if let Some(missing) = find::<NoCredentials>(error) {
        let reason = missing.to_string();
        return if missing.is_transient { failed.unavailable(reason) } else { failed.denied(reason) };
    }
    if let Some(page) = find::<UnusablePage>(error) {
        return failed.malformed(page.to_string());
    }
    if let Some(error) = find::<HttpError>(error) {
        return failed.unavailable(causes_of(error));
    }
    // A file of a token that is to be there, and is not for now.
    if find::<std::io::Error>(error).is_some() {
        return failed.unavailable(error.to_string());
    }
    failed.malformed(error.to_string())
}

struct Failed<'a> {
    shared: &'a Shared,
    asked: Asked<'a>,
}

impl Failed<'_> {
    fn refused(&self, refusal: &Refusal) -> SourceError {
        let code = refusal.code.as_deref().unwrap_or_default();
        let reason = refusal.to_string();
        let elsewhere = |reason: String| match &refusal.region {
            Some(region) => {
                format!("{reason}; the bucket is in the region `{region}`, which the key `region` must say")
            }
            None => reason,
        };
        match refusal.status {
            _ if EXPIRED.contains(&code) && self.shared.renews_credentials => self.unavailable(reason),
            _ if EXPIRED.contains(&code) => {
                self.denied(format!("{reason}; the credentials of the configuration have to be renewed"))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                self.denied(elsewhere(reason))
            }
            _ if INVALID.contains(&code) => self.denied(elsewhere(reason)),
            _ if refusal.is_transient() => self.unavailable(reason),
            StatusCode::NOT_FOUND | StatusCode::GONE => self.missing(code, reason),
            StatusCode::PRECONDITION_FAILED if matches!(self.asked, Asked::Object(_)) => {
                SourceError::ChangedMeanwhile {
                    source_name: self.shared.name.clone(),
                    locator: self.locator(),
                }
            }
            status if status.is_redirection() => self.malformed(elsewhere(reason)),
            _ => self.malformed(reason),
        }
    }

    fn missing(&self, code: &str, reason: String) -> SourceError {
        match self.asked {
            Asked::Listing => self.malformed(format!("there is no such {}: {reason}", self.shared.container)),
            Asked::Object(_) if matches!(code, "NoSuchBucket" | "ContainerNotFound") => {
                SourceError::Vanished {
                    source_name: self.shared.name.clone(),
                    locator: self.locator(),
                    reason: format!("nor is its {}: {reason}", self.shared.container),
                }
            }
            Asked::Object(_) => SourceError::Vanished {
                source_name: self.shared.name.clone(),
                locator: self.locator(),
                reason,
            },
        }
    }

    fn locator(&self) -> String {
        match self.asked {
            Asked::Listing => self.shared.url.clone(),
            Asked::Object(key) => key.to_owned(),
        }
    }

    fn unavailable(&self, reason: String) -> SourceError {
        SourceError::Unavailable { source_name: self.shared.name.clone(), locator: self.locator(), reason }
    }

    fn denied(&self, reason: String) -> SourceError {
        SourceError::Denied { source_name: self.shared.name.clone(), locator: self.locator(), reason }
    }

    fn malformed(&self, reason: String) -> SourceError {
        SourceError::Malformed { source_name: self.shared.name.clone(), locator: self.locator(), reason }
    }
}

/// The first error of a type among an error and its causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}
