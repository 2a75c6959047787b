//! Headers that only the configured hosts get: what authorises, and what the configuration adds.

use crate::OpenSourceError;
use crate::secrets::{
    Given, Problem, basic_authorization, find_secret, given, sensitive_header, variable_of,
};
use gdg_config::{Environment, Secret, WebSourceConfig};
use gdg_model::SourceName;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};

/// Headers that a request has from the client, and that would break it from elsewhere.
const RESERVED: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers of a configuration. None of its errors shows a value.
pub(super) fn private_headers(
    source_name: &SourceName,
    config: &WebSourceConfig,
    environment: &Environment,
) -> Result<HeaderMap, OpenSourceError> {
    let reader = Reader { source_name, environment };
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        reader.add(&mut headers, "headers", name, value.expose())?;
    }
    for (name, variable) in &config.headers_env {
        let value =
            variable_of(environment, "headers_env", variable).map_err(|problem| reader.failed(problem))?;
        reader.add(&mut headers, "headers_env", name, value)?;
    }
    let password = reader.secret(given!(config.password, password_env, password_file))?;
    let token = reader.secret(given!(config.bearer_token, bearer_token_env, bearer_token_file))?;
    let authorization = match (&config.username, password, token) {
        (None, None, None) => return Ok(headers),
        (None, None, Some(token)) => ("bearer_token", format!("Bearer {}", token.expose())),
        (Some(user), password, None) if !user.contains(':') => {
            let password = password.as_ref().map_or("", Secret::expose);
            ("password", basic_authorization(user, password))
        }
        (Some(_), _, None) => {
            return Err(reader.unusable("username", "has a colon, which no user's name can have"));
        }
        (None, Some(_), _) => return Err(reader.unusable("password", "is of no use without a username")),
        (Some(_), _, Some(_)) => {
            return Err(reader.unusable("bearer_token", "stands beside username: give one of them"));
        }
    };
    reader.add(&mut headers, authorization.0, AUTHORIZATION.as_str(), &authorization.1)?;
    Ok(headers)
}

struct Reader<'a> {
    source_name: &'a SourceName,
    environment: &'a Environment,
}

impl Reader<'_> {
    fn unusable(&self, key: &'static str, problem: impl Into<String>) -> OpenSourceError {
        OpenSourceError::Unusable { source_name: self.source_name.clone(), key, problem: problem.into() }
    }

    fn add(
        &self,
        headers: &mut HeaderMap,
        key: &'static str,
        name: &str,
        value: &str,
    ) -> Result<(), OpenSourceError> {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| self.unusable(key, format!("holds `{name}`, which is no name of a header")))?;
        if RESERVED.contains(&header.as_str()) {
            return Err(self.unusable(key, format!("holds `{name}`, which the worker itself sets")));
        }
        let value = sensitive_header(value)
            .ok_or_else(|| self.unusable(key, format!("gives `{name}` a value that no header can have")))?;
        if headers.insert(header, value).is_some() {
            return Err(self.unusable(key, format!("sets `{name}`, which is set already")));
        }
        Ok(())
    }

    fn secret(&self, given: Given<'_>) -> Result<Option<Secret>, OpenSourceError> {
        let found = find_secret(self.environment, given).map_err(|problem| self.failed(problem))?;
        Ok(found.map(|(_, secret)| secret))
    }

    fn failed(&self, (key, problem): Problem) -> OpenSourceError {
        self.unusable(key, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn headers(change: impl FnOnce(&mut WebSourceConfig)) -> Result<HeaderMap, String> {
        let mut config = WebSourceConfig::default();
        change(&mut config);
        let environment = Environment::from_iter([("TOKEN", "t0ken"), ("BAD", "a\nb")]);
        private_headers(&SourceName::new("web"), &config, &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_user_and_a_password_become_basic_authorisation() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"s3cret\n").unwrap();
        for with_password in [
            &|config: &mut WebSourceConfig| config.password = Some(Secret::new("s3cret")),
            &|config: &mut WebSourceConfig| config.password_file = Some(file.path().into()),
        ] as [&dyn Fn(&mut WebSourceConfig); 2]
        {
            let headers = headers(|config| {
                config.username = Some("ada".into());
                with_password(config);
            });
            assert_eq!(headers.unwrap()[AUTHORIZATION], "Basic YWRhOnMzY3JldA==");
        }
    }

    #[test]
    fn values_come_from_the_environment() {
        let headers = headers(|config| {
            config.bearer_token_env = Some("TOKEN".into());
            config.headers_env = [("X-Api-Key".into(), "TOKEN".into())].into();
            config.headers = [("Accept-Language".into(), Secret::new("de"))].into();
        });
        let headers = headers.unwrap();
        assert_eq!(headers[AUTHORIZATION], "Bearer t0ken");
        assert_eq!(headers["x-api-key"], "t0ken");
        assert_eq!(headers["accept-language"], "de");
        assert!(!format!("{headers:?}").contains("t0ken"), "values are not shown");
    }

    #[test]
    fn what_contradicts_itself_is_named_without_its_value() {
        let secret = || Some(Secret::new("s3cret"));
        for (change, expected) in [
            (&|c: &mut WebSourceConfig| c.password = secret(), "password is of no use"),
            (
                &|c: &mut WebSourceConfig| (c.username, c.bearer_token) = (Some("a".into()), secret()),
                "bearer_token",
            ),
            (
                &|c: &mut WebSourceConfig| {
                    (c.bearer_token, c.bearer_token_env) = (secret(), Some("TOKEN".into()));
                },
                "bearer_token is given more than once",
            ),
            (
                &|c: &mut WebSourceConfig| c.bearer_token_env = Some("MISSING".into()),
                "`MISSING`, which is not set",
            ),
            (
                &|c: &mut WebSourceConfig| c.bearer_token_file = Some("/no/file".into()),
                "bearer_token_file names",
            ),
            (&|c: &mut WebSourceConfig| c.username = Some("a:b".into()), "username has a colon"),
            (
                &|c: &mut WebSourceConfig| c.headers_env = [("X-A".into(), "BAD".into())].into(),
                "headers_env gives `X-A` a value that no header can have",
            ),
            (
                &|c: &mut WebSourceConfig| c.headers = [("Host".into(), Secret::new("s3cret"))].into(),
                "headers holds `Host`",
            ),
            (
                &|c: &mut WebSourceConfig| c.headers = [("a b".into(), Secret::new("s3cret"))].into(),
                "headers holds `a b`",
            ),
            (
                &|c: &mut WebSourceConfig| {
                    c.headers = [("authorization".into(), Secret::new("s3cret"))].into();
                    c.bearer_token = secret();
                },
                "bearer_token sets `authorization`",
            ),
        ] as [(&dyn Fn(&mut WebSourceConfig), &str); 10]
        {
            let message = headers(change).unwrap_err();
            assert!(message.contains(expected) && !message.contains("s3cret"), "{message}");
        }
    }
}
