//! Credentials that a configuration gives as they are, by a variable or by a file.

use crate::OpenSourceError;
use gdg_config::{Environment, Secret};
use gdg_model::SourceName;
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

/// Makes [`Given`] of the fields of a section.
macro_rules! given {
    ($config:ident . $key:ident, $variable:ident, $file:ident) => {
        $crate::secrets::Given {
            keys: [stringify!($key), stringify!($variable), stringify!($file)],
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
        let [key, variable_key, file_key] = given.keys;
        match (given.text, given.variable, given.file) {
            (None, None, None) => Ok(None),
            (Some(text), None, None) => self.checked(key, text.expose()).map(Some),
            (None, Some(variable), None) => {
                let text = self.environment.get(variable).ok_or_else(|| {
                    self.unusable(variable_key, format!("names the variable `{variable}`, which is not set"))
                })?;
                self.checked(variable_key, text).map(Some)
            }
            (None, None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    self.unusable(
                        file_key,
                        format!("names `{}`, which cannot be read: {error}", file.display()),
                    )
                })?;
                self.checked(file_key, &text).map(Some)
            }
            _ => Err(self.unusable(
                key,
                format!("is given more than once: keep one of `{key}`, `{variable_key}` and `{file_key}`"),
            )),
        }
    }

    fn checked(&self, key: &'static str, text: &str) -> Result<Secret, OpenSourceError> {
        // Files end with a line break, and so do variables that were made of them.
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            Err(self.unusable(key, "gives an empty text".into()))
        } else {
            Ok(Secret::new(text))
        }
    }

    pub(crate) fn unusable(&self, key: &'static str, problem: String) -> OpenSourceError {
        OpenSourceError::Unusable { source_name: self.source_name.clone(), key, problem }
    }
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
