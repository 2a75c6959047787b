//! What every request says of who asks.

use crate::OpenSourceError;
use crate::secrets::{Given, Problem, basic_authorization, find_secret, given, not_empty, sensitive_header};
use gdg_config::{Environment, RestAuthConfig, RestAuthType, RestSourceConfig, Secret};
use gdg_model::SourceName;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

/// The headers of every request. All that are configured are for the service alone.
pub(super) fn headers(
    source_name: &SourceName,
    config: &RestSourceConfig,
    environment: &Environment,
) -> Result<HeaderMap, OpenSourceError> {
    let unusable =
        |(key, problem)| OpenSourceError::Unusable { source_name: source_name.clone(), key, problem };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
    for (name, value) in &config.headers {
        let name = header_name("headers", name).map_err(unusable)?;
        let value = sensitive("headers", value.expose()).map_err(unusable)?;
        headers.insert(name, value);
    }
    if let Some((name, value)) = authorization(&config.auth, environment).map_err(unusable)? {
        headers.insert(name, value);
    }
    Ok(headers)
}

fn authorization(
    auth: &RestAuthConfig,
    environment: &Environment,
) -> Result<Option<(HeaderName, HeaderValue)>, Problem> {
    let password = given!(auth.password, password_env, password_file; "auth.password", "auth.password_env", "auth.password_file");
    let token = given!(auth.token, token_env, token_file; "auth.token", "auth.token_env", "auth.token_file");
    let token = || required(environment, token);
    check_unused(auth)?;
    match auth.kind {
        RestAuthType::None => Ok(None),
        RestAuthType::Basic => {
            let Some(username) = auth.username.as_deref().filter(|name| !name.is_empty()) else {
                return Err(("auth.username", "is missing: type `basic` needs it".into()));
            };
            if username.contains(':') {
                return Err(("auth.username", "has a colon, which it cannot have".into()));
            }
            let password = required(environment, password)?;
            let value = basic_authorization(username, password.expose());
            Ok(Some((AUTHORIZATION, sensitive("auth.password", &value)?)))
        }
        RestAuthType::Bearer => {
            let value = format!("Bearer {}", token()?.expose());
            Ok(Some((AUTHORIZATION, sensitive("auth.token", &value)?)))
        }
        RestAuthType::Header => {
            let Some(name) = &auth.header else {
                return Err(("auth.header", "is missing: type `header` needs it".into()));
            };
            Ok(Some((header_name("auth.header", name)?, sensitive("auth.token", token()?.expose())?)))
        }
    }
}

/// A credential that is given and not sent is a mistake that would show as a refusal far from here.
fn check_unused(auth: &RestAuthConfig) -> Result<(), Problem> {
    let has_password = auth.password.is_some() || auth.password_env.is_some() || auth.password_file.is_some();
    let has_token = auth.token.is_some() || auth.token_env.is_some() || auth.token_file.is_some();
    let unused = match auth.kind {
        RestAuthType::None => has_password || has_token || auth.username.is_some() || auth.header.is_some(),
        RestAuthType::Basic => has_token || auth.header.is_some(),
        RestAuthType::Bearer => has_password || auth.username.is_some() || auth.header.is_some(),
        RestAuthType::Header => has_password || auth.username.is_some(),
    };
    if unused { Err(("auth.type", "is another one than its other keys are for".into())) } else { Ok(()) }
}

/// A credential that has to be given.
fn required(environment: &Environment, given: Given<'_>) -> Result<Secret, Problem> {
    let [key, ..] = given.keys;
    let missing = || (key, "is missing, and so is what could stand for it".into());
    let found = find_secret(environment, given)?.ok_or_else(missing)?;
    not_empty(found).map(|(_, secret)| secret)
}

fn header_name(key: &'static str, name: &str) -> Result<HeaderName, Problem> {
    name.parse().map_err(|_| (key, format!("has `{name}`, which is no name of a header")))
}

fn sensitive(key: &'static str, text: &str) -> Result<HeaderValue, Problem> {
    sensitive_header(text).ok_or_else(|| (key, "has a character that no header can have".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(auth: RestAuthConfig) -> Result<HeaderMap, String> {
        let config = RestSourceConfig { auth, ..RestSourceConfig::default() };
        let environment = [("TOKEN", "from-env")].into_iter().collect();
        headers(&SourceName::new("wiki"), &config, &environment).map_err(|error| error.to_string())
    }

    fn basic() -> RestAuthConfig {
        let password = Some(Secret::new("open sesame"));
        RestAuthConfig {
            kind: RestAuthType::Basic,
            username: Some("Aladdin".into()),
            password,
            ..RestAuthConfig::default()
        }
    }

    #[test]
    fn each_way_makes_its_header_and_marks_it() {
        let headers = headers_of(basic()).unwrap();
        assert_eq!(headers[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(headers[AUTHORIZATION].is_sensitive());

        let token_env = Some("TOKEN".to_owned());
        let bearer = RestAuthConfig { kind: RestAuthType::Bearer, token_env, ..RestAuthConfig::default() };
        assert_eq!(headers_of(bearer.clone()).unwrap()[AUTHORIZATION], "Bearer from-env");

        let header = Some("X-Api-Key".to_owned());
        let own = RestAuthConfig { kind: RestAuthType::Header, header, ..bearer };
        let headers = headers_of(own).unwrap();
        assert_eq!(headers["x-api-key"], "from-env");
        assert!(headers["x-api-key"].is_sensitive());
    }

    #[test]
    fn a_token_may_stand_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-file\n").unwrap();
        let token_file = Some(file.path().to_owned());
        let bearer = RestAuthConfig { kind: RestAuthType::Bearer, token_file, ..RestAuthConfig::default() };
        assert_eq!(headers_of(bearer).unwrap()[AUTHORIZATION], "Bearer from-file");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_showing_it() {
        let cases = [
            (RestAuthConfig { username: None, ..basic() }, "auth.username is missing"),
            (RestAuthConfig { username: Some("a:b".into()), ..basic() }, "auth.username has a colon"),
            (RestAuthConfig { password: None, ..basic() }, "auth.password is missing"),
            (
                RestAuthConfig { password: Some(Secret::new("")), ..basic() },
                "auth.password gives an empty text",
            ),
            (RestAuthConfig { password_env: Some("TOKEN".into()), ..basic() }, "given more than once"),
            (RestAuthConfig { token: Some(Secret::new("sesame")), ..basic() }, "auth.type is another one"),
            (RestAuthConfig { kind: RestAuthType::None, ..basic() }, "auth.type is another one"),
            (
                RestAuthConfig {
                    kind: RestAuthType::Bearer,
                    token: Some(Secret::new("ses\name")),
                    ..RestAuthConfig::default()
                },
                "auth.token has a character",
            ),
            (
                RestAuthConfig {
                    kind: RestAuthType::Bearer,
                    token_env: Some("NOWHERE".into()),
                    ..RestAuthConfig::default()
                },
                "`NOWHERE`, which is not set",
            ),
        ];
        for (auth, expected) in cases {
            let message = headers_of(auth).unwrap_err();
            assert!(message.contains(expected) && !message.contains("sesame"), "{message}");
        }
    }
}
