//! Credentials that a configuration gives as they are, by a variable or by a file.

use crate::OpenSourceError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use gdg_config::{Environment, Secret};
use gdg_model::SourceName;
use reqwest::header::HeaderValue;
use std::path::Path;

/// Looks credentials up. None of its errors shows one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secrets<'a> {
    pub(crate) source_name: &'a SourceName,
    pub(crate) environment: &'a Environment,
}

/// The three ways to give one credential: the names of their keys, and what stands there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    /// `password`, `password_env`, `password_file`.
    pub(crate) keys: [&'static str; 3],
    pub(crate) text: Option<&'a Secret>,
    pub(crate) variable: Option<&'a str>,
    pub(crate) file: Option<&'a Path>,
}

/// Makes [`Given`] of the fields of a section, whose keys are called as they are, or as is said.
macro_rules! given {
    ($config:ident . $key:ident, $variable:ident, $file:ident) => {
        $crate::secrets::given!(
            $config.$key, $variable, $file; stringify!($key), stringify!($variable), stringify!($file)
        )
    };
    ($config:ident . $key:ident, $variable:ident, $file:ident; $($name:expr),+) => {
        $crate::secrets::Given {
            keys: [$($name),+],
            text: $config.$key.as_ref(),
            variable: $config.$variable.as_deref(),
            file: $config.$file.as_deref(),
        }
    };
}

pub(crate) use given;

impl Secrets<'_> {
    /// The credential, if one is given. More than one way to give it is an error, and so is an empty one.
    pub(crate) fn find(&self, given: Given<'_>) -> Result<Option<Secret>, OpenSourceError> {
        let found = find_secret(self.environment, given).and_then(|found| found.map(not_empty).transpose());
        let found = found.map_err(|(key, problem)| self.unusable(key, problem))?;
        Ok(found.map(|(_, secret)| secret))
    }

    pub(crate) fn unusable(&self, key: &'static str, problem: impl Into<String>) -> OpenSourceError {
        OpenSourceError::Unusable { source_name: self.source_name.clone(), key, problem: problem.into() }
    }
}

/// A key, and what is wrong with it: the rest of a sentence that begins with the key.
pub(crate) type Problem = (&'static str, String);

/// The credential, if one is given, and the key that gives it. More than one way to give it is an error.
pub(crate) fn find_secret(
    environment: &Environment,
    given: Given<'_>,
) -> Result<Option<(&'static str, Secret)>, Problem> {
    let [key, variable_key, file_key] = given.keys;
    // Files end with a line break, and so do variables that were made of them.
    let secret = |text: &str| Secret::new(text.trim_end_matches(['\r', '\n']));
    match (given.text, given.variable, given.file) {
        (None, None, None) => Ok(None),
        (Some(text), None, None) => Ok(Some((key, secret(text.expose())))),
        (None, Some(variable), None) => {
            let text = variable_of(environment, variable_key, variable)?;
            Ok(Some((variable_key, secret(text))))
        }
        (None, None, Some(file)) => match std::fs::read_to_string(file) {
            Ok(text) => Ok(Some((file_key, secret(&text)))),
            Err(error) => {
                Err((file_key, format!("names `{}`, which cannot be read: {error}", file.display())))
            }
        },
        _ => Err((
            key,
            format!("is given more than once: keep one of `{key}`, `{variable_key}` and `{file_key}`"),
        )),
    }
}

/// The variable that a key names.
pub(crate) fn variable_of<'e>(
    environment: &'e Environment,
    key: &'static str,
    variable: &str,
) -> Result<&'e str, Problem> {
    let found = environment.get(variable);
    found.ok_or_else(|| (key, format!("names the variable `{variable}`, which is not set")))
}

/// Refuses a credential that says nothing.
pub(crate) fn not_empty((key, secret): (&'static str, Secret)) -> Result<(&'static str, Secret), Problem> {
    if secret.expose().is_empty() { Err((key, "gives an empty text".into())) } else { Ok((key, secret)) }
}

/// The value of the header `Authorization` by which a user and a password are sent.
pub(crate) fn basic_authorization(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// The value of a header that logs do not show; `None` where no header can have it.
pub(crate) fn sensitive_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["password", "password_env", "password_file"];

    fn find(
        text: Option<&str>,
        variable: Option<&str>,
        file: Option<&Path>,
    ) -> Result<Option<String>, String> {
        let environment: Environment = [("PASSWORD", "from variable\n"), ("EMPTY", "")].into_iter().collect();
        let source_name = SourceName::new("docs");
        let text = text.map(Secret::new);
        let found = Secrets { source_name: &source_name, environment: &environment }.find(Given {
            keys: KEYS,
            text: text.as_ref(),
            variable,
            file,
        });
        found.map(|secret| secret.map(|secret| secret.expose().to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_credential_is_found_where_it_is_given() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from file\r\n").unwrap();
        assert_eq!(find(None, None, None), Ok(None));
        assert_eq!(find(Some("as it is"), None, None), Ok(Some("as it is".into())));
        assert_eq!(find(None, Some("PASSWORD"), None), Ok(Some("from variable".into())));
        assert_eq!(find(None, None, Some(file.path())), Ok(Some("from file".into())));
    }

    #[test]
    fn a_credential_that_is_not_there_is_named_by_its_key() {
        let nowhere = Path::new("/nowhere/password");
        for (found, message) in [
            (find(None, Some("NONE"), None), "password_env names the variable `NONE`, which is not set"),
            (find(None, Some("EMPTY"), None), "password_env gives an empty text"),
            (
                find(None, None, Some(nowhere)),
                "password_file names `/nowhere/password`, which cannot be read",
            ),
            (find(Some("hunter2"), Some("PASSWORD"), None), "password is given more than once"),
        ] {
            let error = found.unwrap_err();
            assert!(error.contains(message) && !error.contains("hunter2"), "{error}");
        }
    }
}
