//! Who may see what is served.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// The variable that holds the token.
pub(crate) const TOKEN_VARIABLE: &str = "GO_DOC_GO_MONITOR_TOKEN";

/// Whether a request may be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Welcome,
    /// The token is missing or another one.
    NoToken,
    /// It names a host that this is not: a page elsewhere has a browser ask here.
    ForeignHost,
}

/// Who may see what is served: those with the token; where there is none, everyone who gets here.
pub(crate) struct Access {
    /// The token's hash, so that comparing takes the same time whatever is given.
    token: Option<[u8; 32]>,
    is_loopback: bool,
}

impl Access {
    /// An empty token is none.
    pub(crate) fn new(token: Option<&str>, local: SocketAddr) -> Self {
        let token = token.filter(|token| !token.is_empty()).map(|token| Sha256::digest(token).into());
        Self { token, is_loopback: local.ip().is_loopback() }
    }

    pub(super) fn judge(&self, headers: &HeaderMap) -> Verdict {
        match self.token {
            Some(token) => {
                let given = given_token(headers).map(|given| Sha256::digest(given).into());
                if given == Some(token) { Verdict::Welcome } else { Verdict::NoToken }
            }
            None if self.is_loopback && !names_this_machine(headers) => Verdict::ForeignHost,
            None => Verdict::Welcome,
        }
    }
}

/// The token, given as one or as the password that a browser asks for; the user's name is anything.
fn given_token(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

/// Whether the host that a request names is this machine: an address, or `localhost`. A name of somebody else's that
/// leads here is how a foreign page would read what is served to its visitor alone.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return true };
    let is_address =
        host.parse::<SocketAddr>().is_ok() || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    is_address || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(token: Option<&str>, local: &str, headers: &[(&'static str, &str)]) -> Verdict {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Access::new(token, local.parse().unwrap()).judge(&headers)
    }

    #[test]
    fn a_token_is_taken_as_it_is_or_as_a_browsers_password() {
        let basic = format!("Basic {}", STANDARD.encode("anyone:s3cret"));
        for header in ["Bearer s3cret", "bearer  s3cret", &basic] {
            assert_eq!(judge(Some("s3cret"), "0.0.0.0:1", &[("authorization", header)]), Verdict::Welcome);
        }
        for header in ["Bearer s3cre", "Bearer s3cret2", "s3cret", "Basic s3cret", "Basic ???"] {
            assert_eq!(judge(Some("s3cret"), "0.0.0.0:1", &[("authorization", header)]), Verdict::NoToken);
        }
        assert_eq!(judge(Some("s3cret"), "127.0.0.1:1", &[("host", "localhost")]), Verdict::NoToken);
    }

    #[test]
    fn an_empty_token_is_none() {
        assert_eq!(judge(Some(""), "0.0.0.0:1", &[]), Verdict::Welcome);
    }

    #[test]
    fn on_the_loopback_interface_foreign_names_are_refused() {
        for (host, verdict) in [
            ("localhost:8080", Verdict::Welcome),
            ("127.0.0.1:8080", Verdict::Welcome),
            ("[::1]:8080", Verdict::Welcome),
            ("evil.example:8080", Verdict::ForeignHost),
            ("localhost.evil.example", Verdict::ForeignHost),
        ] {
            assert_eq!(judge(None, "127.0.0.1:8080", &[("host", host)]), verdict, "{host}");
            assert_eq!(judge(None, "0.0.0.0:8080", &[("host", host)]), Verdict::Welcome, "{host}");
        }
    }
}
