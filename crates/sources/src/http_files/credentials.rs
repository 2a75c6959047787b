//! What authorises: a name and a password, or a token.

use crate::OpenSourceError;
use crate::secrets::{Secrets, basic_authorization, given, sensitive_header};
use gdg_config::{Environment, HttpSourceConfig};
use gdg_model::SourceName;
use reqwest::header::{AUTHORIZATION, HeaderMap};

/// The headers of a configuration. None of its errors shows a credential.
pub(super) fn headers(
    source_name: &SourceName,
    config: &HttpSourceConfig,
    environment: &Environment,
) -> Result<HeaderMap, OpenSourceError> {
    let secrets = Secrets { source_name, environment };
    let password = secrets.find(given!(config.password, password_env, password_file))?;
    let token = secrets.find(given!(config.bearer_token, bearer_token_env, bearer_token_file))?;
    let (key, value) = match (&config.username, password, token) {
        (None, None, None) => return Ok(HeaderMap::new()),
        (None, None, Some(token)) => ("bearer_token", format!("Bearer {}", token.expose())),
        (Some(user), _, _) if user.contains(':') => {
            return Err(secrets.unusable("username", "has a colon, which no user's name can have"));
        }
        (Some(user), Some(password), None) => ("password", basic_authorization(user, password.expose())),
        (Some(_), None, None) => {
            return Err(secrets.unusable("password", "is missing beside username"));
        }
        (None, Some(_), _) => return Err(secrets.unusable("username", "is missing beside password")),
        (Some(_), _, Some(_)) => {
            return Err(secrets.unusable("bearer_token", "stands beside username: keep one of them"));
        }
    };
    let value =
        sensitive_header(&value).ok_or_else(|| secrets.unusable(key, "is nothing that a header can hold"))?;
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}
